"""What a net answers to the picture: the probabilities of the classes, or the picture as it rebuilds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_card import LARGE, colors_of, signed_range
from lab.boards.net_cards import maker, placed
from lab.boards.seen import Seen
from lab.boards.wording import number, percent
from lab.data.base import Dataset
from lab.figures.board import Card, Chart, Pictures
from lab.figures.histograms import bar_chart
from lab.figures.pictures import tiles
from lab.figures.theme import DIVERGING, GRAY, Figure
from lab.probes.reconstruction import scaled_as_pixels
from lab.probes.sight import Sight

ANSWER = "answer"
HEIGHT = 190  # pixels
LEAST = 0.005
"""Probability from which on a class is named beside the likeliest."""


def answer_cards(sides: Sequence[Seen[Sight]], picture: NDArray[np.uint8], label: int | None) -> list[Card]:
    """What each net answers.

    Args:
        sides: the nets, and what they make of the picture.
        picture: (28, 28) uint8.
        label: its class, where that is known, in the dataset of the first net.
    """
    return placed((_card(seen, sides, picture, label) for seen in sides), sides)


def _card(seen: Seen[Sight], sides: Sequence[Seen[Sight]], picture: NDArray[np.uint8], label: int | None) -> Card:
    make = maker(seen, len(sides) == 1)
    if seen.answer.probabilities is not None:
        own, first = (each.run.experiment.dataset for each in (seen, sides[0]))
        chart = Chart(_bars(seen.answer.probabilities, own, seen.run.color))
        # To the net of another dataset, the number of the class means something else.
        return make(
            ANSWER, "Answer", chart, _said(seen.answer.probabilities, own, label if own.name == first.name else None)
        )
    errors = [(each.run, _error(each.answer, picture)) for each in sides if each.answer.rebuilt is not None]
    span = signed_range(errors)
    error = _error(seen.answer, picture)
    original, rebuilt = scaled_as_pixels(picture)[None], np.asarray(seen.answer.rebuilt)[None]
    sheet = tiles(np.concatenate([original, rebuilt]), ["picture", "rebuilt"], -1.0, 1.0, GRAY)
    sheet += tiles(error[None], ["difference"], span.low, span.high, DIVERGING)
    caption = (
        f"The picture, what its code is decoded to, and the latter less the former: {colors_of(span, True)}. The mean "
        f"squared error is {number(float(np.square(error, dtype=np.float64).mean()))}.{span.note}"
    )
    return make(ANSWER, "Answer", Pictures(sheet, columns=3, widest=LARGE), caption)


def _bars(probabilities: NDArray[np.float32], dataset: Dataset, color: str) -> Figure:
    labels = list(range(len(probabilities)))
    names = [dataset.class_name(label) for label in labels]
    figure = bar_chart(labels, probabilities, "class", "probability", color, HEIGHT, (0.0, 1.0))
    figure["data"][0] |= {"customdata": names, "hovertemplate": "%{customdata}: %{y:.4~g}<extra></extra>"}
    layout: dict[str, Any] = figure["layout"]
    layout["xaxis"] |= {"tickmode": "array", "tickvals": labels, "ticktext": names, "automargin": True}
    layout["yaxis"] |= {"tickformat": ".1f"}
    return figure


def _said(probabilities: NDArray[np.float32], dataset: Dataset, label: int | None) -> str:
    if not np.isfinite(probabilities).all():
        return "What this net answers are no finite numbers any more."
    order = np.argsort(-probabilities, kind="stable")
    first, second = int(order[0]), int(order[1])
    likely, next_likely = (
        f"class {dataset.class_name(i)}: {percent(float(probabilities[i]))}" for i in (first, second)
    )
    others = f", then {next_likely}" if probabilities[second] > LEAST else ""
    verdict = ""
    if label is not None:
        right = "right" if first == label else "wrong"
        verdict = f" It is a {right} answer: the picture is of class {dataset.class_name(label)}."
    return f"The net is most sure of {likely}{others}.{verdict}"


def _error(answer: Sight, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(answer.rebuilt) - scaled_as_pixels(picture)
