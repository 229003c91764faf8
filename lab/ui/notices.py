"""What every page must say before anything else: a broken link, images that cannot be had, parts that did not load."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lab import data, estimators, models, optimizers, presets, studies
from lab.data import DataError, data_folder
from lab.jobs.owners import asked_at_this_machine
from lab.limits import wrong_variables
from lab.store import StoreError, runs_folder
from lab.ui import state
from lab.ui.keep import keeper
from lab.ui.plain import unlinked
from lab.ui.told import told

Box = Callable[..., DeltaGenerator]
ICONS: dict[Box, str] = {st.error: ":material/error:", st.warning: ":material/cloud_off:"}
LISTED = 8
"""Problems of a kind that are told one by one."""


def show_notices() -> None:
    """Say what is wrong with this tab's address; to whoever can put it right, also with folders, limits and parts."""
    of_the_lab = [*_folder_problems(), *wrong_variables(), *_broken_parts()] if asked_at_this_machine() else []
    show_problems([*state.problems(), *of_the_lab])


def show_problems(problems: list[str]) -> None:
    """Say what is wrong, a sentence each."""
    for problem in problems:
        st.error(_harmless(problem), icon=":material/error:")


def show_together(problems: list[str], what: str, others_see: str, box: Box = st.error) -> None:
    """Say what is wrong with several things of a kind in one box.

    Args:
        problems: a sentence each, which may name places of this machine.
        what: what all of them are, to begin with.
        others_see: what is said instead to whoever is not at this machine.
        box: the kind of box.
    """
    if not problems:
        return
    if not asked_at_this_machine():
        box(f"{others_see} ({len(problems)})", icon=ICONS[box])
        return
    more = [f"{len(problems) - LISTED} more"] if len(problems) > LISTED else []
    listed = "".join(f"\n- {_harmless(problem)}" for problem in [*problems[:LISTED], *more])
    box(_harmless(problems[0]) if len(problems) == 1 else f"{len(problems)} {what}:\n{listed}", icon=ICONS[box])


def show_archive_problems() -> None:
    """Say what is not in MLflow, and why."""
    archivist = keeper()
    problems = archivist.problems if archivist is not None else []
    show_together(problems, "runs are not in MLflow as they are here", "MLflow does not have all runs.", st.warning)


def _harmless(problem: str) -> str:
    """A sentence which may hold people's words, whose links and pictures nobody should follow."""
    return unlinked(told(problem).replace("[", r"\["))


def _folder_problems() -> list[str]:
    try:
        data_folder()
    except DataError as error:
        return [f"{error} Until then only the embedded digits can be trained on."]
    try:
        runs_folder()
    except StoreError as error:
        return [f"{error} Until then runs are not kept beyond this process."]
    return []


def _broken_parts() -> list[str]:
    families = (data, estimators, models, optimizers, presets, studies)
    return [
        f"The module {broken.module} did not load, and its parts are missing: {broken.error}"
        for family in families
        for broken in family.BROKEN
    ]
