"""Play, pause, step, stop, rewind: the controls of a run, on buttons and keys."""

from __future__ import annotations

import secrets

import streamlit as st

from lab.jobs import Job

SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "25": 25.0, "100": 100.0, "full": None}


def transport(job: Job, key: str) -> None:
    """The controls of a job. Space plays and pauses, → steps, ↑ makes ten steps, Home rewinds, N draws a new seed."""
    playing = job.playing
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"transport-{key}"):
        st.button(
            "Pause" if playing else "Play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            type="primary",
            shortcut="Space",
            on_click=_play_or_pause,
            args=(job,),
            key=f"{key}.play",
            width=145,
        )
        _button(job, key, "Step", ":material/skip_next:", "Right", _step, 1, disabled=job.ended)
        _button(job, key, "10 steps", ":material/fast_forward:", "Up", _step, 10, disabled=job.ended)
        _button(job, key, "Stop", ":material/stop:", None, _stop, disabled=job.ended)
        _button(
            job, key, "Rewind", ":material/replay:", "Home", _rewind, help="Back to step 0 and the same initial weights"
        )
        _button(job, key, "New seed", ":material/casino:", "N", _new_seed, help="Back to step 0 with other weights")
        st.select_slider(
            "Steps a second",
            list(SPEEDS),
            value=next(name for name, speed in SPEEDS.items() if speed == job.speed),
            key=f"{key}.speed",
            on_change=_set_speed,
            args=(job, f"{key}.speed"),
            width=190,
        )


def _button(job: Job, key: str, label: str, icon: str, shortcut: str | None, act, *args, **more) -> None:  # type: ignore[no-untyped-def]
    st.button(label, icon=icon, shortcut=shortcut, on_click=act, args=(job, *args), key=f"{key}.{label}", **more)


def _play_or_pause(job: Job) -> None:
    if job.playing:
        job.pause()
        return
    if job.ended:
        job.rewind()
    job.play()


def _step(job: Job, count: int) -> None:
    job.step(count)


def _stop(job: Job) -> None:
    job.stop()


def _rewind(job: Job) -> None:
    job.rewind()


def _new_seed(job: Job) -> None:
    job.rewind(seed=secrets.randbelow(2**31))


def _set_speed(job: Job, key: str) -> None:
    job.set_speed(SPEEDS[st.session_state[key]])
