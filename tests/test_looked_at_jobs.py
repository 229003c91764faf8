"""Looking at a kept run takes nothing from anybody: no lock, no room, and not much memory."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from lab.data.digits import Digits
from lab.jobs import LOOKED_AT, Job, Jobs, saver
from lab.jobs.records import records
from lab.jobs.shelf import shelf
from lab.limits import BeyondLimits, Limits
from lab.store import Facts, RunFolder
from tests.job_waits import ENDLESS, PATIENCE, alone, held, is_held, losses, shown_step, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


@pytest.fixture
def stopped(keeping: Jobs, runs: Path) -> RunFolder:
    """The folder of a run that was stopped after three steps."""
    job = held(keeping, small(budget=6))
    job.step(3)
    until(lambda: is_held(job, 3))
    job.stop()
    assert job.wait(PATIENCE)
    return RunFolder(runs / job.id)


def looked_at(registry: Jobs, id: str) -> Job:
    job = registry.find(id)
    assert job is not None
    assert job.wait(PATIENCE)
    return job


def broken_off(folder: RunFolder) -> None:
    """Let it be as a process leaves it that is killed."""
    folder.write_facts(Facts.model_validate({**folder.facts().model_dump(), "status": "under way"}))


def test_it_is_shown_as_it_was_left_and_nobody_is_kept_from_it(stopped: RunFolder, later: Jobs) -> None:
    broken_off(stopped)
    before = {file: file.stat().st_mtime_ns for file in stopped.path.rglob("*")}
    job = looked_at(later, stopped.id)
    assert (job.status, job.goes_on, len(losses(job)), job.view().progress) == ("interrupted", True, 3, 0.5)
    assert job.questions.ask(lambda nets: nets[0].step).result(PATIENCE) == 3
    job.rewind()
    assert {file: file.stat().st_mtime_ns for file in stopped.path.rglob("*")} == before
    assert not stopped.held


def test_it_takes_no_room_until_it_goes_on(stopped: RunFolder, later: Jobs) -> None:
    later.limits = Limits(unfinished=1)
    assert looked_at(later, stopped.id).status == "stopped"
    other = held(later, small(**ENDLESS))
    with pytest.raises(BeyondLimits, match="LAB_MAX_UNFINISHED"):
        later.go_on(stopped.id)
    assert not stopped.held
    other.stop()
    until(lambda: other.ended)
    job = later.go_on(stopped.id)
    assert job.wait(PATIENCE)
    assert (job.status, len(losses(job)), later.get(stopped.id)) == ("finished", 6, job)


def test_what_another_process_did_meanwhile_is_seen(stopped: RunFolder, keeping: Jobs, later: Jobs) -> None:
    assert looked_at(later, stopped.id).status == "stopped"
    assert keeping.go_on(stopped.id).wait(PATIENCE)
    assert shelf(later).jobs[0].standing == "finished"
    assert len(records(later, stopped.id).snapshots[0].steps["step"]) == 6
    assert looked_at(later, stopped.id).status == "finished"


def test_what_nobody_looks_at_any_more_is_let_go_of(stopped: RunFolder, runs: Path, later: Jobs) -> None:
    facts = stopped.facts()
    for number in range(LOOKED_AT + 2):
        RunFolder(runs / f"{number:08x}").write_facts(facts)
        looked_at(later, f"{number:08x}").view()
        looked_at(later, f"{0:08x}").view()
    there = {job.id for job in later.all()}
    assert len(there) <= LOOKED_AT + 1  # and the one that was opened last
    assert {f"{0:08x}", f"{LOOKED_AT + 1:08x}"} <= there
    later.delete(f"{0:08x}")
    assert later.find(f"{0:08x}") is None


def test_what_another_process_went_on_with_and_deleted_is_known_as_that(
    stopped: RunFolder, keeping: Jobs, later: Jobs
) -> None:
    own = keeping.get(stopped.id)
    assert own is not None
    assert own.status == "stopped"
    assert later.go_on(stopped.id).wait(PATIENCE)
    assert len(records(keeping, stopped.id).snapshots[0].steps["step"]) == 6
    assert [(job.id, job.standing) for job in shelf(keeping).jobs] == [(stopped.id, "finished")]
    own.rewind()
    assert own.wait(PATIENCE)
    assert stopped.facts().status == "finished"
    assert looked_at(keeping, stopped.id).status == "finished"
    later.delete(stopped.id)
    assert shelf(keeping).jobs == []
    assert keeping.find(stopped.id) is None


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_date_that_no_clock_tells_is_a_problem_of_its_folder_alone(
    stopped: RunFolder, later: Jobs, created: str
) -> None:
    file = stopped.path / "job.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "created": created}))
    there = shelf(later)
    assert there.jobs == []
    (problem,) = there.problems
    assert "created" in problem


def test_what_goes_on_is_shown_where_it_was_left_until_it_does(
    stopped: RunFolder, later: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, real = threading.Event(), Digits.images

    def slow(*asked: Any) -> Any:
        assert going_on.wait(PATIENCE)
        return real(*asked)

    before = looked_at(later, stopped.id)
    left = before.view()
    monkeypatch.setattr(Digits, "images", slow)
    job = later.go_on(stopped.id)
    shown = job.view()
    assert (job is before, shown.status, shown.progress) == (False, "preparing", left.progress)
    assert shown.version > left.version
    assert shown.snapshots[0].frame is left.snapshots[0].frame
    assert losses(job) == losses(before)
    going_on.set()
    assert job.wait(PATIENCE)
    assert losses(job) == alone(small(budget=6))


def test_what_was_not_looked_at_is_read_before_its_net_is_made(
    stopped: RunFolder, later: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, real, seen = threading.Event(), Digits.images, []

    def slow(*asked: Any) -> Any:
        job = later.get(stopped.id)
        assert job is not None
        seen.append((job.status, len(losses(job))))
        assert going_on.wait(PATIENCE)
        return real(*asked)

    monkeypatch.setattr(Digits, "images", slow)
    job = later.go_on(stopped.id)
    until(lambda: seen == [("preparing", 3)])
    going_on.set()
    assert job.wait(PATIENCE)
    assert losses(job) == alone(small(budget=6))


def test_what_another_process_trains_is_followed_to_its_end(keeping: Jobs, later: Jobs, monkeypatch: Any) -> None:
    monkeypatch.setattr(saver, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(saver, "SHARE", 1e9)
    job = held(keeping, small(budget=6))
    until(lambda: RunFolder(later.runs_folder / job.id).known)  # type: ignore[operator]
    back = looked_at(later, job.id)
    versions = [back.version]
    assert "first checkpoint" in back.view().message
    for step in (1, 2):
        job.step()
        until(lambda step=step: is_held(job, step))  # type: ignore[misc]
        until(lambda step=step: looked_at(later, job.id) is back and len(losses(back)) == step)  # type: ignore[misc]
        assert (back.status, shown_step(back)) == ("elsewhere", step)
        versions.append(back.version)
    job.play()
    assert job.wait(PATIENCE)
    assert looked_at(later, job.id) is back
    assert (back.status, losses(back)) == ("finished", losses(job))
    assert versions == sorted({*versions})


def test_who_trains_it_is_seen_though_its_folder_says_nothing_new(stopped: RunFolder, later: Jobs) -> None:
    broken_off(stopped)
    back, other = looked_at(later, stopped.id), RunFolder(stopped.path)
    for change, standing in ((other.hold, "elsewhere"), (other.release, "interrupted")):
        change()
        assert looked_at(later, stopped.id) is back
        assert (back.status, len(losses(back))) == (standing, 3)
