"""Formulas with numbers in the place of their letters, as LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

_TOKEN = re.compile(
    r"\\(?:operatorname|mathrm|mathbb|text)\s*(?:\{[^}]*\}|\S)"  # a name, whose letters stand for nothing
    r"|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|[^\s]|\s+"
)
_SPACE = re.compile(r"\\,|\s+")
_FRACTION = (r"\frac", r"\tfrac")


def number(value: float) -> str:
    """A number to four digits; powers of ten where they are far off."""
    if math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    text = f"{value + 0.0:.4g}".replace("e-0", "e-").replace("e+0", "e")
    digits, _, power = text.partition("e")
    return rf"{digits} \cdot 10^{{{power}}}" if power else digits


def factor(value: float) -> str:
    """A number among others that it is multiplied with: in parentheses where it has a sign or a power."""
    text = number(value)
    return text if re.fullmatch(r"[\d.]+", text) else f"({text})"


def numbers(values: Iterable[float]) -> str:
    """Numbers in a row."""
    return r",\; ".join(map(number, values))


def with_numbers(formula: str, letters: Mapping[str, float]) -> str:
    """A formula with numbers in the place of letters, such as `x`; a dot stands between those that are multiplied."""
    written: list[str] = []
    before: list[str] = []  # the last two tokens that are no space
    for token in _TOKEN.findall(formula):
        if _SPACE.fullmatch(token):
            written.append(token)
            continue
        follows_number = bool(before) and bool(re.fullmatch(r"\d.*", before[-1]) or before[-1] in letters)
        of_fraction = before[-1:] != ["{"] and any(earlier in _FRACTION for earlier in before[-2:])
        if token in letters:
            enclosed = before[-1:] in (["["], ["|"], ["("])
            value = number(letters[token]) if enclosed else factor(letters[token])
            written.append(f"{{{value}}}" if of_fraction else rf"\cdot {value}" if follows_number else value)
        else:
            written.append(token)
        before = [*before[-1:], token]
    return "".join(written)
