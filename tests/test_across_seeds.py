"""What is shown of several seeds: bands that know their N, runs of different lengths side by side, plain verdicts."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.bench.race import Length, measure
from lab.boards.across import LAST_LOSS, POSITIONS, TEST_ACCURACY, across, aligned
from lab.boards.across_tables import differences, told, verdict
from lab.figures.bands import Band, band_chart
from lab.figures.curves import POINTS
from lab.figures.differences import Difference, difference_chart
from lab.recorder import Recorder
from lab.statistics import paired, spread
from tests.small import small

X = np.array([0.0, 1.0, 2.0])
BAND = Band("A", X, np.array([2.0, 1.0, 0.5]), np.array([1.0, 2.0, np.nan]), np.array([3, 3, 1]), "#0072b2")


def test_a_band_goes_around_its_mean_and_ends_where_nothing_is_known() -> None:
    area, line = band_chart([BAND], "epoch", "loss")["data"]
    assert list(zip(area["x"], area["y"], strict=True)) == [(0, 3), (1, 3), (1, -1), (0, 1)]
    assert line["text"] == [" ± 1 (N = 3)", " ± 2 (N = 3)", " (N = 1)"]


def test_a_band_below_zero_has_a_place_on_a_logarithmic_axis() -> None:
    area, _ = band_chart([BAND], "epoch", "loss", log_y=True)["data"]
    assert min(area["y"]) == 0.25


def test_single_runs_come_and_go_with_their_mean() -> None:
    figure = band_chart([Band(**{**vars(BAND), "members": [X, X + 1]})], "epoch", "loss")
    assert len(figure["data"]) == 4
    assert {trace["legendgroup"] for trace in figure["data"]} == {"A"}
    assert sum(trace.get("showlegend", True) for trace in figure["data"]) == 1
    orjson.dumps(figure)


def test_a_band_of_too_many_positions_is_refused() -> None:
    many = np.arange(POINTS + 1.0)
    with pytest.raises(ValueError, match=f"A has {POINTS + 1} positions"):
        band_chart([Band("A", many, many, many, many.astype(int), "#0072b2")], "epoch", "loss")


def test_a_difference_without_an_interval_has_no_error_bar() -> None:
    rows = [Difference("A", [1.0, 2.0], 1.5, np.nan, "#0072b2"), Difference("B", [1.0, 2.0, 3.0], 2.0, 2.5, "#d55e00")]
    bars = ["error_x" in trace for trace in difference_chart(rows, "difference")["data"]]
    assert bars == [False, False, False, True]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3 * POSITIONS), min_size=1, max_size=4))
def test_runs_of_any_length_are_aligned_by_their_steps(lengths: list[int]) -> None:
    made = [np.arange(1.0, length + 1) for length in lengths]
    tables = [{"step": steps, "epoch": steps / 10} for steps in made]
    epochs, rows = aligned(tables, [steps * 2 for steps in made])
    assert rows.shape == (len(lengths), len(epochs))
    assert len(epochs) == min(POSITIONS, max(lengths))
    for length, row in zip(lengths, rows, strict=True):
        there = epochs <= length / 10
        np.testing.assert_allclose(row[there], 20 * epochs[there])
        assert np.isnan(row[~there]).all()


@pytest.mark.parametrize(
    ("values", "reference", "said"),
    [
        ([np.nan], [1.0], "⚠ No seed is at its end."),
        ([2.0], [1.0], "⚠ 1 seed is too few to tell. From 3 on there is an interval."),
        ([2.0, 3.0], [1.0, 1.0], "⚠ 2 seeds are too few to tell. From 3 on there is an interval."),
        ([1.0] * 3, [1.0] * 3, "The same figure with every seed."),
        ([3.0, -1.0, 0.5], [0.0] * 3, "⚠ 3 seeds are too few to tell: the interval contains 0. If mean and spread"),
        ([2.0, 2.1, 1.9], [1.0] * 3, "Better than B, by 0.752 to 1.248 percentage points."),
        ([1.0] * 3, [2.0, 2.1, 1.9], "Worse than B, by 0.752 to 1.248 percentage points."),
    ],
)
def test_what_differences_tell_is_said_in_words(values: list[float], reference: list[float], said: str) -> None:
    assert verdict(paired(values, reference), "B", TEST_ACCURACY, 3).startswith(said)


def test_of_a_loss_less_is_better() -> None:
    assert verdict(paired([1.0, 1.1, 0.9], [2.0] * 3), "B", LAST_LOSS, 2) == "Better than B, by 0.75 to 1.25."


def test_figures_have_the_digits_that_their_spread_leaves() -> None:
    assert told([spread([97.31, 97.52, 97.4])], "deviation") == ["97.41 ± 0.11 (N = 3)"]
    assert told([spread([97.31, np.nan])], "interval", 2) == ["97.31 (N = 1)"]
    assert told([spread([np.nan])], "error") == ["–"]
    assert told([spread([2e9, 4e9]), spread([0.5])], "error") == ["3e+09 ± 1e+09 (N = 2)", "0 (N = 1)"]


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=4), st.floats(-99, 99))
def test_numbers_that_stand_together_have_the_same_decimals(reaches: list[float], middle: float) -> None:
    values = [spread([middle - reach, middle, middle + reach]) for reach in reaches]
    numbers = [word for cell in told(values, "deviation") for word in cell.split() if word[-1].isdigit()]
    assert len({len(number.partition(".")[2]) for number in numbers}) == 1
    (one,) = across([small()], [{0: Recorder().snapshot()}])
    pairs = [(one, paired([middle - reach, middle, middle + reach], [0] * 3)) for reach in reaches]
    table = differences(pairs, one, TEST_ACCURACY)
    cells = [*table["mean difference"], *(end for cell in table["95 % interval"] for end in cell.split(" … "))]
    assert len({len(number.partition(".")[2]) for number in cells}) == 1


def test_a_race_is_measured_against_separate_runs(no_data_folder: None, threads_kept: None) -> None:
    result = orjson.loads(orjson.dumps(measure([small(), small(slope=2)], Length(counts=(2,), rounds=2))))
    for ratios in (result["ratios"], result["processor_ratios"]):
        assert 0 < ratios["2"]["low"] <= ratios["2"]["median"] <= ratios["2"]["high"]
    assert result["seconds"]["2"]["race"] > 0
    assert result["steps"] == 4
