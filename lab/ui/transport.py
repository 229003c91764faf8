"""Play, pause, step, stop, rewind: the controls of a run, on buttons and keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from lab.jobs import Job

SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "25": 25.0, "100": 100.0, "full": None}
SECONDS_TO_ACT = 0.3
"""How long a click waits for its job to do what it asks."""


class Control(NamedTuple):
    """A button of the transport: what it does to a job, and whether it can still do that when the job has ended."""

    label: str
    icon: str
    shortcut: str | None
    act: Callable[[Job], None]
    needs_run: bool = True
    help: str | None = None


CONTROLS = (
    Control("Step", ":material/skip_next:", "Right", lambda job: job.step()),
    Control("10 steps", ":material/fast_forward:", "Up", lambda job: job.step(10)),
    Control("Stop", ":material/stop:", None, lambda job: job.stop()),
    Control(
        "Rewind", ":material/replay:", "Home", lambda job: job.rewind(), False, "Back to step 0, same initial weights"
    ),
    Control(
        "New seed", ":material/casino:", "N", lambda job: job.rewind(new_seed()), False, "Back to step 0, other weights"
    ),
)


def transport(job: Job, key: str) -> None:
    """The controls of a job. Space plays and pauses, → steps, ↑ makes ten steps, Home rewinds, N draws a new seed."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"transport-{key}"):
        st.button(
            "Pause" if job.playing else "Play",
            icon=":material/pause:" if job.playing else ":material/play_arrow:",
            type="primary",
            shortcut="Space",
            on_click=_asked,
            args=(job, _play_or_pause),
            key=f"{key}.play",
            width=145,
        )
        for control in CONTROLS:
            st.button(
                control.label,
                icon=control.icon,
                shortcut=control.shortcut,
                on_click=_asked,
                args=(job, control.act),
                key=f"{key}.{control.label}",
                help=control.help,
                disabled=control.needs_run and job.ended,
            )
        _speed(job, f"{key}.speed")


def _asked(job: Job, act: Callable[[Job], None]) -> None:
    """Do what a button says, and let the page that is drawn next show that it was done."""
    act(job)
    job.settle(SECONDS_TO_ACT)


def _speed(job: Job, key: str) -> None:
    # The job knows its speed: another tab may have set it, and another job may be shown now.
    st.session_state[key] = next(name for name, speed in SPEEDS.items() if speed == job.speed)
    st.select_slider(
        "Steps a second",
        list(SPEEDS),
        key=key,
        on_change=lambda: job.set_speed(SPEEDS[st.session_state[key]]),
        width=190,
    )


def new_seed() -> int:
    """Any seed."""
    return secrets.randbelow(2**31)


def _play_or_pause(job: Job) -> None:
    if job.playing:
        job.pause()
        return
    if job.ended:
        job.rewind()
    job.play()
