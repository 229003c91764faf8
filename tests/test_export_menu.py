"""The export menu of Compare and Runs: a press makes the file, of what there is then, and hands it to the browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS, with_seed
from lab.jobs.shelf import rewrite
from lab.store import run_folders
from tests.job_waits import is_held
from tests.pages import forget_runs, handed, on_digits, opened, shown, tick, told, until

pytestmark = pytest.mark.usefixtures("empty_lab")

MLP = ("source-000", "budget=100000", "budget_unit=steps", "evaluate_every=10000")


def pressed(tab: AppTest, key: str) -> AppTest:
    """The page after one of the menu's buttons was pressed."""
    return shown(tab.button(key=f"export.{key}").click())


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_race_is_exported_while_it_trains() -> None:
    job = JOBS.start([on_digits(*MLP, change) for change in ("slope=1", "slope=2")], "A race | of two", playing=False)
    until(lambda: is_held(job, 0))
    tab = opened("compare.py")
    job.step(2)
    until(lambda: is_held(job, 2))
    facts, content = handed(pressed(tab, "results.csv"))
    assert facts["name"] == "a-race-of-two-results.csv"
    assert [row["steps"] for row in rows_of(content)] == ["2", "2"]
    assert [row["slope.value"] for row in rows_of(content)] == ["1.0", "2.0"]
    facts, content = handed(pressed(tab, "report.html"))
    assert (facts["name"], facts["type"]) == ("a-race-of-two-report.html", "text/html")
    assert "A race | of two" in content.decode()
    assert "/compare?race=" in content.decode()
    assert not any(item.proto.component_name == "lab_hand_over" for item in shown(tab).get("bidi_component"))


def test_ticked_runs_are_exported_and_one_that_is_gone_is_told(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs
    job = JOBS.start([on_digits("source-000", f"slope={k}", "budget=1", "budget_unit=steps") for k in (1, 2)], "A race")
    until(lambda: job.ended)
    forget_runs()
    tab = opened("runs.py")
    assert not [item for item in tab.button if item.key == "export.results.csv"]
    (row,) = rows_of(handed(pressed(tick(tab, 0, [1]), "results.csv"))[1])
    assert (row["run"], row["title"]) == (job.id, "A race")
    assert "slope.value" not in row  # one run differs from none
    assert JOBS.all() == []
    (run_folders(kept_runs)[0].path / "state").write_bytes(b"spoiled")
    assert "cannot be read" in told(pressed(tab, "curves.csv"))


def test_all_seeds_of_a_race_are_exported_with_its_title_and_its_link(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs
    contestants = [on_digits("source-000", f"slope={k}", "budget=1", "budget_unit=steps") for k in (1, 2)]
    jobs = [JOBS.start(with_seed(contestants, seed), f"A race, seed {seed}") for seed in (0, 1, 2)]
    until(lambda: all(job.ended for job in jobs))
    rewrite(JOBS, jobs[1].id, title="=Slopes")
    tab = opened("compare.py", run=jobs[1].id, at="0")
    assert "seeds=0,1,2" in copied(tab)
    facts, content = handed(pressed(tab, "results.csv"))
    assert facts["name"] == "slopes-results.csv"
    rows = rows_of(content)
    assert [(row["seed"], row["title"]) for row in rows[:2]] == [("1", "'=Slopes")] * 2
    assert sorted(row["seed"] for row in rows) == ["0", "0", "1", "1", "2", "2"]
    final = rows_of(handed(pressed(tab, "final-figures.csv"))[1])
    assert {row["n"] for row in final} == {"3"}
    assert {row["contestant"] for row in final} == {"slope 1", "slope 2"}
    shown(tab.selectbox(key="race.reference").set_value(1))
    differences = handed(pressed(tab, "differences.md"))[1].decode()
    assert differences.count("paired differences to slope 2") == 4
    page = handed(pressed(tab, "report.html"))[1].decode()
    assert "seeds=0,1,2" in page
    assert f"of run {jobs[1].id} alone as it was after step 0" in page
    tab = opened("runs.py")
    places = [place for place, name in enumerate(tab.dataframe[0].value["contestant"]) if name == "slope 2"]
    assert len(places) == 3
    tick(tab, 0, places)
    assert "experiment=" in copied(tab)
    assert "seeds=0,1,2" in copied(tab)
    assert {row["n"] for row in rows_of(handed(pressed(tab, "final-figures.csv"))[1])} == {"3"}


def copied(tab: AppTest) -> str:
    """The link that the menu copies."""
    found = [json.loads(item.proto.json) for item in tab.get("bidi_component") if item.proto.id.endswith("export.link")]
    return str(found[0]["text"])
