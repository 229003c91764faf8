"""Results as people read them: rounded texts, shares in percent, columns that are empty throughout left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from lab.exports.comparison import Entry
from lab.exports.tables import MEASURES, has_seeds, results, summary

NOTHING = "–"
"""A cell without a value."""
TOLD_BY_NAME = ("title", "seed")
"""Columns that are left out where all rows have the same."""


class Readable(NamedTuple):
    """A table of texts."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    numeric: list[bool]
    """Which of its columns are set flush right."""


def readable(entries: Sequence[Entry]) -> list[Readable]:
    """What to show of some contestants: means over seeds where there are several, then every single one."""
    tables = [_of_kinds(entries)] if has_seeds(entries) else []
    return [*tables, _of_contestants(entries)]


def _of_contestants(entries: Sequence[Entry]) -> Readable:
    table = results(entries)
    cells: dict[str, list[str]] = {}
    for name in ("run", "title", "contestant", "state"):
        cells[name] = [str(value) for value in table[name]]
    for name in ("seed", "steps"):
        cells[name] = [f"{value:d}" for value in table[name]]
    cells["epochs"] = [f"{value:.2f}" for value in table["epochs"]]
    for name in MEASURES:
        cells[_heading(name)] = [_number(name, value) for value in table[name]]
    cells["reported step"] = [NOTHING if pd.isna(value) else f"{value:d}" for value in table["reported_step"]]
    cells["images/s"] = [NOTHING if pd.isna(value) else f"{value:.0f}" for value in table["images_per_second"]]
    alike = {name for name in TOLD_BY_NAME if len(entries) > 1 and len(set(cells[name])) == 1}
    words = ("run", "title", "contestant", "state")
    return _table("Results.", {name: column for name, column in cells.items() if name not in alike}, words)


def _of_kinds(entries: Sequence[Entry]) -> Readable:
    table = summary(entries)
    cells = {"contestant": [str(value) for value in table["contestant"]], "seeds": [f"{n:d}" for n in table["seeds"]]}
    for name in MEASURES:
        columns = (table[f"{name}_{part}"] for part in ("mean", "standard_error", "n"))
        figures = zip(*columns, table["seeds"], strict=True)
        cells[_heading(name)] = [_spread(name, *figure) for figure in figures]
    caption = "Means over seeds ± standard error of the mean; (n) where only n seeds have a number."
    return _table(caption, cells, ("contestant",))


def _table(caption: str, cells: dict[str, list[str]], words: Sequence[str]) -> Readable:
    kept = {name: column for name, column in cells.items() if set(column) != {NOTHING}}
    rows = [list(row) for row in zip(*kept.values(), strict=True)]
    return Readable(caption, list(kept), rows, [name not in words for name in kept])


def _heading(measure: str) -> str:
    return measure.replace("_", " ") + (" (%)" if measure.endswith("accuracy") else "")


def _number(measure: str, value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{100 * value:.2f}" if measure.endswith("accuracy") else f"{value:.4f}"


def _spread(measure: str, mean: float, error: float, count: int, seeds: int) -> str:
    if math.isnan(mean):
        return NOTHING
    spread = "" if math.isnan(error) else f" ± {_number(measure, error)}"
    return _number(measure, mean) + spread + (f" ({count})" if count < seeds else "")
