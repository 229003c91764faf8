"""Every run in MLflow: it comes there while it trains and after it, from one process at a time, and back as it was."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lab.jobs import Jobs, owners
from lab.jobs.archivist import Archivist
from lab.jobs.owners import NotTheOwner
from lab.jobs.records import records
from lab.paths import flattened
from lab.store import RunFolder, StoreError
from lab.store.archive import Archive
from lab.store.bin import deleted
from lab.store.tracking import URI_VARIABLE
from tests.archives import client, listed, looked, mark_of, runs, spoiled_frames, stepped, trained
from tests.command_line import TWO_STEPS, lab
from tests.job_waits import ENDLESS, alone
from tests.mlflow_server import free_port
from tests.small import small

__all__ = ["runs"]
pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def contents(folder: RunFolder) -> dict[str, bytes]:
    """The files of a run."""
    files = [path for path in folder.path.rglob("*") if path.is_file() and path.name not in ("lock", "archived.json")]
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in files}


def column(mlflow: Any, run: str, metric: str) -> tuple[list[int], list[float]]:
    history = sorted(mlflow.get_metric_history(run, metric), key=lambda item: item.step)
    return [item.step for item in history], [item.value for item in history]


def test_a_race_is_a_run_with_a_child_for_each_contestant(jobs: Jobs, runs: Path, store: str) -> None:
    folder = trained(jobs, runs, small(), small(estimator="saturated"), title="Two")
    assert looked(runs).problems == []
    mlflow, mark, told = client(store), mark_of(folder), records(jobs, folder.id)
    parent, *children = (mlflow.get_run(run) for run in mark.runs)
    assert (parent.info.run_name, parent.info.status) == ("Two", "FINISHED")
    assert len(children) == 2
    for child, contestant, seen in zip(children, told.facts.contestants, told.snapshots, strict=True):
        assert child.data.tags["mlflow.parentRunId"] == mark.runs[0]
        assert child.data.tags["lab.estimator"] == contestant.experiment.estimator.name
        assert child.data.params == {path: str(value) for path, value in flattened(contestant.experiment).items()}
        for metric, columns, name in (("train", seen.steps, "loss"), ("validation", seen.evaluations, "accuracy")):
            steps, values = column(mlflow, child.info.run_id, f"{metric}_{name}")
            assert (steps, values) == (columns["step"].tolist(), columns[name].tolist())
        assert seen.report is not None
        assert child.data.metrics["test_accuracy"] == seen.report.test.accuracy
        assert child.info.status == "FINISHED"


def test_it_comes_to_another_machine_bit_for_bit(
    jobs: Jobs, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(jobs, runs, small(), small(seed=0, estimator="saturated"))
    (folder.path / "about.json").write_text('{"note": "as it was"}')
    looked(runs)
    other = tmp_path / "another"
    other.mkdir()
    there = looked(other)
    assert folder.id in [job.id for job in there.elsewhere()]
    fetched = there.fetch(folder.id)
    assert contents(fetched) == contents(folder)
    assert folder.id not in [job.id for job in there.elsewhere()]
    assert not Archive(other).owes(fetched, trains=False)
    elsewhere = Jobs()
    elsewhere.runs_folder = other
    assert elsewhere.go_on(fetched.id).wait(60)
    assert not list(other.glob(".*"))
    with pytest.raises(StoreError, match="cannot be fetched"):
        there._archive.fetch(next(job for job in there._archived if job.id == folder.id))
    assert contents(fetched) == contents(folder)


def test_what_people_say_of_it_is_there_and_nothing_is_written_twice(jobs: Jobs, runs: Path, store: str) -> None:
    folder = trained(jobs, runs)
    looked(runs)
    before = (folder.path / "archived.json").stat().st_mtime_ns
    looked(runs)
    assert (folder.path / "archived.json").stat().st_mtime_ns == before
    said = {"title": "Renamed", "note": "worth a look", "tags": ["talk", "müll"], "pinned": True}
    (folder.path / "about.json").write_text(json.dumps(said))
    looked(runs)
    run = client(store).get_run(mark_of(folder).runs[0])
    assert run.info.run_name == "Renamed"
    told = {name: run.data.tags[name] for name in ("mlflow.note.content", "tags", "pinned")}
    assert told == {"mlflow.note.content": "worth a look", "tags": "talk, müll", "pinned": "true"}


SPOILED = [
    ("frames.tar", spoiled_frames("../../0-1", tarfile.REGTYPE), "which is no frame"),
    ("frames.tar", spoiled_frames("0-1", tarfile.SYMTYPE), "which is no frame"),
    ("frames.tar", b"no archive at all", "cannot be read"),
    ("job.json", b"{}", "does not describe a run"),
    ("job.json", b" " * 1_000_001, "larger than any"),
    ("state", b"cut off", "cannot be read"),
]


def test_what_comes_back_is_not_trusted(jobs: Jobs, runs: Path, store: str, tmp_path: Path) -> None:
    folder, other, changed = trained(jobs, runs), tmp_path / "another" / "runs", tmp_path / "changed"
    looked(runs)
    other.mkdir(parents=True)
    there, mlflow, run = looked(other), client(store), mark_of(folder).runs[0]
    whole = {file: Path(mlflow.download_artifacts(run, file)).read_bytes() for file, _, _ in SPOILED}
    changed.mkdir()
    for file, content, told in SPOILED:
        (changed / file).write_bytes(content)
        mlflow.log_artifact(run, str(changed / file))
        with pytest.raises(StoreError, match=told):
            there.fetch(folder.id)
        assert {path.name for path in other.parent.rglob("*")} <= {"runs", "archivist.lock", "mlflow.lock"}
        (changed / file).write_bytes(whole[file])
        mlflow.log_artifact(run, str(changed / file))
    for name in ("lock", "archived.json.sh", ".hidden.json", "evil.pkl"):
        (changed / name).write_text("none of a run")
        mlflow.log_artifact(run, str(changed / name))
    mlflow.log_artifact(run, str(changed / "lock"), "nested")
    assert contents(there.fetch(folder.id)) == contents(folder)


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
    threads = [Thread(target=either.look) for either in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listed(store, first)) == 1
    assert [either.problems for either in pair] == [[], []]
    second = trained(jobs, runs)
    pair[0].look()
    pair[1].look()
    assert len(listed(store, second)) == 1
    third = trained(jobs, runs)
    pair[0].close()
    pair[1].look()
    pair[1].close()
    assert len(listed(store, third)) == 1


def test_a_folder_without_its_mark_finds_its_run_again(jobs: Jobs, runs: Path, store: str) -> None:
    folder = trained(jobs, runs, small(), small(estimator="saturated"))
    looked(runs)
    before = mark_of(folder)
    (folder.path / "archived.json").unlink()
    looked(runs)
    assert dict(mark_of(folder)) | {"turns": ()} == dict(before) | {"turns": ()}
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
    elsewhere, archivist = Jobs(), Archivist(other)
    elsewhere.runs_folder = other
    archivist.look()
    owners.ask(lambda: "a browser")
    try:
        with pytest.raises(NotTheOwner):
            archivist.delete(folder.id)
    finally:
        owners.ask(lambda: None)
    archivist.delete(folder.id)
    assert [gone.id for gone in deleted(other)] == [folder.id]
    assert folder.id not in [job.id for job in archivist.elsewhere()]
    archivist.look()
    assert listed(store, folder) == []
    elsewhere.recover(folder.id)
    archivist.look()
    archivist.close()
    assert len(listed(store, folder)) == 1
    assert folder.id in [job.id for job in archivist.elsewhere()]
    assert not (other / folder.id).exists()


def test_an_outage_in_the_middle_of_a_writing_loses_nothing(
    jobs: Jobs, runs: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(jobs, runs, title="Broken off")

    def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("lab.store.archive._log_parameters", away)
        looked(runs)
    looked(runs)
    (run,) = listed(store, folder)
    assert run.data.params["batch_size"] == str(small().batch_size)


def test_a_store_that_is_away_takes_nothing_from_a_run(jobs: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv(URI_VARIABLE, f"http://reader:secret@127.0.0.1:{port}")
    folder = trained(jobs, runs)
    (problem,) = looked(runs).problems
    assert problem == f"MLflow at http://127.0.0.1:{port} is away. 1 run is written to it when it is back."
    assert jobs.get(folder.id).view().snapshots[0].steps["loss"].tolist() == alone(small())  # type: ignore[union-attr]
    monkeypatch.setenv("LAB_RUNS", str(runs))
    monkeypatch.setenv("LAB_MLFLOW", "on")
    answer = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    assert answer.code == 0
    assert "written to MLflow by the app" in answer.err
    assert len(lab("runs", "--json").json) == 2


def test_the_command_line_writes_its_run_and_fetches_one(
    runs: Path, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_MLFLOW", "on")
    monkeypatch.setenv("LAB_RUNS", str(runs))
    trained = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    (run,) = (run for run in lab("runs", "--json").json if run["state"] != "archived")
    assert len(listed(store, RunFolder(runs / run["id"]))) == 1
    other = tmp_path / "another"
    other.mkdir()
    monkeypatch.setenv("LAB_RUNS", str(other))
    assert run | {"state": "archived"} in lab("runs", "--json").json
    assert "What is archived is in MLflow alone" in lab("runs").err
    assert run["id"] in lab("export", run["id"]).out
    fetched = lab("resume", run["id"], "--json")
    assert fetched.json["contestants"][0]["test"] == trained.json["test_accuracy"]
    assert "none in MLflow" in lab("resume", "ffffffff").err
