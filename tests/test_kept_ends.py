"""How a job ended is told in its folder whenever that was written last, and looking at an ended one writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.jobs import Jobs, saver
from lab.jobs.records import records
from lab.store import Facts, RunFolder, StoreError
from tests.job_waits import PATIENCE, alone, held, is_held, losses, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_a_crash_between_the_two_files_of_a_rewind_mixes_no_seeds(keeping: Jobs, runs: Path, later: Jobs) -> None:
    job = held(keeping, small(budget=6))
    job.step(3)
    until(lambda: is_held(job, 3))
    job.stop()
    assert job.wait(PATIENCE)
    folder = RunFolder(runs / job.id)
    before, state, told = folder.facts(), (folder.path / "state").read_bytes(), (folder.path / "job.json").read_bytes()
    job.rewind(seed=8)
    until(lambda: is_held(job, 0))
    job.stop()
    assert job.wait(PATIENCE)
    (folder.path / "state").write_bytes(state)
    assert len(records(later, job.id).snapshots[0].steps["step"]) == 0
    back = later.go_on(job.id)
    assert back.wait(PATIENCE)
    assert losses(back) == alone(small(budget=6, seed=8))
    frames = [frame.step for frame in back.view().snapshots[0].frames]
    assert [frame.step for frame in records(later, job.id).snapshots[0].frames] == frames
    (folder.path / "job.json").write_bytes(told.replace(b'"seed": 0', b'"seed": 7'))
    assert folder.facts() != before
    with pytest.raises(StoreError, match="is that of seed 8, and the run says that it has 7"):
        folder.state()


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
