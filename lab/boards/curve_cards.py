"""The cards of a board that show how a run goes: readouts, curves and schedules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lab.boards.contestants import Contestant
from lab.boards.wording import NOTHING, grouped, last, number, percent
from lab.experiment import scheduled
from lab.figures.board import Card, Chart, Numbers, Readout
from lab.figures.curves import Curve, from_zero, line_chart
from lab.figures.downsample import FloatArray, geometric_mean, recent_mean, smoothed
from lab.schedules import Constant

Mean = Callable[[np.ndarray, int], FloatArray]

TIME = "time"
"""Charts of this link zoom and hover together."""
SMALL = 190
WINDOW = 50
"""Steps that curves and readouts are averaged over."""
SCHEDULED = (
    ("slope", "Slope", "slope a of the binary units"),
    ("lr", "Learning rate", "learning rate of the optimizer"),
    ("delta", "Delta", "probability δ that a binary weight takes its target"),
)


def readouts(contestant: Contestant) -> Card:
    """Where a run stands, in big numbers."""
    snapshot, experiment = contestant.snapshot, contestant.experiment
    steps, evaluations = snapshot.steps, snapshot.evaluations
    numbers = [
        Readout("Epoch", f"{_made(steps['epoch']):.2f}", f"step {grouped(_made(steps['step']))}"),
        Readout("Training loss", number(recent_mean(steps["loss"], WINDOW)), f"mean over {WINDOW} steps"),
    ]
    if classifies(contestant):
        accuracy = recent_mean(steps["accuracy"], WINDOW)
        numbers.append(Readout("Training accuracy", percent(accuracy), f"mean over {WINDOW} steps"))
        numbers.append(Readout("Validation accuracy", percent(last(evaluations["accuracy"])), "last evaluation"))
    else:
        numbers.append(Readout("Validation error", number(last(evaluations["loss"])), "MSE, pixels in [-1, 1]"))
    rate = snapshot.images_per_second(experiment.batch_size)
    numbers.append(Readout("Speed", grouped(rate) if rate else NOTHING, "images a second"))
    numbers += [Readout(title, f"{value:.4g}", "constant") for title, value in _constants(contestant)]
    numbers += _result(contestant)
    return Card("now", "Now", Numbers(numbers), wide=True)


def _result(contestant: Contestant) -> list[Readout]:
    report = contestant.snapshot.report
    if report is None:
        return []
    value = percent(report.test.accuracy) if report.test.accuracy is not None else number(report.test.loss)
    name = "Test accuracy" if report.test.accuracy is not None else "Test error"
    which = "last weights" if contestant.experiment.report == "last" else "best on validation"
    return [Readout(name, value, f"{which}, step {report.reported_step}", contestant.color)]


def loss_card(runs: Sequence[Contestant]) -> Card:
    """Training loss, and the validation loss as marked points."""
    unit = "cross-entropy (nats)" if classifies(runs[0]) else "MSE, pixels in [-1, 1]"
    curves = _training_curves(runs, "loss", 1, geometric_mean) + _validation_curves(runs, "loss", 1)
    caption = f"On each batch: geometric mean over up to {WINDOW} steps{_raw(runs)}; points: validation images."
    chart = Chart(line_chart(curves, "epoch", unit, log_y=True), link=TIME)
    return Card("loss", "Loss", chart, caption, alt=_told(runs, "loss", "loss"))


def accuracy_card(runs: Sequence[Contestant]) -> Card:
    """Training accuracy, and the validation accuracy as marked points."""
    curves = _training_curves(runs, "accuracy", 100, smoothed) + _validation_curves(runs, "accuracy", 100)
    caption = (
        f"On each batch: mean over up to {WINDOW} steps{_raw(runs)}; points: validation images, never the test set."
    )
    chart = Chart(line_chart(curves, "epoch", "accuracy (%)"), link=TIME)
    return Card("accuracy", "Accuracy", chart, caption, alt=_told(runs, "accuracy", "accuracy"))


def schedule_cards(runs: Sequence[Contestant]) -> list[Card]:
    """Slope, learning rate and delta as they were used, where they change or differ; constant ones are readouts."""
    cards = []
    for column, title, caption in SCHEDULED:
        shown = [run for run in runs if _has(run, column)]
        curves = [
            Curve(run.name, run.snapshot.steps["epoch"], run.snapshot.steps[column], run.color, run.dash)
            for run in shown
        ]
        if any(_changes(run, column) for run in shown):
            values = ", ".join(f"{curve.name}: {last(curve.y):.3g}" for curve in curves)
            whole = from_zero([curve.y for curve in curves])
            chart = Chart(line_chart(curves, "epoch", title.lower(), whole, height=SMALL), link=TIME)
            cards.append(Card(column, title, chart, f"The {caption}, as used.", alt=f"{title} now: {values}"))
    return cards


def classifies(run: Contestant) -> bool:
    """Whether the run's net sorts images into classes; else it rebuilds them."""
    return run.experiment.architecture.task == "classification"


def _training_curves(runs: Sequence[Contestant], column: str, factor: float, mean: Mean) -> list[Curve]:
    curves = []
    for run in runs:
        steps = run.snapshot.steps
        raw = steps[column] * factor
        faint = raw if len(runs) == 1 else None
        name = "training" if len(runs) == 1 else run.name
        curves.append(Curve(name, steps["epoch"], mean(raw, WINDOW), run.color, run.dash, faint_y=faint))
    return curves


def _raw(runs: Sequence[Contestant]) -> str:
    return ", raw values faint" if len(runs) == 1 else ""


def _validation_curves(runs: Sequence[Contestant], column: str, factor: float) -> list[Curve]:
    curves = []
    for run in runs:
        scores = run.snapshot.evaluations
        if len(scores["epoch"]):
            name, of = ("validation", "") if len(runs) == 1 else (f"{run.name}, validation", run.name)
            y = scores[column] * factor
            curves.append(Curve(name, scores["epoch"], y, run.color, "dot", width=1.0, markers=True, of=of))
    return curves


def _told(runs: Sequence[Contestant], column: str, word: str) -> str:
    said = []
    for run in runs:
        training, validation = last(run.snapshot.steps[column]), last(run.snapshot.evaluations[column])
        said.append(f"{run.name}: training {word} {number(training)}, validation {word} {number(validation)}")
    return "; ".join(said)


def _has(run: Contestant, column: str) -> bool:
    if column == "slope" and not run.experiment.architecture.site_names:
        return False
    return bool(np.isfinite(run.snapshot.steps[column][:1]).any())


def _changes(run: Contestant, column: str) -> bool:
    schedules = {path.rpartition(".")[2]: schedule for path, schedule, _ in scheduled(run.experiment)}
    return not isinstance(schedules.get(column), Constant)


def _constants(run: Contestant) -> list[tuple[str, float]]:
    steps = run.snapshot.steps
    return [
        (title, last(steps[column]))
        for column, title, _ in SCHEDULED
        if _has(run, column) and not _changes(run, column)
    ]


def _made(column: np.ndarray) -> float:
    """How far a run has come; 0 before its first step."""
    return float(column[-1]) if len(column) else 0.0
