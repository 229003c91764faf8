"""Names and looks of the runs on one page: those of their estimators, unless only something else tells them apart.

Of two that would have nearly the same color, the later one gets another; seeds of one experiment share theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from lab.experiment import Experiment
from lab.figures.colors import told_apart
from lab.figures.theme import COLORS, LINE_STYLES
from lab.jobs.races import with_seed
from lab.parts import Part
from lab.recorder import Snapshot
from lab.schedules import Constant

TOLD_BY_TITLE = {"estimator", "architecture", "optimizer"}
"""Fields whose parts say by their title what they are."""


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
    kinds = with_seed(experiments, 0)
    looks = _looks(list(dict.fromkeys(kinds)))
    colors = [looks[kind][0] for kind in kinds]
    dashes = [_nth_after(looks[kind][1], kinds[:place].count(kind)) for place, kind in enumerate(kinds)]
    rows = zip(labels(experiments), colors, dashes, experiments, snapshots, strict=True)
    return [Contestant(str(place), *row) for place, row in enumerate(rows)]


def _nth_after(style: str, number: int) -> str:
    return LINE_STYLES[(LINE_STYLES.index(style) + number) % len(LINE_STYLES)]


def _looks(kinds: Sequence[Experiment]) -> dict[Experiment, tuple[str, str]]:
    """A color and a line style for each of some experiments that differ in more than their seeds."""
    estimators = [kind.estimator for kind in kinds]
    if len({estimator.name for estimator in estimators}) == len(estimators):
        usual = [(estimator.color, estimator.dash) for estimator in estimators]
    else:
        usual = [(COLORS[place % len(COLORS)], LINE_STYLES[place % len(LINE_STYLES)]) for place in range(len(kinds))]
    colors = told_apart([color for color, _ in usual])
    return dict(zip(kinds, zip(colors, [dash for _, dash in usual], strict=True), strict=True))


def labels(experiments: Sequence[Experiment]) -> list[str]:
    """What to call each experiment among the others: the fields in which it differs from most of them."""
    names = []
    for experiment in experiments:
        words = []
        for field in Experiment.model_fields:
            value, values = getattr(experiment, field), [getattr(other, field) for other in experiments]
            usual = values.count(value) > len(values) / 2 and field != "estimator"
            if values.count(value) < len(values) and not usual:
                words.append(_words(Experiment, field, value, values))
        names.append(", ".join(words) or experiment.estimator.title)
    return [f"{index}. {name}" if names.count(name) > 1 else name for index, name in enumerate(names, 1)]


def _words(owner: type[BaseModel], field: str, value: Any, values: Sequence[Any]) -> str:
    """A field's value, told apart from the other values: parts by their title, and the settings that differ."""
    name = field.replace("_", " ")
    if isinstance(value, bool):
        return f"{_decapitalized(owner.model_fields[field].title or name)} {'on' if value else 'off'}"
    if value is None:
        return f"no {name}"
    prefix = "" if field in TOLD_BY_TITLE else f"{name} "
    if isinstance(value, Constant):
        return f"{prefix}{value.value:g}"
    if not isinstance(value, Part):
        return f"{prefix}{_short(value)}"
    alike = [other for other in values if isinstance(other, type(value))]
    settings = [each for each in type(value).model_fields if len({getattr(other, each) for other in alike}) > 1]
    title = [f"{prefix}{value.title}"] if len(alike) < len(values) else []
    told = [
        _words(type(value), each, getattr(value, each), [getattr(other, each) for other in alike]) for each in settings
    ]
    return " ".join([*title, *told])


def _decapitalized(title: str) -> str:
    """A title within a sentence; abbreviations stay as they are."""
    first, *others = title.split(" ")
    return " ".join([first if first[1:] != first[1:].lower() else first.lower(), *others])


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
