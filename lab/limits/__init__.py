"""What a browser may ask of this machine: bounds that variables of the environment set."""

from lab.limits.bounds import BeyondLimits, Limits, variable, wrong_variables

__all__ = ["BeyondLimits", "Limits", "variable", "wrong_variables"]
