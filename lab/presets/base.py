"""What a preset is: a named experiment, lacking only its images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.data import Dataset
from lab.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """A named experiment, with what it is and what to look for."""

    name: str
    title: str
    summary: str
    source: str
    fields: dict[str, Any]
    """What differs from a default experiment."""
    defect_of: str = ""
    """The source whose defect it keeps on purpose, and shows on its own."""

    def experiment(self, dataset: Dataset) -> Experiment:
        """The experiment on some images."""
        return Experiment.parse({"dataset": dataset, **self.fields})
