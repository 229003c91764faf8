"""Across seeds: more seeds of a run or a race with one click, and what all of them say together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import streamlit as st

from lab.boards.across import Across, across, against, counted, measures
from lab.boards.across_cards import WIDTHS, SeedsView, band_cards, difference_card
from lab.boards.across_tables import differences, final_figures
from lab.boards.titles import title_of_contestants
from lab.experiment import Experiment
from lab.figures.board import Board
from lab.jobs import JOBS, with_seed
from lab.jobs.owners import NotTheOwner, may_decide
from lab.jobs.shelf import Standing
from lab.jobs.siblings import Sibling, Siblings, free_seeds, siblings
from lab.limits import BeyondLimits
from lab.links import encode
from lab.ui import address, race, state
from lab.ui.copy_button import copy_button
from lab.ui.live import WHILE_TRAINING, WORDS
from lab.ui.live_board import live_board
from lab.ui.notices import show_problems
from lab.ui.seeds_view import NOWHERE, SEEDS, USUAL, keep_possible, said_of, take_linked_view, view_of, write_view

MOST_ADDED = 20
MOST_LINKED = 64
LARGEST_SEED = 2**31 - 1
SECONDS_BETWEEN_UPDATES = 2 * WHILE_TRAINING


def take_linked(key: str, experiments: Sequence[Experiment]) -> None:
    """Remember the seeds that the address asks for, as those of these contestants, and how it asks to show them."""
    take_linked_view(key)
    linked = address.asked(f"{key}.{SEEDS}", SEEDS)
    if linked is None:
        return
    seeds, problem = linked_seeds(linked[SEEDS] or "")
    st.session_state[_wanted_key(key)] = {"race": _race(experiments), "seeds": seeds}
    if problem:
        st.session_state[state.PROBLEMS] = [*state.problems(), problem]


def linked_seeds(text: str) -> tuple[list[int], str]:
    """The seeds of an address; none, and what is wrong with them, where they cannot be."""
    parts = [part.strip() for part in text.split(",")] if text else []
    wrong = next((part for part in parts if not (part.isdecimal() and part.isascii() and _fits(part))), None)
    if wrong is not None:
        return [], f"{SEEDS} in the link has {wrong[:20]!r}; allowed are whole numbers from 0 to {LARGEST_SEED}."
    if len(parts) > MOST_LINKED:
        return [], f"{SEEDS} in the link has {len(parts)} numbers; at most {MOST_LINKED} are allowed."
    return sorted({int(part) for part in parts}), ""


def look(experiments: Sequence[Experiment]) -> Siblings:
    """All seeds of some contestants as they are now. It looks at every run there is: once in a run of a page."""
    return siblings(JOBS, experiments)


def add_seeds(there: Siblings, key: str) -> None:
    """A button that starts more seeds of these contestants, and how many."""
    count = st.number_input(
        *("Seeds to add", 1, MOST_ADDED, 2), key=_count_key(key), label_visibility="collapsed", width=110
    )
    st.button(
        f"Add {counted(range(count))}",
        icon=":material/add:",
        help="The same contestants from other weights and on other batches, each seed a run of its own that is kept. "
        "They wait in line; what all seeds say together is below, under Across seeds.",
        on_click=_add,
        args=(there.experiments, key),
        key=f"{key}.seeds.add",
    )
    if len(there.found) > 1:
        st.markdown("[:material/arrow_downward: Across seeds](#across-seeds)", width="content")


def across_seeds(there: Siblings, key: str) -> dict[str, str | None]:
    """What all seeds say together; nothing where there is but one, and the address asks for no other.

    Args:
        there: the seeds as they were when the page began.
        key: names the widgets of this view.

    Returns:
        What the address says: all these seeds, and how they are shown.
    """
    missing = [seed for seed in _wanted(key, there.experiments) if seed not in there.seeds]
    seeds = sorted({*there.seeds, *missing})
    if len(seeds) + len(there.others) + len(there.problems) < 2:
        return NOWHERE
    st.subheader("Across seeds", anchor="across-seeds")
    if missing:
        _offer(there.experiments, missing, key)
    pause = SECONDS_BETWEEN_UPDATES if there.under_way else None
    looks = chain([there], map(look, repeat(there.experiments)))  # a timer looks again, the page need not
    st.fragment(_live, run_every=pause, key=f"live-{key}-seeds")(looks, key, there.under_way)
    return {SEEDS: ",".join(map(str, seeds)) if len(seeds) > 1 else None, **said_of(view_of(key))}


def _live(looks: Iterator[Siblings], key: str, was_under_way: bool) -> None:
    there = next(looks)
    show_problems(there.problems)
    for told in there.others:
        st.caption(f":material/info: {told}")
    if there.found:
        _status(there, key)
        _results(there, key)
    if was_under_way and not there.under_way:
        st.rerun()  # the timer is no longer needed


def _status(there: Siblings, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**N = {len(there.found)}** · " + " · ".join(map(_told, there.found)), width="stretch")
        here = [sibling for sibling in there.found if sibling.under_way and JOBS.get(sibling.id) is not None]
        others = [sibling.id for sibling in here if sibling.id != st.session_state.get(key) and _mine(sibling.id)]
        if others:
            st.button("Stop seeds", icon=":material/stop:", on_click=_stop, args=(others,), key=f"{key}.seeds.stop")
        copy_button("Copy link", link_to(there.experiments, there.seeds, view_of(key)), key=f"{key}.seeds.copy")


def stands(standing: Standing) -> str:
    """How a seed stands, in the middle of a sentence."""
    words: dict[Standing, str] = {**WORDS, "elsewhere": "Training elsewhere"}  # type: ignore[dict-item]
    return words[standing].lower()


def _told(sibling: Sibling) -> str:
    """How one seed stands."""
    at = "" if sibling.standing == "finished" else f", epoch {sibling.epoch:.2f}"
    return f"seed {sibling.seed} {stands(sibling.standing)}{at}"


def _results(there: Siblings, key: str) -> None:
    contestants = across(there.experiments, there.by_contestant)
    keep_possible(key, len(contestants))
    changed: dict[str, Any] = {"on_change": write_view, "args": (key,)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = st.segmented_control(
            *("Band", list(WIDTHS)), format_func=WIDTHS.__getitem__, required=True, key=f"{key}.width", **changed
        )
        members = st.toggle("Single seeds", key=f"{key}.members", **changed)
    for told in filter(None, (contestant.left_out for contestant in contestants)):
        st.warning(told, icon=":material/warning:")
    cards = band_cards(contestants, width, members)
    shown = [f"{sibling.id}-{sibling.version}" for sibling in there.found]
    live_board(f"{key}.seeds.board", Board(".".join([*shown, width, str(members)]), cards))
    st.markdown(f"**Final figures**, mean ± {WIDTHS[width]} over the seeds that are at their end")
    with st.container(key=f"{key}-final-figures"):
        st.table(final_figures(contestants, measures(contestants), width))
    if len(contestants) > 1:
        _paired(contestants, ".".join(shown), key)


def _paired(contestants: list[Across], version: str, key: str) -> None:
    """Everyone against one of them, seed by seed."""
    names = [contestant.run.name for contestant in contestants]
    figures = measures(contestants)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox(
            *("Compare to", range(len(names))),
            format_func=names.__getitem__,
            key=f"{key}.reference",
            width=320,
            on_change=write_view,
            args=(key,),
        )
        chosen = st.selectbox(
            "Figure", range(len(figures)), format_func=lambda i: figures[i].title, key=f"{key}.measure", width=280
        )
    reference, measure = contestants[place], figures[chosen]
    pairs = against(contestants, reference, measure)
    cards = difference_card(pairs, reference, measure)
    if cards:
        live_board(f"{key}.seeds.differences", Board(f"{version}.{place}.{chosen}", cards))
    st.table(differences(pairs, reference, measure))
    st.caption(
        "Of each seed the contestant's figure less the reference's: both had the same batches, and the same initial "
        "weights where their nets share them, so that what is luck of the seed falls out. Intervals: 95 %, Student's t "
        "over the seeds, each for itself; of twenty such, one is expected to miss by chance."
    )


def _offer(experiments: Sequence[Experiment], missing: list[int], key: str) -> None:
    seeds = ", ".join(map(str, missing))
    st.info(f"The link asks for {counted(missing)} ({seeds}) of which there is no run in this lab.")
    st.button("Train them", icon=":material/rocket_launch:", on_click=_train, args=(experiments, missing, key))


def _train(experiments: Sequence[Experiment], seeds: Sequence[int], key: str) -> None:
    """Start seeds that a link asks for; where nothing is watched yet, the first of them is."""
    started = start_seeds(experiments, seeds)
    if started and state.watched(key) is None:
        st.session_state[key] = started[0]


def _add(experiments: Sequence[Experiment], key: str) -> None:
    taken = [experiments[0].seed, *look(experiments).seeds]
    start_seeds(experiments, free_seeds(taken, st.session_state[_count_key(key)]))


def start_seeds(
    experiments: Sequence[Experiment], seeds: Sequence[int], title: Callable[[int], str] | None = None
) -> list[str]:
    """Start these contestants once for each seed, beside whatever this tab watches; what may not be started is told.

    Args:
        experiments: the contestants.
        seeds: of the runs, or races.
        title: what to call that of a seed, if not after the contestants.

    Returns:
        The ids of what was started.
    """
    started: list[str] = []
    st.session_state[state.PROBLEMS] = []
    for seed in seeds:
        try:
            told = title(seed) if title is not None else title_of_contestants(experiments, f"Seed {seed}")
            job = JOBS.start(with_seed(experiments, seed), told)
        except (BeyondLimits, NotTheOwner) as error:
            st.session_state[state.PROBLEMS] = [
                f"Seed {seed} was not started. {text}" for text in str(error).splitlines()
            ]
            break
        started.append(job.id)
    st.session_state[state.OWN] = [*st.session_state.get(state.OWN, []), *started]
    return started


def _stop(ids: Sequence[str]) -> None:
    for id in filter(_mine, ids):
        if (job := JOBS.get(id)) is not None:
            job.stop()


def _mine(id: str) -> bool:
    job = JOBS.get(id)
    return job is not None and may_decide(job.origin.owner)


def _wanted(key: str, experiments: Sequence[Experiment]) -> list[int]:
    linked = st.session_state.get(_wanted_key(key))
    return linked["seeds"] if linked is not None and linked["race"] == _race(experiments) else []


def link_to(experiments: Sequence[Experiment], seeds: Sequence[int], view: SeedsView = USUAL) -> str:
    """The address that opens some contestants over some seeds in any lab, and shows them so."""
    named = {SEEDS: ",".join(map(str, seeds))} if len(seeds) > 1 else {}
    if named:
        named |= {name: said for name, said in said_of(view).items() if said is not None}
    if len(experiments) == 1:
        return state.link_to("", experiment=encode(experiments[0]), **named)
    return state.link_to("compare", race=race.link_of(experiments), **named)


def _race(experiments: Sequence[Experiment]) -> list[str]:
    """What tells contestants from others, whatever their seed."""
    return [experiment.key for experiment in with_seed(experiments, 0)]


def _count_key(key: str) -> str:
    return f"{key}.seeds.count"


def _wanted_key(key: str) -> str:
    return f"{key}.seeds.linked"


def _fits(part: str) -> bool:
    return len(part) <= len(str(LARGEST_SEED)) and int(part) <= LARGEST_SEED
