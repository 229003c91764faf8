"""Figures: downsampling keeps what matters, and everything becomes JSON that a browser can read."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from lab.figures.bias_variance import Dot, bias_variance_chart
from lab.figures.board import Board, Card, Chart, Numbers, Picture, Pictures, Readout, Tile
from lab.figures.curves import POINTS, Curve, line_chart
from lab.figures.differences import Difference, difference_chart
from lab.figures.downsample import geometric_mean, min_max, recent_mean, smoothed
from lab.figures.estimators import TwoCurves, forward_backward_chart
from lab.figures.functions import function_chart
from lab.figures.histograms import bar_chart
from lab.figures.numbers import json_numbers
from lab.figures.pictures import png, scaled, tiles
from lab.figures.reproduction import Reproduced, reproduction_chart
from lab.figures.schedules import schedule_chart
from lab.figures.theme import VIRIDIS, uid

FLOATS = st.floats(width=64, allow_nan=True, allow_infinity=True)
SERIES = arrays(np.float64, st.integers(0, 400), elements=FLOATS)
MEASURED = st.floats(-1e6, 1e6) | st.just(math.nan)


def decoded(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))


@given(SERIES, st.integers(4, 60))
def test_min_max_keeps_ends_extremes_and_order_within_its_bound(y: np.ndarray, points: int) -> None:
    x = np.arange(len(y), dtype=np.float64)
    kept_x, kept_y = min_max(x, y, points)
    assert len(kept_x) == len(kept_y) <= max(points, 0)
    assert np.all(np.diff(kept_x) > 0)
    np.testing.assert_array_equal(kept_y, y[kept_x.astype(int)])
    if len(y):
        assert (kept_x[0], kept_x[-1]) == (0, len(y) - 1)
    finite = y[np.isfinite(y)]
    if len(finite):
        kept = kept_y[np.isfinite(kept_y)]
        assert (kept.min(), kept.max()) == (finite.min(), finite.max())


def test_min_max_keeps_a_long_gap() -> None:
    y = np.concatenate((np.ones(500), np.full(500, np.nan), np.ones(500)))
    x, kept = min_max(np.arange(1500), y, 50)
    assert np.isnan(kept[(x > 550) & (x < 950)]).all()
    assert ((x > 550) & (x < 950)).any()


@pytest.mark.parametrize(("y", "points"), [(np.ones(9), 3), (np.ones(8), 10)])
def test_min_max_refuses_what_makes_no_sense(y: np.ndarray, points: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        min_max(np.ones(9), y, points)


@given(arrays(np.float64, st.integers(0, 100), elements=MEASURED), st.integers(1, 50))
def test_smoothed_is_the_mean_around_each_sample(y: np.ndarray, window: int) -> None:
    expected = []
    for index, value in enumerate(y):
        reach = min(window // 2, len(y) // 10, index)
        around = y[index - reach : index + reach + 1]
        expected.append(math.nan if math.isnan(value) else around[~np.isnan(around)].mean())
    np.testing.assert_allclose(smoothed(y, window), expected, rtol=1e-9, atol=1e-6)


def test_smoothed_does_not_lag_behind_and_forgets_a_spike() -> None:
    ramp = np.arange(200.0)
    np.testing.assert_allclose(smoothed(ramp, 50)[:175], ramp[:175])
    ramp[10] = 1e30
    np.testing.assert_allclose(smoothed(ramp, 50)[40:175], ramp[40:175])


def test_recent_mean_is_that_of_the_last_samples() -> None:
    assert recent_mean([9, 9, 1, math.nan, 2], 2) == 1.5
    assert math.isnan(recent_mean([], 2))
    assert math.isnan(recent_mean([math.inf], 2))


def test_geometric_mean_halves_the_way_on_a_logarithmic_axis() -> None:
    np.testing.assert_allclose(geometric_mean([1.0, 100.0] * 1000, 200)[1000], 10.0, rtol=0.02)
    assert np.isnan(geometric_mean([1.0, 0.0, 4.0], 3)).tolist() == [False, True, False]


@given(SERIES)
def test_json_numbers_are_close_or_none(values: np.ndarray) -> None:
    numbers = json_numbers(values)
    assert orjson.loads(orjson.dumps(numbers)) == numbers
    for number, value in zip(numbers, values, strict=True):
        if not np.isfinite(value):
            assert number is None
        elif abs(value) > 1e-290:  # below it six digits do not fit into a float
            assert number == pytest.approx(value, rel=1e-5)


def test_json_numbers_are_short() -> None:
    assert (
        orjson.dumps(json_numbers([1 / 3, 2 / 3 * 1e-7, 12345.678, 0, -5])) == b"[0.333333,6.66667e-8,12345.7,0.0,-5.0]"
    )


def figures() -> dict[str, dict[str, Any]]:
    x = np.arange(5000.0)
    raw = np.exp(-x / 900)
    raw[100:200], raw[300], raw[400] = np.nan, np.inf, 0
    curves = [
        Curve("a", x, smoothed(raw, 50), "#0072B2", faint_y=raw),
        Curve("b", x[::50], raw[::50], "red", markers=True),
    ]
    return {
        "lines": line_chart(curves, "step", "loss (nats)"),
        "logarithmic": line_chart(curves, "step", "loss (nats)", y_range=(0.01, 1), log_y=True),
        "empty": line_chart([], "step", "loss (nats)", log_y=True),
        "edges": bar_chart(np.linspace(0, 1, 11), np.arange(10), "value", "units", "red"),
        "centers": bar_chart(np.arange(10), np.arange(10), "value", "units", "red"),
        "function": function_chart(
            [Curve("a", -x, raw, "red"), Curve("b", x, raw, "blue", markers=True)], "x", "y", 0.5
        ),
        "schedule": schedule_chart(["slope", "delta"], x, [x, -x], ["red", "blue"], "epoch"),
        "estimator": forward_backward_chart(
            [TwoCurves("a", x, raw, raw, "red", "dot"), TwoCurves("b", x, raw, None, "blue")]
        ),
        "bias": bias_variance_chart(
            [Dot("a", 0.0, 0.1, 2.0, 0.1, "red", "solid", "unbiased"), Dot("b", 3, 1, 0, 0, "blue", "dot", "other")]
        ),
    }


@pytest.mark.parametrize("name", figures())
def test_figures_are_strict_json_with_few_points_and_titled_axes(name: str) -> None:
    figure = figures()[name]
    text = orjson.dumps(figure)  # refuses anything but plain values
    assert orjson.loads(text) == figure  # a NaN would come back as null
    assert all(len(trace["x"]) == len(trace["y"]) for trace in figure["data"])
    assert name == "estimator" or all(len(trace["x"]) <= POINTS for trace in figure["data"])
    assert figure["layout"]["xaxis"]["title"]["text"]


@pytest.mark.parametrize("name", figures())
def test_plotly_knows_every_attribute(name: str) -> None:
    from plotly.graph_objects import Figure

    figure = figures()[name]
    Figure(data=figure["data"], layout=figure["layout"])


def test_logarithmic_range_is_in_data_units() -> None:
    assert figures()["logarithmic"]["layout"]["yaxis"]["range"] == [-2, 0]
    with pytest.raises(ValueError, match="above 0"):
        line_chart([], "step", "loss", y_range=(0, 1), log_y=True)


def test_bars_of_edges_stand_in_the_middle() -> None:
    assert bar_chart([0, 1, 3], [5, 6], "x", "n", "red")["data"][0]["x"] == [0.5, 2]
    with pytest.raises(ValueError, match="N \\+ 1 or N"):
        bar_chart([0, 1, 3, 4], [5, 6], "x", "n", "red")


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.booleans())
def test_png_comes_back_through_pillow(gray: np.ndarray, colored: bool) -> None:
    picture = decoded(png(gray, VIRIDIS if colored else None))
    expected = VIRIDIS[gray] if colored else np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), expected)


def test_png_of_colors_and_of_wrong_arrays() -> None:
    colors = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(np.asarray(decoded(png(colors))), colors)
    with pytest.raises(ValueError, match="uint8"):
        png(np.zeros((2, 2)))  # type: ignore[arg-type]


def test_scaled_clips_and_survives_constants_and_nan() -> None:
    assert scaled([-1, 0, 0.5, 1, 2, math.nan, math.inf], 0, 1).tolist() == [0, 0, 128, 255, 255, 0, 255]
    assert scaled([3, 3], 3, 3).tolist() == [128, 128]


def test_tiles_share_one_scale() -> None:
    sheet = tiles(np.array([[[0.0, 1.0]], [[2.0, 4.0]]]), ["a", "b"], colors=[None, "red"])
    assert [(tile.label, tile.color) for tile in sheet] == [("a", None), ("b", "red")]
    values = [list(tile.image.values) for tile in sheet]
    assert values == [[0, 64], [128, 255]]
    assert tiles(np.full((1, 2, 2), math.nan), ["nothing"])


def test_board_becomes_json_and_refuses_one_id_twice() -> None:
    card = Card("a", "A", Chart(figures()["lines"], "time"), alt="alt")
    sheet = Card("b", "B", Pictures([Tile("t", Picture(bytes(12), 2))], 3), wide=True)
    board = Board("run 3", [card, sheet, Card("c", "C", Numbers([Readout("step", "3")]), row="r")])
    payload = board.payload()
    assert orjson.loads(orjson.dumps(payload)) == payload
    assert [entry["kind"] for entry in payload["cards"]] == ["chart", "pictures", "numbers"]
    with pytest.raises(ValueError, match="'a'"):
        Board(1, [card, card])


def test_identities_of_traces_are_safe_for_style_sheets_and_stay_the_same() -> None:
    names = ["training (raw)", "optimizer.lr 0.1, slope 2", "1+2", "a", "b"]
    assert len({uid(name) for name in names}) == len(names)
    assert all(uid(name).isalpha() and uid(name) == uid(name) for name in names)
    for figure in figures().values():
        assert all(trace.get("uid", "x").isalpha() for trace in figure["data"])


def test_one_figure_has_an_axis_around_it() -> None:
    alone = Reproduced("a", 0.02, [], math.nan, math.nan)
    low, high = reproduction_chart([alone], "MSE")["layout"]["xaxis"]["range"]
    assert 0 < low < 0.02 < high < 0.04
    two = reproduction_chart([alone, Reproduced("b", math.nan, [0.5], 0.5, math.nan)], "MSE")
    assert "range" not in two["layout"]["xaxis"]


def test_many_rows_are_denser_than_few() -> None:
    def heights(count: int) -> tuple[float, float]:
        ours = reproduction_chart([Reproduced(str(row), 1.0, [], 2.0, 0.1) for row in range(count)], "x")
        apart = difference_chart([Difference(str(row), [1.0], 1.0, 0.1, "#000000") for row in range(count)], "x")
        return ours["layout"]["height"], apart["layout"]["height"]

    few, many = np.diff([heights(2), heights(3)], axis=0)[0], np.diff([heights(40), heights(41)], axis=0)[0]
    assert (many < few).all()
    assert (many > 20).all()
