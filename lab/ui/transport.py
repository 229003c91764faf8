"""Play, pause, step, stop, rewind: the controls of a run, on buttons and keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from lab.jobs import Job
from lab.jobs.owners import WATCHED, NotTheOwner, may_decide
from lab.ui import state
from lab.ui.plain import plain

SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "25": 25.0, "100": 100.0, "full": None}
SECONDS_TO_ACT = 0.3
"""How long a click waits for its job to do what it asks."""


Again = Callable[[int | None, bool], Job]
"""Starts another run of the same experiment, with a new seed if one is given, training at once or held."""


class Control(NamedTuple):
    """A button of the transport: what it does to a job, and to one that has ended, where it then does anything."""

    label: str
    icon: str
    shortcut: str | None
    act: Callable[[Job], None]
    after_end: Callable[[Job, Again], Job] | None = None
    help: str | None = None


PAUSE = Control("Pause", ":material/pause:", "Space", lambda job: job.pause())
PLAY = Control("Play", ":material/play_arrow:", "Space", lambda job: job.play())
GO_ON = Control(
    *("Go on", ":material/play_arrow:", "Space", lambda job: None, lambda job, again: state.go_on(job)),
    "Train from where it was: the result is that of a run that never stopped",
)
AGAIN = Control(
    *("Again", ":material/play_arrow:", "Space", lambda job: None, lambda job, again: again(None, True)),
    "Another run of the same experiment; this one is kept",
)
CONTROLS = (
    Control("Step", ":material/skip_next:", "Right", lambda job: job.step()),
    Control("10 steps", ":material/fast_forward:", "Up", lambda job: job.step(10)),
    Control("Stop", ":material/stop:", None, lambda job: job.stop()),
    Control(
        *("Rewind", ":material/replay:", "Home", lambda job: job.rewind(), lambda job, again: again(None, False)),
        "Back to step 0, same initial weights; a run that has ended is kept",
    ),
    Control(
        *("New seed", ":material/casino:", "N", lambda job: job.rewind(new_seed())),
        lambda job, again: again(new_seed(), False),
        "Back to step 0, other weights; a run that has ended is kept",
    ),
)


def transport(job: Job, key: str, again: Again) -> None:
    """The controls of a job. Space plays and pauses, → steps, ↑ makes ten steps, Home rewinds, N draws a new seed.

    What was recorded of a job that has ended is never lost: whatever would change it starts another one by `again`.
    """
    mine = may_decide(job.origin.owner)
    first = GO_ON if job.goes_on and mine else AGAIN if _rests(job) else PAUSE if job.playing else PLAY
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"transport-{key}"):
        _button(first, job, again, mine, key=f"{key}.play", type="primary", width=145)
        for control in CONTROLS:
            _button(control, job, again, mine, key=f"{key}.{control.label}")
        _speed(job, mine, f"{key}.speed")
    if not mine:
        st.caption(f":material/visibility: {plain(job.title)} {WATCHED}")


def _button(control: Control, job: Job, again: Again, mine: bool, **look: Any) -> None:
    st.button(
        control.label,
        icon=control.icon,
        shortcut=control.shortcut,
        on_click=_asked,
        args=(job, control, again),
        help=control.help,
        disabled=control.after_end is None if _rests(job) else not mine,
        **look,
    )


def _rests(job: Job) -> bool:
    """Whether nothing is to be changed about what a job recorded: it has ended, or is only looked at."""
    return job.ended or job.read_only


def _asked(job: Job, control: Control, again: Again) -> None:
    """Do what a button says, and let the page that is drawn next show that it was done."""
    if _rests(job) and control.after_end is not None:
        job = control.after_end(job, again)
    elif not _rests(job):
        _decide(lambda: control.act(job))
    job.settle(SECONDS_TO_ACT)


def _decide(act: Callable[[], None]) -> None:
    """Do something to a job, or say whose it is: a browser may press what it is not shown."""
    try:
        act()
    except NotTheOwner as error:
        st.toast(str(error), icon=":material/block:")


def _speed(job: Job, mine: bool, key: str) -> None:
    # The job knows its speed: another tab may have set it, and another job may be shown now.
    st.session_state[key] = next(name for name, speed in SPEEDS.items() if speed == job.pace.limit)
    st.select_slider(
        "Steps a second",
        list(SPEEDS),
        key=key,
        on_change=lambda: _decide(lambda: job.pace.set(SPEEDS[st.session_state[key]])),
        disabled=not mine,
        width=190,
    )


def new_seed() -> int:
    """Any seed."""
    return secrets.randbelow(2**31)
