"""Which fields of an experiment contestants differ in: whole fields, or by `part.field` a setting of a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.jobs import SHARED_IN_A_RACE
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.ui.draft import Data

SETTINGS: dict[str, type[Part]] = {"estimator": Estimator, "architecture": Architecture, "optimizer": Optimizer}
"""Parts whose settings may differ one by one."""

Override = dict[str, Any]
"""What one contestant has: a value by the path of its field."""


def choices(data: Data) -> list[str]:
    """Every path that contestants may differ in, for parts as they are."""
    found = []
    for name in Experiment.model_fields:
        if name not in SHARED_IN_A_RACE:
            found += [name, *(f"{name}.{field}" for field in _settings(name, data))]
    return found


def without_covered(paths: Sequence[str]) -> list[str]:
    """The paths, but settings of a part that differs as a whole."""
    return [path for path in paths if "." not in path or path.partition(".")[0] not in paths]


def differing(dumps: Sequence[Data]) -> list[str]:
    """The paths in which some experiments differ: settings where all have the same part, else whole fields."""
    found = []
    for name in (name for name in dumps[0] if any(dump[name] != dumps[0][name] for dump in dumps)):
        parts = [dump[name] for dump in dumps]
        if name in SETTINGS and len({part["name"] for part in parts}) == 1:
            found += [f"{name}.{key}" for key in parts[0] if any(part[key] != parts[0][key] for part in parts)]
        else:
            found.append(name)
    return found


def value_at(data: Data, path: str) -> Any:
    """What an experiment has there."""
    name, dot, field = path.partition(".")
    return data[name][field] if dot else data[name]


def merged(data: Data, override: Mapping[str, Any]) -> Data:
    """An experiment with what a contestant has; settings of parts that are no longer there are left out."""
    result = dict(data)
    for path, value in override.items():
        name, dot, field = path.partition(".")
        if not dot:
            result[name] = value
        elif field in _settings(name, result):
            result[name] = {**result[name], field: value}
    return result


def _settings(name: str, data: Data) -> list[str]:
    return list(SETTINGS[name].choices()[data[name]["name"]].model_fields) if name in SETTINGS else []
