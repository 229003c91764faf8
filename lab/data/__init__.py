"""Datasets: gray 28x28 images as uint8 tensors, cached, checked, split with a seed and served in batches."""

from lab.data.base import DataError, Dataset, Images, OnProgress, data_folder, default_dataset
from lab.data.batches import Batches, normalized
from lab.data.splitting import Split, split
from lab.parts import discover

BROKEN = discover(__name__, __path__)
"""Modules of this folder that failed to import."""

__all__ = [
    "BROKEN",
    "Batches",
    "DataError",
    "Dataset",
    "Images",
    "OnProgress",
    "Split",
    "data_folder",
    "default_dataset",
    "normalized",
    "split",
]
