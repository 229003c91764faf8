"""What a page that looks inside nets has above its panels, and how these are kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import streamlit as st

from lab.experiment import Experiment
from lab.ui import state
from lab.ui.background import forget
from lab.ui.chosen_picture import ChosenPicture, choose_picture
from lab.ui.inside.fitting import elsewhere, not_here
from lab.ui.inside.remarks import losses, of_different_images, standing
from lab.ui.inside.sides import Side, chosen_sides, say_instead, sides
from lab.ui.live import AFTER_THE_END, seconds_between_updates
from lab.ui.notices import show_notices, show_problems
from lab.ui.plain import plain
from lab.ui.projector import projector
from lab.ui.showing import note_watcher, watchers

SOON = 0.4
"""Seconds between two looks whether an answer that is worked out in the background has come."""
WAITING, SEEN, EVERY = "inside.waiting", "inside.seen", "inside.every"
"""Of a tab: the answers that its panels wait for, what was seen last, and the seconds until it looks again."""
FAILED = "inside.failed"
"""Of a tab: why answers that its panels asked for could not be found, by the names of these answers."""
LONGEST_NAME = 40
"""Characters of the name of a net that names of files have beside its number."""


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
        """What is looked at, for the names of files: the name of a net that stands alone where it is short."""
        numbers = " beside ".join(side.number for side in self.sides)
        name = self.sides[0].run.name
        return f"{numbers} {name}" if len(self.sides) == 1 and len(name) <= LONGEST_NAME else numbers

    @property
    def numbers(self) -> dict[str, str]:
        """What the nets are called by their numbers, by their names."""
        return {side.run.name: side.number for side in self.sides}

    @property
    def without_picture(self) -> Look:
        """The same whatever picture is chosen, for the name of what does not depend on it."""
        return self._replace(picture=self.picture._replace(key=""))


def look_inside(fits: Callable[[Experiment], str], instead: Callable[[Side], None] | None = None) -> Look | None:
    """Let a person choose the nets and the picture, and say what is wrong with them.

    Args:
        fits: says in a sentence why the page cannot show the net of an experiment, and what to do; nothing where it
            can.
        instead: offers something in the place of a net that cannot be shown.

    Returns:
        None where there is nothing to look into, which has been said.
    """

    def problem_of(experiment: Experiment) -> str:
        return fits(experiment) or not_here(experiment)

    with st.container(horizontal=True, vertical_alignment="bottom", key="bar"):
        on_stage = projector()
        chosen = chosen_sides(problem_of)
    with st.expander("Picture") if on_stage else st.sidebar:
        picture = choose_picture(chosen[0].job if chosen else None, contestant=chosen[0].place if chosen else 0)
    show_notices()
    if chosen is None:
        st.info("There is no run to look into yet. Train one on the Train page.")
        return None
    say_instead()
    shown = tuple(side for side in chosen if _can_be_shown(side, problem_of, instead, len(chosen) == 1))
    if len(shown) == 1 < len(chosen):
        st.caption(f"Shown is {plain(shown[0].run.name)} alone.")
    if shown and (note := of_different_images(shown)):
        st.info(note, icon=":material/info:")
    _await([side.run.experiment for side in chosen])
    return Look(shown, picture) if shown else None


def live(look: Look, body: Callable[[Look], None]) -> None:
    """Show the panels of a page, and again when there is something new to see of one of the nets.

    Args:
        look: what to look at.
        body: shows the panels; it is run alone where a reader uses one of them.
    """

    def panels() -> None:
        st.session_state[WAITING], st.session_state[FAILED] = [], {}
        st.session_state[SEEN] = _seen(look.sides)  # before the nets are read: what changes meanwhile is seen later
        now = look._replace(sides=sides((side.job, side.place) for side in look.sides))
        alone = len(now.sides) == 1
        for side in now.sides:  # here, not above the panels: what is missing is known when the run has been read
            for loss in losses(side):
                st.warning(of_net(side, alone, loss), icon=":material/warning:")
        unseen = [side for side in now.sides if side.run.snapshot.frame is None]
        if unseen:
            st.info("\n\n".join(of_net(side, alone, _why_nothing_is_seen(side)) for side in unseen))
            return
        if unfinished := list(filter(None, map(standing, now.sides))):
            st.caption("  \n".join(unfinished))
        body(now)

    def watch() -> None:
        for side in look.sides:
            if state.looked_up(side.job.id)[0] is not side.job:  # another process, or a person, did something with it
                st.rerun()
            note_watcher(side.job, state.session())
        _say_what_failed()
        waiting = st.session_state[WAITING]
        new = any(future.done() for future in waiting) if waiting else _seen(look.sides) != st.session_state[SEEN]
        if new:
            st.rerun()

    # What is drawn by a timer stands beside the panels: within them it would be drawn into what is there no more.
    st.session_state[EVERY] = SOON
    st.fragment(panels, key="inside")()
    st.session_state[EVERY] = SOON if st.session_state[WAITING] else pause_between_looks(look)
    st.fragment(watch, run_every=st.session_state[EVERY], key="inside.watch")()


def wait_for(futures: Sequence[Future[Any]]) -> None:
    """Let the page be drawn again when any of these has come."""
    st.session_state[WAITING] += futures
    if st.session_state[EVERY] != SOON:
        st.rerun()  # the timer, which stands beside what is drawn now, is to be set


def could_not(name: Hashable, problem: str) -> None:
    """Say below the panels why an answer could not be found, until someone asks for it again there.

    Args:
        name: of the answer in the background.
        problem: a sentence.
    """
    st.session_state[FAILED][name] = problem


def _say_what_failed() -> None:
    failed: dict[Hashable, str] = st.session_state[FAILED]
    if not failed:
        return
    show_problems(list(dict.fromkeys(failed.values())))
    if st.button("Ask again", icon=":material/refresh:", key="inside.again"):
        for name in failed:
            forget(name)
        st.rerun()


def _seen(shown: Sequence[Side]) -> list[Any]:
    """What changes when there is something new to see of some nets."""
    jobs = [side.job for side in shown]
    looked = [job.remembered(side.place).recorder.snapshot().frame for job, side in zip(jobs, shown, strict=True)]
    frames = [None if frame is None else frame.step for frame in looked]
    return [[job.status, job.version if job.ended else None, step] for job, step in zip(jobs, frames, strict=True)]


def pause_between_looks(look: Look) -> float:
    """Seconds from one look at some nets to the next: as often as at the one that changes most."""
    pauses = (seconds_between_updates(side.job.status, watchers(side.job)) for side in look.sides)
    return min(AFTER_THE_END if pause is None else pause for pause in pauses)


def _await(experiments: Sequence[Experiment]) -> None:
    """Draw the page again when what is not here has come: a run may be downloading it."""
    away = [experiment for experiment in experiments if not_here(experiment)]

    def look_again() -> None:
        if not all(map(not_here, away)):
            st.rerun()

    if away:
        st.fragment(look_again, run_every=AFTER_THE_END, key="inside.away")()


def _why_nothing_is_seen(side: Side) -> str:
    if side.job.status == "opening":
        return "What was kept of the run is being read."
    if side.job.ended:
        return (
            "The run has no frames that can be read, so nothing can be seen inside its net. A new run of the same "
            f"experiment records them. {plain(side.job.view().message)}"
        )
    return "Nothing was seen inside the net yet; its first frame comes before its first step."


def _can_be_shown(
    side: Side, fits: Callable[[Experiment], str], instead: Callable[[Side], None] | None, alone: bool
) -> bool:
    problem = fits(side.run.experiment)
    if told := problem or elsewhere(side.run.experiment):
        st.info(of_net(side, alone, told), icon=":material/info:")
    if problem and instead is not None:
        instead(side)
    return not problem


def of_net(side: Side, alone: bool, told: str) -> str:
    """What is told of a net, with its name where there is another one beside it."""
    return told if alone else f"{plain(side.run.name)}: {told}"
