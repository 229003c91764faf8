"""The leader board: where the contestants of a race stand, as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from lab.boards.contestants import Contestant
from lab.boards.curve_cards import WINDOW, classifies
from lab.boards.wording import NOTHING, grouped, last, number, percent
from lab.facts import passes_of_a_step
from lab.figures.board import Card, Head, Row, Table
from lab.figures.downsample import recent_mean
from lab.jobs.view import RESUMABLE, Status

Cell = Callable[[Contestant], str]

PLACE = Head("place", "By the last validation loss, the smallest first; equals share it; one that diverged stands last")


def standings(runs: Sequence[Contestant], status: Status) -> Card:
    """The table, the smallest validation loss first, those that diverged last.

    Args:
        runs: the contestants.
        status: of their race, for those that have not come to an end of their own.
    """
    ranked = sorted(runs, key=_rank)
    columns = {head: [cell(run) for run in ranked] for head, cell in _columns(runs, status).items()}
    ranks = [_rank(run) for run in ranked]
    columns = {PLACE: [str(ranks.index(rank) + 1) for rank in ranks], **columns}
    told = {head: cells for head, cells in columns.items() if set(cells) != {NOTHING}}
    rows = [Row(cells, run.color) for run, cells in zip(ranked, zip(*told.values(), strict=True), strict=True)]
    alt = "; ".join(f"{place}. {run.name}" for place, run in zip(columns[PLACE], ranked, strict=True))
    return Card("standings", "Leader board", Table(list(told), rows), alt=alt, wide=True)


def _columns(runs: Sequence[Contestant], status: Status) -> dict[Head, Cell]:
    """What is told of each, in order."""
    accuracies: dict[Head, Cell] = {
        Head("validation accuracy", "At the last evaluation"): lambda run: percent(_newest(run, "accuracy")),
        Head("best validation accuracy", "Of all evaluations so far"): lambda run: percent(_best_accuracy(run)),
    }
    at_end = "Of the weights that are reported, at the end"
    return {
        Head("contestant", number=False): lambda run: run.name,
        Head("state", number=False): lambda run: _end(run) or (status if status in RESUMABLE else "under way"),
        Head("step"): _step,
        Head("training loss", f"Mean over the last {WINDOW} steps"): _training_loss,
        Head("validation loss", "At the last evaluation"): lambda run: number(_newest(run, "loss")),
        **(accuracies if all(map(classifies, runs)) else {}),
        Head("test loss", at_end): lambda run: number(_test(run, "loss")),
        Head("test accuracy", at_end): lambda run: percent(_test(run, "accuracy")),
        Head("images a second", "Of the last steps, evaluations and pauses left out"): _rate,
        Head("passes a step", "Evaluations of the loss that one step of its estimator costs"): _passes,
    }


def _rank(run: Contestant) -> tuple[bool, float]:
    loss = _newest(run, "loss")
    return _end(run) == "diverged", math.inf if math.isnan(loss) else loss


def _end(run: Contestant) -> str:
    """How it ended; empty where it did not."""
    return run.snapshot.finished.reason if run.snapshot.finished is not None else ""


def _step(run: Contestant) -> str:
    steps = run.snapshot.steps["step"]
    return str(int(steps[-1])) if len(steps) else "0"


def _training_loss(run: Contestant) -> str:
    return number(recent_mean(run.snapshot.steps["loss"], WINDOW))


def _newest(run: Contestant, measure: str) -> float:
    return last(run.snapshot.evaluations[measure])


def _best_accuracy(run: Contestant) -> float:
    return max(map(float, run.snapshot.evaluations["accuracy"]), default=math.nan)


def _test(run: Contestant, measure: str) -> float:
    value = getattr(run.snapshot.report.test, measure) if run.snapshot.report is not None else None
    return math.nan if value is None else float(value)


def _rate(run: Contestant) -> str:
    return grouped(run.snapshot.images_per_second(run.experiment.batch_size))


def _passes(run: Contestant) -> str:
    return f"{passes_of_a_step(run.experiment):g}"
