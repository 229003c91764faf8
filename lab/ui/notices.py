"""What every page must say before anything else: a broken link, images that cannot be had, parts that did not load."""

from __future__ import annotations

import streamlit as st

from lab import data, estimators, models, optimizers, presets
from lab.data import DataError, data_folder
from lab.limits import wrong_variables
from lab.store import StoreError, runs_folder
from lab.ui import state


def show_notices() -> None:
    """Say what is wrong with this tab's address, with folders, limits and parts of the lab."""
    show_problems([*state.problems(), *_folder_problems(), *wrong_variables(), *_broken_parts()])


def show_problems(problems: list[str]) -> None:
    """Say what is wrong, a sentence each."""
    for problem in problems:  # which may hold people's words, whose links and pictures nobody should follow
        st.error(problem.replace("[", r"\["), icon=":material/error:")


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
