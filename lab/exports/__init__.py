"""Results people can use: tables, curves, and a report that opens offline, of any contestants of any runs."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from lab.exports.comparison import Comparison, View
from lab.exports.entry import Entry
from lab.exports.markup import latex, markdown, spreadsheet
from lab.exports.readable import Readable, difference_tables, final_tables, readable
from lab.exports.report import report
from lab.exports.tables import curves, figures_over_seeds, paired_differences, results

LONGEST_NAME = 80
SHARES = "Accuracies are shares between 0 and 1."
NO_FORMULAS = (
    "A text that a spreadsheet would run as a formula has an apostrophe before it; Parquet has all texts as they are."
)

__all__ = ["TABLES", "Comparison", "Entry", "Format", "View", "file_name"]


class Format(NamedTuple):
    """A kind of file."""

    title: str
    what: str
    """What is in it."""
    suffix: str
    mime: str
    write: Callable[[Comparison], bytes]
    readable: bool = True
    """Whether it makes sense in a terminal."""
    note: str = ""
    """What to know before using it."""


def file_name(title: str, format: Format) -> str:
    """What to call a file of runs of this title."""
    words = re.sub(r"[^\w.]+", "-", title).lower()[:LONGEST_NAME].strip("-._")
    return f"{words or 'runs'}-{format.what}.{format.suffix}"


def _programs(what: str, table: Callable[[Comparison], pd.DataFrame], nothing: str = "") -> dict[str, Format]:
    """A table for programs."""

    def csv(comparison: Comparison) -> bytes:
        return spreadsheet(table(comparison), nothing)

    def parquet(comparison: Comparison) -> bytes:
        stream = io.BytesIO()
        table(comparison).to_parquet(stream, index=False)
        return stream.getvalue()

    return {
        "csv": Format("CSV", what, "csv", "text/csv", csv, note=f"{SHARES} {NO_FORMULAS}"),
        "parquet": Format(
            *("Parquet", what, "parquet", "application/vnd.apache.parquet", parquet), readable=False, note=SHARES
        ),
    }


def _documents(what: str, tables: Callable[[Comparison], Sequence[Readable]]) -> dict[str, Format]:
    """Tables to be read."""
    return {
        "latex": Format("LaTeX", what, "tex", "application/x-tex", lambda of: latex(tables(of)).encode()),
        "markdown": Format("Markdown", what, "md", "text/markdown", lambda of: markdown(tables(of)).encode()),
    }


def _experiments(comparison: Comparison) -> bytes:
    each = [entry.experiment.model_dump(mode="json") for entry in comparison.entries]
    return json.dumps(each[0] if len(each) == 1 else each, indent=1).encode() + b"\n"


def _commands(comparison: Comparison) -> bytes:
    lines = dict.fromkeys(entry.command for entry in comparison.entries)
    return "".join(f"{line}\n" for line in lines).encode()


TABLES: dict[str, dict[str, Format]] = {
    "results": {
        **_programs("results", lambda of: results(of.entries)),
        **_documents("results", readable),
        "html": Format("Report", "report", "html", "text/html", lambda of: report(of).encode(), readable=False),
        "json": Format("Experiments", "experiments", "json", "application/json", _experiments),
        "command": Format("Commands", "commands", "sh", "text/x-sh", _commands),
    },
    "curves": _programs("curves", lambda of: curves(of.entries), nothing="NaN"),
    "final": {
        **_programs("final-figures", lambda of: figures_over_seeds(of.over_seeds)),
        **_documents("final-figures", final_tables),
    },
    "differences": {
        **_programs("differences", lambda of: paired_differences(of.over_seeds)),
        **_documents("differences", difference_tables),
    },
}
"""What is made of runs, by what it is of, in each format: of every contestant, of their curves, of their final figures
over seeds, and of the paired differences of these. `json` has an experiment, or a list of them."""
