"""Results as tables of plain columns: one row for each contestant, for each kind of them, or for each point of a curve.

Shares are between 0 and 1, and no number is rounded. A cell is empty (NaN) where there is no number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from pydantic_core import to_jsonable_python

from lab.experiment import differences
from lab.exports.comparison import Entry
from lab.recorder import Column
from lab.statistics import spread

MEASURES = (
    *("last_validation_loss", "last_validation_accuracy", "best_validation_loss", "best_validation_accuracy"),
    *("test_loss", "test_accuracy"),
)
"""Columns that say how good a net is."""
CURVE_COLUMNS = ("run", "contestant", "seed", "step", "epoch", "curve", "value")
STEP_CURVES = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "slope": "slope",
    "lr": "learning rate",
    "delta": "delta",
    "attempted": "attempted flips",
    "realized": "realized flips",
    "seconds": "seconds of training",
}
"""Names of the columns of a run's steps."""


def results(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row for each contestant: what it is, the fields in which it differs from the others, and what came out."""
    differing = differences([entry.experiment for entry in entries])
    columns = {path: _plain(values) for path, values in differing.items() if path != "seed"}
    rows = [
        {
            "run": entry.run,
            "title": entry.title,
            "contestant": entry.name,
            "state": entry.state,
            **{path: values[index] for path, values in columns.items()},
            "seed": entry.experiment.seed,
            "steps": entry.steps,
            "epochs": entry.epochs,
            **_scores(entry),
            "images_per_second": _rate(entry),
        }
        for index, entry in enumerate(entries)
    ]
    return pd.DataFrame(rows).astype({"reported_step": "Int64"})


def summary(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row for each kind of contestant: mean, standard error and number of each measure over its seeds.

    The error is that of the mean: the deviation of a sample over the root of its size. Seeds that are not at their end,
    or diverged, count in no mean, and `n` says how many do. The same experiment again is no further seed: the longest
    run counts.
    """
    rows = []
    for kind, seeds in _seeds(entries).items():
        row: dict[str, Any] = {"contestant": kind, "seeds": len(seeds)}
        scores = [_scores(entry) for entry in seeds if entry.done]
        for measure in MEASURES:
            values = np.array([score[measure] for score in scores], dtype=np.float64)
            row |= {f"{measure}_{name}": value for name, value in _mean_and_error(values).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def has_seeds(entries: Sequence[Entry]) -> bool:
    """Whether some of them differ in nothing but their seeds."""
    return any(len(seeds) > 1 for seeds in _seeds(entries).values())


def curves(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row for each point of each curve. A loss that is no number is there; what was not measured is not."""
    tables = [_curve(entry, *curve) for entry in entries for curve in _curves(entry)]
    empty = pd.DataFrame(columns=CURVE_COLUMNS)
    return pd.concat(tables, ignore_index=True) if tables else empty


def _seeds(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """By kind, the longest run of each seed."""
    longest: dict[tuple[str, int], Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.steps):
        longest[entry.kind, entry.experiment.seed] = entry
    kinds = dict.fromkeys(entry.kind for entry in entries)
    return {kind: [entry for (of, _), entry in longest.items() if of == kind] for kind in kinds}


def _plain(values: Sequence[Any]) -> list[Any]:
    """Values of one kind that a column can hold: all numbers, all texts, or all JSON."""
    there = [value for value in values if value is not None]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in there)
    if numbers or all(isinstance(value, str) for value in there):
        return list(values)
    return [None if value is None else json.dumps(to_jsonable_python(value)) for value in values]


def _scores(entry: Entry) -> dict[str, float | None]:
    snapshot, report = entry.snapshot, entry.snapshot.report
    found: dict[str, float | None] = {}
    for measure, best in (("loss", np.min), ("accuracy", np.max)):
        values = snapshot.evaluations[measure]
        finite = values[np.isfinite(values)]
        found[f"last_validation_{measure}"] = float(values[-1]) if len(values) else math.nan
        found[f"best_validation_{measure}"] = float(best(finite)) if len(finite) else math.nan
    test = report.test if report is not None else None
    found["test_loss"] = test.loss if test is not None else math.nan
    found["test_accuracy"] = test.accuracy if test is not None and test.accuracy is not None else math.nan
    ordered = {measure: found[measure] for measure in MEASURES}
    return {**ordered, "reported_step": report.reported_step if report is not None else None}


def _rate(entry: Entry) -> float:
    report = entry.snapshot.report
    rate = report.images_per_second if report else entry.snapshot.images_per_second(entry.experiment.batch_size)
    return rate or math.nan


def _mean_and_error(values: Column) -> dict[str, float]:
    over = spread(values)
    return {"mean": float(over.mean), "standard_error": float(over.error), "n": int(over.size)}


def _curves(entry: Entry) -> Iterator[tuple[str, Column, Column, Column]]:
    """(name, steps, epochs, values) of each curve that has a point."""
    steps, scores, health = entry.snapshot.steps, entry.snapshot.evaluations, entry.snapshot.health
    for column, name in STEP_CURVES.items():
        yield from _measured(name, steps["step"], steps["epoch"], steps[column], column == "loss")
    for column in ("loss", "accuracy"):
        values = scores[column]
        yield from _measured(f"validation {column}", scores["step"], scores["epoch"], values, column == "loss")
    for layer, columns in chain(health.layers.items(), health.sites.items()):
        for measure, values in columns.items():
            yield from _measured(f"{layer} {measure}", health.steps, health.epochs, values)


def _measured(
    name: str, steps: Column, epochs: Column, values: Column, always: bool = False
) -> Iterator[tuple[str, Column, Column, Column]]:
    there = np.full(len(values), True) if always else ~np.isnan(values)
    if there.any():
        yield name, steps[there], epochs[there], values[there]


def _curve(entry: Entry, name: str, steps: Column, epochs: Column, values: Column) -> pd.DataFrame:
    told = (entry.run, entry.name, entry.experiment.seed, steps.astype(np.int64), epochs, name, values)
    return pd.DataFrame(dict(zip(CURVE_COLUMNS, told, strict=True)))
