"""What a browser may ask of this machine: bounds that variables of the environment set."""

from lab.limits.bounds import BeyondLimits, InvalidLimits, Limits, variable

__all__ = ["BeyondLimits", "InvalidLimits", "Limits", "variable"]
