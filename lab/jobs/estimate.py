"""How far the contestants of a job are, and how long they still take."""

from __future__ import annotations

from collections.abc import Sequence

from lab.recorder import Snapshot
from lab.training import Training


def estimated(
    trainings: Sequence[Training], snapshots: Sequence[Snapshot], speed: float | None
) -> tuple[float, float | None]:
    """The share of the budget that is used, and the seconds left, over the contestants that have not ended."""
    under_way = [each for each, shown in zip(trainings, snapshots, strict=False) if shown.finished is None]
    return fraction(under_way), seconds_left(under_way, speed)


def fraction(trainings: Sequence[Training]) -> float:
    """Share of the budget used by the contestant that has the longest way to go; 1 where none is under way."""
    return min((training.progress.fraction for training in trainings), default=1.0)


def seconds_left(trainings: Sequence[Training], speed: float | None) -> float | None:
    """Estimated from the rate of each contestant so far, and from the limit on the steps a second."""
    seconds, steps = 0.0, 0.0
    for training in trainings:
        progress = training.progress
        if progress.fraction == 0:
            return None
        spent = training.seconds + training.looking_seconds
        seconds += spent * (1 - progress.fraction) / progress.fraction
        steps = max(steps, progress.steps - progress.step)
    return max(seconds, steps / speed) if speed else seconds
