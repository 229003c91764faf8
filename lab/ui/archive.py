"""Runs that only MLflow has, among the others; and what is said where MLflow is away."""

from __future__ import annotations

import streamlit as st

from lab.store.listing import Archived
from lab.ui.keep import keeper


def elsewhere() -> list[Archived]:
    """The runs that only MLflow has."""
    archivist = keeper()
    return archivist.elsewhere() if archivist is not None else []


def show_archive_problems() -> None:
    """Say what is not in MLflow, and why."""
    archivist = keeper()
    for problem in archivist.problems if archivist is not None else []:
        st.warning(problem, icon=":material/cloud_off:")


def fetch(id: str) -> None:
    """Bring a run that only MLflow has into the folder of runs.

    Raises:
        StoreError: MLflow is away, or what it has is no run of this lab.
    """
    if (archivist := keeper()) is not None:
        with st.spinner("Fetching the run from MLflow"):
            archivist.fetch(id)


def delete(id: str) -> None:
    """Take a run that only MLflow has off its list; it is recovered like any other.

    Raises:
        StoreError: it cannot be noted down.
    """
    if (archivist := keeper()) is not None:
        archivist.delete(id)
