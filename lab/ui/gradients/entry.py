"""One estimator as an entry of the catalogue: all that the registry knows about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lab.cli.fields import described
from lab.estimators import Estimator
from lab.ui.formulas import show_formula

BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def entry(rule: Estimator) -> None:
    """The card."""
    st.markdown(f"**{rule.title}**")
    show_formula(rule.equation)
    st.markdown(rule.summary)
    if rule.is_not:
        st.markdown(f":material/block: {rule.is_not}")
    st.markdown("  \n".join(f"**{name}** {value}" for name, value in _facts(rule).items()))
    fields = described(type(rule))
    if fields:
        st.markdown("\n".join(["**Settings**", "", *(_setting(name, field) for name, field in fields.items())]))
    st.caption(f":material/article: {rule.paper}")


def kind_of(rule: Estimator) -> str:
    """How its units come by their bits."""
    return "sampled" if rule.stochastic else "by threshold"


def gradient_of(rule: Estimator) -> str:
    """What its gradient is in the mean."""
    if rule.zero_gradient:
        return "none"
    return "unbiased" if rule.unbiased else "biased"


def levels_of(rule: Estimator) -> str:
    """The levels it is published for."""
    return rule.levels or "either"


def _facts(rule: Estimator) -> dict[str, str]:
    facts = {
        "Name in links and files:": f"`{rule.name}`",
        "Also called:": ", ".join(rule.aliases),
        "Bits:": kind_of(rule),
        "Gradient:": gradient_of(rule) + (", the same in every draw" if rule.exact else ""),
        "Published for levels:": levels_of(rule),
        "Loss evaluations of a step:": rule.cost,
        "Trains on:": rule.objective if rule.objective != Estimator.objective else "",
        "While training, the layers after it see:": rule.forward if rule.forward != Estimator.forward else "",
        "Wraps:": "another rule" if rule.wraps else "",
        "Defect of:": rule.defect_of,
    }
    return {name: value for name, value in facts.items() if value}


def _setting(name: str, field: dict[str, Any]) -> str:
    taken = ", ".join(_taken(field))
    return f"- **{name}** = {_told(field['default'])}{f' ({taken})' if taken else ''}: {field['help']}"


def _taken(field: dict[str, Any]) -> list[str]:
    """What a field takes, in words."""
    words = [f"{BOUNDS[bound]} {_told(value)}" for bound, value in field.get("bounds", {}).items()]
    words += ["one of " + ", ".join(field["choices"])] if "choices" in field else []
    return words + (["or none"] if field.get("nullable") else [])


def _told(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return str(value["name"])
    return f"{value:,.7g}" if isinstance(value, int | float) else str(value)
