"""Cards of the filters of the chosen layer: the weights that learn, and the bits that the net computes with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_card import BLOCK, FEW, LARGE, Choice, colors_of, columns, from_to, short, signed_range
from lab.boards.net_cards import maker, placed
from lab.boards.seen import Seen
from lab.figures.board import Card, Numbers, Pictures
from lab.figures.pictures import tiles
from lab.figures.theme import DIVERGING
from lab.probes.sight import Kernels

Sides: TypeAlias = Sequence[Seen[Kernels | None]]
LATENT, BITS = "latent", "bits"


def kernel_cards(sides: Sides, choice: Choice) -> list[Card]:
    """The kernels of the layer, or those of the channel where the layer has several inputs; latent and binary.

    Args:
        sides: the nets, with the kernels of the chosen layer and channel; None where one has no such.
        choice: that layer and channel.
    """
    return placed((card for seen in sides for card in _of_net(seen, sides, choice)), sides)


def _of_net(seen: Seen[Kernels | None], sides: Sides, choice: Choice) -> Iterator[Card]:
    found, layer, alone = seen.answer, choice.layer.name, len(sides) == 1
    make = maker(seen, alone)
    if found is None:
        said = f"{seen.run.name} has no channel {choice.number} in a layer {layer}."
        yield make(LATENT, f"Filters, {layer}", Numbers([]), said)
        return
    title = f"{layer}" if found.of_channel is None else f"channel {choice.number} of {layer}"
    shown = _shown(found, choice)
    which = _which(found, choice, shown)
    span = signed_range((each.run, each.answer.latent) for each in sides if each.answer is not None)
    kind = "The latent weights" if found.binary is not None else "The weights, which are real"
    caption = f"{kind}, of {which}; {colors_of(span, True)}.{span.note}"
    yield make(LATENT, f"Filters, {title}", _sheet(found, found.latent, shown, choice, span.high, alone), caption)
    if found.binary is not None:
        caption = f"The bits that the net computes with, of {which}; {_levels(found)}{_scales(found)}."
        yield make(BITS, f"Binary filters, {title}", _sheet(found, found.binary, shown, choice, 1.0, alone), caption)
    elif any(each.answer is not None and each.answer.binary is not None for each in sides):
        said = f"The weights of {seen.run.name} are real: it computes with them as they are."
        yield make(BITS, f"Binary filters, {title}", Numbers([]), said)


def _shown(found: Kernels, choice: Choice) -> NDArray[np.int64]:
    """Which kernels: those of the channels around the chosen one; of many inputs those with the largest weights."""
    count = len(found.latent)
    if found.of_channel is None:
        return np.arange(count)[choice.block]
    if count <= BLOCK:
        return np.arange(count)
    sizes = np.nan_to_num(np.square(found.latent, dtype=np.float64).sum((1, 2)))
    return np.sort(np.argsort(-sizes, kind="stable")[:BLOCK])


def _which(found: Kernels, choice: Choice, shown: NDArray[np.int64]) -> str:
    count = len(found.latent)
    pattern = "a pattern that it paints" if found.transposed else "a pattern that it looks for"
    if found.of_channel is None:
        each = f"each channel {shown[0] + 1} to {shown[-1] + 1} of {count}" if len(shown) < count else "every channel"
        return f"{each}, {pattern}"
    inputs = (
        f"its {count} inputs"
        if len(shown) == count
        else f"the {len(shown)} of its {count} inputs where they are largest"
    )
    return f"channel {choice.number} for each of {inputs}, {pattern} there"


def _sheet(
    found: Kernels, values: NDArray[np.float32], shown: NDArray[np.int64], choice: Choice, reach: float, alone: bool
) -> Pictures:
    numbers = [str(index + 1) for index in shown]
    own = found.of_channel is None
    sheet = tiles(values[shown], numbers, -reach, reach, DIVERGING, picks=numbers if own else None)
    widest = LARGE if len(sheet) <= FEW else 112
    return Pictures(sheet, columns(len(sheet), alone), widest, picked=str(choice.number) if own else "")


def _levels(found: Kernels) -> str:
    values = np.unique(np.asarray(found.binary))
    names = {-1.0: "blue −1", 0.0: "white 0", 1.0: "red 1"}
    return ", ".join(names.get(float(value), short(float(value))) for value in values)


def _scales(found: Kernels) -> str:
    scale = np.asarray(found.scale)
    low, high = float(scale.min()), float(scale.max())
    if low == high == 1:
        return ""
    return f", times {from_to(low, high)}"
