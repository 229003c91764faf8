"""How a job ended is told in its folder whenever that was written last, and looking at an ended one writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.jobs import Jobs, saver
from lab.store import Facts, RunFolder
from tests.job_waits import PATIENCE
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


@pytest.fixture
def ended(keeping: Jobs, runs: Path) -> RunFolder:
    """The folder of a race that has ended."""
    job = keeping.start([small(), small(slope=2)], "A race")
    assert job.wait(PATIENCE)
    return RunFolder(runs / job.id)


def test_a_checkpoint_between_the_last_step_and_the_end_hides_no_end(
    keeping: Jobs, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(saver, "SHARE", 1e9)
    job = keeping.start([small(), small(slope=2)], "A race")
    assert job.wait(PATIENCE)
    assert RunFolder(runs / job.id).facts().status == "finished"


def test_looking_at_an_ended_job_writes_nothing(ended: RunFolder, later: Jobs) -> None:
    before = {file: file.stat().st_mtime_ns for file in ended.path.rglob("*") if file.is_file()}
    job = later.find(ended.id)
    assert job is not None
    assert job.wait(PATIENCE)
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_an_end_that_a_crash_kept_from_being_told_is_told_when_it_goes_on(ended: RunFolder, later: Jobs) -> None:
    ended.write_facts(Facts.model_validate({**ended.facts().model_dump(), "status": "under way"}))
    assert later.go_on(ended.id).wait(PATIENCE)
    assert ended.facts().status == "finished"
