"""Which nets a page looks into: one, and if a person likes another one beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from lab.boards.contestants import Contestant, contestants, labels
from lab.jobs import JOBS, Job
from lab.limits import BeyondLimits
from lab.store import StoreError
from lab.ui import address, archive, state
from lab.ui.race import RACE

NET, BESIDE = "net", "beside"
"""What the nets are called in the address and in the session: the id of a job, and the place of a contestant."""
ALONE = "Nothing beside it"


class Side(NamedTuple):
    """One net: a contestant of a job, or the only one."""

    job: Job
    place: int
    run: Contestant

    @property
    def id(self) -> str:
        """The name of the net among all there are."""
        return net_name(self.job, self.place)


Nets = Mapping[str, tuple[Job, int]]
"""Jobs and the places of their contestants, by the name of the net."""


def net_name(job: Job, place: int) -> str:
    """What the net of a contestant is called among all there are."""
    return f"{job.id}-{place}"


def chosen_sides() -> tuple[Side, ...]:
    """The net that is looked into, and the one beside it if there is one; none where there is no run yet.

    The choice is the same on all pages of the tab, and in the address.
    """
    _follow_address()
    nets = {net_name(job, place): (job, place) for job in JOBS.all() for place in range(len(job.experiments))}
    if not nets:
        return ()
    first = _pick("Net", NET, nets, list(nets), _usual(nets))
    chosen, others = [first], [id for id in nets if id != first]
    if others:
        beside = _pick("Beside it", BESIDE, nets, ["", *others], "")
        chosen += [beside] if beside else []
    address.write(**{NET: first, BESIDE: chosen[1] if len(chosen) > 1 else None})
    return sides(nets[id] for id in chosen)


def sides(nets: Iterable[tuple[Job, int]]) -> tuple[Side, ...]:
    """Nets as they are now, with names and colors that tell them apart."""
    chosen = [(job, place, job.view()) for job, place in nets]
    experiments = [view.experiments[place] for _, place, view in chosen]
    runs = contestants(experiments, [view.snapshots[place] for _, place, view in chosen])
    return tuple(Side(job, place, run) for (job, place, _), run in zip(chosen, runs, strict=True))


def _follow_address() -> None:
    """Look into the nets that the address asks for, brought back from disk where need be."""
    linked = address.asked(NET, NET, BESIDE)
    for what, id in (linked or {}).items():
        if id is None:
            st.session_state.pop(what, None)
        elif _found(id):
            st.session_state[what] = id


def _found(id: str) -> bool:
    """Whether there is a net of this name; where there is none, that is said."""
    run, _, place = id.partition("-")
    try:
        job = JOBS.find(run, again=True)
    except (StoreError, BeyondLimits) as error:
        st.session_state[state.PROBLEMS] = str(error).splitlines()
        return False
    shown, count = id[: state.SHOWN], 0 if job is None else len(job.experiments)
    if place.isascii() and place.isdecimal() and len(place) <= 2 and int(place) < count:
        return True
    why = archive.whereabouts(run) if job is None else f"That run has {count}: {run}-0 is the first one."
    st.session_state[state.PROBLEMS] = [f"The address asks for the net {shown!r}. {why}"]
    return False


def _usual(nets: Nets) -> str:
    """The net to begin with: of what this tab watches, or has started last, else the newest."""
    watched = [st.session_state.get(key) for key in (state.RUN, RACE)]
    own = [f"{id}-0" for id in (*watched, *reversed(st.session_state.get(state.OWN, [])))]
    return next(id for id in (*own, *nets) if id in nets)


def _pick(label: str, what: str, nets: Nets, choices: Sequence[str], usual: str) -> str:
    """A choice among nets, from the one that was chosen on this page or another."""
    chosen = st.session_state.get(what, usual)
    current = chosen if chosen in choices else usual
    # A key for each: what a widget shows at first counts only once for a key.
    widget = f"{what}.pick.{current}"

    def choose() -> None:
        st.session_state[what] = st.session_state[widget]

    picked: str = st.selectbox(
        label,
        choices,
        index=choices.index(current),
        format_func=lambda id: _title(*nets[id]) if id else ALONE,
        key=widget,
        on_change=choose,
        width=340,
    )
    return picked


def _title(job: Job, place: int) -> str:
    return state.named(job) if len(job.experiments) == 1 else f"{state.named(job)}: {labels(job.experiments)[place]}"
