"""How sure a difference of so many standard errors is, where few seeds make the standard error itself uncertain."""

from __future__ import annotations

from lab.statistics import quantile
from lab.studies.base import WIDE


def in_errors(errors: float, seeds: int) -> str:
    """For a table: a difference in standard errors, and how many Student's t needs where these are more.

    Args:
        errors: of the difference, how many it is.
        seeds: that it is a mean over.
    """
    needed = _needed(errors, seeds)
    return f"{errors:.1f} s.e." + (f" (t: {needed:.1f})" if needed is not None else "")


def perhaps(errors: float, seeds: int) -> str:
    """The same as a sentence to go on with; empty where the difference is certain enough."""
    needed = _needed(errors, seeds)
    if needed is None:
        return ""
    return f" It may be chance: with so few seeds, 95 % certainty takes {needed:.1f} of them (Student's t)."


def _needed(errors: float, seeds: int) -> float | None:
    """The standard errors that 95 % certainty takes, where a difference that counts as one has fewer."""
    needed = float(quantile(seeds))
    return needed if WIDE < errors <= needed else None
