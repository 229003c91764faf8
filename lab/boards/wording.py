"""Numbers as a reader of the boards sees them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

WAITING = "Being worked out…"
NOTHING = "–"
"""In place of a number that there is not."""
MINUS = "\N{MINUS SIGN}"
LARGE = 1e5
USUAL = 4
"""Decimals of a loss."""
MOST_MORE = 6
"""Digits that two numbers get at most to be told apart."""


def number(value: float) -> str:
    """A loss or an error, to the usual decimals; a large one by its order alone."""
    return fixed(value, USUAL)


def fixed(value: float, decimals: int, sign: str = "") -> str:
    """A number to some decimals; a large one by its order alone."""
    if math.isnan(value):
        return NOTHING
    told = f"{value:{sign}.{decimals}f}" if abs(value) < LARGE else f"{value:{sign}.3g}"
    return told.replace("-", MINUS)


def told_apart(
    one: float, other: float, digits: int = USUAL, told: Callable[[float, int], str] = fixed
) -> tuple[str, str]:
    """Two numbers with so many digits, or as many more as it takes to tell one from the other.

    Args:
        one: a number.
        other: another one.
        digits: to begin with.
        told: a number in so many digits.
    """
    for more in range(MOST_MORE):
        pair = told(one, digits + more), told(other, digits + more)
        if pair[0] != pair[1]:
            return pair
    return told(one, digits), told(other, digits)


def signed(value: float, decimals: int) -> str:
    """A difference to some decimals, with its sign."""
    return fixed(value, decimals, "+z")


def decimals(reaches: Iterable[float], usual: int = USUAL, most: int | None = None) -> int:
    """How many decimals numbers have that stand together: two digits of the smallest of their spreads.

    Args:
        reaches: how far each number is spread; NaN or 0 where that is not known.
        usual: how many there are where no spread is known.
        most: how many there are at most; by default two more.
    """
    known = [reach for reach in reaches if math.isfinite(reach) and reach > 0]
    return min(usual + 2 if most is None else most, max(0, 1 - math.floor(math.log10(min(known))))) if known else usual


def percent(share: float) -> str:
    """A share between 0 and 1, to two decimals of a percent."""
    return NOTHING if math.isnan(share) else f"{100 * share:.2f} %"


def score(value: float | None, metric: str) -> str:
    """A figure of a run as every page has it: an accuracy in percent, a loss as it is."""
    value = math.nan if value is None else value
    return percent(value) if factor_of(metric) == 100 else number(value)


def factor_of(metric: str) -> int:
    """What a figure is multiplied by wherever people read it: an accuracy, of whatever images, is in percent."""
    return 100 if metric.endswith("accuracy") else 1


def with_unit(metric: str) -> str:
    """What to call a figure that stands without its unit, as in tables."""
    return f"{metric} (%)" if factor_of(metric) == 100 else metric


def grouped(value: float) -> str:
    """A large number, its thousands apart."""
    return f"{value:,.0f}".replace(",", "\u2009")


def how_many(count: int, thing: str) -> str:
    """How many of a thing there are, such as "1 bit" or "8 bits"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def last(values: ArrayLike) -> float:
    """The last of some values (N,); NaN where there is none."""
    values = np.asarray(values)
    return float(values[-1]) if len(values) else math.nan
