"""What every page must say before anything else: a broken link, images that cannot be had, parts that did not load."""

from __future__ import annotations

import streamlit as st

from lab import data, estimators, models, optimizers, presets
from lab.data import DataError, data_folder
from lab.jobs.owners import asked_at_this_machine
from lab.limits import wrong_variables
from lab.store import StoreError, runs_folder
from lab.ui import state
from lab.ui.plain import unlinked

LISTED = 8
"""Problems of a kind that are told one by one."""


def show_notices() -> None:
    """Say what is wrong with this tab's address, with folders, limits and parts of the lab."""
    limits = wrong_variables() if asked_at_this_machine() else []  # which nobody else can put right
    show_problems([*state.problems(), *_folder_problems(), *limits, *_broken_parts()])


def show_problems(problems: list[str]) -> None:
    """Say what is wrong, a sentence each."""
    for problem in problems:
        st.error(_harmless(problem), icon=":material/error:")


def show_together(problems: list[str], what: str) -> None:
    """Say what is wrong with several things of a kind in one box.

    Args:
        problems: a sentence each.
        what: what all of them are, to begin with.
    """
    if len(problems) < 2:
        show_problems(problems)
        return
    more = [f"{len(problems) - LISTED} more"] if len(problems) > LISTED else []
    listed = "".join(f"\n- {_harmless(problem)}" for problem in [*problems[:LISTED], *more])
    st.error(f"{len(problems)} {what}:\n{listed}", icon=":material/error:")


def _harmless(problem: str) -> str:
    """A sentence which may hold people's words, whose links and pictures nobody should follow."""
    return unlinked(problem.replace("[", r"\["))


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
    families = (data, estimators, models, optimizers, presets)
    return [
        f"The module {broken.module} did not load, and its parts are missing: {broken.error}"
        for family in families
        for broken in family.BROKEN
    ]
