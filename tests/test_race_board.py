"""The board of a race: what is inside each contestant stands in matching columns, on shared scales."""

from __future__ import annotations

import pytest

from lab.boards.board import board
from lab.figures.board import Card, Chart, Numbers
from lab.jobs import Jobs, JobView
from tests.job_waits import PATIENCE, alone
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

SIX = [
    small("mlp"),
    small("mlp", {"hidden": [16, 16], "binary_layers": [1, 2]}),
    small("mlp", slope=3),
    small("mlp", {"hidden": [8]}),
    small("convnet"),
    small("mlp", optimizer="adam"),
]


@pytest.fixture
def six(jobs: Jobs) -> JobView:
    job = jobs.start(SIX, "A race")
    assert job.wait(PATIENCE)
    return job.view()


def test_six_in_lock_step_learn_what_each_learns_alone(six: JobView) -> None:
    for experiment, snapshot in zip(SIX, six.snapshots, strict=True):
        assert snapshot.steps["loss"].tolist() == alone(experiment)


def test_columns_match_also_where_nets_differ_in_layers(six: JobView) -> None:
    rows: dict[str, list[Card]] = {}
    for card in board(six, 0).cards:
        if card.row:
            rows.setdefault(card.row, []).append(card)
    assert len(rows) == 4
    for row, cards in rows.items():
        assert [card.id for card in cards] == [f"{row}.{number}" for number in range(6)]
    lacking = [card for cards in rows.values() for card in cards if isinstance(card.content, Numbers)]
    assert lacking
    assert all(card.caption.endswith("has none.") for card in lacking)


def test_charts_of_a_row_have_one_scale(six: JobView) -> None:
    scales: dict[str, list[tuple[float, float]]] = {}
    for card in board(six, 0).cards:
        if card.row and isinstance(card.content, Chart):
            scales.setdefault(card.row, []).append(tuple(card.content.figure["layout"]["yaxis"]["range"]))
    assert {row.partition(" ")[0] for row in scales} == {"codes", "compared"}
    for row, found in scales.items():
        assert len(set(found)) == 1, row
        assert found[0][0] < found[0][1]
