"""Moments: the net of each has the weights that were recorded, is never the one that trains, and answers one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lab import checkpoints
from lab.experiment import Experiment
from lab.jobs import Job, Jobs
from lab.jobs.moments import Moment, at_each, moment, moments
from lab.models import Architecture
from lab.probes import Frame, Specimen, probe
from lab.probes.frame import WEIGHTS_BELOW
from lab.training import Training, train
from tests.job_waits import ENDLESS, PATIENCE, alone, held, is_held, losses, until
from tests.small import small
from tests.test_record_state import assert_same

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

BUMPY: dict[str, Any] = {"optimizer": {"name": "sgd", "lr": 1.5}, "evaluate_every": 0.25, "budget": 14}
"""The best weights are not the last."""
SLOPED = {"name": "linear", "start": 1.0, "end": 5.0}


def ended(jobs: Jobs, *experiments: Experiment) -> Job:
    job = jobs.start(experiments, "ended")
    assert job.wait(PATIENCE)
    assert job.status == "finished"
    return job


def at(job: Job, step: int | None = None, contestant: int = 0) -> Moment:
    found = moment(job, contestant, step)
    assert found is not None
    return found


def weights_of(specimen: Specimen) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in specimen.net.state_dict().items()}


@cache
def weights_after(experiment: Experiment, step: int) -> tuple[dict[str, Tensor], float]:
    """The weights and the slope of a run after a step, from a run of its own."""
    training = Training(experiment)
    for event in training.events():
        if isinstance(event, Frame) and event.step == step:
            return weights_of(training.specimen()), training.slope
    raise AssertionError(f"there is no frame at {step}")


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert list(one) == list(other)
    assert all(torch.equal(one[name], other[name]) for name in one)


class TestSmallNets:
    @pytest.mark.parametrize("name", Architecture.members)
    def test_the_net_of_each_moment_shows_again_what_was_recorded(self, jobs: Jobs, name: str) -> None:
        experiment = small(name, estimator="bernoulli", slope=SLOPED, budget=4, evaluate_every=0.75)
        job = ended(jobs, experiment)
        recorded = [event for event in train(experiment) if isinstance(event, Frame)]
        assert [frame.step for frame in moments(job)] == [frame.step for frame in recorded]
        for frame, alike in zip(moments(job), recorded, strict=True):
            here = at(job, frame.step)
            assert here.frame is frame
            if frame.weights is None:
                continue
            assert here.weights_step == frame.step
            again = here.ask(lambda specimen, frame=frame: probe(specimen, frame.epoch))  # type: ignore[misc]
            assert_same(again, frame)
            assert_same(again, alike)
            assert here.ask(lambda specimen: specimen.slope) == frame.slope

    def test_the_frame_is_the_newest_that_is_not_later(self, jobs: Jobs) -> None:
        job = ended(jobs, small(budget=10, evaluate_every=100))
        steps = [frame.step for frame in moments(job)]
        assert steps == [0, 1, 2, 3, 4, 6, 8, 10]
        for step in range(12):
            assert at(job, step).frame.step == max(each for each in steps if each <= step)
        assert moment(job, 0, -1) is None
        assert at(job).frame is job.view().snapshots[0].frame

    def test_at_its_end_a_run_shows_the_weights_that_it_reports(self, jobs: Jobs) -> None:
        job = ended(jobs, small(**BUMPY))
        report = job.view().snapshots[0].report
        assert report is not None
        assert at(job).weights_step == report.reported_step < 14
        shown = job.questions.ask(lambda specimens: weights_of(specimens[0])).result(PATIENCE)
        assert_equal(at(job).ask(weights_of), shown)

    def test_the_contestants_of_a_race_have_nets_of_their_own(self, jobs: Jobs) -> None:
        experiments = [small("convnet", estimator=rule, budget=5) for rule in ("identity", "reinforce")]
        job = ended(jobs, *experiments)
        for place, experiment in enumerate(experiments):
            assert at(job, 4, place).contestant == place
            assert_equal(at(job, 4, place).ask(weights_of), weights_after(experiment, 4)[0])

    def test_specimens_have_the_images_of_the_run(self, jobs: Jobs) -> None:
        experiment = small(budget=2)
        here, there = at(ended(jobs, experiment), 1), Training(experiment).specimen()
        for name in ("images", "labels", "test_images", "test_labels"):
            assert torch.equal(here.ask(lambda specimen, name=name: getattr(specimen, name)), getattr(there, name))  # type: ignore[misc]
        assert here.ask(lambda specimen: specimen.scale) == there.scale
        assert here.ask(lambda specimen: specimen.test_images) is there.test_images, "they are loaded once"


class TestLargeNets:
    """Whose frames have no weights: the autoencoder."""

    EXPERIMENT = small("autoencoder", slope=SLOPED, **{**BUMPY, "budget": 9})

    def test_a_job_that_is_not_kept_has_the_first_and_the_reported_weights(self, jobs: Jobs) -> None:
        job = ended(jobs, self.EXPERIMENT)
        assert all(frame.weights is None for frame in moments(job))
        reported = at(job).weights_step
        assert reported > 0
        for frame in moments(job):
            expected = reported if abs(frame.step - reported) <= frame.step else 0
            assert at(job, frame.step).weights_step == expected
            assert (at(job, frame.step).weights == at(job).weights) == (expected == reported)
        first = at(job, 0)
        assert_equal(first.ask(weights_of), weights_after(self.EXPERIMENT, 0)[0])
        assert first.ask(lambda specimen: specimen.slope) == 1.0

    def test_a_kept_one_has_its_last_weights_too_also_when_its_nets_are_gone(self, keeping: Jobs, later: Jobs) -> None:
        job = ended(keeping, self.EXPERIMENT)
        reported = at(job).weights_step
        back = later.find(job.id)
        assert back is not None
        assert back.wait(PATIENCE)
        back.questions.let_go()
        assert reported < 8, "for this test to tell the last weights from the reported"
        for which in (job, back):
            for step in (9, reported):
                here = at(which, step)
                weights, slope = weights_after(self.EXPERIMENT, here.weights_step)
                assert here.weights_step == step
                assert_equal(here.ask(weights_of), weights)
                assert here.ask(lambda specimen: specimen.slope) == pytest.approx(slope)

    def test_one_that_trains_is_copied_between_two_steps_and_goes_on_as_if_alone(self, jobs: Jobs) -> None:
        experiment = small("autoencoder", budget=7)
        job = held(jobs, experiment)
        job.step(5)
        until(lambda: is_held(job, 5))
        here = at(job)
        assert (here.frame.step, here.weights_step) == (5, 5)
        before = here.ask(weights_of)
        with torch.no_grad():
            for parameter in at(job).copied().net.parameters():
                parameter.zero_()
        job.play()
        assert job.wait(PATIENCE)
        assert_equal(here.ask(weights_of), before)
        assert losses(job) == alone(experiment)

    def test_what_trains_answers_while_it_trains(self, jobs: Jobs) -> None:
        job = jobs.start([small("autoencoder", **ENDLESS)], "endless")
        until(lambda: len(losses(job)) > 2 and job.view().snapshots[0].frame is not None)
        here = at(job, 10**6)
        assert here.weights_step > 0
        assert here.ask(lambda specimen: probe(specimen, 0.0)).step == here.weights_step
        job.stop()


def test_only_large_nets_have_no_weights_in_their_frames() -> None:
    for name in Architecture.members:
        training = Training(small(name))
        size = sum(value.nbytes for value in training.net.state_dict().values())
        assert (training.frame().weights is None) == (size >= WEIGHTS_BELOW)


class TestAtEach:
    def test_every_net_is_asked_once(self, jobs: Jobs) -> None:
        experiment = small("convnet", budget=6)
        job, asked = ended(jobs, experiment), list[int]()

        def norm(specimen: Specimen) -> tuple[int, float, float]:
            asked.append(specimen.step)
            return specimen.step, specimen.slope, float(specimen.net.get_parameter("conv1.weight").detach().norm())

        first = at_each(job, 0, norm, "norm")
        steps = [frame.step for frame in moments(job)]
        assert asked == [each.frame.step for each in first] == [each.answer[0] for each in first] == steps
        for each in first:
            assert each.frame.weights is not None
            assert each.answer[2] == pytest.approx(float(np.linalg.norm(each.frame.weights["conv1.weight"])), rel=1e-5)
        assert at_each(job, 0, norm, "norm") == first
        assert asked == steps
        at_each(job, 0, norm, "another")
        assert asked == 2 * steps

    def test_another_start_is_asked_anew(self, jobs: Jobs) -> None:
        job = ended(jobs, small(budget=2))
        first = at_each(job, 0, weights_of, "weights")
        job.rewind(seed=5)
        job.step()
        until(lambda: is_held(job, 1))
        (again,) = at_each(job, 0, weights_of, "weights")
        assert not torch.equal(again.answer["layers.1.weight"], first[0].answer["layers.1.weight"])
        assert_equal(again.answer, weights_after(small(budget=2, seed=5), 0)[0])

    def test_large_nets_are_not_asked(self, jobs: Jobs) -> None:
        assert at_each(ended(jobs, small("autoencoder", budget=1)), 0, weights_of, "weights") == []


class TestOneAtATime:
    def test_questions_of_many_threads_do_not_meet_in_a_net(self, jobs: Jobs) -> None:
        job = ended(jobs, small("convnet", estimator="bernoulli", budget=3))
        steps = [frame.step for frame in moments(job)]
        expected = {step: at(job, step).ask(lambda specimen: probe(specimen, 0.0)) for step in steps}

        def ask(number: int) -> None:
            step = steps[number % len(steps)]
            if number % 3:
                assert_same(at(job, step).ask(lambda specimen: probe(specimen, 0.0)), expected[step])
            else:
                for each in at_each(job, 0, lambda specimen: probe(specimen, 0.0), number):
                    assert_same(each.answer, expected[each.frame.step])

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(ask, range(20)))

    def test_the_net_that_trains_is_no_moments_net(self, jobs: Jobs) -> None:
        job = held(jobs, small("convnet", budget=4))
        own = job.questions.ask(lambda specimens: id(specimens[0].net)).result(PATIENCE)
        assert at(job).ask(lambda specimen: id(specimen.net)) != own
        assert not at(job).ask(lambda specimen: specimen.net.training)


class TestSpoiled:
    def test_frames_of_earlier_labs_are_shown_with_the_nearest_weights(self, keeping: Jobs, later: Jobs) -> None:
        job = ended(keeping, small("convnet", budget=6, evaluate_every=100))
        assert job.kept_in is not None
        for step, file in job.kept_in.frame_files(0).items():
            frame = next(each for each in moments(job) if each.step == step)
            maps = {name: torch.from_numpy(each.after.array()) for name, each in frame.maps.items()}
            known = {"step": step, "epoch": frame.epoch, "pictures": torch.from_numpy(frame.pictures), "maps": maps}
            rates = {name: torch.from_numpy(each) for name, each in frame.on_rates.items()}
            rest = {"filters": torch.from_numpy(frame.filters.array()), "on_rates": rates}
            checkpoints.write(file, checkpoints.copied({**known, **rest, "reconstructions": torch.empty(0)}))
        back = later.find(job.id)
        assert back is not None
        assert back.wait(PATIENCE)
        assert [frame.step for frame in moments(back)] == [0, 1, 2, 3, 4, 6]
        assert [at(back, step).weights_step for step in (0, 1, 2, 4, 6)] == [0, 0, 0, 6, 6], "no frame has any"
        assert_equal(at(back, 1).ask(weights_of), weights_after(back.experiments[0], 0)[0])
        assert_equal(at(back, 6).ask(weights_of), weights_after(back.experiments[0], 6)[0])

    def test_weights_of_another_net_are_not_taken(self, jobs: Jobs) -> None:
        job = ended(jobs, small("convnet", budget=3))
        frame = moments(job)[1]
        assert frame.weights is not None
        frame.weights["conv1.weight"] = frame.weights["conv1.weight"][:3]
        assert at(job, 1).weights_step == 2, "those of another frame are the nearest"
        assert 1 not in [each.frame.step for each in at_each(job, 0, weights_of, "weights")]


def test_a_large_net_that_answered_at_no_frame_answers_at_one_moment(jobs: Jobs) -> None:
    job = jobs.start([small("autoencoder")], "a run")
    assert job.wait(PATIENCE)
    assert at_each(job, 0, lambda specimen: specimen.step, "which") == []
    for frame in moments(job):
        at = moment(job, 0, frame.step)
        assert at is not None
        assert at.answer(lambda specimen: specimen.step, "which") == at.weights_step


def test_questions_leave_the_other_processors_alone(jobs: Jobs) -> None:
    torch.set_num_threads(2)
    job = ended(jobs, small("convnet"))
    assert at(job).ask(lambda specimen: torch.get_num_threads()) == 1
    assert {told.answer for told in at_each(job, 0, lambda specimen: torch.get_num_threads(), "threads")} == {1}
    assert torch.get_num_threads() == 2
