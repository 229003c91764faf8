"""How the units of a layer are called on cards, and when they are said to be on."""

from __future__ import annotations

from lab.boards.wording import MINUS
from lab.estimators import Estimator, Levels
from lab.experiment import Experiment

TWO_VALUED = ("bits", "soft", "scaled bits")
"""What rules give that give one of two values in an evaluation: relaxed ones are evaluated with bits."""
UPPER_LEVEL, ABOVE_MIDDLE = "at the upper level", "above the middle of its values"


def units_words(levels: Levels | None, rule: Estimator) -> str:
    """What the units of a layer are where a run is evaluated.

    Args:
        levels: between which they lie; None where they are real.
        rule: of the run.
    """
    if levels is None:
        return "real"
    low, middle, high = ("0", "0.5", "1") if levels == "0/1" else (f"{MINUS}1", "0", "1")
    times = "" if levels == "0/1" else "twice "
    return {
        "bits": f"binary, {levels}",
        "soft": f"binary, {levels}",
        "scaled bits": f"of two values, {times}as far apart as the largest of what enters them",
        "ternary": f"ternary: {low}, {middle} or {high}",
        "several bits": f"of several bits, with values from {low} to {high}",
    }[rule.forward]


def draw_words(levels: Levels | None, experiment: Experiment, which: str) -> str:
    """A sentence about units that are drawn at random where a run is evaluated; nothing about others.

    Args:
        levels: between which the units of a layer lie; None where they are real.
        experiment: of the run.
        which: what is shown of the draws, such as "this is one draw of them".
    """
    if levels is None or not experiment.estimator.stochastic or experiment.evaluation == "threshold":
        return ""
    drawn = f"by the run's seed ({experiment.seed}), the same at every look"
    return f" Binary units of this net are drawn at random: {which}, {drawn}."


def on_words(levels: Levels | None, rule: Estimator) -> str:
    """Where a unit of a layer counts as on; the same arguments."""
    if levels is None:
        return "above 0"
    return UPPER_LEVEL if rule.forward in TWO_VALUED else ABOVE_MIDDLE
