"""What a run's recorder takes of memory: filled as a long run fills it, without making the steps."""

from __future__ import annotations

import itertools

from lab.bench.contestants import Case, experiment
from lab.evaluation import Scores
from lab.events import Evaluated, Health, Step
from lab.probes.frame import frame_steps, has_frame
from lab.probes.health import checkup_steps
from lab.recorder import Recorder
from lab.training import Training

STEPS = 20_000


def recorder_bytes(case: Case, steps: int = STEPS) -> int:
    """The bytes of a recorder after so many steps, with frames, checkups, an evaluation an epoch and a last look."""
    training = Training(experiment(case, "float32"))
    events = training.events()
    health = next(event for event in events if isinstance(event, Health))
    made = next(event for event in events if isinstance(event, Step))
    scores = Scores(made.loss, made.accuracy)
    recorder = Recorder()
    for step in range(1, steps + 1):
        recorder.add(made._replace(step=step))
        if step % training.batches.steps_per_epoch == 0:
            recorder.add(Evaluated(step, made.epoch, scores))
    for step in itertools.takewhile(lambda step: step <= steps, checkup_steps(training.batches.steps_per_epoch)):
        recorder.add(health._replace(step=step))
    evaluations = steps // training.batches.steps_per_epoch
    often = itertools.takewhile(lambda step: step <= steps, frame_steps())
    for _ in [*often, *filter(has_frame, range(1, evaluations + 1))]:
        recorder.add(training.frame())
    recorder.show(training.frame())
    return recorder.nbytes()
