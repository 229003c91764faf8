"""`python -m lab list`: every part of a kind with what it says about itself. A part that is added appears by itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import torch
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab import data, estimators, models, optimizers, presets, studies
from lab.cli.errors import explained
from lab.cli.fields import described
from lab.data import Dataset
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Broken, Part
from lab.presets import PRESETS, Preset
from lab.schedules import Schedule
from lab.studies import STUDIES, Study

UNWATCHED_WIDTH = 140
"""Columns of a table that goes to a file or another program."""

Entry = dict[str, Any]


def main(kind: str, as_json: bool) -> int:
    """Print every part of a kind, as a table or as a JSON array. Returns the exit code."""
    with explained():
        entries = LISTS[kind]()
    if as_json:
        typer.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        _print_table(entries)
    for broken in BROKEN.get(kind, []):
        typer.echo(f"{broken.module} is broken and left out: {broken.error}", err=True)
    return 0


def _entry(part: type[Part], **facts: Any) -> Entry:
    return {
        "name": part.name,
        "title": part.title,
        "summary": part.summary,
        "formula": part.formula,
        "paper": part.paper,
        "defect_of": part.defect_of,
        **facts,
        "recipes": part.recipes,
        "fields": described(part),
    }


def _estimator(part: type[Estimator]) -> Entry:
    rule = part()
    return _entry(
        part,
        stochastic=rule.stochastic,
        unbiased=rule.unbiased,
        zero_gradient=rule.zero_gradient,
        levels=rule.levels,
        forward=rule.forward,
        objective=rule.objective,
        wraps=rule.wraps,
        cost_in_loss_evaluations=rule.cost,
        is_not=rule.is_not,
        aliases=list(rule.aliases),
    )


def _architecture(part: type[Architecture]) -> Entry:
    shape = part()
    with torch.device("meta"):
        net = shape.net()
    return _entry(
        part,
        task=part.task,
        binary_weights=shape.has_binary_weights,
        parameters=sum(parameter.numel() for parameter in net.parameters()),
        binary_layers=list(shape.site_names),
    )


def _optimizer(part: type[Optimizer]) -> Entry:
    return _entry(part, needs_binary_weights=part.needs_binary_weights)


def _dataset(part: type[Dataset]) -> Entry:
    return _entry(
        part,
        classes=list(part.classes),
        training_images=part.training_images,
        download_bytes=part.download_bytes,
        present=part().present(),
    )


def _preset(preset: Preset) -> Entry:
    experiment = preset.experiment(Dataset.members["digits"]())
    settings = experiment.model_dump(mode="json")
    fields = {name: field | {"default": settings[name]} for name, field in described(Experiment).items()}
    del fields["dataset"]  # a preset takes any
    return {
        "name": preset.name,
        "title": preset.title,
        "summary": preset.paragraph,
        "formula": experiment.estimator.formula if experiment.architecture.site_names else "",
        "paper": preset.source,
        "defect_of": preset.defect_of,
        "experiment": preset.fields,
        "fields": fields,
    }


def _study(study: Study) -> Entry:
    rows = [
        {
            "row": row.name,
            "title": row.title,
            "published": {figure.measure.name: figure.value for figure in row.published},
            "meaning": row.meaning,
            "differs": row.differs,
        }
        for row in study.rows
    ]
    told = {"name": study.name, "title": study.title, "summary": study.summary, "formula": "", "paper": study.source}
    return {**told, "story": study.story, "rows": rows, "fields": {}}


def _print_table(entries: list[Entry]) -> None:
    table = Table("Name", "Title", "Summary")
    table.columns[0].no_wrap = True
    for entry in entries:
        table.add_row(*(Text(entry[column]) for column in ("name", "title", "summary")))
    Console(width=None if sys.stdout.isatty() else UNWATCHED_WIDTH).print(table)


LISTS: dict[str, Callable[[], list[Entry]]] = {
    "estimators": lambda: [_estimator(part) for part in Estimator.members.values()],
    "architectures": lambda: [_architecture(part) for part in Architecture.members.values()],
    "optimizers": lambda: [_optimizer(part) for part in Optimizer.members.values()],
    "schedules": lambda: [_entry(part) for part in Schedule.members.values()],
    "datasets": lambda: [_dataset(part) for part in Dataset.members.values()],
    "presets": lambda: [_preset(preset) for preset in PRESETS.values()],
    "studies": lambda: [_study(study) for study in STUDIES.values()],
}
BROKEN: dict[str, list[Broken]] = {
    "estimators": estimators.BROKEN,
    "architectures": models.BROKEN,
    "optimizers": optimizers.BROKEN,
    "datasets": data.BROKEN,
    "presets": presets.BROKEN,
    "studies": studies.BROKEN,
}
