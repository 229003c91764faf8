"""What is to be said of nets before their panels: how far their runs are, and what of these is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.jobs import Status
from lab.ui.inside.sides import Side
from lab.ui.plain import plain

LOST_SHOWN = 5
"""Steps that are named of those whose frames are lost."""
UNFINISHED: dict[Status, str] = {
    "opening": "",
    "preparing": "is being prepared, and is shown at {}",
    "queued": "waits in line at {}",
    "running": "still trains, {} by now",
    "paused": "is held at {}",
    "stopped": "was stopped at {}",
    "failed": "failed at {}",
    "interrupted": "was broken off; its last checkpoint is that of {}",
    "elsewhere": "is trained by another process, which has kept {} by now",
}
"""What is said of nets whose runs have not come to their end."""
AGAIN = "a new run of the same experiment brings all of {} back."


def of_different_images(shown: Sequence[Side]) -> str:
    """What is to be said where nets beside each other learned from different images; nothing where they did not."""
    first, *others = shown
    if all(side.run.experiment.dataset.name == first.run.experiment.dataset.name for side in others):
        return ""
    titles = [f"{plain(side.run.name)} knows {plain(side.run.experiment.dataset.title)}" for side in shown]
    return (
        f"The nets learned from different images: {', '.join(titles)}. The chosen picture and the test images to walk "
        "to are the same for both; what is measured over images, and the numbers of these, are of each net's own, so "
        "errors and distances of the two cannot be compared."
    )


def standing(side: Side) -> str:
    """How far its run is, where that is not at its end: a sentence that begins with the name of the net."""
    steps, finished = side.run.snapshot.steps["step"], side.run.snapshot.finished
    total, _ = side.run.experiment.length()
    at = f"step {int(steps[-1]) if len(steps) else 0}"
    if side.run.experiment.budget_unit != "seconds":  # of which nobody knows how many steps they are
        at += f" of {total}"
    words = {**UNFINISHED, "finished": ""}[side.job.status]
    if finished is not None:
        words = "diverged at {}" if finished.reason == "diverged" else ""
    elif side.job.state_lost:
        words = ""  # what is said of that tells how far its frames go
    return f"{plain(side.run.name)} {words.format(at)}." if words else ""


def losses(side: Side) -> Iterator[str]:
    """What is missing of its run, what is shown instead, and what to do: sentences without the name of the net."""
    frames, lost = side.run.snapshot.frames, side.run.snapshot.lost
    if side.job.state_lost and frames:
        yield (
            f"The file with the state of its run is {side.job.state_lost}, and with it its curves and the weights that "
            f"it ended with. Shown is what its frames have, of which the newest is that of step {frames[-1].step}. "
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
