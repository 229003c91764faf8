"""Means with their spread and paired differences, against closed forms and scipy's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import FEWEST, paired, quantile, spread

FIGURES = st.floats(-1e3, 1e3).map(lambda value: round(value, 6))
FEW = settings(max_examples=30)
SAMPLES = st.lists(FIGURES, min_size=FEWEST, max_size=20).filter(lambda sample: np.std(sample) > 1e-3)


@FEW
@given(SAMPLES)
def test_it_is_what_scipy_says(sample: list[float]) -> None:
    found = spread(sample)
    assert found.size == len(sample)
    assert found.deviation == pytest.approx(np.std(sample, ddof=1))
    assert found.error == pytest.approx(stats.sem(sample))
    low, high = stats.t.interval(0.95, len(sample) - 1, np.mean(sample), stats.sem(sample))
    assert (found.mean - found.interval, found.mean + found.interval) == pytest.approx((low, high), abs=1e-9)


@FEW
@given(SAMPLES, st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), max_size=5))
def test_what_is_no_number_counts_nowhere(sample: list[float], gaps: list[float]) -> None:
    for mine, other in zip(spread([*gaps, *sample]), spread(sample), strict=True):
        assert mine == pytest.approx(other)


@FEW
@given(SAMPLES, FIGURES)
def test_a_shift_moves_the_mean_alone(sample: list[float], shift: float) -> None:
    moved, found = spread(np.array(sample) + shift), spread(sample)
    assert moved.mean == pytest.approx(found.mean + shift, abs=1e-6)
    assert moved.interval == pytest.approx(found.interval, rel=1e-6, abs=1e-6)


def test_positions_are_independent_and_each_knows_its_count() -> None:
    found = spread([[1.0, 1.0, math.nan, 2.0], [3.0, math.nan, math.nan, 2.0], [5.0, 3.0, math.nan, 2.0]])
    assert found.size.tolist() == [3, 2, 0, 3]
    np.testing.assert_allclose(found.mean, [3, 2, math.nan, 2])
    np.testing.assert_allclose(found.deviation, [2, math.sqrt(2), math.nan, 0])
    np.testing.assert_allclose(found.interval, [4.302653 * 2 / math.sqrt(3), math.nan, math.nan, 0], rtol=1e-6)


@FEW
@given(SAMPLES, st.data())
def test_a_comparison_is_a_paired_t_test(sample: list[float], data: st.DataObject) -> None:
    size = len(sample)
    reference = np.array(data.draw(st.lists(FIGURES, min_size=size, max_size=size)))
    found = paired(sample, reference)
    test = stats.ttest_rel(sample, reference)
    if math.isfinite(test.pvalue) and abs(test.pvalue - 0.05) > 1e-6:
        assert found.tells == (test.pvalue < 0.05)
    back = paired(reference, sample)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), nan_ok=True)


def test_pairs_that_lack_one_are_left_out() -> None:
    found = paired([1.0, math.nan, 3.0, 4.0], [0.0, 5.0, math.nan, 2.0])
    assert found.differences.tolist() == [1, 2]
    assert not found.tells
    assert math.isnan(found.low)


@pytest.mark.parametrize("sample", [[], [1.0], [1.0, 1.1]])
def test_too_few_seeds_tell_nothing(sample: list[float]) -> None:
    found = paired(sample, [0.0] * len(sample))
    assert not found.tells
    assert math.isnan(found.low)


def test_how_many_seeds_it_would_take() -> None:
    found = paired([0.1, 0.9, -0.4, 0.6], [0.0] * 4)
    needed = found.seeds_needed
    assert not found.tells
    assert needed is not None
    mean, deviation = found.spread.mean, found.spread.deviation
    assert quantile(needed) * deviation / math.sqrt(needed) < mean
    assert quantile(needed - 1) * deviation / math.sqrt(needed - 1) >= mean
    assert paired([1.0, -1.0], [0.0, 0.0]).seeds_needed is None
    assert paired([1.0, -0.9999], [0.0, 0.0]).seeds_needed is None
