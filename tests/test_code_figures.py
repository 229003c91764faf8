"""Figures of codes: bars and points that are picked, correlations as pictures, pictures of points."""

from __future__ import annotations

import base64
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.figures.bars import Bars, named_bars
from lab.figures.board import Chart, Thumbnails
from lab.figures.correlations import CORRELATIONS, MOST_TICKS, NONE, correlation_picture, number_ticks
from lab.figures.points import Points, point_chart
from lab.figures.theme import COLORS

PHI = st.floats(-1, 1) | st.just(math.nan)


@given(st.lists(PHI, min_size=4, max_size=4))
def test_correlations_are_colors_in_their_order_and_gray_where_there_are_none(values: list[float]) -> None:
    shown = correlation_picture(np.array(values).reshape(2, 2))
    for value, byte in zip(values, shown.values, strict=True):
        assert (byte == NONE) == math.isnan(value)
        if not math.isnan(value):
            assert abs((byte - 127) / 127 - value) <= 0.5 / 127 + 1e-9
    assert shown.palette == CORRELATIONS.tobytes()


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=200, unique=True).map(sorted))
def test_few_numbers_stand_at_the_middles_of_their_lines(numbers: list[int]) -> None:
    ticks = number_ticks(numbers)
    assert 1 <= len(ticks) <= MOST_TICKS
    assert len(ticks) == len(numbers) or len(ticks) > MOST_TICKS / 2
    for place, text in ticks:
        line = place * len(numbers) - 0.5
        assert line == pytest.approx(round(line))
        assert numbers[round(line)] == int(text)
    assert ticks[0].text == str(numbers[0])


def test_the_middle_is_white_and_the_ends_blue_and_red() -> None:
    (low, middle, high) = (CORRELATIONS[place].astype(int) for place in (0, 127, 254))
    assert middle.tolist() == [255, 255, 255]
    assert low[2] > low[0]
    assert high[0] > high[2]


def test_bars_stand_in_the_order_of_their_names_and_keep_what_they_are_picked_by() -> None:
    bars = [Bars("one", [1, math.nan], "red", ["a", "b"]), Bars("two", [0, 2], "blue", ["c", "d"])]
    figure = named_bars(["7", "3"], bars, ("bit", "%"), (0, 3), line=1.5, ids=["7", "3"])
    assert figure["layout"]["xaxis"]["categoryarray"] == ["7", "3"]
    assert [trace["y"] for trace in figure["data"]] == [[1.0, None], [0.0, 2.0]]
    assert all(trace["ids"] == ["7", "3"] for trace in figure["data"])
    assert figure["layout"]["shapes"][0]["y0"] == 1.5


@given(st.integers(1, 3 * len(COLORS)))
def test_groups_of_points_are_told_apart(count: int) -> None:
    groups = [Points(str(place), [[0.0, place]], ["5"], ["five"]) for place in range(count)]
    figure = point_chart(groups, ("x", "y"), [[0.0, 0.0], [0.0, count - 1]])
    looks = {(trace["marker"]["color"], trace["marker"]["symbol"]) for trace in figure["data"]}
    assert len(looks) == count
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < 0 <= count - 1 < high


def test_a_chart_takes_pictures_of_its_points_along() -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    told = Chart({}, thumbnails=Thumbnails(["8", "9"], pictures.tobytes(), 4)).payload()["thumbnails"]
    assert base64.b64decode(told["values"]) == pictures.tobytes()
    assert told["names"] == ["8", "9"]
    assert "thumbnails" not in Chart({}).payload()
