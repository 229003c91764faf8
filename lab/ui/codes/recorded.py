"""The recorded codes of the nets of a page, at all moments."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.boards.code_facts import CodeFacts, facts_of
from lab.boards.seen import Seen
from lab.experiment import Experiment
from lab.probes.codes import Place
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.picture.images import images_of

Recorded = Sequence[Seen[CodeFacts]]
"""What was recorded of one net, oldest first."""


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


def recorded(look: Look, layer: str) -> list[tuple[Side, Recorded]]:
    """The nets of which codes of a layer were recorded, with those."""
    sides = [(side, _of_side(side, layer)) for side in look.sides]
    return [(side, found) for side, found in sides if found]


def _of_side(side: Side, layer: str) -> Recorded:
    experiment, shapes = side.run.experiment, shapes_of(side.run.experiment)
    if layer not in shapes:
        return []
    labels, classes = images_of(experiment.dataset).labels, experiment.dataset.classes
    told = ((frame, facts_of(frame, layer, shapes[layer], labels, classes)) for frame in side.run.snapshot.looks)
    return [Seen(side.run, frame.step, frame.step, facts) for frame, facts in told if facts is not None]
