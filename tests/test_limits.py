"""What a browser may ask of a machine is bound before anything is made of it, wherever a job comes from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.estimators import Estimator
from lab.experiment import InvalidExperiment
from lab.jobs import Jobs
from lab.jobs.continuing import continued
from lab.limits import BeyondLimits, Limits, variable, wrong_variables
from lab.limits.demands import demands
from lab.store import RunFolder
from lab.training import Training
from tests.job_waits import PATIENCE, held
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def refused(limits: Limits, *others: Any, **fields: Any) -> str:
    with pytest.raises(BeyondLimits) as caught:
        limits.require([small(**fields)], [[other] for other in others])
    return str(caught.value)


def test_variables_set_the_limits() -> None:
    assert Limits.from_environment({}) == Limits()
    assert Limits.from_environment({"LAB_MAX_EPOCHS": "20", "LAB_MAX_RUNNING": "", "LAB_MAX": "x"}).epochs == 20


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "inf", "1e999", "0x10", " "])
@pytest.mark.parametrize("name", Limits.model_fields)
def test_a_wrong_variable_is_named_with_its_value_and_the_others_hold(name: str, text: str) -> None:
    other = "steps" if name == "epochs" else "epochs"
    environment = {variable(name): text, variable(other): "20"}
    (told,) = wrong_variables(environment)
    assert re.match(rf"{variable(name)} .*given: {text!r}\)\. Until then it is [\d ]+, as usual\.$", told)
    assert Limits.from_environment(environment) == Limits(**{other: 20})


def test_a_variable_of_no_limit_is_named_with_those_there_are() -> None:
    (told,) = wrong_variables({"LAB_MAX_EPOCH": "3", "LAB_MAX_EPOCHS": "20", "LAB_RUNS": "x"})
    assert told.startswith("LAB_MAX_EPOCH is no limit of this lab; there are ")
    assert all(variable(name) in told for name in Limits.model_fields)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"budget": 2000, "budget_unit": "epochs"}, "The budget is 2 000 epochs; this lab allows 1 000."),
        ({"budget": 2e6, "budget_unit": "steps"}, "LAB_MAX_STEPS"),
        ({"budget": 1e6, "budget_unit": "seconds"}, "LAB_MAX_SECONDS"),
        ({"budget": 900, "budget_unit": "epochs", "batch_size": 1, "subset": 1237, "dataset": "digits"}, "_MAX_STEPS"),
        ({"threads": 64}, "The run has 64 threads; this lab allows 16."),
        (
            {"shape": {"hidden": [8192] * 8}},
            "weights; this lab allows 100 000 000. Whoever runs it raises that with LAB_MAX_PARAMETERS.",
        ),
        ({"estimator": {"name": "relax", "hidden": 4096}, "shape": {"hidden": [8000, 8000]}}, "LAB_MAX_PARAMETERS"),
        ({"architecture": "convnet", "batch_size": 65536, "dataset": "mnist", "subset": None}, "LAB_MAX_MEMORY"),
        (
            {"estimator": {"name": "monte-carlo", "samples": 1000}, "batch_size": 64, "shape": {"hidden": [8000]}},
            "MEMORY",
        ),
        (
            {"architecture": "autoencoder", "estimator": "bernoulli", "evaluation": "mean", "evaluation_samples": 1024},
            "LAB_MAX_MEMORY",
        ),
    ],
)
def test_what_would_take_the_machine_down_is_refused_unmade(fields: dict[str, Any], told: str) -> None:
    assert told in refused(Limits(), **fields)


def test_room_is_shared_with_all_that_has_not_ended() -> None:
    wide = small(shape={"hidden": [1024]})
    alone = demands(wide)
    fits = Limits(memory=1.5 * (alone.lasting + alone.working) / 1e9)
    fits.require([wide], [])
    assert "others that have not ended take" in refused(fits, wide, shape={"hidden": [1024]})
    assert "There are 2 contestants" in refused(Limits(unfinished=2), small(), small())


@pytest.mark.parametrize("architecture", ["mlp", "binary-mlp", "convnet"])
def test_a_step_takes_no_more_than_is_estimated(architecture: str) -> None:
    for rule in ("relax", "disarm", "mean-field"):
        experiment = small(architecture, estimator=rule)
        training = Training(experiment, checkups=False)
        inputs, targets = next(training.batches.epoch())
        known = {value.untyped_storage().data_ptr() for value in (inputs, *training.net.parameters())}
        kept: dict[int, torch.Tensor] = {}

        def keep(value: torch.Tensor, kept: dict[int, torch.Tensor] = kept) -> torch.Tensor:
            kept[value.untyped_storage().data_ptr()] = value
            return value

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
            training._train(inputs, targets)
        step = sum(value.untyped_storage().nbytes() for place, value in kept.items() if place not in known)
        # The evaluation is no smaller in these nets, so the estimate of a step is asked for alone.
        alone = demands(experiment.with_changes(["dataset.validation=1", "evaluation=sample"]))
        assert step <= alone.working, rule
        learned = 0 if training.state is None else sum(value.numel() for value in training.state.parameters())
        assert alone.parameters == learned + sum(value.numel() for value in training.net.parameters())


def test_every_estimator_is_estimated() -> None:
    for name in Estimator.members:
        assert demands(small(shape={"hidden": [8]}, estimator=name)).working > 0


class TestJobs:
    """The limits hold however a job is asked for."""

    def test_starting(self, jobs: Jobs) -> None:
        jobs.limits = Limits(epochs=1)
        with pytest.raises(BeyondLimits):
            jobs.start([small(budget=2, budget_unit="epochs")], "long")
        assert jobs.all() == []

    def test_a_job_that_makes_room_does_not_count_and_is_stopped_only_for_what_is_allowed(self, jobs: Jobs) -> None:
        jobs.limits = Limits(unfinished=1)
        first = held(jobs, small())
        with pytest.raises(InvalidExperiment):
            jobs.start([small(budget=1e7)], "too long", in_place_of=first)
        assert first.status == "paused"
        with pytest.raises(BeyondLimits):
            jobs.start([small()], "no room")
        second = jobs.start([small()], "in its place", in_place_of=first)
        assert first.wait(PATIENCE)
        assert second.wait(PATIENCE)
        assert (first.status, second.status) == ("stopped", "finished")

    def test_opening_and_continuing(self, jobs: Jobs, tmp_path: Path) -> None:
        jobs.runs_folder = tmp_path
        job = jobs.start([small()], "a run")
        assert job.wait(PATIENCE)
        jobs.limits = Limits(steps=4)
        with pytest.raises(BeyondLimits):
            continued(jobs, job.id, 5)
        assert [folder.name for folder in tmp_path.iterdir()] == [job.id], "nothing was written for it"
        other = Jobs()
        other.runs_folder = tmp_path
        other.limits = Limits(parameters=1)
        with pytest.raises(BeyondLimits):
            other.find(job.id)
        assert not RunFolder(tmp_path / job.id).held

    def test_how_many_train_at_once(self, jobs: Jobs) -> None:
        assert Jobs().running_at_once == 2
        jobs.limits = Limits(running=5)
        assert jobs.running_at_once == 5
