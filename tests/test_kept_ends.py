"""How a job ended is told in its folder whenever that was written last, and looking at an ended one writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.jobs import Jobs, saver
from lab.store import RunFolder
from tests.job_waits import PATIENCE
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def ended(jobs: Jobs, runs: Path) -> RunFolder:
    jobs.runs_folder = runs
    job = jobs.start([small(), small(slope=2)], "A race")
    assert job.wait(PATIENCE)
    return RunFolder(runs / job.id)


def opened_later(runs: Path, folder: RunFolder) -> None:
    registry = Jobs()
    registry.runs_folder = runs
    assert registry.open(RunFolder(folder.path)).wait(PATIENCE)
    registry.stop_all()


def test_a_checkpoint_between_the_last_step_and_the_end_hides_no_end(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(saver, "SHARE", 1e9)
    assert ended(jobs, tmp_path).facts().status == "finished"


def test_looking_at_an_ended_job_writes_nothing(jobs: Jobs, tmp_path: Path) -> None:
    folder = ended(jobs, tmp_path)
    before = {file: file.stat().st_mtime_ns for file in folder.path.rglob("*") if file.is_file()}
    opened_later(tmp_path, folder)
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_an_end_that_a_crash_kept_from_being_told_is_told_when_it_goes_on(jobs: Jobs, tmp_path: Path) -> None:
    folder = ended(jobs, tmp_path)
    folder.write_facts(type(folder.facts()).model_validate({**folder.facts().model_dump(), "status": "under way"}))
    opened_later(tmp_path, folder)
    assert folder.facts().status == "finished"
