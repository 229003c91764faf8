"""The numbers behind the panels of the Heatmaps page, as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.heatmap_habits import Watched
from lab.boards.seen import Seen, origin_of
from lab.figures.sheets import Sheet
from lab.probes.grad_cam import GradCam
from lab.probes.habits import LayerHabits
from lab.probes.occlusion import Occlusion
from lab.probes.sight import Kernels, Sight
from lab.ui.chosen_picture import ChosenPicture

Arrays = Mapping[str, NDArray[Any]]


def sheets(
    picture: ChosenPicture,
    sights: Sequence[Seen[Sight]],
    kernels: Sequence[Seen[Kernels | None]],
    cams: Sequence[Seen[GradCam | str]],
    occlusions: Sequence[Seen[Occlusion]],
    habits: Sequence[Seen[Watched]],
) -> list[Sheet]:
    """What there is of each net, at the moment that a reader rests at."""
    found: list[Sheet] = []
    for seen in sights:
        found += _sheets(seen, "Answer and maps", partial(_maps, picture.pixels, seen.answer), picture.words)
    for filters in kernels:
        if filters.answer is not None:
            found += _sheets(filters, f"Filters of {filters.answer.layer}", partial(_kernels, filters.answer))
    for cam in cams:
        if isinstance(cam.answer, GradCam):
            found += _sheets(
                cam, f"Grad-CAM of {cam.answer.layer}", partial(_cam, picture.pixels, cam.answer), picture.words
            )
    for occluded in occlusions:
        found += _sheets(occluded, "Occlusion", partial(_occlusion, picture.pixels, occluded.answer), picture.words)
    for watched in habits:
        found += _sheets(watched, "Patches and firing rates", partial(_habits, watched.answer))
    return found


def _sheets(seen: Seen[Any], title: str, make: partial[Arrays], picture_name: str = "") -> Iterator[Sheet]:
    yield Sheet(f"{title}, {seen.run.name}", make, origin_of(seen, picture_name))


def _maps(picture: NDArray[np.uint8], found: Sight) -> Arrays:
    arrays: dict[str, NDArray[Any]] = {"picture": picture}
    if found.probabilities is not None:
        arrays["probabilities"] = found.probabilities
    if found.rebuilt is not None:
        arrays["rebuilt"] = found.rebuilt
    for maps in found.maps:
        arrays |= {f"{maps.name} before": maps.before[0], f"{maps.name} after": maps.after[0]}
    return arrays


def _kernels(found: Kernels) -> Arrays:
    arrays = {"latent": found.latent}
    if found.binary is not None and found.scale is not None:
        arrays |= {"binary": found.binary, "scale": found.scale}
    return arrays


def _cam(picture: NDArray[np.uint8], found: GradCam) -> Arrays:
    labels: Arrays = {} if found.labels is None else {"class": found.labels}
    own = {"map": found.maps[0], "coarse": found.coarse[0], "weights": found.weights[0], "score": found.scores}
    return {"picture": picture, **own, **labels}


def _occlusion(picture: NDArray[np.uint8], found: Occlusion) -> Arrays:
    label: Arrays = {} if found.label is None else {"class": np.array(found.label)}
    own: Arrays = {"falls": found.falls, "centers": found.centers, "score": np.array(found.score)}
    return {"picture": picture, **own, **label}


def _habits(found: Watched) -> Arrays:
    return {name: array for layer in found.layers for name, array in _of_layer(layer).items()}


def _of_layer(layer: LayerHabits) -> Arrays:
    return {
        f"{layer.name} firing rates": layer.firing.rates,
        f"{layer.name} images": layer.best,
        f"{layer.name} activations": layer.peaks.activations,
        f"{layer.name} positions": layer.peaks.positions,
    }
