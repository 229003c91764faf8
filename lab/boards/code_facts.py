"""What the recorded codes of a layer say, counted once for every frame."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lab.probes import Frame
from lab.probes.bits import Information, information
from lab.probes.code_map import Map, NoMap, principal_components
from lab.probes.code_statistics import CodeStatistics, Correlation, both_on, correlation, scatter, statistics
from lab.probes.codes import Place
from lab.probes.compact import Bits as PackedBits
from lab.probes.distances import ByClass, apart, by_class
from lab.probes.processors import numpy_on_one_processor
from lab.probes.retrieval import among_themselves

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Bits = NDArray[np.bool_]
SHOWN = 64
"""Bits of a layer that are shown one by one."""


@dataclass(frozen=True, eq=False)
class Found:
    """What every image finds among the others, on average over those for which there is something to find."""

    precision: Floats
    """Share of images of its class among the first k, for k of 1 to all others: (images - 1,)."""
    undecided: Floats
    """Share of the images for which ties leave open which are the first k: (images - 1,)."""
    mean_average_precision: float
    """NaN where no image has another one of its class."""
    by_chance: float
    """The same of codes that are all alike."""
    without: int
    """Images that are the only ones of their class, and are left out."""


@dataclass(frozen=True, eq=False)
class CodeFacts:
    """The codes of one layer in one frame, counted: remembered as long as the frame, and so without it."""

    step: int
    """Of the frame."""
    layer: str
    shape: Place
    images: Whole
    """Which of the test images they are of: (images,)."""
    labels: Whole
    """Their classes: (images,)."""
    counted: CodeStatistics
    told: Information
    distances: ByClass
    found: Found
    map: Map | None
    no_map: str
    """Why there is no map; nothing where there is one."""
    classes: tuple[str, ...]
    """What they are called."""
    recorded: PackedBits
    """The bits themselves."""

    def image_words(self, place: int) -> str:
        """What the image of that place among the coded ones is called."""
        return f"test image {self.images[place]} (class {self.class_name(int(self.labels[place]))})"

    def class_name(self, label: int) -> str:
        """What a class is called."""
        return self.classes[label] if label < len(self.classes) else str(label)

    @property
    def units(self) -> int:
        """Bits of the layer."""
        return len(self.counted.on_rate)

    def codes(self) -> Bits:
        """The bits themselves: (images, units)."""
        bits: Bits = self.recorded.on()
        return bits

    def most_telling(self, count: int = SHOWN) -> Whole:
        """The bits that say most about the class, at most so many, by their numbers."""
        return np.sort(self.told.telling[:count])

    def correlation(self, bits: Whole) -> Correlation:
        """Of some of the bits."""
        return correlation(self.codes()[:, bits])


_facts: WeakKeyDictionary[Frame, dict[str, CodeFacts]] = WeakKeyDictionary()
_lock = threading.Lock()


def facts_of(frame: Frame, layer: str, shape: Place, labels: Whole, classes: tuple[str, ...] = ()) -> CodeFacts | None:
    """Count the codes of a layer in a frame, once; None where the frame has none of it.

    Args:
        frame: recorded.
        layer: its name.
        shape: (units,), or (channels, rows, columns).
        labels: of all test images (N,), among which the frame names those that were coded.
        classes: what they are called, if anything but their numbers.
    """
    if layer not in frame.codes:
        return None
    with _lock:
        known = _facts.setdefault(frame, {})
    if layer not in known:
        numpy_on_one_processor()
        known[layer] = _count(frame, layer, shape, labels, classes)
    return known[layer]


def are_counted(frame: Frame, layer: str) -> bool:
    """Whether the codes of a layer in a frame were counted already."""
    with _lock:
        return layer in _facts.get(frame, {})


def _count(frame: Frame, layer: str, shape: Place, labels: Whole, classes: tuple[str, ...]) -> CodeFacts:
    recorded = frame.codes[layer]
    images, codes = recorded.images.astype(np.int64), recorded.bits.on()
    own = labels[images]
    shared = both_on(codes.T)  # what takes longest, and distances, dimension and map are all made of
    distances, scattered = apart(shared), scatter(codes, shared)
    drawn, problem = None, ""
    try:
        drawn = principal_components(codes, scattered)
    except NoMap as error:
        problem = str(error)
    return CodeFacts(
        step=frame.step,
        layer=layer,
        shape=shape,
        images=images,
        labels=own,
        counted=statistics(codes, scattered),
        told=information(codes, own),
        distances=by_class(distances, own, codes.shape[1]),
        found=_found(distances, own),
        map=drawn,
        no_map=problem,
        classes=classes,
        recorded=recorded.bits,
    )


def _found(distances: NDArray[np.int32], labels: Whole) -> Found:
    n = len(labels)
    relevant = (labels[:, None] == labels).sum(axis=1) - 1
    had = relevant > 0
    if not had.any():
        nothing = np.full(n - 1, np.nan)
        return Found(nothing, nothing, float("nan"), float("nan"), n)
    result = among_themselves(distances, labels)
    return Found(
        precision=result.precision[had].mean(axis=0),
        undecided=result.undecided[had].mean(axis=0),
        mean_average_precision=result.mean_average_precision,
        by_chance=_by_chance(relevant[had], n - 1),
        without=int((~had).sum()),
    )


def _by_chance(relevant: Whole, places: int) -> float:
    """Expected average precision of an order by chance, the mean over queries with so many relevant among the places.

    At place k stands a relevant one with probability r / n, and 1 + (k - 1)(r - 1) / (n - 1) of them up to there.
    """
    harmonic = float((1 / np.arange(1, places + 1)).sum())
    return float(((harmonic + (relevant - 1) / max(places - 1, 1) * (places - harmonic)) / places).mean())


def turned(facts: Sequence[CodeFacts]) -> list[NDArray[np.float32] | None]:
    """The points (images, 2) of the maps of frames that follow each other, each axis with the sign that the next has.

    The sign of a principal component is nobody's choice, and points that jump to the other side tell nothing.
    """
    points: list[NDArray[np.float32] | None] = []
    after: NDArray[np.float32] | None = None
    for each in reversed(facts):
        drawn = each.map.points if each.map is not None else None
        if drawn is not None and after is not None and drawn.shape == after.shape:
            signs = np.where((drawn * after).sum(axis=0) < 0, -1, 1).astype(np.float32)
            drawn = drawn * signs
        points.append(drawn)
        after = drawn if drawn is not None else after
    return points[::-1]
