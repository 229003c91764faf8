"""The fields of experiments by their dotted paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.experiment import Experiment


def flattened(experiment: Experiment) -> dict[str, Any]:
    """Every field, by its dotted path."""
    return dict(_flatten(experiment.model_dump()))


def fields_of(experiments: Sequence[Experiment]) -> dict[str, list[Any]]:
    """Every field of some experiments: dotted path to the value in each, None where it has none."""
    flat = [flattened(experiment) for experiment in experiments]
    paths = dict.fromkeys(path for fields in flat for path in fields)
    return {path: [fields.get(path) for fields in flat] for path in paths}


def differences(experiments: Sequence[Experiment]) -> dict[str, list[Any]]:
    """The fields in which some experiments differ: dotted path to the value in each, None where it has none."""
    table = fields_of(experiments)
    return {path: values for path, values in table.items() if any(value != values[0] for value in values)}


def _flatten(data: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
