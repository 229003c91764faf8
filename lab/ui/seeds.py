"""Across seeds: more seeds of a run or a race with one click, and what all of them say together."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.boards.across import Across, across, measures
from lab.boards.across_cards import WIDTHS, band_cards, difference_card
from lab.boards.across_tables import differences, final_figures
from lab.experiment import Experiment
from lab.figures.board import Board
from lab.jobs import JOBS, with_seed
from lab.jobs.owners import NotTheOwner, may_decide
from lab.jobs.siblings import Sibling, Siblings, free_seeds, siblings
from lab.limits import BeyondLimits
from lab.links import encode
from lab.statistics import paired
from lab.ui import address, race, state
from lab.ui.copy_button import copy_button
from lab.ui.live import WHILE_TRAINING, WORDS
from lab.ui.live_board import live_board
from lab.ui.notices import show_problems

MOST_ADDED = 20
MOST_LINKED = 64
LARGEST_SEED = 2**31 - 1
SEEDS = "seeds"
"""The parameter of the address that names all seeds of a comparison."""
SECONDS_BETWEEN_UPDATES = 2 * WHILE_TRAINING


def take_linked(key: str, experiments: Sequence[Experiment]) -> None:
    """Remember the seeds that the address asks for, as those of these contestants."""
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


def add_seeds(experiments: Sequence[Experiment], key: str) -> None:
    """A button that starts more seeds of these contestants, and how many."""
    count = st.number_input(
        "Seeds to add", 1, MOST_ADDED, 2, key=f"{key}.seeds.count", label_visibility="collapsed", width=110
    )
    st.button(
        "Add seeds",
        icon=":material/add:",
        help="The same contestants from other weights and on other batches, each seed a run of its own that is kept. "
        "They wait in line; what all seeds say together is below, under Across seeds.",
        on_click=_add,
        args=(experiments, count),
        key=f"{key}.seeds.add",
    )
    if len(siblings(JOBS, experiments).found) > 1:
        st.markdown("[:material/arrow_downward: Across seeds](#across-seeds)", width="content")


def across_seeds(experiments: Sequence[Experiment], key: str) -> str | None:
    """What all seeds say together; nothing where there is but one, and the address asks for no other.

    Args:
        experiments: the contestants, with any seed.
        key: names the widgets of this view.

    Returns:
        All these seeds, for the address; None where there is but one.
    """
    there = siblings(JOBS, experiments)
    missing = [seed for seed in _wanted(key, experiments) if seed not in there.seeds]
    seeds = sorted({*there.seeds, *missing})
    if len(seeds) + len(there.problems) < 2:
        return None
    st.subheader("Across seeds", anchor="across-seeds")
    if missing:
        _offer(experiments, missing)
    under_way = any(sibling.under_way for sibling in there.found)
    pause = SECONDS_BETWEEN_UPDATES if under_way else None
    st.fragment(_live, run_every=pause, key=f"live-{key}-seeds")(experiments, key, under_way)
    return ",".join(map(str, seeds)) if len(seeds) > 1 else None


def _live(experiments: Sequence[Experiment], key: str, was_under_way: bool) -> None:
    there = siblings(JOBS, experiments)
    show_problems(there.problems)
    if there.found:
        _status(experiments, there, key)
        _results(experiments, there, key)
    if was_under_way and not any(sibling.under_way for sibling in there.found):
        st.rerun()  # the timer is no longer needed


def _status(experiments: Sequence[Experiment], there: Siblings, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**N = {len(there.found)}** · " + " · ".join(map(_told, there.found)), width="stretch")
        here = [sibling for sibling in there.found if sibling.under_way and JOBS.get(sibling.id) is not None]
        others = [sibling.id for sibling in here if sibling.id != st.session_state.get(key) and _mine(sibling.id)]
        if others:
            st.button("Stop seeds", icon=":material/stop:", on_click=_stop, args=(others,), key=f"{key}.seeds.stop")
        copy_button("Copy link", _link(experiments, there.seeds), key=f"{key}.seeds.copy")


def _told(sibling: Sibling) -> str:
    """How one seed stands."""
    words = {**WORDS, "elsewhere": "Training elsewhere", "interrupted": "Interrupted"}
    how = words[sibling.standing].lower()
    return f"seed {sibling.seed} {how}" + ("" if sibling.standing == "finished" else f", epoch {sibling.epoch:.2f}")


def _results(experiments: Sequence[Experiment], there: Siblings, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = st.segmented_control(
            "Band", list(WIDTHS), default="deviation", format_func=WIDTHS.__getitem__, required=True, key=f"{key}.width"
        )
        members = st.toggle("Single seeds", key=f"{key}.members")
    contestants = across(experiments, there.found)
    for contestant in contestants:
        if contestant.diverged:
            seeds = ", ".join(map(str, contestant.diverged))
            st.warning(
                f"{contestant.run.name} diverged with {_counted(contestant.diverged)} ({seeds}), which its means leave "
                f"out: they are over the {len(contestant.seeds) - len(contestant.diverged)} others alone.",
                icon=":material/warning:",
            )
    cards = band_cards(contestants, width, members)
    shown = [f"{sibling.id}-{sibling.version}" for sibling in there.found]
    live_board(f"{key}.seeds.board", Board(".".join([*shown, width, str(members)]), cards))
    st.markdown(f"**Final figures**, mean ± {WIDTHS[width]} over the seeds that are at their end")
    st.table(final_figures(contestants, measures(contestants), width))
    if len(contestants) > 1:
        _paired(contestants, ".".join(shown), key)


def _paired(contestants: list[Across], version: str, key: str) -> None:
    """Everyone against one of them, seed by seed."""
    names = [contestant.run.name for contestant in contestants]
    figures = measures(contestants)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox(
            "Compare to", range(len(names)), format_func=names.__getitem__, key=f"{key}.reference", width=320
        )
        chosen = st.selectbox(
            "Figure", range(len(figures)), format_func=lambda i: figures[i].title, key=f"{key}.measure", width=280
        )
    reference, measure = contestants[place], figures[chosen]
    others = [contestant for contestant in contestants if contestant is not reference]
    pairs = [(other, paired(other.final(measure), reference.final(measure))) for other in others]
    cards = difference_card(pairs, reference, measure)
    if cards:
        live_board(f"{key}.seeds.differences", Board(f"{version}.{place}.{chosen}", cards))
    st.table(differences(pairs, reference, measure))
    st.caption(
        "Of each seed the contestant's figure less the reference's: both had the same batches, and the same initial "
        "weights where their nets share them, so that what is luck of the seed falls out. Intervals: 95 %, Student's t "
        "over the seeds, each for itself; of twenty such, one is expected to miss by chance."
    )


def _offer(experiments: Sequence[Experiment], missing: list[int]) -> None:
    seeds = ", ".join(map(str, missing))
    st.info(f"The link asks for {_counted(missing)} ({seeds}) of which there is no run in this lab.")
    st.button("Train them", icon=":material/rocket_launch:", on_click=start_seeds, args=(experiments, missing))


def _counted(seeds: Sequence[int]) -> str:
    return "1 seed" if len(seeds) == 1 else f"{len(seeds)} seeds"


def _add(experiments: Sequence[Experiment], count: int) -> None:
    taken = [experiments[0].seed, *siblings(JOBS, experiments).seeds]
    start_seeds(experiments, free_seeds(taken, count))


def start_seeds(experiments: Sequence[Experiment], seeds: Sequence[int]) -> None:
    """Start these contestants once for each seed, beside whatever this tab watches; what may not be started is told."""
    st.session_state[state.PROBLEMS] = []
    for seed in seeds:
        try:
            job = JOBS.start(with_seed(experiments, seed), f"{_title(experiments)}, seed {seed}")
        except (BeyondLimits, NotTheOwner) as error:
            st.session_state[state.PROBLEMS] = [
                f"Seed {seed} was not started. {text}" for text in str(error).splitlines()
            ]
            return
        st.session_state[state.OWN] = [*st.session_state.get(state.OWN, []), job.id]


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


def _link(experiments: Sequence[Experiment], seeds: Sequence[int]) -> str:
    """The address that opens the comparison in any lab."""
    numbers = ",".join(map(str, seeds))
    if len(experiments) == 1:
        return state.link_to("", experiment=encode(experiments[0]), seeds=numbers)
    return state.link_to("compare", race=race.link_of(experiments), seeds=numbers)


def _title(experiments: Sequence[Experiment]) -> str:
    first = experiments[0]
    alone = len(experiments) == 1
    return f"{first.architecture.title} · {first.estimator.title}" if alone else f"Race of {len(experiments)}"


def _race(experiments: Sequence[Experiment]) -> list[str]:
    """What tells contestants from others, whatever their seed."""
    return [experiment.key for experiment in with_seed(experiments, 0)]


def _wanted_key(key: str) -> str:
    return f"{key}.seeds.linked"


def _fits(part: str) -> bool:
    return len(part) <= len(str(LARGEST_SEED)) and int(part) <= LARGEST_SEED
