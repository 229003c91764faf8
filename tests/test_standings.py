"""Where the contestants of a race stand."""

from __future__ import annotations

from typing import Any

import pytest

from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Step
from lab.jobs import JobView
from lab.recorder import Recorder
from lab.ui import standings
from tests.small import small


def test_whoever_diverged_stands_last_however_small_its_loss_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ("identity", "saturated", "disarm", "rloo")
    losses = {"identity": 0.1, "saturated": 0.5, "disarm": 0.3, "rloo": 0.2}
    experiments, recorders = [small(estimator=rule) for rule in rules], {rule: Recorder() for rule in rules}
    for rule, recorder in recorders.items():
        recorder.add(Step(1, 0.25, losses[rule], None, 1.0, {}, None, 0.1))
        recorder.add(Evaluated(1, 0.25, Scores(losses[rule], 0.5)))
    for rule in ("identity", "rloo"):
        recorders[rule].add(Finished("diverged", "The training loss became nan.", None))
    shown: list[Any] = []
    monkeypatch.setattr(standings.st, "dataframe", lambda table, **_: shown.append(table))
    snapshots = tuple(recorder.snapshot() for recorder in recorders.values())
    told = ("0123abcd", "A race", "running", "", "")
    standings.standings(JobView(*told, 1, None, tuple(experiments), snapshots, 0.25, None, 0))  # type: ignore[arg-type]
    (table,) = shown
    assert table["validation loss"].tolist() == [0.3, 0.5, 0.1, 0.2]
    assert table["state"].tolist() == ["under way", "under way", "diverged", "diverged"]
    assert table["place"].tolist() == [1, 2, 3, 4]
