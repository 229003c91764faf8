"""Formulas that fit wherever they are placed."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st


def show_formula(formula: str) -> None:
    """A part's formula, one line for each of the statements that `\\qquad` divides."""
    show_lines(line.strip().rstrip(",") for line in formula.split(r"\qquad"))


def show_lines(lines: Iterable[str]) -> None:
    """LaTeX one below the other, set as part of a text: unlike displayed math it breaks where it is too long."""
    st.markdown("\n\n".join(rf"$\displaystyle {line}$" for line in lines))
