"""Runs that only MLflow has, among the others."""

from __future__ import annotations

import streamlit as st

from lab.jobs import JOBS
from lab.store import StoreError
from lab.store.bin import deleted
from lab.store.listing import Archived
from lab.ui.keep import keeper


def elsewhere() -> list[Archived]:
    """The runs that only MLflow has."""
    archivist = keeper()
    return archivist.elsewhere() if archivist is not None else []


def whereabouts(id: str) -> str:
    """Where a run is that is not in the folder of runs, as a sentence."""
    archivist = keeper()
    if archivist is not None and any(job.id == id for job in archivist.elsewhere()):
        return "It is in MLflow alone: the Runs page lists it, and fetches it when it is opened there."
    try:
        gone = deleted(JOBS.runs_folder) if JOBS.runs_folder is not None else []
    except StoreError as error:
        return str(error)
    if any(folder.id == id for folder in gone):
        return "It was deleted: the Runs page brings it back."
    return "There is no such run in this lab."


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
