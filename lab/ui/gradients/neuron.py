"""One neuron under the microscope: every number on the way from its pre-activation to what is sent back."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from lab.estimators import Estimator
from lab.probes.neuron import Neuron, look
from lab.toy import ENOUGH
from lab.ui.formulas import show_formula, show_lines
from lab.ui.gradients.grid import card_grid
from lab.ui.gradients.rules import choose_rules, choose_slope

FIRST = ("identity", "saturated", "hard-sigmoid", "bernoulli", "reinmax", "score-function", "disarm", "enumeration")


def neuron() -> None:
    """The section."""
    st.caption(
        "One unit with the loss L(b) = (b − t)². Move its pre-activation, its noise and the target, and follow the "
        "numbers: pre-activation → probability → bit → incoming gradient → what each estimator sends back."
    )
    rules = choose_rules("neuron", FIRST)
    with st.container(horizontal=True):
        x = st.slider("Pre-activation x", -3.0, 3.0, 0.4, 0.05, key="neuron.x", persist_state="session")
        u = st.slider(
            "Noise u", 0.01, 0.99, 0.35, 0.01, key="neuron.u", persist_state="session", help="The bit is 1 where u < p"
        )
        target = st.slider("Target t", -1.0, 2.0, 0.499, 0.001, key="neuron.t", persist_state="session", format="%.3f")
        slope = choose_slope("neuron")
    if not rules:
        return
    found = [(rule, look(rule, x, slope, u, target)) for rule in rules]
    st.dataframe(_table(found), hide_index=True, width="stretch", height="content", key="neuron.table")
    st.caption(
        "Exact: derivative of the expected loss, p'(x)(L(1) − L(0)), under the rule's own probability; units that fire "
        "by threshold have none, and are compared with logistic ones. "
        "Incoming gradient: L'(b), which only rules that send it through the bit make use of. Mean: of 4,000 draws, "
        "with its 95 % interval. Numbers are rounded to four digits."
    )
    rare = [rule.title for rule, seen in found if rule.stochastic and seen.mean_error is None]
    if rare:
        st.warning(
            f"The mean over the noise of {', '.join(rare)} is not known: with 4,000 draws the rarer bit is drawn fewer "
            f"than {ENOUGH} times. Move x towards 0 or lower the slope."
        )
    card_grid(partial(_card, rule, seen) for rule, seen in found)


def _card(rule: Estimator, seen: Neuron) -> None:
    st.markdown(f"**{rule.title}**")
    show_formula(rule.equation)
    if seen.worked:
        show_lines(seen.worked)
    else:
        st.caption("Nothing is sent back.")


def _table(found: list[tuple[Estimator, Neuron]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Estimator": rule.title,
                "P(b = 1)": _told(seen.unit.p),
                "Bit b": _told(seen.unit.code),
                "Loss L(b)": _told(seen.unit.loss),
                "Incoming L'(b)": _told(seen.unit.incoming),
                "Factor": _told(seen.unit.factor),
                "Sent back": _told(seen.unit.sent_back),
                "Mean over the noise": _mean(seen) if rule.stochastic else "no noise",
                "Exact": _told(seen.exact),
            }
            for rule, seen in found
        ]
    )


def _mean(seen: Neuron) -> str:
    return "–" if seen.mean_error is None else f"{_told(seen.mean)} ± {seen.mean_error:.2g}"


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
