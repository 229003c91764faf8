"""`python -m lab export`: what the app exports, without a browser."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path

import pandas as pd
import pytest

from lab.exports import TABLES
from lab.jobs import JOBS
from lab.store import run_folders
from tests.command_line import TWO_STEPS, lab, two_steps
from tests.pages import forget_runs

pytestmark = pytest.mark.usefixtures("empty_lab")


@pytest.fixture
def run(kept_runs: Path) -> str:
    """The id of a run that this process has only on disk."""
    job = JOBS
    job.runs_folder = kept_runs
    started = job.start([two_steps("source-000")], "A run")
    assert started.wait(60)
    forget_runs()
    return run_folders(kept_runs)[0].id


def test_it_writes_results_and_curves_of_a_run_that_is_named_by_its_beginning(run: str, tmp_path: Path) -> None:
    answer = lab("export", run[:5])
    assert (answer.code, answer.err) == (0, "")
    (row,) = csv.DictReader(io.StringIO(answer.out))
    (kept,) = lab("runs", "--json").json
    assert row["run"] == run
    assert float(row["test_accuracy"]) == kept["contestants"][0]["test"]
    file = tmp_path / "curves.parquet"
    assert lab("export", run, "--table", "curves", "--format", "parquet", "--out", file).code == 0
    assert set(pd.read_parquet(file)["run"]) == {run}
    assert JOBS.all() == []  # nothing was opened


def test_what_it_writes_trains_again(run: str, tmp_path: Path) -> None:
    words = shlex.split(lab("export", run, "--format", "command").out)
    file = tmp_path / "experiment.json"
    lab("export", run, "--format", "json", "--out", file)
    before = lab("runs", "--json").json[0]["contestants"][0]
    for arguments in (words[3:], ["train", "--experiment", str(file)]):
        again = lab(*arguments, "--no-keep", "--json").json
        assert again["experiment"] == before["experiment"]
        assert again["test_accuracy"] == before["test"]


@pytest.mark.parametrize(
    "format", [name for name in TABLES["results"] if name not in ("csv", "parquet", "json", "command")]
)
def test_it_writes_every_format_to_standard_output(run: str, format: str) -> None:
    answer = lab("export", run, "--format", format)
    assert answer.code == 0
    assert "A run" in answer.out


def test_nothing_is_written_over_unless_asked_for(run: str, tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text("mine")
    refused = lab("export", run, "--out", file)
    assert refused.code == 2
    assert "already there" in refused.err
    assert file.read_text() == "mine"
    assert lab("export", run, "--out", file, "--overwrite").code == 0
    assert run in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["zz"], "There is no run 'zz'"),
        (
            ["", "--format", "html", "--table", "curves"],
            "--table curves is not written as html; allowed: csv, parquet.",
        ),
        (["", "--table", "final"], "No two of these runs differ in their seeds alone"),
        (["", "--out", "nowhere/results.csv"], "cannot be written: No such file or directory"),
        (["", "--out", "."], "is a folder"),
        (["", "--format", "pdf"], "'pdf' is not one of"),
    ],
)
def test_what_cannot_be_is_told(run: str, arguments: list[str], told: str) -> None:
    answer = lab("export", *arguments)
    assert answer.code == 2
    assert told in answer.err


def test_a_beginning_of_several_runs_is_told(run: str) -> None:
    lab("train", "--preset", "source-000", *TWO_STEPS)
    answer = lab("export", "")
    assert answer.code == 2
    assert "begins 2 runs" in answer.err
    assert run in answer.err
    again = lab("resume", "")
    assert (again.code, again.err) == (answer.code, answer.err)


def test_all_seeds_of_a_run_come_along_when_asked_for(run: str) -> None:
    lab("train", "--preset", "source-000", *TWO_STEPS, "--seed", "1")
    rows = csv.DictReader(io.StringIO(lab("export", run, "--seeds").out))
    assert sorted(row["seed"] for row in rows) == ["0", "1"]
    final = csv.DictReader(io.StringIO(lab("export", run, "--seeds", "--table", "final").out))
    assert {row["n"] for row in final} == {"2"}
    assert "these are seeds of one" in lab("export", run, "--seeds", "--table", "differences").err
    answer = lab("export", run, "--seeds", "--table", "final", "--format", "markdown")
    assert "mean ± standard error over the seeds that are at their end" in answer.out
