"""What cards of codes are made of: small nets that were trained a little, and what was recorded of them."""

from __future__ import annotations

from functools import cache

import numpy as np

from lab.boards.code_facts import CodeFacts, facts_of
from lab.boards.code_questions import code_of, driven, flipped, neighborhood
from lab.boards.code_rest import AtRest, Steps
from lab.boards.contestants import Contestant, contestants
from lab.boards.seen import Seen
from lab.experiment import Experiment
from lab.probes import Frame, Specimen
from lab.recorder import Recorder
from lab.training import Training

CodeSeen = Seen[CodeFacts]


@cache
def trained(experiment: Experiment) -> tuple[Specimen, list[Frame]]:
    """A net after its last step, and the frames of its run. Nothing asks how good it is on the test images."""
    training = Training(experiment)
    last = training.progress.steps
    seen: list[Frame] = []
    for frame in (event for event in training.events() if isinstance(event, Frame)):
        seen.append(frame)
        if frame.step >= last:
            break
    return training.specimen(), seen


def runs_of(*experiments: Experiment) -> list[Contestant]:
    """Runs as a page names them."""
    return contestants(experiments, [Recorder().snapshot() for _ in experiments])


def facts_in(experiment: Experiment, frame: Frame, layer: str) -> CodeFacts | None:
    """What a frame has of a layer."""
    architecture, dataset = experiment.architecture, experiment.dataset
    shapes = dict(zip(architecture.site_names, map(tuple, architecture.shapes.sites), strict=True))
    return facts_of(frame, layer, shapes.get(layer, (0,)), dataset.images().test_labels.numpy(), dataset.classes)


def recorded(layer: str, *experiments: Experiment) -> list[list[CodeSeen]]:
    """What was recorded of each run at all its frames; nets without the layer are left out."""
    found = [
        [(run, frame.step, facts_in(run.experiment, frame, layer)) for frame in trained(run.experiment)[1]]
        for run in runs_of(*experiments)
    ]
    sides = [[Seen(run, step, step, facts) for run, step, facts in side if facts is not None] for side in found]
    return [side for side in sides if side]


def at_rest(layer: str, bit: int, pixels: np.ndarray, *experiments: Experiment, t_sne: bool = False) -> list[AtRest]:
    """What each net answers to a picture at the end of its run."""
    found = []
    for side in recorded(layer, *experiments):
        seen, facts = side[-1], side[-1].answer
        specimen = trained(seen.run.experiment)[0]
        pictures = seen.run.experiment.dataset.images().test.numpy()[facts.images]
        found.append(
            AtRest(
                seen.run,
                seen.step,
                facts,
                pictures,
                code_of(specimen, pixels, layer),
                flipped(specimen, pixels, layer, bit),
                driven(specimen, pictures, layer),
                neighborhood(specimen, pictures, layer) if t_sne else None,
                Steps(seen.step, seen.step, seen.step if t_sne else None),
                facts.most_telling(),
            )
        )
    return found
