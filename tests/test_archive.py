"""Every run in MLflow: what is there of it, and that it comes back as it was."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.experiment import flattened
from lab.jobs import Jobs
from lab.jobs.records import records
from lab.store import RunFolder, StoreError
from lab.store.archive import Archive
from tests.archives import client, looked, mark_of, runs, store, trained
from tests.small import small

__all__ = ["runs", "store"]
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
    for child, contestant, shown in zip(children, told.facts.contestants, told.snapshots, strict=True):
        assert child.data.tags["mlflow.parentRunId"] == mark.runs[0]
        assert child.data.tags["lab.estimator"] == contestant.experiment.estimator.name
        assert child.data.params == {path: str(value) for path, value in flattened(contestant.experiment).items()}
        for metric, columns, name in (("train", shown.steps, "loss"), ("validation", shown.evaluations, "accuracy")):
            steps, values = column(mlflow, child.info.run_id, f"{metric}_{name}")
            assert (steps, values) == (columns["step"].tolist(), columns[name].tolist())
        assert shown.report is not None
        assert child.data.metrics["test_accuracy"] == shown.report.test.accuracy
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
    assert elsewhere.open(fetched).wait(60)
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


def spoiled_frames(name: str, kind: bytes) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:") as members:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        members.addfile(member, io.BytesIO())
    return data.getvalue()


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("frames.tar", spoiled_frames("../../0-1", tarfile.REGTYPE), "which is no frame"),
        ("frames.tar", spoiled_frames("0-1", tarfile.SYMTYPE), "which is no frame"),
        ("frames.tar", b"no archive at all", "cannot be read"),
        ("job.json", b"{}", "does not describe a run"),
        ("job.json", b" " * 1_000_001, "larger than any"),
        ("state", b"cut off", "cannot be read"),
    ],
)
def test_what_comes_back_is_not_trusted(
    jobs: Jobs, runs: Path, store: str, tmp_path: Path, file: str, content: bytes, told: str
) -> None:
    folder = trained(jobs, runs)
    looked(runs)
    (tmp_path / file).write_bytes(content)
    client(store).log_artifact(mark_of(folder).runs[0], str(tmp_path / file))
    other = tmp_path / "another" / "runs"
    other.mkdir(parents=True)
    there = looked(other)
    with pytest.raises(StoreError, match=told):
        there.fetch(folder.id)
    left = [path.name for path in (tmp_path / "another").rglob("*")]
    assert set(left) <= {"runs", "archivist.lock", "mlflow.lock"}


def test_files_that_are_none_of_a_run_stay_where_they_are(jobs: Jobs, runs: Path, store: str, tmp_path: Path) -> None:
    folder = trained(jobs, runs)
    looked(runs)
    for name in ("lock", "archived.json.sh", ".hidden.json", "evil.pkl"):
        (tmp_path / name).write_text("x")
        client(store).log_artifact(mark_of(folder).runs[0], str(tmp_path / name))
    client(store).log_artifact(mark_of(folder).runs[0], str(tmp_path / "lock"), "nested")
    other = tmp_path / "another"
    other.mkdir()
    assert contents(looked(other).fetch(folder.id)) == contents(folder)
