"""The cards of a board that show whether anything is learning: gradients, updates and binary units, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from lab.boards.contestants import Contestant
from lab.boards.curve_cards import TIME
from lab.boards.net_cards import SEPARATOR, in_rows
from lab.boards.scales import FAR_IN_DECADES, Scale, extents, shared_scale
from lab.columns import Column
from lab.figures.board import Card, Chart
from lab.figures.curves import Curve, line_chart
from lab.figures.theme import COLORS, LINE_STYLES

Range = tuple[float, float] | None
UNIT_STYLES = {"active": "solid", "dead": "dash", "stuck": "dot"}


def gradient_card(runs: Sequence[Contestant]) -> list[Card]:
    """The gradient norm of each layer of a run; of several runs, that of the first layer of each."""
    if len(runs) == 1:
        return _gradients(runs[0])
    first = [(run, next(iter(run.snapshot.health.layers.values()), None)) for run in runs]
    norms = [(run, _positive(columns["gradient"])) for run, columns in first if columns is not None]
    curves = [Curve(run.name, run.snapshot.health.epochs, values, run.color, run.dash) for run, values in norms]
    scale = _roomy(norms)
    cut = scale.cut if scale is not None else ""
    caption = f"Of the weights of each net's first layer, in single steps; no line where it is exactly 0.{cut}"
    title, unit = "Gradient norm, first layer", "norm of the gradient"
    return _card("health.first", title, curves, unit, caption, log_y=True, y_range=_range(scale) if cut else None)


def unit_card(run: Contestant) -> list[Card]:
    """Active, dead and stuck units of each binary layer."""
    health = run.snapshot.health
    curves = [
        Curve(f"{site} {measure}", health.epochs, 100 * columns[measure], COLORS[number % len(COLORS)], dash)
        for number, (site, columns) in enumerate(health.sites.items())
        for measure, dash in UNIT_STYLES.items()
    ]
    caption = (
        "Active: pre-activations at which the rule passes gradient back. Dead and stuck: units that are 0, or 1, for "
        "every picture of a batch."
    )
    return _card("health.units", "Active, dead and stuck units", curves, "share (%)", caption)


def compared_health_cards(runs: Sequence[Contestant]) -> list[Card]:
    """Gradients of all layers, and binary units, of each run of a race: a row of cards with one scale for each."""
    begun = [run for run in runs if len(run.snapshot.health)]
    norms = [(run, _positive(np.concatenate(_norms(run)))) for run in begun]
    scale = _roomy(norms)
    cards = []
    for run in begun:
        for kind, made in (("gradient", _gradients(run, scale)), ("units", unit_card(run))):
            for card in made:
                row = f"compared {kind}"
                title, alt = f"{card.title}{SEPARATOR}{run.name}", f"{run.name}: {card.alt}"
                cards.append(replace(card, id=f"{row}.{run.id}", title=title, alt=alt, row=row))
    return in_rows(cards, begun)


def all_health_cards(run: Contestant) -> list[Card]:
    """Everything there is to see of a run's gradient health."""
    return [
        *gradient_card([run]),
        *_layers(run, "zeros", "Gradients that are exactly 0", "share of weights (%)", _ZEROS, 100, log_y=False),
        *_layers(run, "update", "Update size", "change / norm of the weights", _UPDATE, 1, log_y=True),
        *unit_card(run),
    ]


_GRADIENT = "Of the weights of each layer, in single steps; no line where it is exactly 0."
_ZEROS = "Of the weights of each layer, in single steps. Weights of pixels that are black in every picture count too."
_UPDATE = "What one step changes, in units of the weights themselves; no line where nothing changes."


def _gradients(run: Contestant, scale: Scale | None = None) -> list[Card]:
    caption = _GRADIENT + (scale.cut if scale is not None else "")
    y_range = _range(scale)
    return _layers(run, "gradient", "Gradient norm", "norm of the gradient", caption, 1, log_y=True, y_range=y_range)


def _norms(run: Contestant) -> list[Column]:
    """Of the gradients of each layer."""
    return [np.empty(0), *(columns["gradient"] for columns in run.snapshot.health.layers.values())]


def _roomy(norms: Iterable[tuple[Contestant, Column]]) -> Scale | None:
    """A scale of a logarithmic axis, with some room at both ends."""
    scale = shared_scale(extents(norms), FAR_IN_DECADES)
    return None if scale is None else scale._replace(low=scale.low / 1.5, high=scale.high * 1.5)


def _range(scale: Scale | None) -> Range:
    return None if scale is None else (scale.low, scale.high)


def _layers(
    run: Contestant,
    measure: str,
    title: str,
    unit: str,
    caption: str,
    factor: float,
    log_y: bool,
    y_range: Range = None,
) -> list[Card]:
    health = run.snapshot.health
    curves = []
    for number, (layer, columns) in enumerate(health.layers.items()):
        values = columns[measure] * factor
        dash = LINE_STYLES[number // len(COLORS) % len(LINE_STYLES)]
        y = _positive(values) if log_y else values
        curves.append(Curve(layer, health.epochs, y, COLORS[number % len(COLORS)], dash))
    return _card(f"health.{measure}", title, curves, unit, caption, log_y, y_range)


def _card(
    id: str,
    title: str,
    curves: Sequence[Curve],
    unit: str,
    caption: str,
    log_y: bool = False,
    y_range: Range = None,
) -> list[Card]:
    """The card; none where there is nothing to draw yet."""
    if not any(len(np.asarray(curve.x)) for curve in curves):
        return []
    alt = f"{title} now: " + "; ".join(f"{curve.name} {_last(curve)}" for curve in curves)
    if "%" in unit:
        y_range = (-3.0, 103.0)  # a line along 0 or 100 is to be seen whole
    chart = Chart(line_chart(curves, "epoch", unit, y_range=y_range, log_y=log_y), link=TIME)
    return [Card(id, title, chart, caption, alt=alt)]


def _last(curve: Curve) -> str:
    values = np.asarray(curve.y)
    return f"{values[-1]:.3g}" if len(values) and np.isfinite(values[-1]) else "none"


def _positive(values: Column) -> Column:
    """Values for a logarithmic axis, where 0 has no place."""
    return np.where(values > 0, values, np.nan)
