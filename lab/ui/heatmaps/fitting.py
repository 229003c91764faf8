"""Which nets have heatmaps."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.models import Architecture
from lab.probes.sight import conv_sizes


def without_heatmaps(experiment: Experiment) -> str:
    """Why a net has no heatmaps, and what to do, in two sentences; nothing where it has some."""
    if conv_sizes(experiment.architecture):
        return ""
    others = " or ".join(f"“{each.title}”" for each in Architecture.members.values() if conv_sizes(each()))
    return (
        f"This net, “{experiment.architecture.title}”, has no conv layer, so there are no maps of it. Choose another "
        f"net above, or train one with the architecture {others}."
    )
