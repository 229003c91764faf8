"""What to call contestants together: what differs between them, and what they share."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.contestants import labels
from lab.experiment import Experiment
from lab.store.facts import TITLE

CUT = "…"


def title_of_contestants(experiments: Sequence[Experiment], ending: str = "") -> str:
    """The title of a run, or of a race of several.

    Args:
        experiments: of the contestants.
        ending: is said after it, and stays where the title is too long for a job and is cut.
    """
    nets = list(dict.fromkeys(experiment.architecture.title for experiment in experiments))
    rules = list(dict.fromkeys(experiment.estimator.title for experiment in experiments))
    shared = [titles[0] for titles in (nets, rules) if len(titles) == 1]
    told = [" vs ".join(labels(experiments)), *shared] if len(experiments) > 1 else shared
    return _cut(" · ".join(told), TITLE - len(ending)) + ending


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - len(CUT)] + CUT
