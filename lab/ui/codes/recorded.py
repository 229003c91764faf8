"""The recorded codes of the nets of a page, at all moments."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from lab.boards.code_facts import CodeFacts, are_counted, facts_of
from lab.boards.seen import Seen
from lab.experiment import Experiment
from lab.probes import Frame
from lab.probes.codes import Place
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.picture.images import images_of


@dataclass(frozen=True, eq=False)
class Recorded:
    """The codes of a layer that were recorded of one net. Those of a moment are counted when they are asked for."""

    side: Side
    layer: str
    frames: Sequence[Frame]
    """That have them, oldest first; at least one."""

    @property
    def steps(self) -> list[int]:
        """Of all moments."""
        return [frame.step for frame in self.frames]

    @property
    def uncounted(self) -> int:
        """Moments that nobody has asked for yet: each takes some milliseconds."""
        return sum(not are_counted(frame, self.layer) for frame in self.frames)

    def all(self) -> list[Seen[CodeFacts]]:
        """At every moment."""
        return [self._counted(frame) for frame in self.frames]

    def at(self, step: int | None) -> Seen[CodeFacts]:
        """At the newest moment that is not later than a step, else the first; at the newest of all for None."""
        place = len(self.frames) if step is None else bisect_right(self.steps, step)
        return self._counted(self.frames[max(0, place - 1)])

    def _counted(self, frame: Frame) -> Seen[CodeFacts]:
        run, shape = self.side.run, shapes_of(self.side.run.experiment)[self.layer]
        dataset = run.experiment.dataset
        facts = facts_of(frame, self.layer, shape, images_of(dataset).labels, dataset.classes)
        assert facts is not None, "a frame without codes of the layer"
        return Seen(run, frame.step, frame.step, facts)


def shapes_of(experiment: Experiment) -> dict[str, Place]:
    """The shape of every binary layer by its name."""
    architecture = experiment.architecture
    return dict(zip(architecture.site_names, map(tuple, architecture.shapes.sites), strict=True))


def layers_of(look: Look) -> dict[str, int]:
    """The bits of every binary layer of the nets, of each name as many as there are where there are most."""
    found: dict[str, int] = {}
    for side in look.sides:
        for name, shape in shapes_of(side.run.experiment).items():
            found[name] = max(math.prod(shape), found.get(name, 0))
    return found


def own_layer(side: Side, layer: str) -> str:
    """The layer of a net that is shown where that one is chosen: its last binary layer, where it has no such."""
    names = side.run.experiment.architecture.site_names
    return layer if layer in names else names[-1]


def most_bits(look: Look, layer: str) -> int:
    """Of the layers that are shown where that one is chosen."""
    return max(math.prod(shapes_of(side.run.experiment)[own_layer(side, layer)]) for side in look.sides)


def recorded(look: Look, layer: str) -> list[Recorded]:
    """Those of the nets of which codes of the layer, or of their own in its place, were recorded."""
    pairs = [(side, own_layer(side, layer)) for side in look.sides]
    found = [
        Recorded(side, own, [frame for frame in side.run.snapshot.looks if own in frame.codes]) for side, own in pairs
    ]
    return [each for each in found if each.frames]


def layer_words(told: Sequence[Recorded]) -> str:
    """The layers that are shown, for the names of files."""
    return " and ".join(dict.fromkeys(each.layer for each in told))
