"""Names and colors of the runs on one page: those of their estimators, unless only something else tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lab.experiment import Experiment, differences
from lab.parts import DASHES, OKABE_ITO
from lab.recorder import Snapshot


class Contestant(NamedTuple):
    """One run as a page shows it."""

    id: str
    name: str
    color: str
    dash: str
    experiment: Experiment
    snapshot: Snapshot


def contestants(experiments: Sequence[Experiment], snapshots: Sequence[Snapshot]) -> list[Contestant]:
    """The runs of a job with their names and looks."""
    names = labels(experiments)
    estimators = [experiment.estimator for experiment in experiments]
    told_apart = len({estimator.name for estimator in estimators}) == len(estimators)
    looks = [
        (estimator.color, estimator.dash)
        if told_apart
        else (OKABE_ITO[index % len(OKABE_ITO)], DASHES[index % len(DASHES)])
        for index, estimator in enumerate(estimators)
    ]
    rows = zip(names, looks, experiments, snapshots, strict=True)
    return [Contestant(str(i), name, *look, run, snapshot) for i, (name, look, run, snapshot) in enumerate(rows)]


def labels(experiments: Sequence[Experiment]) -> list[str]:
    """What to call each experiment among the others: its estimator, and the other fields in which it differs."""
    table = differences(experiments)
    other = {path: values for path, values in table.items() if not path.startswith("estimator.")}
    same_estimator = len({experiment.estimator for experiment in experiments}) == 1
    names = []
    for index, experiment in enumerate(experiments):
        parts = [] if same_estimator and other else [experiment.estimator.title]
        if not same_estimator and len({e.estimator.name for e in experiments}) < len(experiments):
            parts += [f"{path[10:]} {_short(v[index])}" for path, v in table.items() if path.startswith("estimator.")]
        parts += [f"{path} {_short(values[index])}" for path, values in other.items() if values[index] is not None][:3]
        names.append(", ".join(parts))
    return [f"{index}. {name}" if names.count(name) > 1 else name for index, name in enumerate(names, 1)]


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
