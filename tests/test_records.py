"""What is remembered of a job can be read wherever it is, and reading takes nothing away from whoever trains it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.jobs import Jobs
from lab.jobs.records import Records, records
from lab.store import RunFolder, StoreError
from tests.job_waits import ENDLESS, PATIENCE, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def same(first: Records, second: Records) -> bool:
    assert first.facts == second.facts
    for mine, other in zip(first.snapshots, second.snapshots, strict=True):
        for curves in ("steps", "evaluations"):
            for name, column in getattr(mine, curves).items():
                np.testing.assert_array_equal(column, getattr(other, curves)[name])
        assert mine.finished == other.finished
        assert [frame.step for frame in mine.frames] == [frame.step for frame in other.frames]
    return True


def test_it_reads_alike_in_this_process_and_from_disk(keeping: Jobs, later: Jobs) -> None:
    job = keeping.start([small("convnet"), small("convnet", slope=2)], "A race")
    assert job.wait(PATIENCE)
    read = records(later, job.id)
    assert same(records(keeping, job.id), read)
    assert len(read.snapshots[1].steps["step"]) > 1
    assert later.all() == []  # nothing was opened


def test_a_run_that_another_process_trains_is_read_and_goes_on(keeping: Jobs, later: Jobs, runs: Path) -> None:
    job = keeping.start([small("mlp", **ENDLESS)], "A run", playing=False)
    until(lambda: job.status == "paused" and RunFolder(runs / job.id).known)
    assert records(later, job.id).facts.title == "A run"
    job.step(3)
    until(lambda: records(keeping, job.id).facts.contestants[0].steps == 3)
    assert records(later, job.id).facts.status == "under way"


@pytest.mark.parametrize("id", ["00000000", "nothing", "../outside"])
def test_what_is_not_there_is_said(later: Jobs, id: str) -> None:
    with pytest.raises(StoreError, match=f"There is no run '{id}'"):
        records(later, id)


def test_a_damaged_state_is_said(keeping: Jobs, later: Jobs, runs: Path) -> None:
    job = keeping.start([small("mlp")], "A run")
    assert job.wait(PATIENCE)
    state = RunFolder(runs / job.id).path / "state"
    state.write_bytes(state.read_bytes()[:-10])
    with pytest.raises(StoreError, match=f"The curves of run {job.id} cannot be read"):
        records(later, job.id)
