"""How a unit's sum is told from what was counted, so that whoever works it out again with what is shown finds it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.boards.wording import MINUS, fixed, grouped
from lab.probes.xnor import Meeting

MEET, POPCOUNT, WEIGHTS_ON, ON = "bits that meet", "popcount", "weights that are on", "activations that are on"
BITS_ON = "bits that are on"
"""What these are called, also where they are shown."""
FORMULAS = {
    ("-1/+1", "-1/+1"): "2 × {popcount} − {meet}",
    ("0/1", "-1/+1"): "{popcount} − {meet} + {weights}",
    ("-1/+1", "0/1"): "{popcount} − {meet} + {on}",
    ("0/1", "0/1"): "({popcount} − {meet} + {weights} + {on}) / 2",
}
"""The product of bits by the levels of activations and of weights. Bits of a byte are 0 and 1."""
DECIMALS, MOST_DIGITS = 4, 17


def whole(value: float) -> str:
    """An integer, its thousands apart."""
    return grouped(value).replace("-", MINUS)


def real(value: float, decimals: int = DECIMALS) -> str:
    """A number that is none, without the sign of a zero."""
    return fixed(value, decimals, "z")


def formula_of(met: Meeting) -> str:
    """That of a row of its bits, with the names of what it takes in braces."""
    return FORMULAS[met.layer.reads.replace("pixels", "0/1"), met.layer.weights]


def counts(met: Meeting) -> dict[str, int]:
    """What the formula takes of a unit that reads bits."""
    return {"popcount": met.popcounts[0], "meet": met.meeting, "weights": met.weights_on, "on": met.on[0]}


def names(on: str = ON) -> dict[str, str]:
    """What the same is called."""
    return {"popcount": POPCOUNT, "meet": MEET, "weights": WEIGHTS_ON, "on": on}


def told(met: Meeting) -> str:
    """The sum of a unit that reads bits, in words and in numbers."""
    formula = formula_of(met)
    return (
        f"{formula.format(**names())} = {formula.format(**{name: whole(count) for name, count in counts(met).items()})}"
    )


def of_plane(met: Meeting) -> str:
    """The sum of one of the eight bits of bytes, in words, with what is the same for all of them in numbers."""
    known = {"meet": whole(met.meeting), "weights": whole(met.weights_on)}
    return formula_of(met).format(**(names(BITS_ON) | known))


def combined(terms: Sequence[tuple[float, str, float]], value: float, decimals: int = DECIMALS) -> str:
    """A sum of products, each with as many digits of its factor as it takes to find the value as it is shown.

    Args:
        terms: a factor, what it is multiplied by as it is shown, and as it is; nothing is shown of a 1.
        value: of all together.
        decimals: with which it is shown.
    """
    said = ""
    for digits in range(DECIMALS, MOST_DIGITS + 1):
        factors = [_digits(factor, digits) for factor, *_ in terms]
        total = sum(float(factor) * amount for factor, (*_, amount) in zip(factors, terms, strict=True))
        said = " + ".join(_product(factor, text) for factor, (_, text, _) in zip(factors, terms, strict=True))
        if real(total, decimals) == real(value, decimals):
            break
    return said


def _digits(factor: float, digits: int) -> str:
    return np.format_float_positional(factor, digits, fractional=False, unique=False, trim="-")


def _product(factor: str, text: str) -> str:
    factor = factor.replace("-", MINUS)
    parts = [f"({part})" if part.startswith(MINUS) else part for part in (factor, text) if part]
    return " × ".join(parts)
