"""What a preset is: a named experiment, lacking only its images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.data import Dataset
from lab.experiment import Experiment

CORRECTED, BEST = "-corrected", "-best"
"""What the names of a source's other versions end in: as it should be, and better than it."""
VERSIONS = {"": "As written", CORRECTED: "Corrected", BEST: "Best"}
"""Titles of the versions, by the end of their names."""


@dataclass(frozen=True)
class Preset:
    """A named experiment, with what it is, what is wrong in it and what to look for."""

    name: str
    title: str
    summary: str
    """What it is."""
    source: str
    fields: dict[str, Any]
    """What differs from a default experiment."""
    defect_of: str = ""
    """The source whose defect it keeps on purpose, and shows on its own."""
    wrong: str = ""
    """What is wrong in it; empty where nothing is."""
    look: str = ""
    """What to look for, and where."""

    @property
    def paragraph(self) -> str:
        """All that is said of it."""
        return " ".join(filter(None, (self.summary, self.wrong, self.look)))

    def experiment(self, dataset: Dataset) -> Experiment:
        """The experiment on some images."""
        return Experiment.parse({"dataset": dataset, **self.fields})
