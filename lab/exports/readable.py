"""Results as people read them: rounded texts, shares in percent, no column that is empty or the same throughout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from lab.boards.across_cards import WIDTHS
from lab.boards.across_tables import VERDICT, differences, final_figures
from lab.boards.wording import NOTHING, factor_of, with_unit
from lab.exports.comparison import Comparison
from lab.exports.entry import Entry
from lab.exports.tables import MEASURES, results

WORDS = ("run", "title", "contestant", "state")
TOLD_ONCE = ("title", "state", "seed", "steps", "epochs", "reported step")
"""Columns that the caption tells where all rows have the same."""

Align = Literal["left", "right", "wrapped"]


class Readable(NamedTuple):
    """A table of texts."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    align: list[Align]
    """Of each column; one that is wrapped has whole sentences."""


def readable(comparison: Comparison) -> list[Readable]:
    """What came out: over all seeds where there are several, then of every single contestant."""
    return [*final_tables(comparison), *difference_tables(comparison), _of_contestants(comparison.entries)]


def final_tables(comparison: Comparison) -> list[Readable]:
    """Final figures over all seeds, a table for each task."""
    tables = []
    for over in comparison.over_seeds:
        width = over.view.width
        said = [f"Final figures, mean ± {WIDTHS[width]} over the seeds that are at their end.", *over.remarks]
        tables.append(_of_frame(" ".join(said), final_figures(over.contestants, over.measures, width)))
    return tables


def difference_tables(comparison: Comparison) -> list[Readable]:
    """What all others have more than the reference, seed by seed, a table for each final figure."""
    return [
        _of_frame(
            f"{measure.title}: paired differences to {reference.run.name}, mean over the seeds with its 95 % interval "
            "(Student's t).",
            differences(pairs, reference, measure),
        )
        for over in comparison.over_seeds
        for measure, reference, pairs in over.differences
    ]


def _of_frame(caption: str, table: pd.DataFrame) -> Readable:
    rows = [[str(cell) for cell in row] for row in table.itertuples()]
    align: list[Align] = ["wrapped" if name == VERDICT else "right" for name in table.columns]
    return Readable(caption, [str(table.index.name), *table.columns], rows, ["left", *align])


def _of_contestants(entries: Sequence[Entry]) -> Readable:
    table = results(entries)
    cells: dict[str, list[str]] = {}
    for name in WORDS:
        cells[name] = [str(value) for value in table[name]]
    for name in ("seed", "steps"):
        cells[name] = [f"{value:d}" for value in table[name]]
    cells["epochs"] = [f"{value:.2f}" for value in table["epochs"]]
    for name in MEASURES:
        cells[_heading(name)] = [_number(name, value) for value in table[name]]
    cells["reported step"] = [NOTHING if pd.isna(value) else f"{value:d}" for value in table["reported_step"]]
    cells["images/s"] = [NOTHING if pd.isna(value) else f"{value:.0f}" for value in table["images_per_second"]]
    if len(set(cells["title"])) > 1 and not any(entry.job.about.title for entry in entries):
        del cells["title"]  # titles that nobody gave say what contestants are called
    cells = {name: column for name, column in cells.items() if set(column) != {NOTHING}}
    shared = {name: cells.pop(name)[0] for name in TOLD_ONCE if len(entries) > 1 and len(set(cells.get(name, ()))) == 1}
    told = f" All have {', '.join(f'{name} {value}' for name, value in shared.items())}." if shared else ""
    rows = [list(row) for row in zip(*cells.values(), strict=True)]
    return Readable(f"Results.{told}", list(cells), rows, ["left" if name in WORDS else "right" for name in cells])


def _heading(measure: str) -> str:
    return with_unit(measure.replace("_", " "))


def _number(measure: str, value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{100 * value:.2f}" if factor_of(measure) == 100 else f"{value:.4f}"
