"""A page follows what another process trains, without a person asking."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.jobs import Jobs
from lab.store import RunFolder
from tests.job_waits import held, is_held, until
from tests.pages import leader_board, opened, told, until_it_shows
from tests.small import small
from tests.xnor_cards import SIGNS, cards

pytestmark = pytest.mark.usefixtures("empty_lab", "threads_kept")


@pytest.fixture
def other(jobs: Jobs, kept_runs: Path) -> Jobs:
    """The registry of another process on the same folder of runs."""
    jobs.runs_folder = kept_runs
    return jobs


def test_a_race_of_another_process_is_followed_to_its_end(other: Jobs, kept_runs: Path) -> None:
    race = held(other, small(), small(slope=2))
    until(lambda: RunFolder(kept_runs / race.id).known)
    page = opened("compare.py", run=race.id)
    until_it_shows(page, lambda: "first checkpoint" in told(page))
    race.step(2)
    until(lambda: is_held(race, 2))
    race.stop()
    until_it_shows(page, lambda: "What was recorded is kept" in told(page))
    assert [line["step"] for line in leader_board(page)] == ["2", "2"]


def test_a_packed_net_of_another_process_stays_in_sight_until_the_next_is_there(other: Jobs, kept_runs: Path) -> None:
    run = held(other, small("binary-mlp", SIGNS))
    until(lambda: RunFolder(kept_runs / run.id).known)
    page = opened("xnor.py", net=f"{run.id}-0")
    until_it_shows(page, lambda: "exact.0" in cards(page) and "compared" in str(cards(page)["exact.0"]["readouts"]))
    run.step(2)
    until(lambda: is_held(run, 2))
    run.stop()

    def next_is_there() -> bool:
        shown = cards(page)
        assert shown["exact.0"]["readouts"], "there is nothing to see meanwhile"
        return all("At step 2." in shown[name]["caption"] for name in ("counted.0", "costs.0", "exact.0"))

    until_it_shows(page, next_is_there)
