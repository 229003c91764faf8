"""Which estimators the Gradients page shows, and at which settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lab.estimators import Estimator

OWN = "own"
SLOPES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0]
SETTINGS: dict[str, tuple[str, list[Any]]] = {
    "temperature": ("Temperature τ", [OWN, 0.1, 0.2, 0.3, 0.5, 2 / 3, 1.0, 1.5, 2.0]),
    "gate": ("Gate |x| ≤ c", [OWN, 0.25, 0.5, 1.0, 1.5, 2.0, "none"]),
    "gradient_clip": ("Clip of the gradient", [OWN, 0.01, 0.1, 0.5, 1.0, "none"]),
}


def choose_rules(key: str, first: Sequence[str]) -> list[Estimator]:
    """A choice of estimators, with their own settings; says what to do where there is none."""
    members = Estimator.members
    names = st.multiselect(
        "Estimators",
        list(members),
        default=[name for name in first if name in members],
        format_func=lambda name: members[name].title,
        key=f"{key}.rules",
        persist_state="session",
    )
    if not names:
        st.info("Choose at least one estimator above.", icon=":material/arrow_upward:")
    return [members[name]() for name in names]


def choose_slope(key: str) -> float:
    """The slope of the units."""
    return st.select_slider(
        "Slope a",
        SLOPES,
        value=1.0,
        key=f"{key}.slope",
        persist_state="session",
        help="Steepness of the surrogate, or of the probability; 1/temperature of relaxed bits",
    )


def choose_settings(key: str) -> dict[str, Any]:
    """Settings that all chosen estimators take which have them; the others keep their own."""
    chosen: dict[str, Any] = {}
    for name, (label, options) in SETTINGS.items():
        value = st.select_slider(
            label, options, value=OWN, format_func=_told, key=f"{key}.{name}", persist_state="session"
        )
        if value != OWN:
            chosen[name] = None if value == "none" else value
    return chosen


def with_settings(rules: Sequence[Estimator], settings: dict[str, Any]) -> list[Estimator]:
    """The estimators with the settings that they have."""
    return [
        rule.changed(**{name: value for name, value in settings.items() if name in type(rule).model_fields})
        for rule in rules
    ]


def _told(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
