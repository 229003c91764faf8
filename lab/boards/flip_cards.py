"""The cards of a board that show what becomes of binary weights: how many flip and oscillate, and how old they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.bit_watch import MOMENTUM, OSCILLATING, WATCHED
from lab.boards.contestants import Contestant
from lab.boards.curve_cards import TIME
from lab.boards.wording import grouped, last
from lab.columns import Column
from lab.figures.board import Card, Chart
from lab.figures.curves import Curve, line_chart

_SAMPLE = f"Of at most {grouped(WATCHED)} weights, drawn at random: the standard error is below 0.6 points."


def flip_cards(runs: Sequence[Contestant]) -> list[Card]:
    """Of the binary weights of some runs, what became of them in single updates; none where no run has any."""
    return [*_flips(runs), *_oscillation(runs), *_age(runs)]


def _flips(runs: Sequence[Contestant]) -> list[Card]:
    """Share of binary weights that were chosen, and that really flipped, per update."""
    curves = []
    for run in runs:
        x, realized, attempted = _counted(run, "realized", "attempted")
        if not len(x):
            continue
        name = "" if len(runs) == 1 else f"{run.name}: "
        curves.append(Curve(f"{name}flipped", x, _positive(realized), run.color, run.dash))
        if np.isfinite(attempted).any():
            curves.append(Curve(f"{name}attempted", x, _positive(attempted), run.color, "dot"))
    if not curves:
        return []
    any_flip = any(np.isfinite(curve.y).any() for curve in curves)
    chart = Chart(line_chart(curves, "epoch", "share of binary weights", log_y=any_flip), link=TIME)
    values = ", ".join(f"{curve.name} {last(curve.y):.2g}" for curve in curves)
    caption = "In one update, counted a hundred times an epoch: chosen to take their target, and really flipped."
    caption = caption if any_flip else f"No weight has flipped so far. {caption}"
    caption += _checked(runs)
    return [Card("flips", "Flip rate", chart, caption, alt=f"Share of binary weights: {values}")]


def _checked(runs: Sequence[Contestant]) -> str:
    """When weights that are kept as bits were last found to be bits; nothing before, and where some are not."""
    steps, found = set(), 0.0
    for run in runs:
        step, strays = (run.snapshot.steps[name] for name in ("step", "strays"))
        if (checked := np.flatnonzero(np.isfinite(strays))).size:
            steps.add(int(step[checked[-1]]))
            found += float(strays[checked[-1]])
    if not steps or found:
        return ""
    when = f"{'step' if len(steps) == 1 else 'steps'} {' and '.join(map(str, sorted(steps)))}"
    return f" After each epoch all weights are checked: at {when} each had one of its two values."


def _oscillation(runs: Sequence[Contestant]) -> list[Card]:
    caption = (
        f"Flipped back in more than {100 * OSCILLATING:g} % of the recent steps: an average that takes in {MOMENTUM:g} "
        f"of each step (Nagel et al. 2022). Latent weights count by sign. {_SAMPLE}"
    )
    return _card(runs, "oscillating", "Oscillating weights", "share of binary weights (%)", 100, caption)


def _age(runs: Sequence[Contestant]) -> list[Card]:
    caption = "Steps since the last flip of a weight, or since the start: the mean over those that are followed."
    return _card(runs, "age", "Age of the bits", "steps since the last flip", 1, caption)


def _card(runs: Sequence[Contestant], column: str, title: str, unit: str, factor: float, caption: str) -> list[Card]:
    curves = []
    for run in runs:
        x, y = _counted(run, column)
        if len(x):
            curves.append(Curve(run.name, x, factor * y, run.color, run.dash))
    if not curves:
        return []
    chart = Chart(line_chart(curves, "epoch", unit), link=TIME)
    values = ", ".join(f"{curve.name} {last(curve.y):.3g}" for curve in curves)
    return [Card(f"flips.{column}", title, chart, caption, alt=f"{title}, {unit}: {values}")]


def _counted(run: Contestant, *columns: str) -> tuple[Column, ...]:
    """The epochs at which the first of some columns was measured, and what they have there."""
    steps = run.snapshot.steps
    there = np.isfinite(steps[columns[0]])
    return tuple(steps[column][there] for column in ("epoch", *columns))


def _positive(shares: np.ndarray) -> np.ndarray:
    """Shares for a logarithmic axis, where 0 has no place."""
    return np.where(shares > 0, shares, np.nan)
