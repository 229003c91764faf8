"""Where the contestants of a race stand."""

from __future__ import annotations

from lab.boards.contestants import contestants
from lab.boards.standings import standings
from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Step
from lab.figures.board import Table
from lab.recorder import Recorder
from tests.small import small


def test_whoever_diverged_stands_last_however_small_its_loss_was() -> None:
    rules = ("identity", "saturated", "disarm", "rloo")
    losses = {"identity": 0.1, "saturated": 0.5, "disarm": 0.3, "rloo": 0.2}
    experiments, recorders = [small(estimator=rule) for rule in rules], {rule: Recorder() for rule in rules}
    for rule, recorder in recorders.items():
        recorder.add(Step(1, 0.25, losses[rule], None, 1.0, {}, None, 0.1))
        recorder.add(Evaluated(1, 0.25, Scores(losses[rule], 0.5)))
    for rule in ("identity", "rloo"):
        recorders[rule].add(Finished("diverged", "The training loss became nan.", None))
    card = standings(contestants(experiments, [recorder.snapshot() for recorder in recorders.values()]), "running")
    assert isinstance(card.content, Table)
    titles = [head.title for head in card.content.heads]
    rows = [dict(zip(titles, row.cells, strict=True)) for row in card.content.rows]
    assert [row["validation loss"] for row in rows] == ["0.3000", "0.5000", "0.1000", "0.2000"]
    assert [row["state"] for row in rows] == ["under way", "under way", "diverged", "diverged"]
    assert [row["place"] for row in rows] == ["1", "2", "3", "4"]


def test_contestants_of_a_race_that_was_broken_off_are_not_under_way() -> None:
    recorders = [Recorder(), Recorder()]
    recorders[1].add(Finished("budget", "", None))
    for status in ("interrupted", "stopped"):
        card = standings(contestants([small(), small(slope=2)], [made.snapshot() for made in recorders]), status)
        assert isinstance(card.content, Table)
        at = [head.title for head in card.content.heads].index("state")
        assert [row.cells[at] for row in card.content.rows] == [status, "budget"]
