"""Architectures: one file each. A module put into this folder is found by itself."""

from lab.models.convolutions import ConvLayer
from lab.models.net import Architecture, BinaryWeight, Net, stream
from lab.models.rollout import Pass, Rollout, Site
from lab.parts import discover

BROKEN = discover(__name__, __path__)

__all__ = ["BROKEN", "Architecture", "BinaryWeight", "ConvLayer", "Net", "Pass", "Rollout", "Site", "stream"]
