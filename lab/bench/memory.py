"""What a run's recorder takes of memory: filled as a long run fills it, without making the steps."""

from __future__ import annotations

from lab.bench.contestants import Case, experiment
from lab.evaluation import Scores
from lab.recorder import Recorder
from lab.training import Evaluated, Step, Training

STEPS = 20_000


def recorder_bytes(case: Case, steps: int = STEPS) -> int:
    """The bytes of a recorder after so many steps, an evaluation an epoch, and a last look inside the net."""
    training = Training(experiment(case, "float32"))
    made = next(event for event in training.events() if isinstance(event, Step))
    scores = Scores(made.loss, made.accuracy)
    recorder = Recorder()
    for step in range(1, steps + 1):
        recorder.add(made._replace(step=step))
        if step % training.batches.steps_per_epoch == 0:
            recorder.add(Evaluated(step, made.epoch, scores))
    recorder.show(training.frame())
    return recorder.nbytes()
