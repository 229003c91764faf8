"""Which rows of the Runs page are shown, and in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from lab.ui.shelf.rows import STANDINGS, Row, text_of


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


def chosen(rows: list[Row]) -> list[Row]:
    """The rows that a person asks for by words and choices."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="shelf-filters"):
        words = st.text_input(
            "Search",
            type="search",
            live=True,
            key="runs.search",
            persist_state="session",
            placeholder="A word",
            width=220,
        )
        wanted = {
            "State": _choice("State", "runs.states", {STANDINGS[row.job.standing] for row in rows}),
            "Estimator": _choice("Estimator", "runs.estimators", {row.experiment.estimator.title for row in rows}),
        }
        tags = _choice("Tags", "runs.tags", {tag for row in rows for tag in row.job.about.tags})
        pinned = st.toggle("Pinned alone", key="runs.pinned", persist_state="session")

    def fits(row: Row) -> bool:
        has = {"State": STANDINGS[row.job.standing], "Estimator": row.experiment.estimator.title}
        return (
            all(not asked or has[name] in asked for name, asked in wanted.items())
            and set(tags) <= set(row.job.about.tags)
            and (row.job.about.pinned or not pinned)
        )

    fitting = [row for row in rows if fits(row)]
    parts = words.casefold().split()
    if parts:
        fitting = [row for row in fitting if all(part in text for text in [text_of(row)] for part in parts)]
    return fitting


def ordered(rows: list[Row]) -> list[Row]:
    """The rows in the order that a person asks for, pinned ones first."""
    order = st.selectbox("Sort by", list(ORDERS), key="runs.order", persist_state="session", width=240)
    return sorted(sorted(rows, key=ORDERS[order]), key=lambda row: not row.job.about.pinned)


def _choice(label: str, key: str, there: Iterable[str]) -> list[str]:
    """Any of some words. What was chosen stays a choice when the last row that has it is gone."""
    options = sorted({*there, *st.session_state.get(key, [])})
    return st.multiselect(label, options, key=key, persist_state="session", placeholder="Any", width=180)
