"""A small picture of what a net does, made from its last kept frame when somebody looks: it costs training nothing."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.figures.pictures import png, scaled
from lab.figures.theme import GRAY, VIRIDIS
from lab.files import Stamp
from lab.jobs import JOBS
from lab.probes import Frame
from lab.store import RunFolder, StoreError
from lab.store.frames import last_frame
from lab.ui.shelf.rows import Row

TILES, SIDE = 3, 28
"""Pictures beside each other, and pixels of the side of each."""
REMEMBERED = 4096


def thumbnail(row: Row) -> str | None:
    """The picture as a data URL; None where the run is not kept, has no frame yet, or nothing to show."""
    if JOBS.runs_folder is None:
        return None
    folder = RunFolder(JOBS.runs_folder / row.job.id)
    try:
        written = folder.stamp
    except StoreError:  # told above the table
        return None
    return None if written is None else _thumbnail(folder.path, row.place, written)


@lru_cache(REMEMBERED)
def _thumbnail(path: Path, place: int, written: Stamp) -> str | None:
    """That of a contestant. Frames are there before the folder says how far the job is."""
    frame = last_frame(RunFolder(path), place)
    try:
        return None if frame is None else drawn(frame)
    except (ValueError, IndexError):  # arrays of other shapes, which no net of this lab has
        return None


def drawn(frame: Frame) -> str | None:
    """What a frame shows of a net in one small picture: reconstructions, else heatmaps, else weights."""
    if len(frame.reconstructions):
        return png(_strip(frame.reconstructions.array(), -1.0, 1.0), GRAY)
    if frame.maps:
        means = next(iter(frame.maps.values())).after.array().mean(1)
        return png(_strip(means, min(0.0, float(means.min())), float(means.max())), VIRIDIS)
    filters = frame.filters.array()
    if len(filters) and np.isfinite(filters).all():
        largest = float(np.abs(filters[:TILES]).max())
        return png(_strip(filters, -largest, largest), VIRIDIS)
    return None


def _strip(pictures: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """The first pictures beside each other, each enlarged or reduced to the same side without blurring."""
    return np.concatenate([_square(picture) for picture in scaled(pictures[:TILES], low, high)], axis=1)


def _square(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = (np.arange(SIDE) * size // SIDE for size in picture.shape)
    return picture[rows][:, columns]
