"""Which nets have a packed form."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.packed import why_not
from lab.ui.picture.images import images_of


def without_packed(experiment: Experiment) -> str:
    """Why a net has no packed form that can be shown, and what to do; nothing where it has one."""
    if reason := why_not(experiment):
        return f"This net cannot be packed. {reason}"
    if images_of(experiment.dataset).problem:
        return (
            f"The test images of {experiment.dataset.title}, whose scale the net has, are not on this machine. "
            "Training a run on them downloads them; or choose another net above."
        )
    return ""
