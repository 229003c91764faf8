"""A store of MLflow for tests, and runs that are written to it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.jobs import Job, Jobs
from lab.jobs.archivist import Archivist
from lab.store import RunFolder
from lab.store.mark import Mark, read_mark
from lab.store.tracking import DATABASE, EXPERIMENT, URI_VARIABLE, Tracking
from tests.job_waits import until
from tests.small import small


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store in a file, which all tests share: to make it takes long. The folder of each is another."""
    runs = tmp_path_factory.mktemp("embedded")
    (runs / f".{DATABASE}.part").write_bytes(b"what a process that was killed left behind")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(URI_VARIABLE, raising=False)
        tracking = Tracking(runs)
        with tracking.reached():
            assert tracking.experiment
        yield tracking.name


@pytest.fixture
def runs(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of runs of one machine, whose store that is."""
    monkeypatch.setenv(URI_VARIABLE, store)
    monkeypatch.setattr("lab.jobs.archivist.BETWEEN_CURVES", 0.0)
    monkeypatch.setattr("lab.jobs.archivist.BETWEEN_LISTS", 0.0)
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


def trained(jobs: Jobs, runs: Path, *experiments: Any, title: str = "Kept") -> RunFolder:
    """The folder of a job that has ended."""
    jobs.runs_folder = runs
    job = jobs.start(list(experiments) or [small()], title)
    until(lambda: job.ended)
    job.wait()
    return RunFolder(runs / job.id)


def stepped(job: Job, steps: int) -> None:
    """Make a job that is held so many steps, and wait until they are written."""
    job.step(steps)
    until(lambda: job.status == "paused" and len(job.view().snapshots[0].steps["step"]) >= steps)


def looked(runs: Path) -> Archivist:
    """An archivist that has looked once, and let go."""
    archivist = Archivist(runs)
    archivist.look()
    archivist.close()
    return archivist


def mark_of(folder: RunFolder) -> Mark:
    """What a folder says of itself in MLflow."""
    mark = read_mark(folder.path)
    assert mark is not None
    return mark


def client(store: str) -> Any:
    """MLflow's own."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=store)


def listed(store: str, folder: RunFolder) -> list[Any]:
    """The runs that MLflow lists of a job."""
    mlflow = client(store)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    return list(mlflow.search_runs([experiment], f"tags.`lab.job` = '{folder.id}'"))


def spoiled_frames(name: str, kind: bytes) -> bytes:
    """An archive of frames with one member of this name and kind."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:") as members:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        members.addfile(member, io.BytesIO())
    return data.getvalue()
