"""Cards that show where in a picture an answer comes from: Grad-CAM of a layer, and what covering parts of it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_card import LARGE, colored, colors_of, over, rising_range, signed_range
from lab.boards.net_cards import instead, maker, placed
from lab.boards.seen import Seen, answers_there
from lab.boards.wording import MINUS
from lab.data.base import SIDE
from lab.figures.board import Card, Numbers, Pictures, Tile
from lab.figures.pictures import picture, tiles
from lab.figures.theme import DIVERGING, GRAY, VIRIDIS
from lab.probes.grad_cam import GradCam
from lab.probes.occlusion import Occlusion

GRAD_CAM, OCCLUSION = "grad-cam", "occlusion"
COLUMNS = 3
Pixels = NDArray[np.uint8]
Cams: TypeAlias = Sequence[Seen[GradCam | str]]
"""Or why there is none, in a sentence; the same of the next."""
Occlusions: TypeAlias = Sequence[Seen[Occlusion | str]]

THROUGH = {
    "nothing": "No bits stand between the layer and the answer: the gradient is exact.",
    "surrogate": "For the derivative of the bits of {} the gradient takes the estimator's surrogate.",
    "probability": "For the derivative of the bits of {} the gradient takes that of their probability.",
}


def grad_cam_cards(sides: Cams, pixels: Pixels) -> list[Card]:
    """Grad-CAM over the picture (28, 28) uint8, at the moment of each net, all on one scale."""
    return placed((_cam(seen, sides, pixels) for seen in sides), sides)


def occlusion_cards(sides: Occlusions, pixels: Pixels) -> list[Card]:
    """Occlusion maps over the picture (28, 28) uint8, at the moment of each net, all on one scale."""
    return placed((_occluded(seen, sides, pixels) for seen in sides), sides)


def _cam(seen: Seen[GradCam | str], sides: Cams, pixels: Pixels) -> Card:
    make, found = maker(seen, len(sides) == 1), seen.answer
    if isinstance(found, str):
        return make(GRAD_CAM, "Grad-CAM", Numbers([]), found)
    span = rising_range((each.run, each.answer.maps) for each in sides if isinstance(each.answer, GradCam))
    values = found.maps[0]
    sheet = [
        *tiles(pixels[None], ["picture"], 0, 255, GRAY),
        *tiles(values[None], ["map"], span.low, span.high, VIRIDIS),
    ]
    sheet.append(Tile("over it", picture(over(pixels, colored(values, span, VIRIDIS)))))
    what = "the reconstruction" if found.labels is None else _class(seen, int(found.labels[0]))
    height, width = found.coarse.shape[1:]
    empty = "" if values.any() else " Nothing in this layer speaks for it."
    caption = (
        f"Where {found.layer} finds what speaks for {what}; {colors_of(span, False)}.{span.note}{empty} "
        f"Enlarged from {height} × {width}. {THROUGH[found.through].format(', '.join(found.crossed))}"
    )
    return make(GRAD_CAM, f"Grad-CAM, {found.layer}", Pictures(sheet, COLUMNS, LARGE), caption)


def _occluded(seen: Seen[Occlusion | str], sides: Occlusions, pixels: Pixels) -> Card:
    alone, found = len(sides) == 1, seen.answer
    if isinstance(found, str):
        return instead(seen.run, alone, OCCLUSION, "Occlusion", found)
    span = signed_range((each.run, each.answer.falls) for each in answers_there(sides))
    enlarged = _enlarged(found)
    sheet = tiles(pixels[None], ["picture"], 0, 255, GRAY)
    sheet += tiles(found.falls[None], ["map"], span.low, span.high, DIVERGING)
    sheet.append(Tile("over it", picture(over(pixels, colored(enlarged, span, DIVERGING)))))
    places = "a place" if found.stride == 1 else f"a place, each {found.stride} pixels from the next,"
    square = f"a square of {found.size} × {found.size} pixels around {places}"
    caption = (
        f"What is lost of {_score(seen, found)} where {square} is covered with background: red where the "
        "answer needs what is there, blue where it gains without; "
        f"{colors_of(span, True)}.{span.note}{_without_effect(found, pixels)}"
    )
    return maker(seen, alone)(OCCLUSION, "Occlusion", Pictures(sheet, COLUMNS, LARGE), caption)


def _without_effect(found: Occlusion, pixels: Pixels) -> str:
    """A sentence about a map that is zero everywhere; nothing about any other."""
    if found.falls.any():
        return ""
    if not pixels.any():
        return " The map is 0 everywhere: the picture is blank, so there is nothing to cover."
    return " The map is 0 everywhere: wherever the square lies, the answer stays the same."


def _enlarged(found: Occlusion) -> NDArray[np.float32]:
    """The falls pixel by pixel, (28, 28): each has those of the nearest square."""
    nearest = np.abs(np.arange(SIDE)[:, None] - found.centers).argmin(1)
    return found.falls[np.ix_(nearest, nearest)]


def _class(seen: Seen[Any], label: int) -> str:
    return f"class {seen.run.experiment.dataset.class_name(label)}"


def _score(seen: Seen[Any], found: Occlusion) -> str:
    label, score = found.label, f"{found.score:.3g}".replace("-", MINUS)
    if label is None:
        return f"the reconstruction, in mean squared error over its pixels from {MINUS}1 to 1,"
    return f"the logit of {_class(seen, label)}, which is {score} for the whole picture,"
