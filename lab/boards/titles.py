"""What to call contestants together: what differs between them, and what they share."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.contestants import labels
from lab.experiment import Experiment
from lab.store.facts import TITLE

CUT = "…"
NAMED = 3
"""Contestants that are named: of more, all but the first two are counted."""


def title_of_contestants(experiments: Sequence[Experiment], *first: str) -> str:
    """The title of a run, or of a race of several; not longer than that of a job may be.

    Args:
        experiments: of the contestants.
        first: what is said before, such as the seed: a list may have room for the beginning alone.
    """
    nets = list(dict.fromkeys(experiment.architecture.title for experiment in experiments))
    rules = list(dict.fromkeys(experiment.estimator.title for experiment in experiments))
    differing = [_against_each_other(labels(experiments))] if len(experiments) > 1 else []
    shared = [titles[0] for titles in (nets, rules) if len(titles) == 1]
    title = " · ".join([*first, *differing, *shared])
    return title if len(title) <= TITLE else title[: TITLE - len(CUT)] + CUT


def _against_each_other(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return " vs ".join(names)
    first = names[: NAMED - 1]
    return f"{' vs '.join(first)} and {len(names) - len(first)} more"
