"""The first second: what is slow to import or to load is fetched before anyone presses a button."""

from __future__ import annotations

import atexit
import gc
import importlib
import logging
import pkgutil
import threading

import streamlit as st

import lab.ui
from lab.data import DataError, default_dataset
from lab.events import Step
from lab.limits.demands import demands
from lab.probes.processors import numpy_on_one_processor
from lab.training import Training
from lab.ui.presets import CARDS, first_of

log = logging.getLogger(__name__)


_closing = threading.Event()


@st.cache_resource(show_spinner=False)
def warm() -> threading.Thread:
    """Import what all pages are made of, build the net of every source and make a step of it, in the background."""
    thread = threading.Thread(target=_warm, name="warm", daemon=True)
    thread.start()
    atexit.register(_close, thread)
    return thread


def _warm() -> None:
    numpy_on_one_processor()
    for module in pkgutil.walk_packages(lab.ui.__path__, f"{lab.ui.__name__}."):
        importlib.import_module(module.name)
    try:
        dataset = default_dataset()
        for name in CARDS:
            if _closing.is_set():
                return
            small = first_of(name).experiment(dataset).with_changes(["batch_size=2", "subset=4"])
            demands(small)
            next(event for event in Training(small, frames=False).events() if isinstance(event, Step))
    except DataError as error:
        log.warning("%s", error)
    # Python collects garbage now and then. Without this, it then walks through all objects of PyTorch and of Streamlit
    # itself: a quarter of a second in which no step of any run can be made.
    gc.collect()
    gc.freeze()


def _close(thread: threading.Thread) -> None:
    """A thread that is inside PyTorch when the interpreter ends would abort the process."""
    _closing.set()
    thread.join()
    gc.unfreeze()  # else libraries complain at the end about objects that nobody frees
