"""Bias against noise: each estimator as a dot, measured on a small net against its exact gradient."""

from __future__ import annotations

import re
from concurrent.futures import Future

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from lab.estimators import Estimator
from lab.figures.bias_variance import Dot, bias_variance_chart
from lab.parts import sentences
from lab.toy import ENOUGH, PICTURED, Measured, Toy, measure, rarest_bit
from lab.ui.background import answer
from lab.ui.gradients.rules import choose_rules, choose_slope
from lab.ui.live_board import single_chart
from lab.ui.notices import show_problems

DRAWS = [1000, 5000, 20_000, 100_000]
MOST_LISTED = 64
"""Numbers in a list. A net of more than can be enumerated is refused in a sentence, which a field with a limit is not.
"""
Asked = tuple[Estimator, Future[Measured]]
LOSSES = {"quadratic": "(w·b − t)²", "quartic": "(w·b − t)⁴", "cross-entropy": "log(1 + exp(t − w·b))"}


def bias_variance() -> None:
    """The section."""
    st.caption(
        "Every estimator on one small net with a loss L(b) of its bits, against the gradient of the expected loss, "
        "which is the sum over all codes. Further left: less bias. Further down: less noise. Bars hold the true "
        "value in 95 of 100 cases or more. Units that fire by threshold have no expectation: their rules are measured "
        "against the gradient of logistic units."
    )
    rules = choose_rules("bias", PICTURED)
    with st.container(horizontal=True):
        slope = choose_slope("bias")
        draws = st.select_slider(
            "Draws", DRAWS, value=20_000, key="bias.draws", persist_state="session", help="Gradient estimates per dot"
        )
        per_pass = st.toggle(
            "Per loss evaluation",
            key="bias.cost",
            persist_state="session",
            help="Noise at equal cost: times √(evaluations)",
        )
    toy = _shape()
    if toy is None or not rules:
        return
    asked = [(rule, _asked(toy, rule, slope, draws)) for rule in rules]
    waiting = not all(found.done() for _, found in asked)
    st.fragment(_picture, run_every=0.3 if waiting else None, key="bias.live")(
        toy, asked, slope, draws, per_pass, waiting
    )


def _shape() -> Toy | None:
    """The net that the person shapes; None after saying what is wrong with it."""
    first = Toy()
    # Kept as state of the session, because each of the three can change the others.
    st.session_state.setdefault("bias.units", len(first.logits))
    st.session_state.setdefault("bias.logits", _joined(first.logits))
    st.session_state.setdefault("bias.weights", _joined(first.weights))
    with st.expander("The small net", icon=":material/tune:"):
        loss = st.segmented_control(
            "Loss L(b)",
            list(LOSSES),
            default=first.loss,
            format_func=lambda name: LOSSES[name],
            required=True,
            key="bias.loss",
            persist_state="session",
        )
        with st.container(horizontal=True):
            st.number_input(
                "Units", 1, MOST_LISTED, key="bias.units", persist_state="session", on_change=_resize, width=160
            )
            target = st.number_input(
                "Target t", -1e3, 1e3, first.target, 0.1, key="bias.target", persist_state="session", width=160
            )
        logits = st.text_input(
            "Pre-activations x, one a unit", key="bias.logits", persist_state="session", on_change=_count
        )
        weights = st.text_input("Weights w of the sum w·b", key="bias.weights", persist_state="session")
    try:
        numbers = {"logits": _numbers(logits, "Pre-activations"), "weights": _numbers(weights, "Weights")}
        return Toy.model_validate({**numbers, "loss": loss, "target": target})
    except ValidationError as error:
        show_problems([_with_labels(problem) for problem in sentences(error)])
    except ValueError as error:
        show_problems([str(error)])
    return None


def _resize() -> None:
    """Give both lists as many numbers as there are to be units."""
    units = st.session_state["bias.units"]
    for key, new in (("bias.logits", "0.5"), ("bias.weights", "1")):
        items = [item for item in _items(st.session_state[key]) if item]
        st.session_state[key] = ", ".join([*items[:units], *[new] * (units - len(items))])


def _count() -> None:
    """Let the number of units follow the list."""
    st.session_state["bias.units"] = min(len(_items(st.session_state["bias.logits"])), MOST_LISTED)


def _items(text: str | None) -> list[str]:
    """The places of a list, of which some may be empty."""
    return [item.strip() for item in (text or "").replace(";", ",").split(",")]


def _picture(toy: Toy, asked: list[Asked], slope: float, draws: int, per_pass: bool, waited: bool) -> None:
    there = [(rule, found) for rule, found in asked if found.done()]
    problems = [str(found.exception()) for _, found in there if found.exception() is not None]
    measured = [(rule, found.result()) for rule, found in there if found.exception() is None]
    missing = len(asked) - len(there)
    if measured:
        _draw(measured, per_pass)
    units = f"{len(toy.logits)} unit{'s' if len(toy.logits) > 1 else ''}, {2 ** len(toy.logits)} codes"
    st.caption(
        f"{units}, {draws:,} draws a dot. Filled: unbiased by proof, so what bias it shows is what so many draws "
        "cannot tell from 0. Hollow: biased. Hourglass: values other than bits, or another objective."
        + (f" **Measuring {missing} more …**" if missing else "")
    )
    _warn(toy, measured, slope, draws)
    show_problems(problems)
    if measured and not missing:
        with st.expander("The numbers", icon=":material/table:"):
            st.dataframe(_table(measured), hide_index=True, width="stretch")
    if waited and not missing:
        st.rerun()  # all is there: the timer is no longer needed


def _warn(toy: Toy, measured: list[tuple[Estimator, Measured]], slope: float, draws: int) -> None:
    """Say where the numbers are not what the axes promise."""
    absolute = [rule.title for rule, result in measured if not result.relative]
    if absolute:
        names = ", ".join(absolute)
        st.warning(f"The exact gradient is 0 here. Bias and noise are shown in absolute numbers for {names}.")
    rare = {rule.title: rarest_bit(toy, rule, slope) for rule, _ in measured}
    rare = {title: probability for title, probability in rare.items() if probability * draws < ENOUGH}
    if rare:
        rarest = min(rare.values())
        names = ", ".join(rare) if len(rare) < len(measured) else "every rule that samples"
        st.warning(
            f"The rarest bit has a probability of {rarest:.1g}: {draws:,} draws hold about {rarest * draws:.0f} of it, "
            f"too few to know bias and noise of {names}, and their bars are too short. Take more draws, or smaller "
            "pre-activations."
        )


def _draw(measured: list[tuple[Estimator, Measured]], per_pass: bool) -> None:
    dots = [_dot(rule, result, per_pass) for rule, result in measured]
    alt = "; ".join(f"{dot.name}: bias {dot.bias:.3g}, noise {dot.noise:.3g}" for dot in dots)
    figure = bias_variance_chart(dots, "loss evaluation" if per_pass else "draw")
    single_chart("bias.chart", "Bias and noise", figure, alt)


def _asked(toy: Toy, rule: Estimator, slope: float, draws: int) -> Future[Measured]:
    return answer(("bias", toy, rule, slope, draws), lambda: measure(toy, rule, slope, draws))


def _dot(rule: Estimator, measured: Measured, per_pass: bool) -> Dot:
    cost = measured.passes**0.5 if per_pass else 1.0
    other = rule.forward != "bits" or rule.objective != Estimator.objective
    return Dot(
        rule.title,
        measured.bias,
        measured.bias_error,
        measured.noise * cost,
        measured.noise_error * cost,
        rule.color,
        rule.dash,
        "other" if other else "unbiased" if rule.unbiased else "biased",
        f"{measured.passes} loss evaluation{'s' if measured.passes > 1 else ''} a draw",
    )


def _table(measured: list[tuple[Estimator, Measured]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Estimator": rule.title,
                "Bias": result.bias,
                "± (95 %)": result.bias_error,
                "Noise": result.noise,
                "± (95 %) ": result.noise_error,
                "Evaluations": result.passes,
                "Draws": result.draws,
                "Mean gradient": ", ".join(f"{value:.4f}" for value in result.mean.tolist()),
                "Exact gradient": ", ".join(f"{value:.4f}" for value in result.exact.tolist()),
            }
            for rule, result in measured
        ]
    ).round(4)


def _joined(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _with_labels(problem: str) -> str:
    """A sentence with the labels of the page in the place of the fields' names; numbers are counted from 1."""
    for field, label in (("logits", "Pre-activation"), ("weights", "Weight")):
        problem = problem.replace(f"{field} has", f"{label}s has")
        item = re.match(rf"{field}\.(\d+)", problem)
        if item:
            problem = f"{label} {int(item[1]) + 1}{problem[item.end() :]}"
    return problem


def _numbers(text: str | None, what: str) -> list[float]:
    numbers = []
    for item in _items(text):
        try:
            numbers.append(float(item.replace("_", " ")))  # Python reads 1_0 as ten
        except ValueError:
            shown = repr(item) if item else "an empty place"
            raise ValueError(f"{what} has {shown}; give numbers, separated by commas, such as 0.3, -0.7.") from None
    return numbers
