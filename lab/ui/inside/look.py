"""What a page that looks inside nets has above its panels, and how these are kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from lab.experiment import Experiment
from lab.ui.chosen_picture import ChosenPicture, choose_picture
from lab.ui.inside.sides import Side, chosen_sides, sides
from lab.ui.live import SECONDS_BETWEEN_UPDATES
from lab.ui.notices import show_notices
from lab.ui.plain import plain
from lab.ui.projector import projector

SOON = 0.4
"""Seconds between two looks whether an answer that is worked out in the background has come."""
LOST_SHOWN = 5
"""Steps that are named of those whose frames are lost."""


class Look(NamedTuple):
    """What a page looks at."""

    sides: tuple[Side, ...]
    """One net, or two beside each other."""
    picture: ChosenPicture

    @property
    def key(self) -> str:
        """Names the film: all pages and Train look back to the same moment of a run."""
        return self.sides[0].job.id

    @property
    def subject(self) -> str:
        """What is looked at, for the names of files."""
        return " beside ".join(f"run {side.job.number} {side.run.name}" for side in self.sides)


def look_inside(fits: Callable[[Experiment], str]) -> Look | None:
    """Let a person choose the nets and the picture, and say what is wrong with them.

    Args:
        fits: says in a sentence why the page cannot show the net of an experiment, and what to do; nothing where it
            can.

    Returns:
        None where there is nothing to look into, which has been said.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="bar"):
        on_stage = projector()
        chosen = chosen_sides()
    with st.expander("Picture") if on_stage else st.sidebar:
        picture = choose_picture(chosen[0].job if chosen else None, contestant=chosen[0].place if chosen else 0)
    show_notices()
    if not chosen:
        st.info("There is no run to look into yet. Train one on the Train page, or open one on the Runs page.")
        return None
    shown = tuple(side for side in chosen if _can_be_shown(side, fits))
    return Look(shown, picture) if shown else None


def live(look: Look, body: Callable[[Look], None]) -> None:
    """Show the panels of a page, and again every few seconds while one of the nets trains.

    Args:
        look: what to look at.
        body: shows the panels.
    """
    statuses = [side.job.status for side in look.sides]
    waits = [SECONDS_BETWEEN_UPDATES[status] for status in statuses if status in SECONDS_BETWEEN_UPDATES]

    def again() -> None:
        now = look._replace(sides=sides((side.job, side.place) for side in look.sides))
        if [side.job.status for side in now.sides] != statuses:
            st.rerun()
        if any(side.run.snapshot.frame is None for side in now.sides):
            st.info("Nothing was seen inside this net yet: its first frame comes before its first step.")
            return
        body(now)

    st.fragment(again, run_every=max(waits, default=None), key="inside")()


def look_again(come: Callable[[], bool]) -> None:
    """Draw the page again as soon as an answer has come that the panels wait for.

    Args:
        come: whether it is there.
    """

    def wait() -> None:
        if come():
            st.rerun()

    st.fragment(wait, run_every=SOON, key="inside.waiting")()


def _can_be_shown(side: Side, fits: Callable[[Experiment], str]) -> bool:
    problem = fits(side.run.experiment)
    if problem:
        st.info(f"{plain(side.run.name)}: {problem}", icon=":material/info:")
        return False
    lost = side.run.snapshot.lost
    if lost:
        steps = ", ".join(map(str, lost[:LOST_SHOWN])) + (" and more" if len(lost) > LOST_SHOWN else "")
        st.warning(
            f"{plain(side.run.name)}: {len(lost)} of its frames are missing or damaged (steps {steps}). The others are "
            "shown; a new run of the same experiment brings all of them back.",
            icon=":material/warning:",
        )
    return True
