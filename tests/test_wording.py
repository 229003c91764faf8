"""Numbers as boards say them: two that differ are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.boards.heatmap_card import from_to, short
from lab.boards.wording import USUAL, fixed, told_apart


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (0.0155, 0.0155, ("0.0155", "0.0155")),
        (0.01551, 0.01553, ("0.01551", "0.01553")),
        (0.1, 0.2, ("0.1000", "0.2000")),
        (0.5, 0.5 + 1e-14, ("0.5000", "0.5000")),
        (float("nan"), float("nan"), ("–", "–")),
    ],
)
def test_two_numbers_have_as_many_digits_as_tell_them_apart(one: float, other: float, words: tuple[str, str]) -> None:
    assert told_apart(one, other) == words


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_numbers_that_the_usual_digits_tell_apart_have_no_more(one: float, other: float) -> None:
    usual = fixed(one, USUAL), fixed(other, USUAL)
    if usual[0] != usual[1]:
        assert told_apart(one, other) == usual


def test_a_range_of_one_value_is_one_number() -> None:
    assert from_to(0.015, 0.015) == short(0.015) == "0.015"
    assert from_to(0.01551, 0.01553) == "0.01551 to 0.01553"
    assert from_to(0, 0.4) == "0 to 0.4"
