"""Which nets have codes that can be shown."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.presets import PRESETS

PRESET = "source-003-det-st-both-best"


def without_codes(experiment: Experiment) -> str:
    """Why the codes of a net cannot be shown, and what to do, in two sentences; nothing where they can."""
    if not experiment.architecture.site_names:
        return (
            f"This net, “{experiment.architecture.title}”, has no binary layer, so there are no codes. Choose another "
            f"net above, or train one on the Train page, such as the preset “{PRESET}: {PRESETS[PRESET].title}”."
        )
    return ""
