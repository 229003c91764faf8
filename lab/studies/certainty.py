"""How sure a difference of so many standard errors is, where few seeds make the standard error itself uncertain."""

from __future__ import annotations

from lab.studies.base import WIDE


def in_errors(errors: float, needed: float) -> str:
    """For a table: a difference in standard errors, and how many Student's t needs where these are more.

    Args:
        errors: of the difference, how many it is.
        needed: how many it takes to be 95 % certain.
    """
    return f"{errors:.1f} s.e." + (f" (t: {needed:.1f})" if _may_be_chance(errors, needed) else "")


def perhaps(errors: float, needed: float) -> str:
    """The same as a sentence to go on with; empty where the difference is certain enough."""
    if not _may_be_chance(errors, needed):
        return ""
    return f" It may be chance: with so few seeds, 95 % certainty takes {needed:.1f} of them (Student's t)."


def _may_be_chance(errors: float, needed: float) -> bool:
    """Whether a difference that counts as one is less than Student's t needs."""
    return WIDE < errors <= needed
