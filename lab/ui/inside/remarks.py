"""What is to be said of a net before its panels: what of its run is lost, and where it is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from lab.ui.inside.fitting import elsewhere
from lab.ui.inside.sides import Side

LOST_SHOWN = 5
"""Steps that are named of those whose frames are lost."""
AGAIN = "a new run of the same experiment brings all of {} back."


def remarks(side: Side) -> Iterator[str]:
    """Notes, a sentence or more each, without the name of the net."""
    if note := elsewhere(side.run.experiment):
        yield note


def losses(side: Side) -> Iterator[str]:
    """What is missing of its run, what is shown instead, and what to do; the same."""
    frames, lost = side.run.snapshot.frames, side.run.snapshot.lost
    if side.job.state_lost and frames:
        yield (
            "The file with the state of its run is missing, and with it its curves and the weights that it ended with. "
            f"Shown is what its frames have, of which the newest is that of step {frames[-1].step}. "
            f"{_who_answers(side)} {AGAIN.format('it').capitalize()}"
        )
    if not lost:
        return
    steps = ", ".join(map(str, lost[:LOST_SHOWN])) + (" and more" if len(lost) > LOST_SHOWN else "")
    if frames:
        are, after = ("is", "step") if len(lost) == 1 else ("are", "steps")
        told = f"{len(lost)} of its frames {are} missing or damaged (after {after} {steps}). The others are shown"
    else:
        told = f"All of its {len(lost)} frames are missing or damaged. The last state is shown, no moment before"
    yield f"{told}; {AGAIN.format('them')}"


def _who_answers(side: Side) -> str:
    """Which weights answer of a run whose state is lost."""
    if side.run.snapshot.frames[-1].weights is not None:
        return "They have the weights of their moments, which answer as usual."
    return (
        "Its net is too large for frames to have its weights: whatever a net has to be asked for is answered by the "
        "untrained one of step 0, as each card says."
    )
