"""How far the contestants of a job are, and how long they still take."""

from __future__ import annotations

from lab.training import Training


def fraction(trainings: list[Training]) -> float:
    """Share of the budget used by the contestant that has the longest way to go; 1 where none is under way."""
    return min((training.progress.fraction for training in trainings), default=1.0)


def seconds_left(trainings: list[Training], speed: float | None) -> float | None:
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
