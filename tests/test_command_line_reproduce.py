"""`python -m lab reproduce`: a table is measured row by row, and whatever happens nothing that was measured is lost."""

from __future__ import annotations

import csv
import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import studies
from lab.files import replace
from lab.jobs import JOBS
from lab.store import StoreError, run_folders
from lab.studies.results import ResultsFolder
from tests.browser import REPOSITORY
from tests.command_line import Answer, interrupted, lab
from tests.job_waits import PATIENCE, until
from tests.pages import forget_runs
from tests.studies import TINY, tiny

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

ON_DIGITS = ("--dataset", "digits")


@pytest.fixture(autouse=True)
def small_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(studies.STUDIES, "tiny", TINY)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def reproduce(*options: str | Path, study: str = "tiny") -> Answer:
    return lab("reproduce", study, *ON_DIGITS, *options)


def told(out: Path) -> dict[str, Any]:
    return json.loads((out / "measured.json").read_text())


def files(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in out.iterdir()}


def test_it_writes_ours_beside_theirs_and_keeps_every_run(out: Path, kept_runs: Path) -> None:
    answer = reproduce("--seeds", "2", "--out", out, "--json")
    assert answer.code == 0
    rows = {row["row"]: row for row in answer.json_lines}
    assert list(rows) == ["published", "ours", "computed"]
    assert rows["published"] | {"published": 0.1234, "n": 2, "verdict": "incomparable"} == rows["published"]
    assert rows["computed"] | {"mean": 0.75, "stderr": 0.5, "n": 2} == rows["computed"]
    kept = {run["id"]: run["contestants"][0] for run in lab("runs", "--json").json}
    behind = [seed for row in rows.values() for seed in row["seeds"] if seed["run"]]
    assert {seed["run"] for seed in behind} == set(kept) == {folder.id for folder in run_folders(kept_runs)}
    for seed in behind:
        assert kept[seed["run"]]["test"] == seed["test_accuracy"]
        assert kept[seed["run"]]["experiment"]["seed"] == seed["seed"]
    assert {file.name for file in out.iterdir()} == {
        *("measured.json", "table.md", "table.csv", "table.tex", "table.json", "lock")
    }
    (line,) = [row for row in csv.DictReader((out / "table.csv").open()) if row["measure"] == "test_mse"]
    assert float(line["mean"]) == 0.75
    assert answer.json["command"] in (out / "table.md").read_text()
    again = lab(*answer.json["command"].split()[3:], "--out", out.parent / "again", "--json").json_lines
    assert [row["mean"] for row in again] == [row["mean"] for row in answer.json_lines]
    assert "--rows" not in answer.json["command"]


def test_a_row_is_the_same_on_any_number_of_threads_which_the_command_says(out: Path, kept_runs: Path) -> None:
    first = reproduce("--rows", "published", "--seeds", "1", "--threads", "2", "--out", out, "--json").json
    assert told(out)["measured"][0]["experiment"]["threads"] == 2
    assert "--rows published --seeds 1" in first["command"]
    assert first["command"].endswith("--threads 2")
    both = reproduce("--rows", "published,ours", "--seeds", "1", "--out", out, "--resume", "--json").json_lines
    assert [each["experiment"]["threads"] for each in told(out)["measured"]] == [2, 1]
    assert both[0] | {"command": ""} == first | {"command": ""}
    without, with_threads = both[0]["command"].split(" && ")
    assert "--rows ours" in without
    assert "--threads" not in without
    assert with_threads.endswith("--threads 2 --resume")
    for threads in ("0", "257", "many"):
        answer = reproduce("--threads", threads, "--out", out)
        assert answer.code == 2
        assert "--threads" in answer.err


def test_rows_and_seeds_are_added_to_what_is_there_which_is_not_trained_again(out: Path, kept_runs: Path) -> None:
    first = reproduce("--rows", "published", "--seeds", "1", "--out", out, "--json").json_lines
    assert [row["row"] for row in first] == ["published"]
    before = files(out)
    refused = reproduce("--rows", "published", "--seeds", "2", "--out", out)
    assert refused.code == 2
    assert "has 1 result already: --resume adds what is missing" in refused.err
    assert files(out) == before
    forget_runs()
    assert reproduce("--rows", "computed,published", "--seeds", "2", "--out", out, "--resume").code == 0
    assert [(each["row"], each["seed"]) for each in told(out)["measured"]] == [
        *(("published", 0), ("published", 1), ("computed", 0), ("computed", 1))
    ]
    assert told(out)["measured"][0]["run"] == first[0]["seeds"][0]["run"]
    assert len(run_folders(kept_runs)) == 2


def test_without_its_folder_it_takes_up_the_runs_that_are_kept(out: Path, kept_runs: Path) -> None:
    before = reproduce("--rows", "published", "--seeds", "2", "--json").json
    assert Path(before["out"]) == kept_runs / "studies" / "tiny"
    after = reproduce("--rows", "published", "--seeds", "2", "--json", "--resume", "--out", out).json
    assert after | {"out": ""} == before | {"out": ""}
    assert len(run_folders(kept_runs)) == 2
    anew = reproduce("--rows", "published", "--seeds", "1", "--out", out.parent / "new")
    assert anew.code == 0
    assert "1 run of these rows is kept already and trained anew" in anew.err
    assert len(run_folders(kept_runs)) == 3, "unless it is asked for, nothing is taken up"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tniy"], "study names no study (given: 'tniy'). Did you mean 'tiny'?"),
        (["tiny", "--rows", "published,nonsense"], "row names no row of study 'tiny' (given: 'nonsense')."),
        (["tiny", "--rows", ""], "Allowed: published, ours, computed."),
        (["tiny", "--seeds", "0"], "--seeds"),
        (["tiny", "--epochs", "0"], "--epochs is 0; allowed is more than 0"),
        (["tiny", "--rows", "computed", "--epochs", "-1"], "--epochs is -1"),
        (["tiny", "--rows", "computed", "--epochs", "nan"], "--epochs is nan"),
        (["tiny", "--epochs", "1e9"], "--epochs is 1e+09"),
        (["tiny", "--dataset", "emnist"], "dataset names no dataset (given: 'emnist')."),
        (["tiny", "--out", "README.md"], "Nothing can be written into"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], said: str, kept_runs: Path) -> None:
    answer = lab("reproduce", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert run_folders(kept_runs) == []


def test_a_place_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("LAB_DATA", "LAB_RUNS"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(tmp_path / "none"))
            answer = reproduce()
        assert answer.code == 2
        assert f"{variable} names" in answer.err


def test_two_do_not_write_into_one_folder(out: Path) -> None:
    with ResultsFolder(out).held():
        answer = reproduce("--out", out)
    assert answer.code == 2
    assert "Another reproduction writes into" in answer.err
    assert reproduce("--rows", "computed", "--out", out).code == 0


@pytest.mark.parametrize("left", ["", "{", '{"format": "1", "study": "tiny"', '{"study": "wizaron"}', "[]"])
def test_a_folder_that_was_damaged_is_told_and_left_as_it_is(out: Path, left: str) -> None:
    assert reproduce("--rows", "computed", "--out", out).code == 0
    (out / "measured.json").write_text(left)
    before = files(out)
    answer = reproduce("--rows", "computed", "--out", out, "--resume")
    assert answer.code == 2
    assert "measured.json" in answer.err
    assert "Mend it" in answer.err
    assert files(out) == before


def test_other_results_are_not_mixed_in(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reproduce("--rows", "published", "--seeds", "1", "--out", out).code == 0
    before = files(out)
    (out / "measured.json").rename(out / "moved.json")
    assert "no measured.json, which they were made of" in reproduce("--out", out, "--resume").err
    (out / "moved.json").rename(out / "measured.json")
    other = reproduce("--rows", "published", "--out", out, "--resume", "--epochs", "0.5")
    assert "was begun under other conditions" in other.err
    assert "results of study 'tiny'" in reproduce("--out", out, "--resume", study="wizaron").err
    monkeypatch.setitem(studies.STUDIES, "tiny", tiny(batch_size=4))
    assert "as this study had it before it was changed" in reproduce("--out", out, "--resume").err
    assert files(out) == before


def test_a_disk_that_is_full_ends_it_and_loses_nothing(
    out: Path, kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reproduce("--rows", "published", "--seeds", "1", "--out", out).code == 0
    before = files(out)

    def full(path: Path, data: bytes) -> None:
        if path.parent == out and b'"seed":1' in data.replace(b" ", b""):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("lab.studies.results.replace", full)
        answer = reproduce("--rows", "published", "--seeds", "3", "--out", out, "--resume")
    assert answer.code == 2
    assert "No space left on device. What was measured before is kept; --resume goes on." in answer.err
    assert files(out) == before
    forget_runs()
    assert reproduce("--rows", "published", "--seeds", "3", "--out", out, "--resume").code == 0
    assert len(told(out)["measured"]) == 3
    assert len(run_folders(kept_runs)) == 3, "the run whose figure could not be written was taken up"


def test_a_run_that_cannot_be_kept_ends_it(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("Nothing can be kept: No space left on device.")

    monkeypatch.setitem(studies.STUDIES, "tiny", tiny(budget=1e6, evaluate_every=1e4))
    monkeypatch.setattr("lab.store.folder.RunFolder.write_facts", full)
    answer = reproduce("--rows", "published", "--out", out)
    assert answer.code == 2
    assert "cannot be kept, so nothing more is trained. Nothing can be kept: No space left on device." in answer.err
    assert all(job.ended for job in JOBS.all())
    monkeypatch.setitem(studies.STUDIES, "tiny", TINY)
    monkeypatch.setattr("lab.studies.reproducing.SECONDS_BETWEEN_LOOKS", PATIENCE)  # the run ends before the first
    answer = reproduce("--rows", "published", "--out", out)
    assert answer.code == 2
    assert "published, seed 0, is measured, but its run is not kept. Nothing can be kept" in answer.err
    assert len(told(out)["measured"]) == 1


ALL_THE_TIME = """
import sys
import lab.jobs.saver
lab.jobs.saver.SECONDS_BETWEEN, lab.jobs.saver.SHARE = 0.0, 1e9  # it is to be killed soon after it began
from lab.__main__ import app
app(sys.argv[1:])
"""


def test_killed_and_interrupted_it_goes_on_bit_for_bit(
    out: Path, kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ("wizaron", *ON_DIGITS, "--rows", "det-st", "--seeds", "2", "--epochs", "15")
    command = [sys.executable, "-c", ALL_THE_TIME, "reproduce", *row, "--out", str(out)]

    def unfinished() -> Path | None:
        """The state of the run of seed 1 that is under way."""
        if not (out / "measured.json").exists() or len(told(out)["measured"]) != 1:
            return None
        there = [each for each in run_folders(kept_runs) if each.id != told(out)["measured"][0]["run"]]
        return next((each.path / "state" for each in there if (each.path / "state").exists()), None)

    killed = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: unfinished() is not None)
    killed.kill()
    killed.wait()
    before, state = told(out)["measured"], unfinished()
    assert state is not None
    (behind,) = [each for each in run_folders(kept_runs) if each.path == state.parent]
    assert behind.facts().status == "under way"
    assert not behind.held

    written = state.stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr("lab.jobs.saver.SECONDS_BETWEEN", 0.0)
        patch.setattr("lab.jobs.saver.SHARE", 1e9)
        again = interrupted(lambda: state.stat().st_mtime_ns != written, "reproduce", *row, "--out", out, "--resume")
    assert again.code == 130
    assert f"Stopped. 1 measured and kept in {out}; --resume goes on." in again.err
    assert behind.facts().status == "stopped"
    forget_runs()

    resumed = lab("reproduce", *row, "--out", out, "--resume", "--json")
    assert resumed.code == 0
    assert told(out)["measured"][0] == before[0]
    assert len(run_folders(kept_runs)) == 2
    whole = lab("reproduce", *row, "--out", out.parent / "whole", "--json").json
    for mine, other in zip(resumed.json["seeds"], whole["seeds"], strict=True):
        assert mine | {"run": ""} == other | {"run": ""}
