"""The value of a formula in LaTeX whose letters are all numbers."""

from __future__ import annotations

import math
import re

_NAMES = {name: getattr(math, name) for name in ("tanh", "cosh", "exp", "sqrt", "pi")} | {
    "sigma": lambda x: 1 / (1 + math.exp(-x)),
    "clip": lambda x, low, high: min(max(x, low), high),
    "max": max,
    "abs": abs,
}
_ARGUMENT = r"\s*(\d|\\pi|\{[^{}]*\})"
_STEPS = [
    (rf"\\t?frac{_ARGUMENT}{_ARGUMENT}", lambda m: f"(({_bare(m[1])})/({_bare(m[2])}))"),
    (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
]


def value_of(latex: str) -> float:
    """What a formula comes to; a letter left in it is an error."""
    text = re.sub(r"\\[bB]ig[lr]|\\[,;]", " ", latex)
    text = (
        text.replace(r"\operatorname{clip}", "clip")
        .replace(r"\cdot", "*")
        .replace(r"\le", "<=")
        .replace(r"\infty", "1000000000")
    )
    while (shorter := _once(text)) != text:
        text = shorter
    text = re.sub(r"\\mathbb 1\[([^]]*)\]", r"(\1)", re.sub(r"\|([^|]*)\|", r"abs(\1)", text))
    text = re.sub(r"\\(tanh|cosh)\^(\d)(\((?:[^()]|\([^()]*\))*\))", r"\1\3**\2", text)
    text = re.sub(r"\\(?=[a-z])", " ", text).replace("^", "**")
    text = re.sub(r"(?<=[\d)])\s+(?=[\d(])|(?<=[\d)])\s*(?=[(a-z])", "*", re.sub(r"\s+", " ", text))
    return float(eval(text, {"__builtins__": {}}, _NAMES))


def _once(text: str) -> str:
    for pattern, replacement in _STEPS:
        text = re.sub(pattern, replacement, text)
    return text


def _bare(argument: str) -> str:
    return argument.strip("{}")
