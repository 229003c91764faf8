"""Seeds of one comparison are found wherever they are, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from lab.jobs import Jobs, with_seed
from lab.jobs.continuing import continued
from lab.jobs.repetitions import claim, one_for_each_seed
from lab.jobs.shelf import Standing
from lab.jobs.siblings import free_seeds, siblings
from lab.store import Origin, RunFolder
from tests.job_waits import ENDLESS, PATIENCE, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

RACE = [small("mlp"), small("mlp", slope=2)]


@pytest.fixture
def keeping(jobs: Jobs, tmp_path: Path) -> Jobs:
    jobs.runs_folder = tmp_path
    return jobs


def elsewhere(tmp_path: Path) -> Jobs:
    """The registry of another process, that has no job of its own."""
    registry = Jobs()
    registry.runs_folder = tmp_path
    return registry


def test_they_are_found_in_this_process_and_on_disk_whatever_their_order(keeping: Jobs, tmp_path: Path) -> None:
    others = [[small("mlp"), small("mlp", slope=3)], [small("mlp")], [*RACE, small("mlp", slope=3)]]
    for experiments in [RACE, with_seed(list(reversed(RACE)), 7), *others]:
        assert keeping.start(experiments, "A race").wait(PATIENCE)
    for registry in (keeping, elsewhere(tmp_path)):
        there = siblings(registry, RACE)
        assert there.seeds == [0, 7]
        assert not there.problems
        assert all(sibling.standing == "finished" and sibling.epoch == 1 for sibling in there.found)
        slopes = [[snapshot.steps["slope"][-1] for snapshot in sibling.snapshots] for sibling in there.found]
        assert slopes == [[1, 2], [1, 2]]
        again = siblings(registry, with_seed(RACE, 3))
        for one, other in zip(there.found, again.found, strict=True):
            assert one.snapshots[0] is other.snapshots[0], "what has ended is read once"
    assert siblings(keeping, [small("mlp", batch_size=8)]).found == []


def test_of_several_jobs_of_a_seed_a_finished_one_counts(keeping: Jobs) -> None:
    finished = keeping.start(RACE, "finished")
    assert finished.wait(PATIENCE)
    keeping.start(RACE, "held", playing=False)
    (found,) = siblings(keeping, RACE).found
    assert found.id == finished.id


def test_one_that_trains_grows(keeping: Jobs) -> None:
    endless = [small("mlp", **ENDLESS)]
    job = keeping.start(endless, "endless", playing=False)
    job.step(2)
    until(lambda: siblings(keeping, endless).found[0].epoch == 0.5)
    job.step(2)
    until(lambda: siblings(keeping, endless).found[0].epoch == 1)


def test_what_cannot_be_counted_is_said(keeping: Jobs, tmp_path: Path) -> None:
    job, other = keeping.start(RACE, "A race"), keeping.start(with_seed(RACE, 1), "A race")
    assert job.wait(PATIENCE)
    assert other.wait(PATIENCE)
    assert continued(keeping, job.id, 8).wait(PATIENCE)
    longer = siblings(keeping, [small("mlp", budget=8), small("mlp", slope=2, budget=8)])
    assert longer.found == []
    assert "was trained on after its end" in longer.others[0]
    assert not longer.problems
    state = RunFolder(tmp_path / job.id).path / "state"
    state.write_bytes(state.read_bytes()[:-10])
    there = siblings(elsewhere(tmp_path), RACE)
    assert there.seeds == [1]
    assert f"Seed 0 is left out. The curves of run {job.id} cannot be read" in there.problems[0]


def test_one_run_stands_for_a_seed_whatever_the_order() -> None:
    def told(minute: int, standing: Standing, continues: str | None = None) -> tuple[Standing, Origin]:
        return standing, Origin(datetime(2026, 1, 1, 0, minute, tzinfo=UTC), continues)

    longer = told(9, "finished", "0a1b2c3d")
    ranked = [told(7, "stopped"), told(8, "interrupted"), told(0, "running"), told(1, "finished"), told(2, "finished")]
    for count in range(1, len(ranked) + 1):
        for runs in permutations([*ranked[:count], longer]):
            assert one_for_each_seed(runs, lambda _: 3, lambda run: claim(*run)) == {3: ranked[count - 1]}
    assert one_for_each_seed([longer], lambda _: 3, lambda run: claim(*run)) == {}
    assert list(one_for_each_seed(ranked, lambda run: -run[1].created.minute, lambda run: claim(*run))) == [
        -8,
        -7,
        -2,
        -1,
        0,
    ]


def test_free_seeds_are_those_that_nobody_has() -> None:
    assert free_seeds([], 2) == [0, 1]
    assert free_seeds([3, 5], 3) == [4, 6, 7]
    assert free_seeds([2**31 - 1], 2) == [0, 1]
