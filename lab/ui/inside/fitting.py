"""Which nets can be looked into on this machine, on whatever page."""

from __future__ import annotations

from lab.devices import devices
from lab.experiment import Experiment
from lab.ui.picture.images import images_of
from lab.ui.told import told


def not_here(experiment: Experiment) -> str:
    """Why a net cannot be looked into on this machine, and what to do; nothing where it can."""
    images = images_of(experiment.dataset)
    if not images.problem:
        return ""
    return f"The images of its run are not here, and nothing can be asked without them. {told(images.problem)}"


def elsewhere(experiment: Experiment) -> str:
    """What is to be said of a net that computed on a device which this machine does not have; nothing of others."""
    if experiment.device in devices():
        return ""
    return (
        f"Its device, {experiment.device}, is not on this machine. It is looked at on the processor, where numbers "
        "differ by rounding. It cannot be trained on here; on the Train page a new run can be, on another device."
    )
