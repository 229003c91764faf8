"""Which nets have a packed form."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.packed import why_not


def without_packed(experiment: Experiment) -> str:
    """Why a net has no packed form that can be shown, and what to do; nothing where it has one."""
    reason = why_not(experiment)
    return f"This net cannot be packed. {reason}" if reason else ""
