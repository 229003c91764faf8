"""MNIST and its drop-in relatives: four idx files each, in torchvision's folders, checked before they are used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lab.data.base import SIDE, DataError, Dataset, Images, OnProgress, data_folder
from lab.data.download import download

IMAGES_MAGIC = 0x0803
LABELS_MAGIC = 0x0801
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class IdxDataset(Dataset):
    """Images in idx files under `<data folder>/<folder>/raw`, downloaded there on first use."""

    training_images: ClassVar[int] = 60_000
    folder: ClassVar[str]
    """The folder's name, which is that of torchvision's class."""
    sizes: ClassVar[dict[str, int]] = {}
    """Bytes of each compressed file that a download brings."""

    validation: int = Field(default=6000, ge=1, le=59_999, title="Validation images")
    """Training images held out for choosing the epoch, the learning rate or the recipe."""

    def present(self) -> bool:
        """Whether all four files are in the data folder.

        Raises:
            DataError: LAB_DATA names no folder.
        """
        return all(os.path.isfile(self._raw() / file) for pair in FILES.values() for file in pair)

    def _raw(self) -> Path:
        return data_folder() / self.folder / "raw"

    def _place(self) -> str:
        return str(self._raw())

    def _load(self, progress: OnProgress | None) -> Images:
        raw = self._raw()
        if not self.present():
            download(self.folder, raw, self.sizes, progress)
        classes = len(self.classes)
        return Images.measured(*read(raw, "train", classes), *read(raw, "test", classes))


class Mnist(IdxDataset):
    """LeCun's handwritten digits."""

    name = "mnist"
    title = "MNIST"
    summary = "70 000 handwritten digits, 60 000 of them for training: the yardstick of the field."
    paper = "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document Recognition. 1998."
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    folder = "MNIST"
    sizes: ClassVar[dict[str, int]] = {
        "train-images-idx3-ubyte.gz": 9_912_422,
        "train-labels-idx1-ubyte.gz": 28_881,
        "t10k-images-idx3-ubyte.gz": 1_648_877,
        "t10k-labels-idx1-ubyte.gz": 4_542,
    }
    download_bytes: ClassVar[int] = sum(sizes.values())


class FashionMnist(IdxDataset):
    """Zalando's articles of clothing."""

    name = "fashion_mnist"
    title = "Fashion-MNIST"
    summary = "70 000 photographs of clothing in MNIST's format: harder than digits, with classes that look alike."
    paper = "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, a Novel Image Dataset for Benchmarking. arXiv:1708.07747."
    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    folder = "FashionMNIST"
    sizes: ClassVar[dict[str, int]] = {
        "train-images-idx3-ubyte.gz": 26_421_880,
        "train-labels-idx1-ubyte.gz": 29_515,
        "t10k-images-idx3-ubyte.gz": 4_422_102,
        "t10k-labels-idx1-ubyte.gz": 5_148,
    }
    download_bytes: ClassVar[int] = sum(sizes.values())


class Kmnist(IdxDataset):
    """Kuzushiji-MNIST, one cursive hiragana for each row of the syllabary."""

    name = "kmnist"
    title = "Kuzushiji-MNIST"
    summary = "70 000 cursive Japanese characters in MNIST's format, ten hiragana written in very different ways."
    paper = "T. Clanuwat et al.: Deep Learning for Classical Japanese Literature. arXiv:1812.01718."
    classes: ClassVar[tuple[str, ...]] = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    folder = "KMNIST"
    sizes: ClassVar[dict[str, int]] = {
        "train-images-idx3-ubyte.gz": 18_165_135,
        "train-labels-idx1-ubyte.gz": 29_497,
        "t10k-images-idx3-ubyte.gz": 3_041_136,
        "t10k-labels-idx1-ubyte.gz": 5_120,
    }
    download_bytes: ClassVar[int] = sum(sizes.values())


def read(raw: Path, part: str, classes: int) -> tuple[Tensor, Tensor]:
    """The images (N, 28, 28) uint8 and labels (N,) int64 of one part, "train" or "test", of the folder `raw`.

    Raises:
        DataError: a file is unreadable, truncated, no idx file of that kind, or does not fit the other.
    """
    images_file, labels_file = (raw / file for file in FILES[part])
    images = _read_idx(images_file, IMAGES_MAGIC, (SIDE, SIDE))
    labels = _read_idx(labels_file, LABELS_MAGIC, ())
    if len(images) != len(labels):
        raise _corrupt(labels_file, f"holds {len(labels)} labels for the {len(images)} images of {images_file.name}")
    if int(labels.max()) >= classes:
        raise _corrupt(labels_file, f"holds the label {int(labels.max())}, but labels go from 0 to {classes - 1}")
    return images, labels.long()


def _read_idx(file: Path, magic: int, shape: tuple[int, ...]) -> Tensor:
    """The entries of an idx file: a big-endian header of magic number, count and shape, then a byte a value."""
    try:
        content = np.fromfile(file, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror}); make it a readable file.") from error
    header_bytes = 4 * (2 + len(shape))
    if len(content) < header_bytes:
        raise _corrupt(file, f"is {len(content)} bytes long, shorter than the {header_bytes} bytes of its header")
    found, count, *dimensions = content[:header_bytes].view(">u4").tolist()
    if found != magic:
        raise _corrupt(file, f"starts with the number {found:#010x} instead of {magic:#010x}")
    if tuple(dimensions) != shape or count < 1:
        wanted = "×".join(["N", *map(str, shape)])
        raise _corrupt(file, f"announces {'×'.join(map(str, [count, *dimensions]))} values instead of {wanted}")
    expected = header_bytes + count * int(np.prod(shape))
    if len(content) != expected:
        raise _corrupt(file, f"is {len(content)} bytes long instead of the {expected} bytes its header announces")
    return torch.from_numpy(content[header_bytes:]).view(count, *shape)


def _corrupt(file: Path, problem: str) -> DataError:
    return DataError(f"{file} {problem}; delete it and start again to download it anew.")
