"""Results people can use: tables, curves, and a report that opens offline, of any contestants of any runs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from lab.exports.comparison import Comparison, Entry
from lab.exports.markup import latex, markdown
from lab.exports.readable import readable
from lab.exports.report import report
from lab.exports.tables import curves, results

LONGEST_NAME = 80

__all__ = ["CURVES", "RESULTS", "Comparison", "Entry", "Format", "curves", "file_name", "results"]


class Format(NamedTuple):
    """A kind of file."""

    title: str
    suffix: str
    mime: str
    write: Callable[[Comparison], bytes]
    readable: bool = True
    """Whether it makes sense in a terminal."""


def file_name(title: str, what: str, suffix: str) -> str:
    """What to call a file of the results, the curves, or anything else of runs of this title."""
    words = re.sub(r"[^\w.]+", "-", title).lower()[:LONGEST_NAME].strip("-._")
    return f"{words or 'runs'}-{what}.{suffix}"


def _csv(table: pd.DataFrame, nothing: str) -> bytes:
    return table.to_csv(index=False, na_rep=nothing, lineterminator="\n").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def _experiments(comparison: Comparison) -> bytes:
    return "".join(f"{entry.experiment.model_dump_json()}\n" for entry in comparison.entries).encode()


def _commands(comparison: Comparison) -> bytes:
    lines = dict.fromkeys(entry.command for entry in comparison.entries)
    return "".join(f"{line}\n" for line in lines).encode()


RESULTS = {
    "csv": Format("CSV", "csv", "text/csv", lambda c: _csv(results(c.entries), "")),
    "parquet": Format("Parquet", "parquet", "application/octet-stream", lambda c: _parquet(results(c.entries)), False),
    "latex": Format("LaTeX", "tex", "application/x-tex", lambda c: latex(readable(c.entries)).encode()),
    "markdown": Format("Markdown", "md", "text/markdown", lambda c: markdown(readable(c.entries)).encode()),
    "html": Format("Report", "html", "text/html", lambda c: report(c).encode(), False),
    "json": Format("Experiments", "json", "application/json", _experiments),
    "command": Format("Commands", "sh", "text/x-sh", _commands),
}
"""What is made of the results of runs. `json` has one experiment a line."""
CURVES = {
    "csv": Format("CSV", "csv", "text/csv", lambda c: _csv(curves(c.entries), "NaN")),
    "parquet": Format("Parquet", "parquet", "application/octet-stream", lambda c: _parquet(curves(c.entries)), False),
}
"""What is made of their curves."""
