"""The app as scripts without a browser, for tests of its pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest

from lab.data import Dataset
from lab.data.base import Images, OnProgress
from lab.experiment import Experiment
from lab.jobs import JOBS, Job
from lab.presets import PRESETS
from lab.ui import live_board
from tests.browser import REPOSITORY

APP = str(REPOSITORY / "app.py")
PAGES = sorted(path.name for path in (REPOSITORY / "views").glob("*.py"))
PATIENCE = 120
"""Seconds after which something that should happen has failed to."""

# A server looks through all installed packages for components once, and AppTest for every tab: ten times as long as
# the Train page takes.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# It has no browser either, which would remember what it was sent.
live_board._sent_to_this_page = dict  # type: ignore[assignment]


def look_from_this_machine(patch: pytest.MonkeyPatch) -> None:
    """Let pages be those of this machine: Streamlit's tests have no connection, and in doubt it is a stranger's."""
    patch.setattr("lab.ui.visitor.headers", lambda: {"Host": "localhost", "Origin": "http://localhost"})
    patch.setattr("lab.ui.keep.visitor", lambda: None)


def opened(page: str = "train.py", **parameters: str) -> AppTest:
    """A new browser tab on a page, its address carrying these parameters. No exception may reach the person."""
    tab = AppTest.from_file(APP, default_timeout=PATIENCE)
    if page != "train.py":
        tab.run()
        tab.switch_page(f"views/{page}")
    for name, value in parameters.items():
        tab.query_params[name] = value
    return shown(tab)


def shown(changed: Any) -> AppTest:
    """The tab after its page ran once more: because time passed, or because an element of it was used."""
    tab: AppTest = changed.run()
    assert not tab.exception, [item.message for item in tab.exception]
    return tab


def pressed(tab: AppTest, key: str) -> AppTest:
    """The tab after its button of that key was pressed."""
    return shown(tab.button(key=key).click())


def button(tab: AppTest, label: str) -> Any:
    """The only button of that label."""
    (found,) = [item for item in tab.button if item.label == label]
    return found


def boards(tab: AppTest) -> list[Any]:
    """The boards of charts that the page shows."""
    return [item for item in tab.get("bidi_component") if item.proto.component_name == "lab_live_board"]


def contents(tab: AppTest) -> list[dict[str, Any]]:
    """What the boards of the page show, films among them, with what is said of each at its place."""
    parts = (board.proto.bytes.partition(b"\n") for board in boards(tab))
    return [json.loads(content) | json.loads(line) for line, _, content in parts]


def leader_board(tab: AppTest) -> list[dict[str, str]]:
    """The lines of the table of a race's contestants, by the titles of its columns."""
    cards = [card for board in contents(tab) for card in board["cards"]]
    (table,) = [card for card in cards if card["kind"] == "table"]
    titles = [head["title"] for head in table["heads"]]
    return [dict(zip(titles, row["cells"], strict=True)) for row in table["rows"]]


def told(tab: AppTest) -> str:
    """Everything the page says in errors, warnings, notes and captions."""
    return "\n".join(item.value for kind in (tab.error, tab.warning, tab.info, tab.caption) for item in kind)


def handed(tab: AppTest) -> tuple[dict[str, Any], bytes]:
    """What is told of the file that the browser gets, and its content."""
    (file,) = [item.proto.bytes for item in tab.get("bidi_component") if item.proto.component_name == "lab_hand_over"]
    head, _, content = file.partition(b"\n")
    return json.loads(head), content


def forget_runs() -> None:
    """Stop what runs in this process and start with none, as a server does."""
    JOBS.stop_all()
    JOBS._jobs.clear()


def remember_run(job: Job) -> Job:
    """Have a run that came to its end before `forget_runs`, for tests that only look at it."""
    assert job.ended
    JOBS._jobs[job.id] = job
    return job


def never_load(dataset: type[Dataset], patch: pytest.MonkeyPatch) -> None:
    """Let runs wait for these images until they are stopped, so that not even the widest net is built."""
    real = dataset.images

    def wait(self: Dataset, progress: OnProgress | None = None) -> Images:
        while progress is not None:
            progress(0, 1)
            time.sleep(0.01)
        return real(self)

    patch.setattr(dataset, "images", wait)


def tick(tab: AppTest, which: int, rows: list[int]) -> AppTest:
    """The page with some rows of one of its tables ticked."""
    key = user_key_from_element_id(tab.dataframe[which].proto.id)
    tab.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return shown(tab)


def until_it_shows(tab: AppTest, condition: Callable[[], bool]) -> None:
    """Look at a page until something is on it; not often, for that takes the processor from what it waits for."""
    until(lambda: bool(shown(tab)) and condition(), pause=0.2)


def newest() -> Job:
    """The job that was started last."""
    return JOBS.all()[0]


def until(condition: Callable[[], bool], pause: float = 0.02) -> None:
    """Wait for something that happens in another thread."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(pause)


def on_digits(preset: str, *changes: str) -> Experiment:
    """A preset on the embedded images."""
    return PRESETS[preset].experiment(Dataset.members["digits"]()).with_changes(list(changes))
