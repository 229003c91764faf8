"""Which rows of the Runs page are shown, and in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import streamlit as st

from lab.ui.shelf.rows import Row, text_of

SEARCH, STATES, ESTIMATORS, TAGS = "runs.search", "runs.states", "runs.estimators", "runs.tags"
PINNED, ORDER = "runs.pinned", "runs.order"
"""Where the session keeps what is asked for."""


def _score(row: Row, value: float | None) -> tuple[bool, float]:
    """Accuracies before losses, the better one first; those that have none come last."""
    accuracy = row.contestant.metric == "accuracy"
    if value is None:
        return True, math.inf
    return not accuracy, -value if accuracy else value


ORDERS: dict[str, Callable[[Row], Any]] = {
    "Newest first": lambda row: -row.job.facts.created.timestamp(),
    "Oldest first": lambda row: row.job.facts.created.timestamp(),
    "Title": lambda row: row.job.title.casefold(),
    "Best on validation images": lambda row: _score(row, row.contestant.best),
    "Best on test images": lambda row: _score(row, row.contestant.test),
}


class Wanted(NamedTuple):
    """What rows a person asks for."""

    words: list[str]
    states: list[str]
    estimators: list[str]
    tags: list[str]
    pinned: bool
    order: str

    def of(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the rows, in the order that is asked for, pinned ones first."""
        found = sorted(filter(self._fits, rows), key=ORDERS[self.order])
        return sorted(found, key=lambda row: not row.job.about.pinned)

    def _fits(self, row: Row) -> bool:
        return (
            (not self.states or row.state in self.states)
            and (not self.estimators or row.experiment.estimator.title in self.estimators)
            and set(self.tags) <= set(row.job.about.tags)
            and (row.job.about.pinned or not self.pinned)
            and (not self.words or all(word in text for text in [text_of(row)] for word in self.words))
        )


def wanted(rows: list[Row]) -> Wanted:
    """What a person asks for, by words and choices among what there is."""
    words = st.text_input(
        "Search",
        type="search",
        live=True,
        key=SEARCH,
        persist_state="session",
        placeholder="A word",
        width=220,
    )
    states = _choice("State", STATES, {row.state for row in rows})
    estimators = _choice("Estimator", ESTIMATORS, {row.experiment.estimator.title for row in rows})
    tags = _choice("Tags", TAGS, {tag for row in rows for tag in row.job.about.tags})
    pinned = st.toggle("Pinned alone", key=PINNED, persist_state="session")
    order = st.selectbox("Sort by", list(ORDERS), key=ORDER, persist_state="session", width=240)
    return Wanted(words.casefold().split(), states, estimators, tags, pinned, order)


def _choice(label: str, key: str, there: Iterable[str]) -> list[str]:
    """Any of some words. What was chosen stays a choice when the last row that has it is gone."""
    options = sorted({*there, *st.session_state.get(key, [])})
    return st.multiselect(label, options, key=key, persist_state="session", placeholder="Any", width=180)
