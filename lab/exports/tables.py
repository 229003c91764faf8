"""Results as tables of plain columns: of contestants, of what they come to over their seeds, or of their curves.

No number is rounded. Accuracies and other shares are between 0 and 1; only sentences have the units of the app. A cell
is empty (NaN) where there is no number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain, product
from typing import Any

import numpy as np
import pandas as pd
from pydantic_core import to_jsonable_python

from lab.boards.across import against
from lab.boards.across_tables import places_of, verdict
from lab.columns import Column
from lab.exports.entry import Entry
from lab.exports.over_seeds import OverSeeds
from lab.paths import differences
from lab.statistics import spread

MEASURES = (
    *("last_validation_loss", "last_validation_accuracy", "best_validation_loss", "best_validation_accuracy"),
    *("test_loss", "test_accuracy"),
)
"""Columns that say how good a net is."""
FINAL_COLUMNS = ("contestant", "figure", "n", "mean", "standard_deviation", "standard_error", "half_interval_95")
DIFFERENCE_COLUMNS = (
    *("contestant", "reference", "figure", "n", "mean_difference", "interval_95_low", "interval_95_high"),
    "what_it_tells",
)
CURVE_COLUMNS = ("run", "contestant", "seed", "step", "epoch", "curve", "value")
STEP_CURVES = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "slope": "slope",
    "lr": "learning rate",
    "delta": "delta",
    "attempted": "attempted flips",
    "realized": "realized flips",
    "oscillating": "oscillating weights",
    "age": "steps since the last flip",
    "strays": "binary weights that are no bits",
    "seconds": "seconds of training",
}
"""Names of the columns of a run's steps."""


def results(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row for each contestant: what it is, the fields in which it differs from the others, and what came out.

    Seeds of one contestant have its name, and `seed` tells them apart.
    """
    differing = differences([entry.experiment for entry in entries])
    columns = {path: _plain(values) for path, values in differing.items() if path != "seed"}
    rows = [
        {
            "run": entry.job.id,
            "title": entry.job.title,
            "contestant": entry.kind,
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


def figures_over_seeds(over_seeds: Sequence[OverSeeds]) -> pd.DataFrame:
    """One row for each contestant and final figure: its mean over the seeds, and their spread.

    Seeds that are not at their end, or diverged, count in no mean, and `n` says how many do.
    """
    rows = [
        (contestant.run.name, measure.name, *(value.item() for value in spread([*figures.values()])))
        for over in over_seeds
        for contestant, measure in product(over.contestants, over.measures)
        for figures in [contestant.final(measure.as_measured)]
    ]
    return pd.DataFrame(rows, columns=FINAL_COLUMNS)


def paired_differences(over_seeds: Sequence[OverSeeds]) -> pd.DataFrame:
    """One row for each final figure of each contestant but the reference: its mean difference, seed by seed."""
    rows = []
    for over in over_seeds:
        for measure, reference, pairs in over.differences:
            places, exact = places_of(pairs, measure), against(over.contestants, reference, measure.as_measured)
            for (contestant, shown), (_, found) in zip(pairs, exact, strict=True):
                names = contestant.run.name, reference.run.name, measure.name
                numbers = len(found.differences), float(found.spread.mean), found.low, found.high
                rows.append((*names, *numbers, verdict(shown, reference.run.name, measure, places)))
    return pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)


def curves(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row for each point of each curve. A loss that is no number is there; what was not measured is not."""
    tables = [_curve(entry, *curve) for entry in entries for curve in _curves(entry)]
    empty = pd.DataFrame(columns=CURVE_COLUMNS)
    return pd.concat(tables, ignore_index=True) if tables else empty


def _plain(values: Sequence[Any]) -> list[Any]:
    """Values of one kind that a column can hold: all numbers, all texts, all true or false, or all JSON."""
    there = [value for value in values if value is not None]
    kinds = {float if type(value) is int else type(value) for value in there}
    if kinds <= {float} or kinds in ({bool}, {str}):
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
    told = (entry.job.id, entry.kind, entry.experiment.seed, steps.astype(np.int64), epochs, name, values)
    return pd.DataFrame(dict(zip(CURVE_COLUMNS, told, strict=True)))
