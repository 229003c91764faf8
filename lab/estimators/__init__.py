"""Gradient estimators: one class per published rule. A module put into this folder is found by itself."""

from lab.estimators.base import Estimator, Levels, Shapes, Unit, to_levels
from lab.estimators.straight_through import Drawn, StraightThrough
from lab.parts import discover

BROKEN = discover(__name__, __path__)

__all__ = ["BROKEN", "Drawn", "Estimator", "Levels", "Shapes", "StraightThrough", "Unit", "to_levels"]
