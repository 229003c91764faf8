"""What a dataset is: labeled 28x28 gray images as uint8 tensors, loaded once a process, and the folder they lie in."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from lab.parts import Part

SIDE = 28
"""Height and width of every image in pixels."""

OnProgress = Callable[[int, int], None]
"""Called while downloading with (bytes so far, bytes in all)."""


class DataError(Exception):
    """Images that cannot be had, told in one sentence for a person: what, where, and what to do."""


@dataclass(frozen=True, eq=False)
class Images:
    """All images of a dataset, on the CPU, as (N, 28, 28) uint8 with (N,) int64 labels; shared, so never written to."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    mean: float
    """Mean of the training pixels, taken as 0 to 1."""
    std: float
    """Standard deviation of the training pixels, taken as 0 to 1."""

    @classmethod
    def measured(cls, train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor) -> Images:
        """Images with the mean and the standard deviation of their training pixels."""
        counts = torch.bincount(train.flatten(), minlength=256).double()
        values = torch.arange(256, dtype=torch.float64) / 255
        mean = (counts @ values) / counts.sum()
        std = ((counts @ (values - mean).square()) / counts.sum()).sqrt()
        return cls(train, train_labels, test, test_labels, mean.item(), std.item())

    @property
    def scale(self) -> tuple[float, float]:
        """(mean, std) of the training pixels: what normalizing subtracts and divides by."""
        return self.mean, self.std


class Dataset(Part):
    """Labeled images to learn from; the test set is for reporting, the validation set for every choice."""

    members: ClassVar[dict[str, type[Dataset]]] = {}
    family = "dataset"
    classes: ClassVar[tuple[str, ...]] = ()
    """Name of each class, by label."""
    training_images: ClassVar[int] = 0
    """Images to train on and to choose by, together."""
    download_bytes: ClassVar[int] = 0
    """What a first use downloads."""

    validation: int = Field(default=6000, ge=1, title="Validation images")
    """Training images held out for choosing the epoch, the learning rate or the recipe."""

    def class_name(self, label: int) -> str:
        """What a class is called: its number, where the dataset names none of that number."""
        return self.classes[label] if label < len(self.classes) else str(label)

    def images(self, progress: OnProgress | None = None) -> Images:
        """The training and test images: loaded, and downloaded where need be, once a process.

        Raises:
            DataError: the files are missing and cannot be downloaded, or are corrupt.
        """
        key = (self.name, self._place())
        with _locks_guard:
            lock = _locks[key]
        with lock:
            if key not in _loaded:
                _loaded[key] = self._load(progress)
            return _loaded[key]

    def present(self) -> bool:
        """Whether the images can be had without a download.

        Raises:
            DataError: LAB_DATA names no folder.
        """
        return True

    def _place(self) -> str:
        """Where the images come from, where that can change within a process."""
        return ""

    def _load(self, progress: OnProgress | None) -> Images:
        raise TypeError(f"{type(self).__name__} does not define _load()")


_loaded: dict[tuple[str, str], Images] = {}
_locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
_locks_guard = threading.Lock()


def data_folder() -> Path:
    """The folder of the data files: LAB_DATA, or ~/.cache/binary-lab, which need not exist yet.

    Raises:
        DataError: LAB_DATA is set and names no folder.
    """
    named = os.environ.get("LAB_DATA", "")
    if not named:
        return Path.home() / ".cache" / "binary-lab"
    folder = Path(os.path.expanduser(named))
    if not os.path.isdir(folder):
        raise DataError(
            f"LAB_DATA names {named!r}, which is not an existing folder; create it, correct LAB_DATA or unset it."
        )
    return folder.resolve()


def default_dataset() -> Dataset:
    """MNIST where its files are in the data folder, else the embedded digits. Never touches the network.

    Raises:
        DataError: LAB_DATA is set and names no folder.
    """
    mnist = Dataset.members["mnist"]()
    return mnist if mnist.present() else Dataset.members["digits"]()
