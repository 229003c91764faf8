"""What the nets of the page are asked at the moment that a reader rests at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_facts import CodeFacts
from lab.boards.code_questions import code_of, driven, flipped, neighborhood
from lab.boards.code_rest import AtRest, Steps
from lab.boards.seen import Seen
from lab.probes import Specimen
from lab.probes.code_map import Map
from lab.probes.extremes import Extremes
from lab.ui.chosen_picture import ChosenPicture
from lab.ui.codes.recorded import Recorded
from lab.ui.inside.asking import answer_of
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import last_kept, later_of
from lab.ui.picture.images import images_of


class Chosen(NamedTuple):
    """What is looked at of the codes."""

    layer: str
    bit: int
    with_near: bool
    """Whether codes are mapped by t-SNE."""


def at_rest(look: Look, recorded: Sequence[Recorded], chosen: Chosen, step: int | None) -> list[AtRest]:
    """What is known of each net of which codes were recorded.

    A net that trains is asked at the newest frame that is kept: a look that is not is over before all is answered.

    Args:
        look: the picture.
        recorded: the nets, and the layer of each.
        chosen: the bit to be flipped.
        step: that the reader rests at; None for the newest.
    """
    return [_of_net(look.picture, each, chosen, step) for each in recorded]


def _of_net(picture: ChosenPicture, recorded: Recorded, chosen: Chosen, step: int | None) -> AtRest:
    side, layer, bit, pixels, key = recorded.side, recorded.layer, chosen.bit, picture.pixels, picture.key
    at = last_kept(side) if step is None else step
    facts = recorded.at(at).answer
    pictures = coded_pictures(side, facts)

    def drive(specimen: Specimen) -> Extremes | str:
        return driven(specimen, pictures, layer)

    def neighbor(specimen: Specimen) -> Map | str:
        return neighborhood(specimen, pictures, layer)

    code = answer_of(side, lambda specimen: code_of(specimen, pixels, layer), ("codes.code", layer, key), at)
    effect = answer_of(
        side, lambda specimen: flipped(specimen, pixels, layer, bit), ("codes.flip", layer, key, bit), at
    )
    most = later_of(side, drive, ("codes.driven", layer), step)
    near = later_of(side, neighbor, ("codes.near", layer), step) if chosen.with_near else None
    return AtRest(
        run=side.run,
        step=facts.step,
        facts=facts,
        pictures=pictures,
        code=code.answer,
        flipped=effect.answer,
        driven=most.answer,
        near=near.answer if near is not None else "",
        steps=Steps(code.weights_step, _answered(most), _answered(near) if near is not None else None),
        shown=recorded.at(None).answer.most_telling(),
    )


def _answered(seen: Seen[Any]) -> int | None:
    """The step of the weights that answered; None where there is a sentence in the place of an answer."""
    return None if isinstance(seen.answer, str) else seen.weights_step


def coded_pictures(side: Side, facts: CodeFacts) -> NDArray[np.uint8]:
    """The images whose codes were recorded: (images, 28, 28)."""
    images: NDArray[np.uint8] = images_of(side.run.experiment.dataset).images.test.numpy()[facts.images]
    return images
