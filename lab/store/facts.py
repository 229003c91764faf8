"""What is told of a job without looking into its nets: what it is, how it goes, and what came out so far."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, Field

from lab.experiment import Experiment
from lab.parts import Value

CURVE_POINTS = 40
"""Points of the small curve of a contestant."""


Ended = Literal["finished", "stopped", "failed"]
Progress = Literal["under way", Ended]
"""Under way until it says otherwise: then it trains, or was interrupted."""
TITLE, MESSAGE = 300, 2000
"""Most characters."""


class Contestant(Value):
    """One experiment of a job, and how far it is. Figures that are not there, or no numbers, are None."""

    experiment: Experiment
    steps: int = Field(0, ge=0)
    epochs: float = Field(0, ge=0)
    metric: Literal["accuracy", "loss"] = "loss"
    """What the figures are: accuracy of a classifier, loss of anything else."""
    curve: tuple[float | None, ...] = Field((), max_length=CURVE_POINTS)
    """On the validation images, through training time."""
    last: float | None = None
    """On the validation images."""
    best: float | None = None
    """On the validation images."""
    test: float | None = None
    """On the test images, of the weights that are reported."""
    ended: Literal["done", "diverged"] | None = None
    """How it ended, if it did."""


class Origin(NamedTuple):
    """Where a job comes from."""

    created: datetime
    continues: str | None = None
    """The job whose end is its beginning, if there is one."""
    owner: str | None = None
    """The key of the browser that started it, where the lab was open to others."""


class Facts(Value):
    """What a job is, and how it goes."""

    format: Literal["1"] = "1"
    title: str = Field(max_length=TITLE)
    status: Progress = "under way"
    message: str = Field("", max_length=MESSAGE)
    created: AwareDatetime = Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(2999, 1, 1, tzinfo=UTC))
    """Within what every time zone can tell."""
    continues: str | None = Field(None, pattern=r"^[0-9a-f]{8}$")
    """The job whose end is this one's beginning, if there is one."""
    owner: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """The key of the browser that started it, where the lab was open to others; for nobody to see."""
    versions: dict[str, str] = Field({}, max_length=20)
    """Of the libraries it was last trained with, by package; empty where nobody noted them."""
    contestants: tuple[Contestant, ...] = Field(min_length=1, max_length=64)

    @property
    def origin(self) -> Origin:
        """Where the job comes from."""
        return Origin(*(getattr(self, name) for name in Origin._fields))
