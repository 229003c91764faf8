"""Codes that need no training: principal components, their signs, and ITQ, with what they rebuild a picture to."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lab.data import Dataset, split
from lab.models import stream

Matrix = NDArray[np.float32]
PIXELS = 28 * 28
AT_ONCE = 10_000
"""Pictures that are multiplied in double precision at a time."""
ROTATIONS = 50
"""Of ITQ, as in its paper."""


class Pictures(NamedTuple):
    """Pictures with pixels in [-1, 1], less the mean of those to train on: (N, 784), and (M, 784) to test on."""

    train: Matrix
    test: Matrix
    directions: Matrix
    """All principal components of those to train on, as columns (784, 784), the one of most variance first."""


@lru_cache(1)
def pictures(dataset: Dataset, seed: int) -> Pictures:
    """The pictures that a run of that seed trains on and is tested on.

    Raises:
        DataError: they cannot be had.
    """
    train, test = _centered(dataset, seed)
    return Pictures(train, test, _directions(dataset, seed))


def _centered(dataset: Dataset, seed: int) -> tuple[Matrix, Matrix]:
    images = dataset.images()
    shown = images.train[split(dataset, images, stream(seed, "split")).train]
    train, test = _flat(shown), _flat(images.test)
    mean = train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return train - mean, test - mean


@lru_cache(8)  # of more seeds than pictures are kept of: small, and slow to find, as those are not
def _directions(dataset: Dataset, seed: int) -> Matrix:
    train, _ = _centered(dataset, seed)
    return np.linalg.eigh(_gram(train, train))[1][:, ::-1].astype(np.float32)


def mean_image(dataset: Dataset, seed: int) -> float:
    """Test MSE of one picture for all: 0 bits."""
    return float(np.square(pictures(dataset, seed).test).mean(dtype=np.float64))


def pca(dataset: Dataset, seed: int, components: int) -> float:
    """Test MSE of so many principal components, which are real numbers: no code, but a floor. Pearson 1901."""
    found = pictures(dataset, seed)
    axes = found.directions[:, :components]
    return _error(found.test, (found.test @ axes) @ axes.T)


def sign_pca(dataset: Dataset, seed: int, bits: int) -> float:
    """Test MSE of the signs of so many principal components, each scaled by its mean size."""
    found = pictures(dataset, seed)
    axes = found.directions[:, :bits]
    sizes = np.abs(found.train @ axes).mean(axis=0).astype(np.float32)
    return _error(found.test, (signs(found.test @ axes) * sizes) @ axes.T)


def itq(dataset: Dataset, seed: int, bits: int) -> float:
    """Test MSE of ITQ with the linear decoder of least squares.

    The principal components are rotated so that they are near their signs. Gong & Lazebnik 2011, Iterative
    Quantization: A Procrustean Approach to Learning Binary Codes.
    """
    found = pictures(dataset, seed)
    axes = found.directions[:, :bits]
    axes = axes @ rotation(found.train @ axes, seed)
    codes = _with_one(signs(found.train @ axes))
    decoder = np.linalg.pinv(_gram(codes, codes), hermitian=True) @ _gram(codes, found.train)
    return _error(found.test, _with_one(signs(found.test @ axes)) @ decoder.astype(np.float32))


def rotation(values: Matrix, seed: int) -> Matrix:
    """ITQ's rotation (K, K) of values (N, K): its product with them is near its own signs. A random one at first."""
    generator = np.random.default_rng(seed)
    turned = np.linalg.qr(generator.standard_normal((values.shape[1],) * 2))[0].astype(np.float32)
    for _ in range(ROTATIONS):
        left, _, right = np.linalg.svd(signs(values @ turned).T @ values)
        turned = (left @ right).T
    return turned


def signs(values: Matrix) -> Matrix:
    """-1 and +1; 0 is +1."""
    return np.where(values >= 0, np.float32(1), np.float32(-1))


def _flat(images: Tensor) -> Matrix:
    return images.numpy().reshape(-1, PIXELS).astype(np.float32) / 127.5 - 1


def _with_one(codes: Matrix) -> Matrix:
    return np.hstack([codes, np.ones((len(codes), 1), np.float32)])


def _gram(left: Matrix, right: Matrix) -> NDArray[np.float64]:
    """left.T @ right over all pictures, in double precision without a copy of all of them."""
    total = np.zeros((left.shape[1], right.shape[1]))
    for start in range(0, len(left), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        total += left[rows].astype(np.float64).T @ right[rows].astype(np.float64)
    return total


def _error(wanted: Matrix, rebuilt: NDArray[np.floating[Any]]) -> float:
    return float(np.square(wanted - rebuilt).mean(dtype=np.float64))
