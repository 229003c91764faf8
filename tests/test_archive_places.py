"""Where MLflow is: in a file beside the runs, whatever their folder is called and wherever it is moved, or in none."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from lab.experiment import Experiment
from lab.jobs import Jobs
from lab.jobs.archivist import Archivist
from lab.store import RunFolder
from lab.store.archive import Archive
from lab.store.tracking import ARTIFACTS, DATABASE, URI_VARIABLE, ArchiveError
from tests.archives import looked, runs, stepped, trained
from tests.small import small

__all__ = ["runs"]
pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_a_folder_of_any_name_has_its_store_with_it_wherever_it_is(
    jobs: Jobs, tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.tracking._tracking_service import utils

    monkeypatch.delenv(URI_VARIABLE, raising=False)
    before, moved = tmp_path / "100%20 a?b#c", tmp_path / "moved %"
    files = Path(store.removeprefix("sqlite:///")).parent / ARTIFACTS
    others = sorted(files.rglob("*"))
    before.mkdir()
    shutil.copyfile(store.removeprefix("sqlite:///"), before / DATABASE)
    first = trained(jobs, before)
    assert looked(before).problems == []
    before.rename(moved)
    utils._artifact_repos_cache.clear()  # it is another process that finds it there
    second = trained(jobs, moved)
    there = looked(moved)
    assert there.problems == []
    for folder in (first, second):
        shutil.rmtree(moved / folder.id)
        assert there.fetch(folder.id).state() is not None
    assert [path.name for path in tmp_path.iterdir()] == [moved.name]
    assert sorted(files.rglob("*")) == others


def test_of_two_folders_that_train_one_run_the_second_finds_out_and_loses_nothing(
    jobs: Jobs, later: Jobs, runs: Path, tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(jobs, runs, small(budget=6), 2)
    looked(runs)
    other = tmp_path / "another"
    other.mkdir()
    there = looked(other)
    fetched = there.fetch(folder.id)
    later.runs_folder = other
    assert later.go_on(fetched.id).wait(60)
    with monkeypatch.context() as patch:  # broken off in the middle, it knows its own turn again
        patch.setattr("lab.store.archive._log_points", away)
        looked(other)
    assert looked(other).problems == []
    assert jobs.go_on(folder.id).wait(60)
    (problem,) = looked(runs).problems
    assert problem.startswith(f"Run {folder.id} was written to MLflow from another folder, too")
    assert folder.facts().status == fetched.facts().status == "finished"
    third = tmp_path / "third"
    third.mkdir()
    assert looked(third).fetch(folder.id).facts() == fetched.facts()


def away(*_: object) -> None:
    raise ConnectionError


def stopped(jobs: Jobs, runs: Path, experiment: Experiment, steps: int) -> RunFolder:
    """The folder of a run that was stopped after so many steps."""
    jobs.runs_folder = runs
    job = jobs.start([experiment], "Stopped", playing=False)
    stepped(job, steps)
    job.stop()
    assert job.wait(60)
    return RunFolder(runs / job.id)


def test_a_database_that_accepts_and_never_answers_is_away_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql+psycopg2://lab:secret@127.0.0.1:{silent.getsockname()[1]}/runs"
        monkeypatch.setenv(URI_VARIABLE, address)
        monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")  # the least there is
        with pytest.raises(ArchiveError, match=r"127\.0\.0\.1:\d+/runs cannot be used: .*timeout expired") as caught:
            Archive(tmp_path).jobs()
        assert "secret" not in str(caught.value)
        silent.setblocking(False)
        connected = 0
        while True:
            try:
                silent.accept()[0].close()
            except BlockingIOError:
                break
            connected += 1
        assert connected == 1, "it tries once, and leaves it to whoever asks again"


def test_a_command_waits_for_its_turn_and_then_says_that_it_did_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.jobs.archivist.TURN", 0.1)
    writes, waits = FileLock(tmp_path / "archivist.lock"), Archivist(tmp_path)
    with writes:
        told = waits.hurry(RunFolder(tmp_path / "0123abcd"))
    later = "and written to MLflow by the app, where it is open or when it is."
    assert told == f"Another process writes to MLflow. The run is kept in {tmp_path / '0123abcd'}, {later}"


def test_a_driver_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URI_VARIABLE, "postgresql+psycopg2://127.0.0.1:9/runs")
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(ArchiveError, match=r'needs a Python package that is not here: pip install "psycopg2-binary"$'):
        Archive(tmp_path).jobs()
