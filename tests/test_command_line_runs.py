"""`python -m lab runs` and `resume`: what is kept of runs, without a browser."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.jobs import JOBS
from lab.store import RunFolder, describe, run_folders
from tests.browser import REPOSITORY
from tests.command_line import TWO_STEPS, interrupted, lab
from tests.pages import forget_runs

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

PRESET = ("train", "--preset", "source-000")


def test_a_run_of_the_command_line_is_kept_and_listed(kept_runs: Path) -> None:
    trained = lab(*PRESET, *TWO_STEPS, "--json").json
    (run,) = lab("runs", "--json").json
    (contestant,) = run["contestants"]
    assert run["id"] == run_folders(kept_runs)[0].id
    assert run["state"] == "finished"
    assert contestant["experiment"] == trained["experiment"]
    assert contestant["test"] == trained["test_accuracy"]
    assert contestant["steps"] == trained["steps"] == 2
    table = lab("runs").out
    assert run["id"] in table
    assert f"{contestant['test']:.2%}".replace("%", " %") in table


def test_what_people_say_about_a_run_is_listed(kept_runs: Path) -> None:
    assert lab(*PRESET, *TWO_STEPS).code == 0
    said = {"title": "Renamed", "tags": ["paper", "slopes"], "note": "Why not?", "pinned": True}
    describe(run_folders(kept_runs)[0], **said)
    (run,) = lab("runs", "--json").json
    assert {name: run[name] for name in said} == said
    table = lab("runs").out
    assert "* Renamed" in table
    assert "paper, slopes" in table


def test_it_is_not_kept_where_nobody_wants_it(kept_runs: Path) -> None:
    assert lab(*PRESET, *TWO_STEPS, "--no-keep").code == 0
    assert not run_folders(kept_runs)
    assert "There is no run in" in lab("runs").err


def test_stopped_by_a_signal_it_is_resumed_to_the_same_numbers(kept_runs: Path) -> None:
    whole = ["--dataset", "digits", "--set", "subset=512", "--set", "budget=600", "--set", "budget_unit=steps"]
    whole += ["--set", "evaluate_every=5"]
    command = [sys.executable, "-m", "lab", *PRESET, *whole]
    running = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    next(line for line in running.stderr if line.startswith("epoch"))
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    (run,) = lab("runs", "--json").json
    assert run["state"] == "stopped"
    forget_runs()
    folder = RunFolder(kept_runs / run["id"])
    assert interrupted(lambda: folder.facts().status == "under way", "resume", run["id"]).code == 130
    assert folder.facts().status == "stopped"
    forget_runs()
    resumed = lab("resume", run["id"], "--json")
    assert resumed.code == 0
    assert resumed.json["contestants"][0]["steps"] == 600
    expected = lab(*PRESET, *whole, "--no-keep", "--json").json
    assert resumed.json["contestants"][0]["test"] == expected["test_accuracy"]


def test_a_finished_run_is_told_again() -> None:
    lab(*PRESET, *TWO_STEPS)
    (run,) = lab("runs", "--json").json
    forget_runs()
    resumed = lab("resume", run["id"][:5], "--json")
    assert resumed.code == 0
    assert resumed.json | {"message": run["message"]} == run


def test_a_finished_run_goes_on_for_longer_and_schedules_that_jump_are_told() -> None:
    lab(*PRESET, *TWO_STEPS, "--set", "slope.name=linear")
    (run,) = lab("runs", "--json").json
    longer = lab("resume", run["id"], "--budget", "5", "--json")
    assert longer.code == 0
    assert longer.json["continues"] == run["id"]
    assert longer.json["contestants"][0]["steps"] == 5
    assert "had ended at" in longer.err
    before = lab("runs", "--json").json
    for budget, told in (("1", "allowed is more than 2"), ("nan", "budget"), ("inf", "budget"), ("1e99", "budget")):
        refused = lab("resume", run["id"], "--budget", budget)
        assert refused.code == 2
        assert told in refused.err
    assert lab("runs", "--json").json == before


@pytest.mark.parametrize("id", ["ffffffff", "..", "a/b", ""])
def test_a_run_that_is_not_there_is_told(id: str) -> None:
    answer = lab("resume", id)
    assert answer.code == 2
    assert "There is no run" in answer.err
    assert JOBS.all() == []


def test_a_spoiled_run_is_told(kept_runs: Path) -> None:
    lab(*PRESET, *TWO_STEPS)
    (folder,) = run_folders(kept_runs)
    (folder.path / "job.json").write_text("{")
    answer = lab("resume", folder.id)
    assert answer.code == 2
    assert "is not readable as JSON" in answer.err
    assert "is not readable as JSON" in lab("runs").err


def test_a_spoiled_state_is_an_input_that_cannot_be(kept_runs: Path) -> None:
    lab(*PRESET, *TWO_STEPS)
    (folder,) = run_folders(kept_runs)
    (folder.path / "state").write_bytes(b"spoiled")
    answer = lab("resume", folder.id, "--budget", "4")
    assert answer.code == 2
    assert "is not a whole checkpoint" in answer.err


def test_a_place_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "none"))
    for command in (["runs"], ["resume", "ffffffff"], [*PRESET, *TWO_STEPS]):
        answer = lab(*command)
        assert answer.code == 2
        assert "LAB_RUNS names" in answer.err
