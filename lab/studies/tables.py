"""The results of a study as files: ours beside theirs, as Markdown, CSV, LaTeX and JSON, and for a board."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from lab.boards.across import Measure
from lab.boards.wording import NOTHING, decimals, fixed, signed
from lab.exports.markup import latex, markdown, spreadsheet
from lab.exports.readable import Align, Readable
from lab.links import command
from lab.studies.base import MARK, MARKED, REFERENCE, RULE, Row, Study
from lab.studies.comparison import Compared, compared, of_row, sources_of
from lab.studies.results import Measured, Results, ResultsFolder
from lab.studies.rivals import OverRival

ALIGN: tuple[Align, ...] = ("left", "left", "right", "right", "right", "right", "wrapped")
PASSES = "passes a step"
"""The column of what a step costs, in evaluations of the loss."""


def write_all(folder: ResultsFolder, study: Study, results: Results) -> None:
    """Write figures and tables; the figures first, which the tables are made of.

    Raises:
        StoreError: a file cannot be written; the one before is still there.
    """
    folder.write(results)
    for suffix, content in written(study, results).items():
        folder.write_file(f"table.{suffix}", content)


def written(study: Study, results: Results) -> dict[str, bytes]:
    """The tables, by the suffix of their files."""
    tables = readable(study, results)
    return {
        "md": f"{markdown(tables)}\nMeasured by `{results.command}`.\n".encode(),
        "csv": spreadsheet(frame(study, results)),
        "tex": f"% {results.command}\n{latex(tables)}".encode(),
        "json": json.dumps(plain(study, results), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n",
    }


def readable(study: Study, results: Results, rows: Sequence[Row] | None = None) -> list[Readable]:
    """A table for each measure, of some rows or of all."""
    found = compared(study.rows if rows is None else rows, results)
    measures = dict.fromkeys(each.measure for each in found)
    return [_table(study, measure, [each for each in found if each.measure is measure]) for measure in measures]


def _table(study: Study, measure: Measure, found: Sequence[Compared]) -> Readable:
    caption = (
        f"{study.title}. {measure.title}: published, and measured here as mean ± standard error over N seeds. {RULE}"
    )
    if REFERENCE in sources_of(found):
        caption += f" {MARKED}"
    columns = ["row", "title", "published", "ours", "N", "difference", "verdict"]
    rows = [[*line, each.told] for line, each in zip(cells(found), found, strict=True)]
    align = list(ALIGN)
    if passes := passes_of(found):
        for line, cell in zip([columns, *rows], [PASSES, *passes], strict=True):
            line.insert(2, cell)
        align.insert(2, "right")
    return Readable(caption, columns, rows, align)


def passes_of(found: Sequence[Compared]) -> list[str]:
    """What a step of each costs, for a column of a table; empty where all cost the same."""
    passes = [each.passes for each in found]
    return [NOTHING if each is None else str(each) for each in passes] if len({*passes} - {None}) > 1 else []


class Cells(NamedTuple):
    """A figure as people read it."""

    name: str
    title: str
    published: str
    ours: str
    """Mean ± standard error."""
    n: str
    apart: str
    """Ours less theirs."""


def cells(found: Sequence[Compared]) -> list[Cells]:
    """Figures of one measure that stand in one table, all to the decimals that the smallest spread leaves."""
    reaches = [float(each.spread.error) * each.measure.factor for each in found]
    return [_cells(each, decimals(reaches, each.measure.decimals, each.measure.most_decimals)) for each in found]


def _cells(each: Compared, places: int) -> Cells:
    factor, over = each.measure.factor, each.spread
    ours, error, apart = (float(value) * factor for value in (over.mean, over.error, each.difference))
    told = fixed(ours, places) + (f" ± {fixed(error, places)}" if math.isfinite(error) else "")
    return Cells(each.row.name, each.row.title, published(each), told, str(len(each.values)), signed(apart, places))


def published(each: Compared) -> str:
    """The published figure with the digits that it has."""
    figure, factor = each.published, each.measure.factor
    if figure is None:
        return NOTHING
    mark = MARK if figure.source == REFERENCE else ""
    return f"{figure.value * factor:.{max(0, figure.digits - round(math.log10(factor)))}f}{mark}"


def frame(study: Study, results: Results) -> pd.DataFrame:
    """One row for each figure, no number rounded; accuracies are shares between 0 and 1."""
    return pd.DataFrame([_told(study, each, results) for each in compared(study.rows, results)])


def plain(study: Study, results: Results, rows: Sequence[Row] | None = None) -> dict[str, Any]:
    """The results as plain data: an object for each of some rows, or of all: its first figure, and all its figures."""
    asked = study.rows if rows is None else rows
    found, told_rows = compared(asked, results), []
    for row in asked:
        figures = [_numbers(each) for each in of_row(found, row)]
        seeds = [_seed(each) for each in of_row(found, row)[0].seeds]
        told = {"row": row.name, "title": row.title, **figures[0], "figures": figures, "seeds": seeds}
        told_rows.append({**told, "meaning": row.meaning, "differs": row.differs})
    conditions = {"dataset": results.dataset.name, "epochs": results.epochs, "versions": results.versions}
    return {"study": study.name, "command": results.command, **conditions, "rows": told_rows}


def _told(study: Study, each: Compared, results: Results) -> dict[str, Any]:
    numbers = {name: math.nan if value is None else value for name, value in _numbers(each).items()}
    runs = " ".join(seed.run for seed in each.seeds if seed.run)
    return {
        "study": study.name,
        "row": each.row.name,
        "title": each.row.title,
        **numbers,
        "runs": runs,
        "command": results.command,
    }


def _numbers(each: Compared) -> dict[str, Any]:
    """Everything about one figure; None where there is no number."""
    over = each.spread
    return {
        "measure": each.measure.name,
        "passes": each.passes,
        "published": each.published.value if each.published is not None else None,
        "published_by": each.published.source if each.published is not None else None,
        "mean": _finite(over.mean),
        "stderr": _finite(over.error),
        "n": len(each.values),
        "standard_deviation": _finite(over.deviation),
        "difference": _finite(each.difference),
        "standard_error_of_difference": None if math.isnan(each.difference) else _finite(each.standard_error),
        **_against(each.over_rival),
        "verdict": each.verdict,
        "what_it_tells": each.told,
    }


def _against(over: OverRival | None) -> dict[str, Any]:
    """What a figure has over that of its rival; None throughout where there is no rival."""
    names = ("rival", "over_rival", "standard_error_over_rival", "n_over_rival", "beaten")
    if over is None:
        return dict.fromkeys(names)
    numbers = _finite(over.mean), _finite(over.error), over.count
    return dict(zip(names, (over.rival.name, *numbers, over.beaten), strict=True))


def _seed(each: Measured) -> dict[str, Any]:
    """One seed, with what trains it once more."""
    trains = command(each.experiment) if each.experiment is not None else None
    return {"seed": each.seed, "run": each.run, "ended": each.ended, **each.figures, "command": trains}


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
