"""Results people can use: tables, curves, and a report that opens offline, of any contestants of any runs."""

from __future__ import annotations

import io
import json
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
    what: str
    """What is in it."""
    suffix: str
    mime: str
    write: Callable[[Comparison], bytes]
    readable: bool = True
    """Whether it makes sense in a terminal."""


def file_name(title: str, format: Format) -> str:
    """What to call a file of runs of this title."""
    words = re.sub(r"[^\w.]+", "-", title).lower()[:LONGEST_NAME].strip("-._")
    return f"{words or 'runs'}-{format.what}.{format.suffix}"


def _csv(table: pd.DataFrame, nothing: str) -> bytes:
    return table.to_csv(index=False, na_rep=nothing, lineterminator="\n").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def _experiments(comparison: Comparison) -> bytes:
    each = [entry.experiment.model_dump(mode="json") for entry in comparison.entries]
    return json.dumps(each[0] if len(each) == 1 else each, indent=1).encode() + b"\n"


def _commands(comparison: Comparison) -> bytes:
    lines = dict.fromkeys(entry.command for entry in comparison.entries)
    return "".join(f"{line}\n" for line in lines).encode()


def _results_csv(comparison: Comparison) -> bytes:
    return _csv(results(comparison.entries), nothing="")


def _results_parquet(comparison: Comparison) -> bytes:
    return _parquet(results(comparison.entries))


def _latex(comparison: Comparison) -> bytes:
    return latex(readable(comparison.entries)).encode()


def _markdown(comparison: Comparison) -> bytes:
    return markdown(readable(comparison.entries)).encode()


def _report(comparison: Comparison) -> bytes:
    return report(comparison).encode()


def _curves_csv(comparison: Comparison) -> bytes:
    return _csv(curves(comparison.entries), nothing="NaN")


def _curves_parquet(comparison: Comparison) -> bytes:
    return _parquet(curves(comparison.entries))


PARQUET_TYPE = "application/vnd.apache.parquet"
RESULTS = {
    "csv": Format("CSV", "results", "csv", "text/csv", _results_csv),
    "parquet": Format("Parquet", "results", "parquet", PARQUET_TYPE, _results_parquet, readable=False),
    "latex": Format("LaTeX", "results", "tex", "application/x-tex", _latex),
    "markdown": Format("Markdown", "results", "md", "text/markdown", _markdown),
    "html": Format("Report", "report", "html", "text/html", _report, readable=False),
    "json": Format("Experiments", "experiments", "json", "application/json", _experiments),
    "command": Format("Commands", "commands", "sh", "text/x-sh", _commands),
}
"""What is made of the results of runs. `json` has an experiment, or a list of them."""
CURVES = {
    "csv": Format("CSV", "curves", "csv", "text/csv", _curves_csv),
    "parquet": Format("Parquet", "curves", "parquet", PARQUET_TYPE, _curves_parquet, readable=False),
}
"""What is made of their curves."""
