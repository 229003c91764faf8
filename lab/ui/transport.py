"""Play, pause, step, stop, rewind: the controls of a run, on buttons and keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from lab.jobs import Job

SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "25": 25.0, "100": 100.0, "full": None}


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
            on_click=lambda: _play_or_pause(job),
            key=f"{key}.play",
            width=145,
        )
        for control in CONTROLS:
            st.button(
                control.label,
                icon=control.icon,
                shortcut=control.shortcut,
                on_click=control.act,
                args=(job,),
                key=f"{key}.{control.label}",
                help=control.help,
                disabled=control.needs_run and job.ended,
            )
        st.select_slider(
            "Steps a second",
            list(SPEEDS),
            value=next(name for name, speed in SPEEDS.items() if speed == job.speed),
            key=f"{key}.speed",
            on_change=lambda: job.set_speed(SPEEDS[st.session_state[f"{key}.speed"]]),
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
