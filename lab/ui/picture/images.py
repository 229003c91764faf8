"""The images among which a picture is picked: the test images of a run's dataset, where they are on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.data import DataError, Dataset, Images
from lab.ui.pad import Pixels, Sample


@dataclass(frozen=True, eq=False)
class Offered:
    """Test images (N, 28, 28) with labels (N,), and what may be said about them."""

    dataset: Dataset
    images: Images
    problem: str
    """Why they are not those of the run, and what to do; nothing where they are."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,)."""
        labels: NDArray[np.int64] = self.images.test_labels.numpy()
        return labels

    @property
    def count(self) -> int:
        """N."""
        return len(self.images.test)

    def pixels(self, index: int) -> Pixels:
        """One of them."""
        pixels: Pixels = self.images.test[index].numpy()
        return pixels

    def class_of(self, label: int) -> str:
        """What a class is called."""
        return self.dataset.class_name(label)

    def words(self, index: int) -> str:
        """What one of them is called."""
        return f"test image {index} (class {self.class_of(int(self.labels[index]))})"

    def samples(self) -> Sequence[Sample]:
        """The first of each class."""
        _, first = np.unique(self.labels, return_index=True)
        return [Sample(self.words(index), self.pixels(index)) for index in map(int, first)]


def images_of(dataset: Dataset) -> Offered:
    """Those of a dataset, or the embedded digits in their place; nothing is downloaded."""
    try:
        if dataset.present():
            return Offered(dataset, dataset.images(), "")
        problem = f"The files of {dataset.title} are not on this machine; training a run on it downloads them."
    except DataError as error:
        problem = str(error)
    digits = Dataset.members["digits"]()
    return Offered(digits, digits.images(), problem)
