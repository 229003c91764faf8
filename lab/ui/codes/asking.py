"""What the nets of the page are asked at the moment that a reader rests at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_facts import CodeFacts
from lab.boards.code_questions import code_of, driven, flipped, neighborhood
from lab.boards.code_rest import AtRest, Steps
from lab.boards.seen import Seen
from lab.probes import Specimen
from lab.probes.code_map import Map
from lab.probes.extremes import Extremes
from lab.ui.codes.recorded import Recorded
from lab.ui.inside.asking import answer_of
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import last_kept, later
from lab.ui.picture.images import images_of

T = TypeVar("T")


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
        recorded: the nets, all of which have the layer.
        chosen: the layer, and the bit to be flipped.
        step: that the reader rests at; None for the newest.
    """
    those = look._replace(sides=tuple(each.side for each in recorded))
    layer, bit, pixels, key = chosen.layer, chosen.bit, look.picture.pixels, look.picture.key
    steps = [last_kept(side) if step is None else step for side in those.sides]
    facts = [each.at(at).answer for each, at in zip(recorded, steps, strict=True)]
    pictures = [coded_pictures(each.side, own) for each, own in zip(recorded, facts, strict=True)]
    of = {each.side.run.experiment: own for each, own in zip(recorded, pictures, strict=True)}

    def ask(question: Callable[[Specimen], T], *named: Hashable) -> list[Seen[T]]:
        return [answer_of(side, question, named, at) for side, at in zip(those.sides, steps, strict=True)]

    def drive(specimen: Specimen) -> Extremes | str:
        return driven(specimen, of[specimen.experiment], layer)

    def neighbor(specimen: Specimen) -> Map | str:
        return neighborhood(specimen, of[specimen.experiment], layer)

    code = ask(lambda specimen: code_of(specimen, pixels, layer), "codes.code", layer, key)
    effect = ask(lambda specimen: flipped(specimen, pixels, layer, bit), "codes.flip", layer, key, bit)
    most = later(those, drive, ("codes.driven", layer), step)
    near: list[Seen[Any]] = []
    if chosen.with_near:
        near = later(those, neighbor, ("codes.near", layer), step)
    return [
        AtRest(
            run=each.side.run,
            step=facts[place].step,
            facts=facts[place],
            pictures=pictures[place],
            code=code[place].answer,
            flipped=effect[place].answer,
            driven=most[place].answer,
            near=near[place].answer if near else "",
            steps=Steps(code[place].weights_step, _answered(most[place]), _answered(near[place]) if near else None),
            shown=each.at(None).answer.most_telling(),
        )
        for place, each in enumerate(recorded)
    ]


def _answered(seen: Seen[Any]) -> int | None:
    """The step of the weights that answered; None where there is a sentence in the place of an answer."""
    return None if isinstance(seen.answer, str) else seen.weights_step


def coded_pictures(side: Side, facts: CodeFacts) -> NDArray[np.uint8]:
    """The images whose codes were recorded: (images, 28, 28)."""
    images: NDArray[np.uint8] = images_of(side.run.experiment.dataset).images.test.numpy()[facts.images]
    return images
