"""Jobs that go on for longer than was asked at first, and what their schedules do then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.experiment import Experiment, InvalidExperiment
from lab.jobs import Jobs
from lab.jobs.continuing import continued, jumps, with_budget
from lab.jobs.shelf import shelf
from lab.store import RunFolder, StoreError
from tests.job_waits import ENDLESS, PATIENCE, alone, held, losses
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


@pytest.fixture
def keeping(jobs: Jobs, kept_runs: Path) -> Jobs:
    jobs.runs_folder = kept_runs
    return jobs


def ended(jobs: Jobs, *experiments: Experiment) -> str:
    job = jobs.start(experiments, "A run")
    assert job.wait(PATIENCE)
    return job.id


@pytest.mark.parametrize("report", ["last", "best-validation"])
@pytest.mark.parametrize("budget", [6, 7, 8])  # within an epoch, and at its end
def test_it_is_the_run_that_had_the_larger_budget_from_the_start(keeping: Jobs, budget: int, report: str) -> None:
    experiment = small("convnet", estimator="disarm", budget=budget, report=report)
    job = continued(keeping, ended(keeping, experiment), 13)
    assert job.wait(PATIENCE)
    assert losses(job) == alone(with_budget([experiment], 13)[0])
    assert job.experiments[0].budget == 13


def test_a_race_goes_on_too_and_the_old_one_stays_as_it_was(keeping: Jobs, kept_runs: Path) -> None:
    experiments = [small(estimator=name) for name in ("identity", "relax")]
    old = ended(keeping, *experiments)
    before = RunFolder(kept_runs / old).facts()
    job = continued(keeping, old, 9)
    assert job.wait(PATIENCE)
    for index, experiment in enumerate(with_budget(experiments, 9)):
        assert losses(job, index) == alone(experiment)
    assert RunFolder(kept_runs / old).facts() == before
    facts = RunFolder(kept_runs / job.id).facts()
    assert (facts.continues, facts.title, facts.status) == (old, "A run", "finished")
    assert [job.id, old] == [entry.id for entry in shelf(keeping).jobs]
    assert len(job.view().snapshots[0].frames) > len(keeping.find(old).view().snapshots[0].frames)  # type: ignore[union-attr]


def test_what_cannot_be_continued_is_told(keeping: Jobs, kept_runs: Path) -> None:
    id = ended(keeping, small())
    with pytest.raises(InvalidExperiment, match="budget is 4 steps; allowed is more than 4"):
        continued(keeping, id, 4)
    with pytest.raises(InvalidExperiment, match="budget"):
        continued(keeping, id, 1e99)
    assert [path.name for path in kept_runs.iterdir()] == [id]
    job = held(keeping, small(**ENDLESS))
    job.stop()
    assert job.wait(PATIENCE)
    with pytest.raises(StoreError, match="can go on as it is"):
        continued(keeping, job.id, 1e7)
    with pytest.raises(StoreError, match="cannot be read"):
        continued(keeping, "ffffffff", 9)
    exploded = ended(keeping, small("convnet", optimizer={"name": "sgd", "lr": 100, "weight_decay": 10}, budget=200))
    with pytest.raises(StoreError, match="diverged"):
        continued(keeping, exploded, 300)
    (kept_runs / id / "state").unlink()
    with pytest.raises(StoreError, match="the file with its state is missing"):
        continued(keeping, id, 9)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (3.0, []),
        ({"name": "linear", "start": 1, "end": 5}, ["slope (Linear) had ended at 5, and goes on from 3."]),
        ({"name": "cosine", "start": 1, "end": 5}, ["slope (Cosine) had ended at 5, and goes on from 3."]),
    ],
)
def test_schedules_that_jump_are_told(schedule: Any, told: list[str]) -> None:
    experiment = small(slope=schedule)
    (longer,) = with_budget([experiment], 2 * experiment.budget)
    assert jumps(experiment, longer) == told
