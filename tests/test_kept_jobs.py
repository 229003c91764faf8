"""Jobs that last: what is kept of one on disk brings it back, wherever and however it ended."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from lab.data import DataError
from lab.experiment import Experiment
from lab.jobs import Job, Jobs
from lab.store import RunFolder, StoreError, run_folders, runs_folder
from tests.job_waits import ENDLESS, PATIENCE, alone, held, is_held, losses, shown_step, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def only(runs: Path) -> RunFolder:
    (folder,) = run_folders(runs)
    return folder


def looked_at(registry: Jobs, folder: RunFolder) -> Job:
    job = registry.find(folder.id, again=True)
    assert job is not None
    assert job.wait(PATIENCE)
    return job


class TestFinished:
    @pytest.mark.parametrize("architecture", ["convnet", "autoencoder"])
    def test_it_comes_back_as_it_was(self, keeping: Jobs, later: Jobs, runs: Path, architecture: str) -> None:
        job = keeping.start([small(architecture)], "A run")
        assert job.wait(PATIENCE)
        before, after = job.view(), (back := looked_at(later, only(runs))).view()
        assert (after.id, after.title, after.status, after.experiments) == (
            job.id,
            "A run",
            "finished",
            job.experiments,
        )
        assert after.progress == 1
        for column, values in before.snapshots[0].steps.items():
            assert after.snapshots[0].steps[column].tolist() == pytest.approx(
                values.tolist(), nan_ok=True, abs=0, rel=0
            )
        assert after.snapshots[0].finished == before.snapshots[0].finished
        assert [frame.step for frame in after.snapshots[0].frames] == [f.step for f in before.snapshots[0].frames]
        asked = [each.questions.ask(lambda nets: nets[0].net.state_dict()).result(PATIENCE) for each in (job, back)]
        torch.testing.assert_close(asked[1], asked[0], rtol=0, atol=0)

    def test_what_came_out_is_told_without_its_nets(self, keeping: Jobs, runs: Path) -> None:
        job = keeping.start([small(evaluate_every=0.25)], "A run")
        assert job.wait(PATIENCE)
        facts, snapshot = only(runs).facts(), job.view().snapshots[0]
        accuracies = snapshot.evaluations["accuracy"].tolist()
        (told,) = facts.contestants
        assert (facts.title, facts.status, facts.created) == ("A run", "finished", job.origin.created)
        assert (told.steps, told.metric, told.ended) == (4, "accuracy", "done")
        assert (list(told.curve), told.last, told.best) == (accuracies, accuracies[-1], max(accuracies))
        assert snapshot.report is not None
        assert told.test == snapshot.report.test.accuracy

    def test_the_best_loss_is_the_smallest(self, keeping: Jobs, runs: Path) -> None:
        job = keeping.start([small("autoencoder", evaluate_every=0.25)], "A run")
        assert job.wait(PATIENCE)
        (told,) = only(runs).facts().contestants
        assert told.metric == "loss"
        assert told.best == min(job.view().snapshots[0].evaluations["loss"])


class TestGoingOn:
    def test_a_stopped_run_goes_on_where_it_was_and_ends_as_if_it_had_not_been(
        self, keeping: Jobs, later: Jobs, runs: Path
    ) -> None:
        experiment = small(budget=12)
        job = held(keeping, experiment)
        job.step(5)
        until(lambda: is_held(job, 5))
        job.stop()
        assert job.wait(PATIENCE)
        assert only(runs).facts().status == "stopped"
        back = later.go_on(job.id)
        assert back.wait(PATIENCE)
        assert back.status == "finished"
        assert losses(back) == alone(experiment)
        assert only(runs).facts().contestants[0].steps == 12

    def test_a_race_goes_on_in_lock_step(self, keeping: Jobs, later: Jobs, runs: Path) -> None:
        experiments = [small("convnet", estimator=name, budget=9) for name in ("identity", "disarm")]
        job = held(keeping, *experiments)
        job.step(4)
        until(lambda: is_held(job, 4))
        job.stop()
        assert job.wait(PATIENCE)
        back = later.go_on(job.id)
        assert back.wait(PATIENCE)
        for index, experiment in enumerate(experiments):
            assert losses(back, index) == alone(experiment)

    def test_a_rewound_run_has_forgotten_what_was_written(self, keeping: Jobs, later: Jobs, runs: Path) -> None:
        job = held(keeping, small(**ENDLESS))
        job.step(3)
        until(lambda: is_held(job, 3))
        job.rewind(seed=8)
        until(lambda: is_held(job, 0))
        job.stop()
        assert job.wait(PATIENCE)
        back = looked_at(later, only(runs))
        assert losses(back) == []
        assert back.experiments[0].seed == 8
        assert shown_step(back) == 0

    def test_what_another_process_trains_is_looked_at_and_does_not_go_on(
        self, keeping: Jobs, later: Jobs, runs: Path
    ) -> None:
        job = held(keeping, small(**ENDLESS))
        until(lambda: only(runs).held and only(runs).known)
        assert looked_at(later, only(runs)).status == "elsewhere"
        with pytest.raises(StoreError, match="trained by another process"):
            later.go_on(job.id)
        assert keeping.go_on(job.id) is job
        job.stop()
        assert job.wait(PATIENCE)
        assert not only(runs).held


class TestTroubles:
    def test_a_folder_that_cannot_be_written_leaves_the_run_alone_and_is_told(
        self, keeping: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runs.write_text("a file where a folder should be")
        experiment = small()
        job = keeping.start([experiment], "A run")
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        assert losses(job) == alone(experiment)
        assert str(runs) in job.view().unkept

    def test_what_could_not_be_written_is_written_when_it_can(self, keeping: Jobs, later: Jobs, runs: Path) -> None:
        runs.write_text("in the way")
        job = held(keeping, small(budget=6))
        job.step(3)
        until(lambda: is_held(job, 3))
        runs.unlink()
        job.play()
        assert job.wait(PATIENCE)
        assert job.view().unkept == ""
        back = looked_at(later, only(runs))
        assert [frame.step for frame in back.view().snapshots[0].frames] == [
            frame.step for frame in job.view().snapshots[0].frames
        ]

    @pytest.mark.parametrize("name", ["state", "job.json"])
    def test_a_changed_file_is_told(self, keeping: Jobs, later: Jobs, runs: Path, name: str) -> None:
        assert keeping.start([small()], "A run").wait(PATIENCE)
        file = only(runs).path / name
        whole, chance = file.read_bytes(), random.Random(3)
        for _ in range(60):
            at, kind = chance.randrange(len(whole)), chance.randrange(3)
            spoiled = [whole[:at], whole[:at] + b"\x00" + whole[at + 1 :], whole[:at] + whole[at + 1 :]][kind]
            file.write_bytes(spoiled)
            with suppress(StoreError):
                only(runs).facts()
                only(runs).state()

    def test_a_state_that_does_not_fit_is_told(self, keeping: Jobs, later: Jobs, runs: Path) -> None:
        assert keeping.start([small()], "A run").wait(PATIENCE)
        file = only(runs).path / "job.json"
        facts = json.loads(file.read_text())
        facts["contestants"][0]["experiment"]["architecture"] = {"name": "mlp", "hidden": [17]}
        file.write_text(json.dumps(facts))
        job = looked_at(later, only(runs))
        assert job.status == "failed"
        assert "does not fit its experiment" in job.view().message
        assert json.loads(file.read_text())["status"] == "finished"  # looking at it changes nothing

    def test_what_is_not_ours_is_left_alone(self, runs: Path) -> None:
        assert run_folders(runs) == []
        (runs / "notes").mkdir(parents=True)
        (runs / "12345678").write_text("a file")
        assert run_folders(runs) == []
        (runs / "0123abcd").mkdir()
        with pytest.raises(StoreError, match="cannot be read"):
            only(runs).facts()


class TestPlace:
    def test_in_the_data_folder_or_where_the_variable_says(
        self, monkeypatch: pytest.MonkeyPatch, data_folder: Path, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("LAB_RUNS", raising=False)
        assert runs_folder() == data_folder / "runs"
        monkeypatch.setenv("LAB_RUNS", str(tmp_path))
        assert runs_folder() == tmp_path
        monkeypatch.setenv("LAB_RUNS", str(tmp_path / "none"))
        with pytest.raises(StoreError, match=r"LAB_RUNS names '.*none', which is not an existing folder"):
            runs_folder()


def test_the_experiment_is_read_as_it_was_written(keeping: Jobs, runs: Path) -> None:
    experiment = small(slope={"name": "cosine", "start": 1, "end": 5}, estimator={"name": "relax", "hidden": 3})
    job = held(keeping, experiment)
    until(lambda: only(runs).known)
    told: Experiment = only(runs).facts().contestants[0].experiment
    assert told == experiment
    job.stop()


class TestLookedAt:
    def test_a_run_that_cannot_be_prepared_keeps_what_it_was(
        self, keeping: Jobs, later: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert keeping.start([small()], "A run").wait(PATIENCE)
        before = only(runs).facts()
        with monkeypatch.context() as patch:
            patch.setattr("lab.jobs.job.Training", Broken)
            assert looked_at(later, only(runs)).status == "failed"
        assert only(runs).facts() == before
        assert looked_at(later, only(runs)).status == "finished"

    def test_a_run_that_was_stopped_goes_on_in_the_same_process(self, keeping: Jobs, runs: Path) -> None:
        experiment = small(budget=12)
        job = held(keeping, experiment)
        job.step(5)
        until(lambda: is_held(job, 5))
        job.stop()
        assert job.wait(PATIENCE)
        assert job.goes_on
        back = keeping.go_on(job.id)
        assert (back.number, keeping.all()) == (job.number, [back])
        assert back.wait(PATIENCE)
        assert losses(back) == alone(experiment)

    def test_a_rewound_run_that_had_ended_starts_again(self, keeping: Jobs, runs: Path) -> None:
        job = keeping.start([small()], "A run")
        assert job.wait(PATIENCE)
        job.rewind(seed=9)
        until(lambda: is_held(job, 0))
        job.play()
        assert job.wait(PATIENCE)
        assert losses(job) == alone(small(seed=9))
        assert only(runs).facts().contestants[0].experiment.seed == 9

    def test_what_fails_while_writing_leaves_the_run_alone(
        self, keeping: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise MemoryError("no more")

        monkeypatch.setattr(RunFolder, "write_state", broken)
        job = keeping.start([small()], "A run")
        assert job.wait(PATIENCE)
        assert job.status == "finished"
        assert "MemoryError" in job.view().unkept

    def test_while_another_holds_the_folder_nothing_is_written(self, keeping: Jobs, runs: Path) -> None:
        job = held(keeping, small())
        until(lambda: only(runs).known)
        job.stop()
        assert job.wait(PATIENCE)
        before, other = only(runs).facts(), only(runs)
        assert other.hold()
        job.rewind()
        until(lambda: is_held(job, 0))
        until(lambda: "another process" in job.view().unkept)
        assert only(runs).facts() == before
        assert (only(runs).path / "state").exists()
        other.release()
        job.stop()


class Broken:
    def __init__(self, *_: object) -> None:
        raise DataError("the images are gone")
