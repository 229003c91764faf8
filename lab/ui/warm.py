"""The first second: what is slow to import or to load is fetched before anyone presses a button."""

from __future__ import annotations

import logging
import threading

import streamlit as st

from lab.data import DataError, default_dataset
from lab.presets import PRESETS
from lab.training import Training

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def warm() -> threading.Thread:
    """Build the net of every source once and make a step of the cheap ones, in the background."""
    thread = threading.Thread(target=_warm, name="warm", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    try:
        dataset = default_dataset()
        for name in ("source-000", "source-003-det-st-both", "source-001", "source-004"):
            small = PRESETS[name].experiment(dataset).with_changes(["batch_size=2", "subset=4"])
            next(Training(small).events())
    except DataError as error:
        log.warning("%s", error)
