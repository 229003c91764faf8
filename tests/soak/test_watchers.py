"""Thirty watchers of one race, one of them in a real browser: what the lab promises them, over half an hour."""

from __future__ import annotations

import pytest

from lab.bench.processor import counted
from lab.bench.watchers import GROWTH_ASKED, RATIO_ASKED, WAIT_ASKED, Length, figures, measure, race
from lab.data import DataError, Dataset


def has_mnist() -> bool:
    try:
        return Dataset.members["mnist"]().present()
    except DataError:
        return False


@pytest.mark.soak
@pytest.mark.skipif(not has_mnist(), reason="LAB_DATA holds no MNIST")
@pytest.mark.skipif(not counted(), reason="this system does not tell who uses its memory")
def test_thirty_watch_a_race_for_half_an_hour() -> None:
    length = Length()
    found = figures(measure(race(), length), length)
    assert found["watchers"] == 30
    assert found["longest_wait_seconds"] <= WAIT_ASKED, found
    assert found["ratio"]["median"] >= RATIO_ASKED, found
    assert found["memory_growth"] <= GROWTH_ASKED, found
