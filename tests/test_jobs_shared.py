"""Jobs beside each other: the line they wait in, races in lock-step, and the registry that finds them again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import lab.jobs
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs import SHARED_IN_A_RACE, Job, Jobs, Slots, require_raceable
from tests.job_waits import ENDLESS, PATIENCE, alone, held, is_held, losses, shown_step, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


class TestLine:
    @staticmethod
    def started(jobs: Jobs, count: int) -> list[Job]:
        """Endless jobs, each started when the one before has its place."""
        found = []
        for number in range(count):
            job = jobs.start([small(**ENDLESS)], f"number {number}")
            until(lambda job=job: job.status in ("running", "queued"))  # type: ignore[misc]
            found.append(job)
        return found

    def test_two_train_and_the_others_wait_their_turn(self, jobs: Jobs) -> None:
        started = self.started(jobs, 4)
        assert [job.status for job in started] == ["running", "running", "queued", "queued"]
        assert [job.view().place_in_line for job in started] == [0, 0, 1, 2]
        assert losses(started[2]) == []
        started[0].stop()
        until(lambda: started[2].status == "running")
        assert started[3].view().place_in_line == 1
        started[1].pause()
        until(lambda: started[3].status == "running")
        until(lambda: len(losses(started[3])) > 0)

    def test_a_paused_job_gets_in_line_again(self, jobs: Jobs) -> None:
        started = self.started(jobs, 3)
        started[0].pause()
        until(lambda: started[2].status == "running")
        started[0].play()
        until(lambda: started[0].status == "queued")
        assert started[0].view().place_in_line == 1
        started[1].stop()
        until(lambda: started[0].status == "running")

    def test_a_waiting_job_can_be_stopped_and_stepped(self, jobs: Jobs) -> None:
        started = self.started(jobs, 4)
        started[3].step(2)
        until(lambda: is_held(started[3], 2))
        started[2].stop()
        assert started[2].wait(PATIENCE)
        assert started[2].status == "stopped"

    def test_all_of_many_short_jobs_finish(self, jobs: Jobs) -> None:
        started = [jobs.start([small(seed=seed)], "short") for seed in range(6)]
        assert all(job.wait(PATIENCE) for job in started)
        assert {job.status for job in started} == {"finished"}

    def test_places_are_given_in_order_and_once(self) -> None:
        slots = Slots(1)
        assert slots.take("a")
        assert not slots.take("b")
        assert not slots.take("c")
        assert not slots.take("b")
        assert [slots.place(who) for who in "abcd"] == [0, 1, 2, 0]
        slots.release("a")
        slots.release("a")
        assert slots.take("b")
        assert slots.place("c") == 1


class TestRace:
    def test_contestants_are_in_step_on_the_same_batches_and_weights(self, jobs: Jobs) -> None:
        # Both forward passes are alike and nothing is learned, so their losses differ only if their batches do.
        still = {"optimizer": {"name": "sgd", "lr": 0}, "subset": 200, **ENDLESS}
        job = held(jobs, small(estimator="identity", **still), small(estimator="relu-backward", **still))
        one, two = (snapshot.frame for snapshot in job.view().snapshots)
        assert one is not None
        assert two is not None
        assert (one.filters.array() == two.filters.array()).all()
        job.step(9)
        until(lambda: is_held(job, 9) and shown_step(job, 1) == 9)
        assert len(set(losses(job))) == 9, "the batches differ"
        assert losses(job, 1) == losses(job)

    def test_each_gets_the_numbers_it_gets_alone(self, jobs: Jobs) -> None:
        contestants = [
            small("convnet", estimator="bernoulli"),
            small("convnet", estimator="rloo"),
            small("mlp", estimator="identity"),
        ]
        job = jobs.start(contestants, "race")
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        for index, experiment in enumerate(contestants):
            assert losses(job, index) == alone(experiment)
        assert all(snapshot.report is not None for snapshot in job.view().snapshots)

    def test_one_that_diverges_does_not_end_the_others(self, jobs: Jobs) -> None:
        wild, calm = ({"name": "sgd", "lr": lr, "weight_decay": 10} for lr in (100, 0.01))
        fields: dict[str, Any] = {"shape": {"binary_layers": []}, "evaluate_every": 99, "budget": 60}
        calm_one = small("mlp", optimizer=calm, **fields)
        job = jobs.start([small("mlp", optimizer=wild, **fields), calm_one], "race")
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        assert "became" in job.view().message
        assert len(losses(job, 0)) < 60
        assert losses(job, 1) == alone(calm_one)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ("dataset.validation=41", "dataset.validation"),
            ("batch_size=8", "batch_size"),
            ("subset=32", "subset"),
            ("seed=1", "seed"),
            ("budget=5", "budget"),
            ("budget_unit=epochs", "budget_unit"),
            ("threads=2", "threads"),
        ],
    )
    def test_is_refused_where_the_batches_would_differ(self, jobs: Jobs, change: str, field: str) -> None:
        contestants = [small(), small(estimator="identity"), small().with_changes([change])]
        with pytest.raises(InvalidExperiment) as caught:
            jobs.start(contestants, "no race")
        (problem,) = caught.value.problems
        assert problem.startswith(f"Contestants differ in {field} (")
        assert problem.endswith(f", and {SHARED_IN_A_RACE[field.partition('.')[0]]}.")
        assert jobs.all() == []

    def test_losses_without_a_common_unit_do_not_race(self) -> None:
        images = {name: getattr(small(), name) for name in ("batch_size", "subset", "dataset")}
        with pytest.raises(InvalidExperiment, match=r"differ in their task \(classification and reco"):
            require_raceable([small("mlp"), small("autoencoder", **images)])

    def test_every_shared_field_is_one_of_an_experiment(self) -> None:
        assert set(SHARED_IN_A_RACE) < set(Experiment.model_fields)
        require_raceable([small(), small("convnet", estimator="disarm", slope=2, precision="bfloat16")])

    def test_needs_a_contestant(self, jobs: Jobs) -> None:
        with pytest.raises(InvalidExperiment, match="no experiment to run"):
            jobs.start([], "nobody")


class TestRegistry:
    def test_a_job_is_found_again_by_its_id(self, jobs: Jobs) -> None:
        first, second = held(jobs, small()), held(jobs, small(seed=1))
        assert jobs.get(first.id) is first
        assert jobs.get(second.id) is second
        assert jobs.all() == [second, first]
        assert jobs.get("nobody") is None
        assert jobs.get(None) is None
        assert jobs.get("") is None

    def test_ended_jobs_are_forgotten_in_time_and_others_never(
        self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lab.jobs, "KEPT", 2)
        waiting = held(jobs, small())
        ended = []
        for seed in range(5):
            job = jobs.start([small(budget=1, seed=seed)], "short")
            assert job.wait(PATIENCE)
            ended.append(job)
        last = held(jobs, small())
        assert jobs.all() == [last, *reversed(ended[-2:]), waiting]
        assert jobs.get(ended[0].id) is None
        assert ended[0].view().status == "finished", "whoever still holds it can look at it"

    def test_the_app_has_one_for_the_process(self) -> None:
        assert isinstance(lab.jobs.JOBS, Jobs)
        assert lab.jobs.RUNNING_AT_ONCE == 2


class TestViews:
    def test_versions_grow_and_views_are_whole_while_others_act(self, jobs: Jobs) -> None:
        job = held(jobs, small(**ENDLESS), small(estimator="identity", **ENDLESS))
        done, problems = threading.Event(), []

        def look() -> None:
            seen = -1
            while not done.is_set():
                view = job.view()
                lengths = [len(snapshot.steps["loss"]) for snapshot in view.snapshots]
                if view.version < seen or abs(lengths[0] - lengths[1]) > 2 or not 0 <= view.progress <= 1:
                    problems.append((seen, view.version, lengths, view.progress))
                seen = view.version

        readers = [threading.Thread(target=look) for _ in range(2)]
        for reader in readers:
            reader.start()
        for act in (job.play, job.pause, job.step, job.rewind, job.play, job.stop, job.rewind, job.step):
            version = job.version
            act()
            until(lambda version=version: job.version > version)  # type: ignore[misc]
        until(lambda: is_held(job, 1))
        done.set()
        for reader in readers:
            reader.join(PATIENCE)
        assert not problems

    def test_time_left_is_told_while_it_trains(self, jobs: Jobs) -> None:
        job = held(jobs, small(budget=8))
        assert job.view().seconds_left is None
        job.step(2)
        until(lambda: is_held(job, 2))
        view = job.view()
        assert view.seconds_left is not None
        assert view.seconds_left > 0
        assert view.progress == 0.25

    def test_asking_many_times_at_once_breaks_nothing(self, jobs: Jobs) -> None:
        job = held(jobs, small(**ENDLESS))
        acts = [job.play, job.pause, job.step, job.rewind, job.stop, lambda: job.rewind(seed=3), job.view]
        threads = [threading.Thread(target=act) for act in acts * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        job.rewind(seed=0)
        until(lambda: is_held(job, 0))
        job.step(2)
        until(lambda: is_held(job, 2))
        assert losses(job) == alone(small(budget=2))
