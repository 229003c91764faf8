"""Which nets have reconstructions."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.presets import PRESETS

PRESET = "source-001"


def without_reconstructions(experiment: Experiment) -> str:
    """Why a net has no reconstructions that can be taken apart, and what to do; nothing where it has."""
    architecture = experiment.architecture
    if architecture.task != "reconstruction":
        return (
            f"{architecture.title} gives classes, not pictures, so there is nothing to reconstruct. Choose the run of "
            f"an autoencoder, or train one on the Train page, such as the preset “{PRESET}: {PRESETS[PRESET].title}”."
        )
    if len(architecture.shapes.sites) != 1 or architecture.has_shortcuts:
        return f"Not all that {architecture.title} gives goes through one code, so it has none to be flipped or drawn."
    return ""
