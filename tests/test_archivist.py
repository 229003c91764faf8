"""The archivist: runs come into MLflow while they train and after it, from one process at a time, or wait for it."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.events import Evaluated, Step
from lab.jobs import Jobs
from lab.jobs.archivist import Archivist
from lab.recorder import Recorder
from lab.store import RunFolder
from lab.store.curves import points, up_to
from lab.store.mark import Written
from lab.store.tracking import URI_VARIABLE
from tests.archives import client, listed, looked, mark_of, runs, stepped, store, trained
from tests.command_line import TWO_STEPS, lab
from tests.job_waits import ENDLESS, alone
from tests.small import small

__all__ = ["runs", "store"]
pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_curves_written_piece_by_piece_are_those_written_at_once_and_few(lengths: list[int]) -> None:
    recorder, written, pieces = Recorder(), Written(), []
    for length in lengths:
        start = int(up_to(recorder.snapshot()).step)
        for step in range(start + 1, start + length + 1):
            recorder.add(Step(step, step / 10, 1 / step, None, 1.0, {}, None, step / 100))
        recorder.add(Evaluated(start + length, 0.0, (0.5, None)))
        pieces += points(recorder.snapshot(), written)
        written = up_to(recorder.snapshot())
    assert sorted(pieces) == sorted(points(recorder.snapshot(), Written()))
    kept = np.array([point.step for point in pieces if point.name == "train_loss"])
    last = int(recorder.snapshot().steps["step"][-1])
    assert set(range(1, min(last, 255) + 1)) <= set(kept)
    assert len(kept) <= 256 + 128 * max(0, np.ceil(np.log2(last / 256)))
    assert last - kept[-1] < max(2, last / 128)


def test_a_run_under_way_is_told_and_goes_on_and_begins_anew(jobs: Jobs, runs: Path, store: str) -> None:
    jobs.runs_folder = runs
    job = jobs.start([small(**ENDLESS)], "Long", playing=False)
    stepped(job, 2)
    folder, archivist = RunFolder(runs / job.id), Archivist(runs)
    archivist.look()
    (run,) = mark_of(folder).runs
    assert client(store).get_run(run).info.status == "RUNNING"
    job.stop()
    job.wait()
    archivist.look()
    assert mark_of(folder).runs == (run,)
    assert client(store).get_run(run).info.status == "KILLED"
    assert [item.step for item in client(store).get_metric_history(run, "train_loss")] == [1, 2]
    job.rewind(seed=5)
    stepped(job, 3)
    job.stop()
    job.wait()
    archivist.look()
    archivist.close()
    (anew,) = listed(store, folder)
    assert anew.info.run_id != run
    assert anew.data.params["seed"] == "5"


def test_of_two_processes_one_writes_and_the_other_takes_over(jobs: Jobs, runs: Path, store: str) -> None:
    first = trained(jobs, runs)
    pair = Archivist(runs), Archivist(runs)
    threads = [Thread(target=archivist.look) for archivist in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listed(store, first)) == 1
    assert [archivist.problems for archivist in pair] == [[], []]
    second = trained(jobs, runs)
    pair[0].look()
    pair[1].look()
    assert len(listed(store, second)) == 1
    third = trained(jobs, runs)
    for archivist in pair:
        archivist.close()
    pair[1].look()
    pair[1].close()
    assert len(listed(store, third)) == 1


def test_a_folder_without_its_mark_finds_its_run_again(jobs: Jobs, runs: Path, store: str) -> None:
    folder = trained(jobs, runs, small(), small(estimator="saturated"))
    looked(runs)
    before = mark_of(folder)
    (folder.path / "archived.json").unlink()
    looked(runs)
    assert mark_of(folder) == before
    assert len(listed(store, folder)) == 3


def test_what_is_deleted_here_is_deleted_there_and_brought_back(jobs: Jobs, runs: Path, store: str) -> None:
    folder, archivist = trained(jobs, runs), Archivist(runs)
    archivist.look()
    jobs.delete(folder.id)
    archivist.look()
    assert listed(store, folder) == []
    assert archivist.elsewhere() == [job for job in archivist.elsewhere() if job.id != folder.id]
    jobs.recover(folder.id)
    archivist.look()
    archivist.close()
    assert [run.info.run_id for run in listed(store, folder)] == list(mark_of(folder).runs)


def test_what_only_mlflow_has_is_deleted_and_brought_back(jobs: Jobs, runs: Path, store: str, tmp_path: Path) -> None:
    folder = trained(jobs, runs)
    looked(runs)
    other = tmp_path / "another"
    other.mkdir()
    elsewhere, archivist = Jobs(), looked(other)
    elsewhere.runs_folder = other
    archivist.delete(folder.id)
    assert folder.id not in [job.id for job in archivist.elsewhere()]
    archivist.look()
    assert listed(store, folder) == []
    elsewhere.recover(folder.id)
    archivist.look()
    archivist.close()
    assert len(listed(store, folder)) == 1
    assert folder.id in [job.id for job in archivist.elsewhere()]
    assert not (other / folder.id).exists()


def test_a_store_that_is_away_takes_nothing_from_a_run(jobs: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv(URI_VARIABLE, f"http://reader:secret@127.0.0.1:{port}")
    folder = trained(jobs, runs)
    (problem,) = looked(runs).problems
    assert problem.startswith(f"MLflow at http://127.0.0.1:{port} cannot be used")
    assert problem.endswith("1 run is written to it when it is back.")
    assert "secret" not in problem
    assert jobs.get(folder.id).view().snapshots[0].steps["loss"].tolist() == alone(small())  # type: ignore[union-attr]
    monkeypatch.setenv("LAB_RUNS", str(runs))
    monkeypatch.setenv("LAB_MLFLOW", "on")
    answer = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    assert answer.code == 0
    assert "written to MLflow when the app runs" in answer.err
    assert len(lab("runs", "--json").json) == 2


def test_the_command_line_writes_its_run_and_fetches_one(
    runs: Path, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_MLFLOW", "on")
    monkeypatch.setenv("LAB_RUNS", str(runs))
    trained = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    (run,) = lab("runs", "--json").json
    assert len(listed(store, RunFolder(runs / run["id"]))) == 1
    other = tmp_path / "another"
    other.mkdir()
    monkeypatch.setenv("LAB_RUNS", str(other))
    fetched = lab("resume", run["id"], "--json")
    assert fetched.json["contestants"][0]["test"] == trained.json["test_accuracy"]
    assert "none in MLflow" in lab("resume", "ffffffff").err
