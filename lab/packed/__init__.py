"""Trained nets on machine words: packed weights, thresholds that are integers, and a file that runs without the lab."""

from lab.packed.agreement import Agreement, LayerAgreement, agreement, agreements
from lab.packed.folding import Unpackable
from lab.packed.packing import pack
from lab.packed.reasons import changes_to_pack, why_not
from lab.packed.runner import Layer, PackedError, PackedNet, load, saved

__all__ = [
    "Agreement",
    "Layer",
    "LayerAgreement",
    "PackedError",
    "PackedNet",
    "Unpackable",
    "agreement",
    "agreements",
    "changes_to_pack",
    "load",
    "pack",
    "saved",
    "why_not",
]
