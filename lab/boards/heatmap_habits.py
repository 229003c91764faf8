"""Cards of what a channel does over many test images: the patches that excite it most, and how often it fires where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_card import LARGE, LARGEST, Choice, short
from lab.boards.net_cards import lacking, maker, placed
from lab.boards.seen import Seen, answers_there
from lab.boards.unit_words import draw_words, on_words
from lab.boards.wording import percent
from lab.figures.board import Card, Numbers, Pictures
from lab.figures.pictures import tiles
from lab.figures.theme import GRAY, VIRIDIS
from lab.probes.habits import LayerHabits

PATCHES, FIRING = "patches", "firing"


@dataclass(frozen=True, eq=False)
class Watched:
    """What a net's channels do over test images."""

    layers: tuple[LayerHabits, ...]
    pictures: NDArray[np.uint8]
    """Those images, (N, 28, 28)."""
    labels: NDArray[np.int64]
    """Their classes, (N,)."""

    def of(self, choice: Choice) -> LayerHabits | None:
        """Those of the chosen layer; None where there is no such layer or channel."""
        found = next((layer for layer in self.layers if layer.name == choice.layer.name), None)
        return found if found is not None and choice.channel < found.best.shape[1] else None


Sides: TypeAlias = Sequence[Seen[Watched | str]]
"""Or what is said in the place of an answer."""


def habit_cards(sides: Sides, choice: Choice) -> list[Card]:
    """What the chosen channel does over test images, at the moment of each net."""
    alone, layer = len(sides) == 1, choice.layer.name
    titles = {PATCHES: f"Excite channel {choice.number} of {layer} most", FIRING: f"How often {layer} fires"}
    there = answers_there(sides)
    return placed(
        [
            *(_patches(seen, alone, choice, titles[PATCHES]) for seen in there),
            *(_firing(seen, alone, choice, titles[FIRING]) for seen in there),
            *lacking(sides, alone, titles),
        ],
        sides,
    )


def _patches(seen: Seen[Watched], alone: bool, choice: Choice, title: str) -> Card:
    make, found = maker(seen, alone), seen.answer.of(choice)
    if found is None:
        return make(PATCHES, title, Numbers([]), _lacking(seen, choice))
    patches = found.patches(seen.answer.pictures, choice.channel)
    names = [seen.run.experiment.dataset.class_name(int(seen.answer.labels[at])) for at in patches.pictures]
    labels = [f"{short(float(value))} · {name}" for value, name in zip(patches.activations, names, strict=True)]
    told = [f"test image {at}, class {name}" for at, name in zip(patches.pictures, names, strict=True)]
    sheet = tiles(patches.patches, labels, 0, 255, GRAY, help=told)
    height, width = patches.patches.shape[1:]
    whole = (
        "the whole picture, for it sees that much"
        if height == width == 28
        else f"the {height} × {width} pixels that it sees"
    )
    caption = (
        f"The strongest of {len(seen.answer.pictures)} test images, and of each where the channel is most excited: "
        f"{whole}. Below, what enters the unit there, and the class of the image."
    )
    return make(PATCHES, title, Pictures(sheet, columns=len(sheet) if len(sheet) < 5 else 5, widest=LARGE), caption)


def _firing(seen: Seen[Watched], alone: bool, choice: Choice, title: str) -> Card:
    make, found = maker(seen, alone), seen.answer.of(choice)
    if found is None:
        return make(FIRING, title, Numbers([]), _lacking(seen, choice))
    rates = found.firing
    own = rates.rates[choice.channel]
    names = [f"channel {choice.number}", "mean of all"]
    sheet = tiles(np.stack([own, rates.mean]), names, 0.0, 1.0, VIRIDIS)
    shares = [percent(float(each.mean())) for each in (own, rates.rates)]
    when = on_words(rates.levels, seen.run.experiment.estimator)
    caption = (
        f"The share of {rates.pictures} test images for which each position is {when}; dark is 0, yellow 1. The "
        f"channel is so {shares[0]} of the time, all channels together {shares[1]}."
        f"{draw_words(rates.levels, seen.run.experiment, 'for each image they are one draw')}"
    )
    return make(FIRING, title, Pictures(sheet, columns=2, widest=LARGEST), caption)


def _lacking(seen: Seen[Watched], choice: Choice) -> str:
    return f"{seen.run.name} has no channel {choice.number} in a layer {choice.layer.name}."
