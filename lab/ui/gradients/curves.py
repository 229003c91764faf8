"""Curves: what estimators compute forward, and what they multiply onto the gradient, over the pre-activation."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pandas as pd
import streamlit as st
import torch

from lab.estimators import Estimator, Levels, StraightThrough
from lab.figures.estimators import TwoCurves, forward_backward_chart
from lab.probes.response import Response, response, response_at
from lab.ui.gradients.pre_activations import NORMAL, choose_pre_activations
from lab.ui.gradients.rules import choose_rules, choose_settings, choose_slope, with_settings
from lab.ui.live_board import single_chart

FIRST = ("identity", "saturated", "hard-sigmoid", "approx-sign", "swish-sign", "bernoulli")
REACH = 3.0
POINTS = 6001
DRAWN = 5
"""One point of so many is drawn: a browser and what checks a figure take long for all, and a pixel is wider."""


def curves() -> None:
    """The section."""
    st.caption(
        "Left, what a unit gives for its pre-activation: the step, or the mean of its code where bits are sampled. "
        "Right, what the incoming gradient is multiplied with on its way back, averaged over the noise."
    )
    rules = choose_rules("curves", FIRST)
    with st.container(horizontal=True):
        slope = choose_slope("curves")
        settings = choose_settings("curves")
    levels = st.segmented_control(
        "Values of a unit",
        get_args(Levels),
        default="0/1",
        required=True,
        key="curves.levels",
        persist_state="session",
        help="A factor published for -1/+1 is halved on 0/1, and one for 0/1 doubled on -1/+1: the chain rule",
    )
    rules = with_settings(rules, settings)
    if not rules:
        return
    shown = [(rule, response(rule, slope, REACH, POINTS, levels)) for rule in rules]
    drawn = [TwoCurves(rule.title, *_drawn(curve), rule.color, rule.dash) for rule, curve in shown]
    figure = forward_backward_chart(drawn, height=420)
    alt = "; ".join(f"{rule.title}: {_told(curve)}" for rule, curve in shown)
    single_chart("curves.chart", "Forward and backward", figure, alt)
    source, x = choose_pre_activations("curves")
    st.dataframe(_table(shown, slope, x), hide_index=True, width="stretch")
    st.caption(
        f"Area: under the factor, from {-REACH:g} to {REACH:g}. Active: share of pre-activations whose factor is not "
        f"0, {'for a standard normal distribution' if source == NORMAL else f'in {source}'}."
    )
    clipped = [rule.title for rule in rules if getattr(rule.inner, "gradient_clip", None) is not None]
    if clipped:
        st.caption(
            f":material/info: A clip bounds what arrives, so there is no one factor for {', '.join(clipped)}: shown is "
            "what is sent back for an incoming gradient of 1. Gradients of a mean over many images are far smaller, "
            "and a clip above them does nothing."
        )


def _drawn(curve: Response) -> Response:
    backward = None if curve.backward is None else curve.backward[::DRAWN]
    return Response(curve.x[::DRAWN], curve.forward[::DRAWN], backward)


def _table(shown: list[tuple[Estimator, Response]], slope: float, x: np.ndarray) -> pd.DataFrame:
    rows = []
    for rule, curve in shown:
        peak, area = size_of(curve)
        rows.append(
            {
                "Estimator": rule.title,
                "Peak of the factor": float(f"{peak:.3g}"),
                "Area": float(f"{area:.3g}"),
                "Active (%)": round(100 * active_share(rule, slope, x), 1),
                "Sent back through": _way(rule),
                "Paper": rule.paper,
            }
        )
    return pd.DataFrame(rows)


def size_of(curve: Response) -> tuple[float, float]:
    """The largest factor and the area under it; NaN where the gradient does not come through the bits."""
    if curve.backward is None:
        return math.nan, math.nan
    return float(np.abs(curve.backward).max()), float(np.trapezoid(curve.backward, curve.x))


def active_share(rule: Estimator, slope: float, x: np.ndarray) -> float:
    """Share of pre-activations `x` whose factor is not 0; NaN where the gradient does not come through the bits."""
    factors = response_at(torch.from_numpy(x.astype(np.float32)), rule, slope).backward
    return math.nan if factors is None else float((factors != 0).mean())


def _way(rule: Estimator) -> str:
    if rule.zero_gradient:
        return "nothing"
    return "the bits" if isinstance(rule.inner, StraightThrough) else "the loss of whole codes"


def _told(curve: Response) -> str:
    peak, area = size_of(curve)
    return f"peak {peak:.3g}, area {area:.3g}"
