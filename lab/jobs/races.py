"""Which experiments can race each other: those that see the same batches from the same start."""

from __future__ import annotations

from collections.abc import Sequence

from lab.experiment import Experiment, InvalidExperiment
from lab.paths import differences

SHARED_IN_A_RACE = {
    "dataset": "all of a race see the same images",
    "batch_size": "all of a race see the same batches",
    "subset": "all of a race see the same images",
    "seed": "all of a race start from the same weights and see the same batches; use one race per seed",
    "budget": "all of a race stop at the same step",
    "budget_unit": "all of a race stop at the same step",
    "threads": "all of a race take turns in one thread, which has one number of threads",
}
"""The fields that contestants share, each with its reason."""


def with_seed(experiments: Sequence[Experiment], seed: int | None) -> list[Experiment]:
    """The same experiments with another seed; None leaves theirs."""
    changes = {} if seed is None else {"seed": seed}
    return [Experiment.parse(experiment.model_dump() | changes) for experiment in experiments]


def require_raceable(experiments: Sequence[Experiment]) -> None:
    """Contestants see the same batches, so what decides those must be the same for all.

    Raises:
        InvalidExperiment: there is no contestant, some differ in what all must share or in their task, or their
            budget is in seconds, which would end each at another step.
    """
    if not experiments:
        raise InvalidExperiment(["There is no experiment to run."])
    different = differences(experiments)
    for name, reason in SHARED_IN_A_RACE.items():
        path = next((path for path in different if path.partition(".")[0] == name), None)
        if path is not None:
            values = " and ".join(dict.fromkeys(map(str, different[path])))
            raise InvalidExperiment([f"Contestants differ in {path.removesuffix('.name')} ({values}), and {reason}."])
    tasks = dict.fromkeys(experiment.architecture.task for experiment in experiments)
    if len(tasks) > 1:
        raise InvalidExperiment(
            [f"Contestants differ in their task ({' and '.join(tasks)}), and losses of the two have no common unit."]
        )
    if len(experiments) > 1 and experiments[0].budget_unit == "seconds":
        reason = "all of a race stop at the same step"
        raise InvalidExperiment([f"budget_unit is seconds, and {reason}; allowed: epochs, steps."])
