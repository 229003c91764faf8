"""`python -m lab train`: run one experiment to its end and print the result."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.boards.titles import title_of_contestants
from lab.boards.wording import factor_of, percent
from lab.cli.errors import STOPPED, explained
from lab.cli.kept import KeptRun, archive
from lab.cli.progress import RunMeter
from lab.cli.request import Request
from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Report, Step
from lab.experiment import Experiment
from lab.presets import PRESETS
from lab.training import Training
from lab.training_memory import training_memory

EXIT_CODES = {"done": 0, "diverged": 1, "stopped": STOPPED}
"""By how the run ended."""


class Outcome(NamedTuple):
    """How a run ended: used up its budget, diverged, or was stopped by Ctrl-C."""

    reason: str
    message: str
    report: Report | None
    validation: Scores | None
    """The last scores on the validation images, where there is no report."""


def main(request: Request, keep: bool, as_json: bool) -> int:
    """Train what is asked for. Standard output gets the result and nothing else. Returns the exit code."""
    with explained():
        experiment = request.experiment()
        if request.dataset is None and request.preset is not None:
            typer.echo(f"Images: {experiment.dataset.title}. Choose others with --dataset.", err=True)
        with RunMeter() as meter:
            training = Training(experiment, meter.downloaded)
            kept = KeptRun(training, title(experiment, request.preset), keep)
            outcome = follow(kept, meter)
            kept.end("stopped" if outcome.reason == "stopped" else "finished", outcome.message)
    if kept.problem:
        typer.echo(f"The run is not kept. {kept.problem}", err=True)
    if outcome.reason != "done":
        typer.echo(outcome.message, err=True)
    result = summary(training, outcome, request.preset)
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
    else:
        _print_table(result)
    if keep and not kept.problem:
        with explained():
            archive(kept.id)
    return EXIT_CODES[outcome.reason]


def title(experiment: Experiment, preset: str | None) -> str:
    """What to call a run of the command line."""
    if preset is not None:
        return PRESETS[preset].title
    return title_of_contestants([experiment])


def follow(kept: KeptRun, meter: RunMeter) -> Outcome:
    """Run to the end, or to Ctrl-C."""
    scores = None
    try:
        for event in kept.events():
            if isinstance(event, Step):
                meter.stepped(event, kept.training)
            elif isinstance(event, Evaluated):
                scores = event.scores
                meter.evaluated(event)
            elif isinstance(event, Finished):
                return Outcome(event.reason, event.message, event.report, scores)
    except KeyboardInterrupt:
        pass
    return Outcome("stopped", f"Stopped at step {kept.training.step}. What was recorded is printed.", None, scores)


def summary(training: Training, outcome: Outcome, preset: str | None) -> dict[str, Any]:
    """The result as plain data: figures that the run did not come to are None."""
    experiment, report = training.experiment, outcome.report
    seen, seconds = training.images_seen, training.seconds
    memory = training_memory(experiment)
    return {
        "preset": preset,
        "dataset": experiment.dataset.name,
        "seed": experiment.seed,
        "device": training.device.type,
        "reason": outcome.reason,
        "message": outcome.message,
        "epochs": training.progress.epoch,
        "steps": training.step,
        "reported_step": report.reported_step if report else None,
        **_figures("test", report.test if report else None, experiment),
        **_figures("validation", report.validation if report else outcome.validation, experiment),
        "images_per_second": seen / seconds if seconds else 0.0,
        "needed_memory_bytes": math.ceil(memory.needed / 8),
        "stored_memory_bytes": math.ceil(memory.stored / 8),
        "experiment": experiment.model_dump(mode="json"),
    }


def _figures(images: str, scores: Scores | None, experiment: Experiment) -> dict[str, float | None]:
    loss = _finite(scores.loss if scores else None)
    if experiment.architecture.task == "reconstruction":
        return {f"{images}_loss": loss, f"{images}_mse": loss}
    return {f"{images}_loss": loss, f"{images}_accuracy": scores.accuracy if scores else None}


def _finite(value: float | None) -> float | None:
    """JSON has no word for NaN and inf."""
    return value if value is not None and math.isfinite(value) else None


def _print_table(result: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for key, value in result.items():
        if key not in ("experiment", "message") and value is not None:
            table.add_row(key.replace("_", " "), Text(_told(key, value)))
    Console().print(table)


def _told(key: str, value: Any) -> str:
    if factor_of(key) == 100:
        return percent(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
