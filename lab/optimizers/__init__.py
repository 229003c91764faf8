"""Optimizers: one file each. A module put into this folder is found by itself."""

from lab.optimizers.base import Flips, Memory, Optimizer, Parameters, Updates, parameters_of, split
from lab.parts import discover

BROKEN = discover(__name__, __path__)

__all__ = ["BROKEN", "Flips", "Memory", "Optimizer", "Parameters", "Updates", "parameters_of", "split"]
