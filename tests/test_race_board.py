"""The board of a race: what is inside each contestant stands in matching columns, on shared scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.boards.board import board
from lab.boards.contestants import Contestant, contestants
from lab.boards.heatmap_card import Range, rising_range, signed_range
from lab.boards.inside_cards import inside_cards
from lab.boards.scales import FAR, extents, shared_scale
from lab.events import Finished
from lab.figures.board import Card, Chart, Numbers
from lab.jobs import Jobs, JobView
from lab.probes import probe
from lab.recorder import Recorder
from tests.job_waits import PATIENCE, alone
from tests.reconstruction_sides import with_test_images
from tests.small import small
from tests.specimens import specimen

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


def contestant(name: str, diverged: bool = False) -> Contestant:
    """One that has no curves, and may have ended."""
    end = Finished("diverged", "It exploded.", None) if diverged else None
    return Contestant(name, name, "", "", small(), replace(Recorder().snapshot(), finished=end))


@given(st.lists(st.floats(1.0, FAR), min_size=1, max_size=5), st.floats(-1e30, 1e30, allow_subnormal=False))
def test_who_explodes_is_left_out_of_the_scale_of_the_others_and_told(reaches: list[float], wild: float) -> None:
    sound = [(contestant(str(reach)), np.array([-reach, 0, np.nan])) for reach in reaches]
    scale = shared_scale(extents(sound))
    assert scale is not None
    assert (scale.low, scale.high, scale.cut) == (-max(reaches), 0.0, "")
    exploded = extents([*sound, (contestant("wild", diverged=True), np.array([wild, np.inf]))])
    found = shared_scale(exploded)
    assert found is not None
    assert (found.low, found.high) == (scale.low, scale.high)
    assert ("wild (up to" in found.cut) == (not scale.low <= wild <= scale.high)
    beyond = shared_scale(extents([*sound, (contestant("far"), np.array([2 * FAR * max(reaches)]))]))
    assert beyond is not None
    assert (beyond.high < FAR * max(reaches)) == ("far (up to" in beyond.cut) is True


VALUES = st.lists(st.floats(-20, 20), min_size=1, max_size=4)


@pytest.mark.parametrize("range_of", [signed_range, rising_range])
@given(VALUES, VALUES)
def test_of_who_explodes_it_is_told_that_it_is_cut_where_it_is(
    range_of: Callable[..., Range], usual: list[float], wild: list[float]
) -> None:
    span = range_of([(contestant("sound"), np.array(usual)), (contestant("wild", diverged=True), np.array(wild))])
    assert span.low <= min(usual) <= max(usual) <= span.high
    assert ("wild (up to" in span.note) == (min(wild) < span.low or max(wild) > span.high)
    assert "sound (up to" not in span.note


def test_channels_are_drawn_as_far_as_their_values_reach() -> None:
    for rule, beyond in (("identity", False), ({"name": "stochastic-sign", "allow_scale": True}, True)):
        net = with_test_images(specimen("convnet", estimator=rule))
        frame = probe(net, 0.5)
        (run,) = contestants([net.experiment], [replace(Recorder().snapshot(), frame=frame)])
        highest = max(1.0, float(frame.maps["conv 1"].after.array().max()))
        assert (highest > 1) == beyond
        (card,) = [card for card in inside_cards([run], 0) if card.id == "channels conv 1.0"]
        assert f"{highest:.3g} yellow" in card.caption
        assert "cut" not in card.caption


def test_a_race_in_which_one_explodes_shows_the_others_as_if_it_were_not_there(jobs: Jobs) -> None:
    explosive = {"name": "sgd", "lr": 100, "weight_decay": 5}
    job = jobs.start([small(budget=40), small(budget=40, optimizer=explosive), small(budget=40, slope=2)], "A race")
    assert job.wait(PATIENCE)
    view = job.view()
    runs = contestants(view.experiments, view.snapshots)
    race, others = (
        {card.id: card for card in inside_cards(shown, 0) if card.row == "filters"}
        for shown in (runs, [runs[0], runs[2]])
    )
    assert [race[id].content for id in others] == [card.content for card in others.values()]
    assert all("lr 100 weight decay 5 (up to" in card.caption for card in race.values())
