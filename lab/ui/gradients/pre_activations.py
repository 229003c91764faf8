"""The pre-activations that shares of active units are taken of: a normal distribution, or those of a run."""

from __future__ import annotations

from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLong

import numpy as np
import streamlit as st
import torch

from lab.jobs import JOBS, Job
from lab.probes.pre_activations import pre_activations

NORMAL = "a standard normal distribution"
QUANTILES = 20_001
"""So many stand for all of a distribution."""
PATIENCE = 5.0
"""Seconds that a running job may take to answer between two of its steps."""


def choose_pre_activations(key: str) -> tuple[str, np.ndarray]:
    """A source of pre-activations, and quantiles that stand for all of them (N,)."""
    runs = {job.id: job for job in JOBS.runs()}
    choice = st.selectbox(
        "Pre-activations",
        [NORMAL, *runs],
        format_func=lambda id: id if id == NORMAL else f"run {runs[id].number}, {runs[id].title}, as it is now",
        key=f"{key}.source",
        persist_state="session",
        width=480,
    )
    normal = torch.special.ndtri((torch.arange(QUANTILES, dtype=torch.float64) + 0.5) / QUANTILES).numpy()
    if choice == NORMAL:
        return NORMAL, normal
    layers = _of_run(runs[choice])
    if not layers:
        st.warning("That run has no binary units, or no net to look into. Shown is a normal distribution instead.")
        return NORMAL, normal
    layer = st.segmented_control(
        "Layer", list(layers), default=next(iter(layers)), required=True, key=f"{key}.layer", persist_state="session"
    )
    return f"{layer} of run {runs[choice].number}", _quantiles(layers[layer]) if layer in layers else normal


def _quantiles(x: np.ndarray) -> np.ndarray:
    # One sort: np.quantile takes seconds for so many.
    return np.sort(x)[((np.arange(QUANTILES) + 0.5) / QUANTILES * len(x)).astype(int)]


def _of_run(job: Job) -> dict[str, np.ndarray]:
    try:
        return job.questions.ask(lambda specimens: pre_activations(specimens[0])).result(PATIENCE)
    except (CancelledError, TooLong):
        return {}
