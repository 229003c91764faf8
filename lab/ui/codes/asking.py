"""What the nets of the page are asked at the moment that a reader rests at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_facts import CodeFacts
from lab.boards.code_questions import code_of, driven, flipped, neighborhood
from lab.boards.code_rest import AtRest
from lab.boards.seen import Seen, told_weights
from lab.ui.codes.recorded import Recorded
from lab.ui.inside.asking import answers
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import later
from lab.ui.picture.images import images_of


def at_rest(
    look: Look, recorded: Sequence[tuple[Side, Recorded]], layer: str, bit: int, step: int | None, with_near: bool
) -> list[AtRest]:
    """What is known of each net of which codes were recorded.

    Args:
        look: the picture.
        recorded: the nets, all of which have the layer.
        layer: its name.
        bit: to be flipped.
        step: that the reader rests at; None for the newest.
        with_near: whether to make a t-SNE map.
    """
    those = look._replace(sides=tuple(side for side, _ in recorded))
    facts = [_at(found, step) for _, found in recorded]
    pictures = [coded_pictures(side, each) for (side, _), each in zip(recorded, facts, strict=True)]
    of = {side.run.experiment: each for (side, _), each in zip(recorded, pictures, strict=True)}
    pixels, key = look.picture.pixels, look.picture.key

    code = answers(those, lambda specimen: code_of(specimen, pixels, layer), ("codes.code", layer, key), step)
    effect = answers(
        those, lambda specimen: flipped(specimen, pixels, layer, bit), ("codes.flip", layer, key, bit), step
    )
    most = later(
        those, lambda specimen: driven(specimen, of[specimen.experiment], layer), ("codes.driven", layer), step
    )
    near = (
        later(
            those, lambda specimen: neighborhood(specimen, of[specimen.experiment], layer), ("codes.near", layer), step
        )
        if with_near
        else None
    )
    return [
        AtRest(
            run=side.run,
            step=facts[place].frame.step,
            weights=told_weights(code[place]._replace(step=facts[place].frame.step)).strip(),
            facts=facts[place],
            pictures=pictures[place],
            code=code[place].answer,
            flipped=effect[place].answer,
            driven=most[place].answer if most is not None else None,
            near=near[place].answer if near is not None else None,
        )
        for place, (side, _) in enumerate(recorded)
    ]


def _at(found: Sequence[Seen[CodeFacts]], step: int | None) -> CodeFacts:
    if step is None:
        return found[-1].answer
    place = bisect_right(found, step, key=lambda seen: seen.step)
    return found[max(0, place - 1)].answer


def coded_pictures(side: Side, facts: CodeFacts) -> NDArray[np.uint8]:
    """The images whose codes were recorded: (images, 28, 28)."""
    images: NDArray[np.uint8] = images_of(side.run.experiment.dataset).images.test.numpy()[facts.images]
    return images
