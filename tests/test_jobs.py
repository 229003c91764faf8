"""Jobs: what a person may ask of a run, while it prepares, trains, waits or has ended."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest
import torch

import lab.jobs
import lab.jobs.job
from lab.data import DataError
from lab.data.digits import Digits
from lab.jobs import Jobs
from lab.training import Training
from tests.job_waits import ENDLESS, PATIENCE, alone, held, is_held, losses, shown_step, until
from tests.small import curves, finished, small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_a_job_trains_as_the_engine_does(jobs: Jobs) -> None:
    experiment = small("convnet", estimator="bernoulli")
    job = jobs.start([experiment], "A run")
    assert job.wait(PATIENCE)
    view = job.view()
    assert (view.id, view.title, view.status, view.message) == (job.id, "A run", "finished", "")
    assert (view.progress, view.seconds_left, view.experiments) == (1.0, None, (experiment,))
    expected = curves(experiment)
    assert losses(job) == alone(experiment)
    report, same = view.snapshots[0].report, finished(expected).report
    assert report is not None
    assert same is not None
    assert (report.test, report.validation, report.reported_step) == (same.test, same.validation, same.reported_step)
    assert job.ended


def test_two_jobs_at_once_get_the_numbers_each_gets_alone(jobs: Jobs) -> None:
    experiments = [
        small("convnet", estimator="disarm", budget=12, threads=1),
        small("mlp", estimator="reinforce", budget=40, threads=2),
    ]
    running = [jobs.start([experiment], "one of two") for experiment in experiments]
    assert all(job.wait(PATIENCE) for job in running)
    for job, experiment in zip(running, experiments, strict=True):
        assert losses(job) == alone(experiment)


class TestStepping:
    def test_a_held_job_shows_its_net_and_waits(self, jobs: Jobs) -> None:
        job = held(jobs, small())
        view = job.view()
        assert view.progress == 0
        assert view.snapshots[0].frame is not None
        before = job.version
        assert not job.wait(0.05)
        assert job.version == before

    def test_steps_are_made_one_by_one(self, jobs: Jobs) -> None:
        experiment = small(budget=6)
        job = held(jobs, experiment)
        job.step()
        until(lambda: is_held(job, 1))
        job.step(3)
        until(lambda: is_held(job, 4))
        assert job.view().progress == pytest.approx(4 / 6)
        job.play()
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        assert losses(job) == alone(experiment)

    def test_more_steps_than_are_left_end_the_run(self, jobs: Jobs) -> None:
        job = held(jobs, small(budget=3))
        job.step(50)
        assert job.wait(PATIENCE)
        assert (job.status, len(losses(job))) == ("finished", 3)

    def test_a_paused_job_goes_on_where_it_was(self, jobs: Jobs) -> None:
        experiment = small("mlp", estimator="bernoulli", **ENDLESS)
        job = jobs.start([experiment], "to be paused")
        until(lambda: len(losses(job)) > 3)
        job.pause()
        until(lambda: job.status == "paused" and shown_step(job) == len(losses(job)))
        count = len(losses(job))
        job.step(2)
        until(lambda: is_held(job, count + 2))
        short = experiment.with_changes([f"budget={count + 2}"])
        assert losses(job) == alone(short)

    def test_playing_takes_back_steps_that_were_asked_for_and_pausing_too(self, jobs: Jobs) -> None:
        job = held(jobs, small(**ENDLESS))
        job.step(10**9)
        job.pause()
        until(lambda: job.status == "paused" and shown_step(job) == len(losses(job)))
        count = len(losses(job))
        job.step()
        until(lambda: is_held(job, count + 1))


class TestStop:
    @pytest.mark.parametrize("playing", [True, False])
    def test_what_was_recorded_is_kept(self, jobs: Jobs, playing: bool) -> None:
        job = held(jobs, small(**ENDLESS))
        job.step(3)
        until(lambda: is_held(job, 3))
        if playing:
            job.play()
            until(lambda: len(losses(job)) > 3)
        job.stop()
        assert job.wait(PATIENCE)
        assert (job.status, job.view().message) == ("stopped", "Stopped. What was recorded is kept.")
        assert len(losses(job)) >= 3
        assert 0 < job.view().progress < 0.5
        assert job.view().snapshots[0].finished is None

    def test_an_ended_job_stays_ended(self, jobs: Jobs) -> None:
        job = jobs.start([small()], "short")
        assert job.wait(PATIENCE)
        for act in (job.play, job.step, job.stop, job.pause):
            act()
            assert job.wait(PATIENCE)
            assert (job.status, len(losses(job))) == ("finished", 4)

    def test_a_download_is_left(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        going_on, real = threading.Event(), Digits.images

        def slow(self: Digits, progress: Any = None) -> Any:
            progress(1, 10)
            assert going_on.wait(PATIENCE)
            progress(2, 10)
            return real(self, progress)

        monkeypatch.setattr(Digits, "images", slow)
        job = jobs.start([small()], "downloading")
        until(lambda: job.view().download == (1, 10))
        assert job.status == "preparing"
        job.stop()
        going_on.set()
        assert job.wait(PATIENCE)
        assert (job.status, losses(job)) == ("stopped", [])

    def test_stop_all_ends_every_thread(self, jobs: Jobs) -> None:
        started = [jobs.start([small(**ENDLESS)], "endless") for _ in range(3)]
        started.append(held(jobs, small()))
        jobs.stop_all(PATIENCE)
        assert all(job.wait(0) and job.status == "stopped" for job in started)


class TestRewind:
    @pytest.mark.parametrize("when", ["paused", "running", "stopped", "finished"])
    def test_the_same_curve_comes_again(self, jobs: Jobs, when: str) -> None:
        experiment = small("mlp", estimator="reinforce", **(ENDLESS if when in ("running", "stopped") else {}))
        job = held(jobs, experiment)
        weights = job.view().snapshots[0].frame.filters.array()  # type: ignore[union-attr]
        job.step(3)
        until(lambda: is_held(job, 3))
        first = losses(job)
        if when != "paused":
            job.play()
        if when == "stopped":
            job.stop()
        if when in ("stopped", "finished"):
            assert job.wait(PATIENCE)
            assert job.status == when
        version = job.version
        job.rewind()
        until(lambda: is_held(job, 0))
        assert job.version > version
        assert (job.view().progress, job.view().message) == (0, "")
        assert (job.view().snapshots[0].frame.filters.array() == weights).all()  # type: ignore[union-attr]
        job.step(3)
        until(lambda: is_held(job, 3))
        assert losses(job) == first

    def test_a_new_seed_draws_other_weights(self, jobs: Jobs) -> None:
        job = held(jobs, small(), small(estimator="identity"))
        job.rewind(seed=7)
        until(lambda: is_held(job, 0))
        assert [experiment.seed for experiment in job.view().experiments] == [7, 7]
        job.play()
        assert job.wait(PATIENCE)
        assert losses(job) == alone(small(seed=7)) != alone(small())

    def test_right_after_the_last_step_it_is_not_lost(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        job = held(jobs, small(budget=2))
        frame, rewound = Training.frame, threading.Event()

        def asked_for_at_the_end(training: Training) -> Any:
            if training.step == 2 and not rewound.is_set():
                rewound.set()
                job.rewind()
            return frame(training)

        monkeypatch.setattr(Training, "frame", asked_for_at_the_end)
        job.play()
        assert rewound.wait(PATIENCE)
        until(lambda: is_held(job, 0))


class TestSpeed:
    @pytest.mark.parametrize("wake", ["faster", "stop", "pause", "rewind"])
    def test_a_slow_job_wakes_at_once(self, jobs: Jobs, wake: str) -> None:
        job = held(jobs, small())
        job.pace.set(1e-6)  # a step in eleven days
        assert job.pace.limit == 1e-6
        job.play()
        until(lambda: job.status == "running" and len(losses(job)) == 1)
        if wake == "faster":
            job.pace.set(None)
            assert job.wait(PATIENCE)
            assert job.status == "finished"
        elif wake == "stop":
            job.stop()
            assert job.wait(PATIENCE)
            assert job.status == "stopped"
        else:
            getattr(job, wake)()
            until(lambda: is_held(job, 1 if wake == "pause" else 0))

    def test_single_steps_are_not_slowed(self, jobs: Jobs) -> None:
        job = held(jobs, small())
        job.pace.set(1e-6)
        job.step(3)
        until(lambda: is_held(job, 3))


class TestFailure:
    def test_a_missing_device_is_told(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        job = jobs.start([small(device="cuda")], "nowhere")
        assert job.wait(PATIENCE)
        assert (job.status, job.view().message) == (
            "failed",
            "device 'cuda' is not on this machine; it offers auto, cpu.",
        )

    def test_missing_images_are_told(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(self: Digits, progress: Any = None) -> Any:
            raise DataError("The images are nowhere; look elsewhere.")

        monkeypatch.setattr(Digits, "images", missing)
        job = jobs.start([small()], "without images")
        assert job.wait(PATIENCE)
        assert (job.status, job.view().message) == ("failed", "The images are nowhere; look elsewhere.")

    def test_a_failure_of_ours_is_told_logged_and_can_be_repeated(
        self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        other = held(jobs, small())
        with monkeypatch.context() as broken:
            broken.setattr(lab.jobs.job, "Training", lambda *_: 1 / 0)
            job = jobs.start([small()], "broken")
            assert job.wait(PATIENCE)
        assert (job.status, job.view().message) == ("failed", "The run failed: ZeroDivisionError: division by zero")
        assert "Traceback" in caplog.text
        other.play()
        assert other.wait(PATIENCE)
        job.rewind()
        until(lambda: is_held(job, 0))

    def test_divergence_is_told_and_what_was_recorded_is_kept(self, jobs: Jobs) -> None:
        wild = {"name": "sgd", "lr": 100, "weight_decay": 10}
        job = jobs.start([small("mlp", {"binary_layers": []}, optimizer=wild, evaluate_every=99, budget=60)], "wild")
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        assert job.view().message.startswith("The training loss became ")
        assert len(losses(job)) > 1


def test_an_ended_job_lets_go_of_its_nets(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakSet[Training] = weakref.WeakSet()

    def noted(*args: Any) -> Training:
        training = Training(*args)
        alive.add(training)
        return training

    monkeypatch.setattr(lab.jobs.job, "Training", noted)
    job = jobs.start([small()], "short")
    until(lambda: len(alive) == 1)
    assert job.wait(PATIENCE)
    gc.collect()
    assert not alive
    assert len(losses(job)) == 4
