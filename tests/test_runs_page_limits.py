"""The Runs page where there is more than it shows, or something that it cannot read: nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS
from lab.jobs.siblings import siblings
from tests.pages import forget_runs, on_digits, opened, pressed, shown, tick, told, until

pytestmark = pytest.mark.usefixtures("empty_lab")

ONE_STEP = on_digits("source-000", "budget=1", "budget_unit=steps")


def ended(kept_runs: Path, *titles: str) -> list[str]:
    """The ids of runs of one step."""
    JOBS.runs_folder = kept_runs
    jobs = [JOBS.start([ONE_STEP], title) for title in titles]
    until(lambda: all(job.ended for job in jobs))
    return [job.id for job in jobs]


def titles(tab: AppTest) -> list[str]:
    return list(tab.dataframe[0].value["run"])


def test_a_tick_stays_on_another_page_and_under_a_search(kept_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.ui.shelf.table.ON_A_PAGE", 2)
    ended(kept_runs, "first", "second", "third")
    tab = tick(opened("runs.py"), 0, [0, 1])
    ended(kept_runs, "fourth")
    assert titles(shown(tab)) == ["fourth", "third"]
    assert "Of 2 ticked runs, 1 is not in sight" in told(tab)
    shown(tab.text_input(key="runs.search").set_value("fourth"))
    assert "Of 2 ticked runs, 2 are not in sight" in told(tab)
    tab.toggle(key="shelf.alike").set_value(True)
    tick(tab, 0, [0])
    assert len(tab.table[0].value.columns) == 1 + 3, "the mark, and a column for each that is ticked"
    pressed(tab, "shelf.untick")
    assert "ticked runs" not in told(tab)
    assert not tab.table


def test_all_that_cannot_be_read_is_in_one_box_and_a_spoiled_lock_hides_no_run(kept_runs: Path) -> None:
    (id,) = ended(kept_runs, "locked")
    forget_runs()
    file = kept_runs / id / "job.json"
    file.write_text(file.read_text().replace('"finished"', '"under way"'))
    (kept_runs / id / "lock").unlink(missing_ok=True)
    (kept_runs / id / "lock").mkdir()
    for place, content in enumerate(("null", "[1]", '{"title": null}')):
        (kept_runs / f"0123abc{place}").mkdir()
        (kept_runs / f"0123abc{place}" / "job.json").write_text(content)
    tab = opened("runs.py")
    assert titles(tab) == ["locked"]
    assert list(tab.dataframe[0].value["state"]) == ["Interrupted"]
    (box,) = tab.error
    assert box.value.startswith("4 things in the folder of runs cannot be read:")
    assert f"nobody can tell whether run {id} is trained by another process; it is listed as interrupted." in box.value
    assert (
        "0123abc0/job.json does not describe a run: all of it should be a set of fields (given: nothing)." in box.value
    )
    assert siblings(JOBS, [ONE_STEP]).seeds == [0]


def test_a_run_that_would_have_to_begin_anew_keeps_its_frames_and_it_is_said_why(kept_runs: Path) -> None:
    (id,) = ended(kept_runs, "broken off")
    forget_runs()
    file = kept_runs / id / "job.json"
    file.write_text(file.read_text().replace('"finished"', '"stopped"'))
    (kept_runs / id / "state").unlink()
    frames = sorted((kept_runs / id / "frames").rglob("*"))
    tab = tick(opened("runs.py"), 0, [0])
    (go_on,) = [item for item in tab.button if item.label == "Go on"]
    shown(go_on.click())
    (box,) = tab.error
    assert f"Run {id} cannot go on: the file with its state is missing from its folder." in box.value
    assert sorted((kept_runs / id / "frames").rglob("*")) == frames != []
