"""Which nets a page looks into: one, and if a person likes another one beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from lab.boards.contestants import Contestant, contestants, labels
from lab.experiment import Experiment
from lab.jobs import Job
from lab.ui import address, archive, state
from lab.ui.inside.offered import Offered, net_name, offered
from lab.ui.plain import plain
from lab.ui.race import RACE

NET, BESIDE = "net", "beside"
"""What the nets are called in the address and in the session: the id of a job, and the place of a contestant."""
SHOWN, INSTEAD = "net.shown", "net.instead"
"""Of a tab: the net that its pages have shown last, and why another one is shown in the place of one that was."""
ALONE = "Nothing beside it"

LONGEST_NAME = 60
"""Characters of a name that tells a net from the one beside it."""
Nets = Mapping[str, Offered]
"""By their names."""


class Side(NamedTuple):
    """One net: a contestant of a job, or the only one."""

    job: Job
    place: int
    run: Contestant

    @property
    def id(self) -> str:
        """The name of the net among all there are."""
        return net_name(self.job.id, self.place)

    @property
    def number(self) -> str:
        """What the net is called by its numbers alone, as in names of files."""
        run = f"run {self.job.number}"
        return run if len(self.job.experiments) == 1 else f"net {self.place + 1} of {run}"


def chosen_sides(fits: Callable[[Experiment], str]) -> tuple[Side, ...] | None:
    """The net that is looked into, and the one beside it if there is one; None where there is no run yet.

    The choice is the same on all pages of the tab, and in the address. A net that cannot be opened is told.

    Args:
        fits: says why the page cannot show the net of an experiment; nothing where it can.
    """
    _follow_address()
    nets = offered()
    if not nets:
        return None
    first = _pick("Net", NET, nets, list(nets), _usual(nets, fits))
    _note_instead(first, nets, fits)
    chosen, others = [first], [id for id in nets if id != first]
    if others:
        beside = _pick("Beside it", BESIDE, nets, ["", *others], "")
        chosen += [beside] if beside else []
    address.write(**{NET: first, BESIDE: chosen[1] if len(chosen) > 1 else None})
    return sides(_opened(chosen))


def sides(nets: Iterable[tuple[Job, int]]) -> tuple[Side, ...]:
    """Nets as they are now, with names and colors that tell them apart."""
    chosen = [(job, place, job.view()) for job, place in nets]
    experiments = [view.experiments[place] for _, place, view in chosen]
    runs = contestants(experiments, [view.snapshots[place] for _, place, view in chosen])
    names = [run.name for run in runs]
    if max(map(len, names), default=0) > LONGEST_NAME:  # nets that have little in common differ in many fields
        titles = [_title(job, place) for job, place, _ in chosen]
        names = titles if len(set(titles)) == len(titles) else names
    named = zip(chosen, runs, names, strict=True)
    return tuple(Side(job, place, run._replace(name=name)) for (job, place, _), run, name in named)


def _title(job: Job, place: int) -> str:
    """What a net is called in its own run."""
    return job.title if len(job.experiments) == 1 else labels(job.experiments)[place]


def _follow_address() -> None:
    """Look into the nets that the address asks for, brought back from disk where need be."""
    linked = address.asked(NET, NET, BESIDE, "run") or {}
    run = linked.pop("run", None)
    if linked and linked[NET] is None and run is not None:  # as the address of Train has it
        linked[NET] = net_name(run, 0)
    for what, id in linked.items():
        if id is None:
            st.session_state.pop(what, None)
        elif found := _found(id):
            st.session_state[what] = found


def _found(id: str) -> str:
    """The net of this name. Where there is none that is said, and it is the first net of the run, or nothing."""
    run, _, place = id.partition("-")
    job, problems = state.looked_up(run, again=True)
    if problems:
        st.session_state[state.PROBLEMS] = problems
        return ""
    count = 0 if job is None else len(job.experiments)
    if place.isascii() and place.isdecimal() and len(place) <= 2 and int(place) < count:
        return id
    why = archive.whereabouts(run) if job is None else f"That run has {count}, and this is the first one: {run}-0."
    st.session_state[state.PROBLEMS] = [f"The address asks for the net {address.quoted(id)}. {why}"]
    return "" if job is None else net_name(run, 0)


def _opened(ids: Sequence[str]) -> list[tuple[Job, int]]:
    """The jobs and places of those nets that can be opened; of the others it is said why not."""
    found, problems = [], []
    for run, _, place in (id.partition("-") for id in ids):
        job, why = state.looked_up(run)
        if job is not None:
            found.append((job, int(place)))
        else:
            problems += why or [f"Run {run} is no longer here. {archive.whereabouts(run)}"]
    if problems:
        st.session_state[state.PROBLEMS] = problems
    return found


def _usual(nets: Nets, fits: Callable[[Experiment], str]) -> str:
    """The net to begin with: of what this tab watches, or has started last; else, of those that the page can show, the
    one that was shown last, or the newest."""
    watched = [st.session_state.get(key) for key in (state.RUN, RACE)]
    own = [net_name(id, 0) for id in (*watched, *reversed(st.session_state.get(state.OWN, []))) if id]
    shown: str = st.session_state.get(SHOWN, "")
    fitting = (id for id in (shown, *nets) if id in nets and not fits(nets[id].experiment))
    return next(id for id in (*own, *fitting, *nets) if id in nets)


def _note_instead(first: str, nets: Nets, fits: Callable[[Experiment], str]) -> None:
    """Remember why the net that was shown last is not, where nobody has chosen another one."""
    before: str = st.session_state.get(SHOWN, "")
    st.session_state[SHOWN] = first
    if before == first:
        return
    st.session_state.pop(INSTEAD, None)
    if NET not in st.session_state and before in nets and (why := fits(nets[before].experiment)):
        st.session_state[INSTEAD] = (
            f"{plain(nets[before].title)} was looked at before, and cannot be here: {why} Until you choose one, "
            f"{plain(nets[first].title)} is shown."
        )


def say_instead() -> None:
    """Say why the page shows another net than the one before, as long as it does."""
    if INSTEAD in st.session_state:
        st.info(st.session_state[INSTEAD], icon=":material/info:")


def _pick(label: str, what: str, nets: Nets, choices: Sequence[str], usual: str) -> str:
    """A choice among nets, from the one that was chosen on this page or another."""
    chosen = st.session_state.get(what, usual)
    current = chosen if chosen in choices else usual
    # A key for each: what a widget shows at first counts only once for a key.
    widget = f"{what}.pick.{current}"

    def choose() -> None:
        st.session_state[what] = st.session_state[widget]
        st.session_state[state.PROBLEMS] = []

    picked: str = st.selectbox(
        label,
        choices,
        index=choices.index(current),
        format_func=lambda id: nets[id].title if id else ALONE,
        key=widget,
        on_change=choose,
        width=340,
    )
    return picked
