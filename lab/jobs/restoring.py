"""Where a folder left its job. What the contestants remember is read first, to be shown while their nets are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from lab.recorder import Recorder
from lab.run_state import State, restore
from lab.store import Facts, RunFolder, StoreError
from lab.store.frames import frames_until, kept_frames
from lab.training import Training


class Left(NamedTuple):
    """What is kept of a job at one moment, for each contestant."""

    id: str
    states: list[State]
    recorders: list[Recorder]

    def bring_back(self, trainings: Sequence[Training]) -> None:
        """Bring contestants that have not begun to that moment.

        Raises:
            StoreError: they are of other experiments.
        """
        with _fitting(self.id):
            for training, state, recorder in zip(trainings, self.states, self.recorders, strict=True):
                restore(training, state["run"])
                recorder.require_of(training.net.layer_weights(), training.experiment.architecture.site_names)
                if recorder.finished is not None and recorder.finished.report is not None:
                    training.show_reported()


def left(folder: RunFolder) -> Left | None:
    """Where a folder left its job; None where it has no state yet.

    Raises:
        StoreError: it cannot be read.
    """
    states = folder.state()
    if states is None:
        return None
    with _fitting(folder.id):
        return Left(folder.id, states, [_recorder(folder, place, state) for place, state in enumerate(states)])


def state_is_lost(folder: RunFolder, facts: Facts) -> bool:
    """Whether a folder has no state of a job that has made steps: it is written before they are told."""
    return not folder.has_state and any(contestant.steps for contestant in facts.contestants)


def require_state(folder: RunFolder, facts: Facts) -> None:
    """Refuse to train a job on whose state is lost: it would begin anew, and its frames be cleared away.

    Raises:
        StoreError: its frames are all that is left of it.
    """
    places = range(len(facts.contestants))
    if state_is_lost(folder, facts) and any(folder.frame_files(place) for place in places):
        raise StoreError(
            f"Run {folder.id} cannot go on: the file with its state is missing from its folder. To begin it anew would "
            "clear away its frames, which are all that is left of it; they stay, to be looked at. A new run of the "
            "same experiment brings the rest back."
        )


def frames_alone(folder: RunFolder, facts: Facts) -> list[Recorder]:
    """What the contestants of a job remember whose state is lost: their frames."""
    return [
        Recorder.of_frames(*frames_until(folder, place, contestant.steps))
        for place, contestant in enumerate(facts.contestants)
    ]


def _recorder(folder: RunFolder, contestant: int, state: State) -> Recorder:
    record = state["record"]
    return Recorder.restored(record, *kept_frames(folder, contestant, record))


@contextmanager
def _fitting(id: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError, AssertionError) as error:
        raise StoreError(f"What is kept of run {id} does not fit its experiment: {error}") from None
