"""The XNOR page of a run, and its cards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS, Job
from tests.pages import PATIENCE, contents, opened, until_it_shows
from tests.small import small

SIGNS = {"levels": "-1/+1", "weight_levels": "-1/+1"}


def page(job: Job, **parameters: str) -> AppTest:
    """A new tab with the page of a run whose net was compared with its packed form, at least on some images."""
    tab = opened("xnor.py", net=f"{job.id}-0", **parameters)
    until_it_shows(tab, lambda: bool(cards(tab).get("exact.0", {}).get("readouts")))
    return tab


def cards(tab: AppTest) -> dict[str, dict[str, Any]]:
    """All there are, by their ids."""
    return {card["id"]: card for board in contents(tab) for card in board["cards"]}


def readouts(card: dict[str, Any]) -> dict[str, str]:
    """The numbers of a card, by what they are."""
    return {readout["label"]: readout["value"] for readout in card["readouts"]}


def number(text: str) -> float:
    """A number as cards print it."""
    return float(text.replace("\N{MINUS SIGN}", "-").replace("\u2009", ""))


@contextmanager
def under_way(**fields: Any) -> Iterator[Job]:
    """A run that trains until it is not needed any more."""
    job = JOBS.start([small("binary-mlp", SIGNS, budget=100_000, **fields)], "a run")
    try:
        yield job
    finally:
        job.stop()
        assert job.wait(PATIENCE)
