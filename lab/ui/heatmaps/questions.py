"""What the Heatmaps page asks of nets."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_card import Choice
from lab.boards.heatmap_habits import Watched
from lab.probes import Specimen
from lab.probes.grad_cam import GradCam, grad_cam
from lab.probes.habits import habits
from lab.probes.occlusion import Occlusion, occlusion
from lab.probes.sight import Kernels, Sight, kernels, sight
from lab.probes.targets import CannotExplain, ClassScore, Target
from lab.ui.chosen_picture import ChosenPicture

TESTS = 1000
"""Test images among which the patches are looked for."""
COARSE = 2
"""Pixels from one covered square to the next, of nets that take long."""

T = TypeVar("T")


class Question(NamedTuple, Generic[T]):
    """Something to ask a net."""

    ask: Callable[[Specimen], T]
    key: Hashable
    """Tells it from all others."""


def sight_of(picture: ChosenPicture) -> Question[Sight]:
    """What the net makes of the picture."""
    return Question(partial(sight, picture=picture.pixels), ("sight", picture.key))


def kernels_of(choice: Choice) -> Question[Kernels | None]:
    """The kernels of the layer, or of the channel."""
    channel = 0 if choice.layer.inputs == 1 else choice.channel
    ask = partial(kernels, layer=choice.layer.name, channel=channel)
    return Question(ask, ("kernels", choice.layer.name, channel))


def grad_cam_of(picture: ChosenPicture, layer: str, label: int | None) -> Question[GradCam | str]:
    """Grad-CAM of a layer, or why there is none."""
    return Question(
        partial(_camera, pixels=picture.pixels, layer=layer, label=label), ("cam", picture.key, layer, label)
    )


def occlusion_of(picture: ChosenPicture, label: int | None) -> Question[Occlusion]:
    """What covering parts of the picture costs."""
    return Question(partial(_covered, pixels=picture.pixels, label=label), ("occlusion", picture.key, label))


def habits_of() -> Question[Watched]:
    """What all channels do over test images."""
    return Question(_watched, "habits")


def _camera(specimen: Specimen, pixels: NDArray[np.uint8], layer: str, label: int | None) -> GradCam | str:
    try:
        return grad_cam(specimen, pixels[None], layer, _target(specimen, label))
    except CannotExplain as reason:
        return str(reason)


def _covered(specimen: Specimen, pixels: NDArray[np.uint8], label: int | None) -> Occlusion:
    stride = 1 if specimen.net.task == "classification" else COARSE
    return occlusion(specimen, pixels, _target(specimen, label), stride=stride)


def _target(specimen: Specimen, label: int | None) -> Target | None:
    """A class, of nets that tell classes; None for what a net usually answers."""
    return None if label is None or specimen.net.task != "classification" else ClassScore(label)


def _watched(specimen: Specimen) -> Watched:
    pictures = specimen.test_images[:TESTS]
    return Watched(habits(specimen, pictures), pictures.numpy(), specimen.test_labels[:TESTS].numpy())
