"""Probes: arrays from a net and some images, for people to look at. Never a figure, and never a trace in the run."""

from lab.probes.frame import Frame
from lab.probes.looking import probe
from lab.probes.specimen import Specimen

__all__ = ["Frame", "Specimen", "probe"]
