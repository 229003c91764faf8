"""Looking back: the choice of a moment of a run, whose kept look inside the net the board then shows."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.boards.moment import kept_steps
from lab.jobs import JobView
from lab.recorder import Snapshot
from lab.ui import address, in_vain

NOW = "Now"
LONGEST = 18
"""Digits of a step."""


def picked_moment(view: JobView) -> int | None:
    """The step to look back to, among those that are kept; None for now. Asks where there is more than one."""
    steps = kept_steps(view.snapshots)
    if not steps and view.status == "opening":  # what the address asks for can wait
        return None
    chosen = moment_key(view.id)
    linked = address.asked(chosen, address.MOMENT, "run")
    if linked is not None and linked["run"] == view.id:
        st.session_state[chosen] = linked_moment(chosen, linked[address.MOMENT], steps)
    return asked_moment(chosen, steps, view.snapshots, "Curves and numbers are of now.")


def chosen_moment(id: str) -> int | None:
    """The step that a job is looked back to on this page; None for now."""
    step: int | None = st.session_state.get(moment_key(id))
    return step


def moment_key(id: str) -> str:
    """Where a session remembers to which step a job, or what else a page shows, is looked back to."""
    return f"moment.{id}"


def asked_moment(chosen: str, steps: Sequence[int], snapshots: Sequence[Snapshot], besides: str = "") -> int | None:
    """The kept moment that a person looks back to, which the address then says; None for now.

    Args:
        chosen: where the session remembers the choice.
        steps: of the moments, in order.
        snapshots: whose moments they are.
        besides: what else to say of a moment that was chosen.
    """
    if st.session_state.get(chosen) not in steps:  # also where a rewind took it away
        st.session_state[chosen] = None
    if len(steps) > 1:
        _ask(chosen, steps, snapshots, besides)
    step: int | None = st.session_state[chosen]
    in_vain.say(chosen, step)
    address.write(**{address.MOMENT: None if step is None else str(step)})
    return step


def _ask(chosen: str, steps: Sequence[int], snapshots: Sequence[Snapshot], besides: str) -> None:
    # A key for each list of moments: a slider whose choices change starts anew, from what was chosen.
    key = f"{chosen}.{len(steps)}"

    def choose() -> None:
        picked = st.session_state[key]
        st.session_state[chosen] = None if picked == NOW else picked

    step = st.session_state[chosen]
    st.session_state[key] = NOW if step is None else step
    with st.container(horizontal=True, vertical_alignment="center", key="moment"):
        st.select_slider(
            "Moment (step)",
            [*steps, NOW],
            key=key,
            on_change=choose,
            width=420,
            help="What is inside the net as it was after this step. Kept often at first, then more rarely, and at "
            "evaluations.",
        )
        if step is not None:
            epoch = next(frame.epoch for each in snapshots for frame in each.frames if frame.step == step)
            st.caption(f"Inside the net after step {step}, epoch {epoch:.2f}. {besides}".rstrip())


def linked_moment(what: str, text: str | None, steps: Sequence[int]) -> int | None:
    """The moment that an address asks for: the newest kept one that is not later; None for now.

    What it asks for in vain is remembered under `what`.

    Args:
        what: names the choice.
        text: that the address has.
        steps: of the moments that there are, in order.
    """
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST:
        asked = f"The address asks for the moment {address.quoted(text)}"
        in_vain.remember(what, f"{asked}; allowed is a step, such as {address.MOMENT}=64.", None)
        return None
    found = max((step for step in steps if step <= int(text)), default=None)
    if steps and not steps[0] <= int(text) <= steps[-1]:
        there = f"there are moments from step {steps[0]} to {steps[-1]} by now, and the newest is shown"
        in_vain.remember(what, f"The address asks for the moment {address.quoted(text)}; {there}.", found)
    return found
