"""The Runs page: every run is listed, found, opened, continued, told apart from others, deleted and brought back."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS, Job
from lab.jobs.shelf import shelf
from lab.store import StoreError, run_folders
from lab.ui.shelf.groups import SEEDS
from tests.pages import button, forget_runs, newest, on_digits, opened, shown, tick, told, until

pytestmark = pytest.mark.usefixtures("empty_lab")

ONE_STEP = ("budget=1", "budget_unit=steps")
LONG = ("budget=100000", "budget_unit=steps")


@pytest.fixture(autouse=True)
def keeping(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs


def ended(preset: str, *changes: str, title: str = "") -> Job:
    """A run that was stopped or has ended."""
    job = JOBS.start([on_digits(preset, *(changes or ONE_STEP))], title or preset)
    until(lambda: job.ended)
    return job


def restarted() -> None:
    """The process ends and another one begins."""
    forget_runs()


def table(tab: AppTest) -> Any:
    return tab.dataframe[0].value


def ticked(tab: AppTest, *titles: str) -> AppTest:
    """The page with the rows of these runs ticked."""
    return tick(tab, 0, [table(tab)["run"].tolist().index(title) for title in titles])


def page() -> AppTest:
    return opened("runs.py")


def test_without_a_run_it_says_what_to_do() -> None:
    assert "Start one on the Train page" in page().info[0].value


def test_runs_of_this_process_and_of_earlier_ones_are_listed_newest_first() -> None:
    before = ended("source-000", title="earlier")
    restarted()
    ended("source-003-det-st-both", title="later")
    cells = table(page())
    assert cells["run"].tolist() == ["later", "earlier"]
    assert cells["state"].tolist() == ["Finished", "Finished"]
    report = before.view().snapshots[0].report
    assert report is not None
    assert cells["test"].tolist()[1] == report.test.accuracy


def test_every_contestant_of_a_race_has_a_row() -> None:
    experiments = [on_digits("source-000", f"optimizer.lr={rate}", *ONE_STEP) for rate in (0.1, 0.2)]
    job = JOBS.start(experiments, "Race of 2")
    until(lambda: job.ended)
    assert table(page())["contestant"].tolist() == ["lr 0.1", "lr 0.2"]


def test_words_and_states_choose_among_them() -> None:
    ended("source-000", title="one")
    ended("source-001", title="two")
    running = JOBS.start([on_digits("source-000", *LONG)], "three")
    until(lambda: running.status == "running")
    tab = page()
    assert table(shown(tab.text_input(key="runs.search").set_value("autoencoder")))["run"].tolist() == ["two"]
    assert "None of the 3 runs" in told(shown(tab.text_input(key="runs.search").set_value("nothing like it")))
    shown(tab.text_input(key="runs.search").set_value(""))
    assert table(shown(tab.multiselect(key="runs.states").set_value(["Training"])))["run"].tolist() == ["three"]


def test_an_interrupted_run_is_listed_and_goes_on_to_the_end(kept_runs: Path) -> None:
    job = JOBS.start([on_digits("source-000", "budget=40", "budget_unit=steps")], "broken off", playing=False)
    job.step(7)
    until(lambda: job.status == "paused" and len(job.view().snapshots[0].steps["step"]) == 7)
    restarted()
    (folder,) = run_folders(kept_runs)
    file = folder.path / "job.json"  # as it is written while a run is under way
    file.write_text(json.dumps(json.loads(file.read_text()) | {"status": "under way"}))
    tab = page()
    assert table(tab)["state"].tolist() == ["Interrupted"]
    shown(button(ticked(tab, "broken off"), "Go on").click())
    back = newest()
    assert back.id == job.id
    until(lambda: back.status == "finished")
    assert len(back.view().snapshots[0].steps["step"]) == 40


def test_a_run_is_opened_on_the_page_that_fits() -> None:
    ended("source-000", title="single")
    restarted()
    tab = ticked(page(), "single")
    shown(button(tab, "Open").click())
    assert tab.session_state["train"] == newest().id
    until(lambda: newest().status == "finished")
    assert "single" in tab.get("progress")[0].proto.text or "single" in str(shown(tab).get("progress")[0].proto.text)


def test_the_fields_in_which_runs_differ_are_shown() -> None:
    ended("source-000", "optimizer.lr=0.1", *ONE_STEP, title="slow")
    ended("source-000", "optimizer.lr=0.3", *ONE_STEP, title="fast")
    tab = ticked(page(), "slow", "fast")
    fields = tab.table[0].value
    assert fields.index.tolist() == ["optimizer.lr.value"]
    assert fields.iloc[0].tolist() == ["≠", "0.1", "0.3"]
    every = shown(tab.toggle(key="shelf.alike").set_value(True)).table[0].value
    assert every.index[0] == "optimizer.lr.value"
    assert {"slope.name", "estimator.name", "seed"} <= set(every.index[every["≠"] == ""])


@pytest.mark.parametrize(("section", "key"), [("health", "health"), ("batch", "same")])
def test_a_run_is_opened_on_a_section_of_the_gradients_page(section: str, key: str) -> None:
    wanted = ended("source-000", title="wanted")
    ended("source-000", title="newer")
    tab = ticked(page(), "wanted")
    tab = shown(tab.get("menu_button")[0].click(section))
    (run,) = [item for item in tab.selectbox if item.label == "Run"]
    assert run.value == tab.session_state[f"{key}.chosen"] == wanted.id
    assert tab.session_state["section"] == section


def test_what_people_say_is_kept_shown_searched_and_chosen_by() -> None:
    ended("source-000", title="good")
    ended("source-000", title="other")
    restarted()
    tab = ticked(page(), "good")
    (title,) = [item for item in tab.text_input if item.label == "Title"]
    shown(title.set_value("best one"))
    assert table(tab)["run"].tolist() == ["other", "best one"]
    (note,) = [item for item in tab.text_area if item.label == "Note"]
    shown(note.set_value("A steeper slope\nhelps."))
    tags = [item for item in tab.multiselect if item.label == "Tags"]
    shown(tags[-1].set_value(["paper", "slopes"]))
    shown(button(tab, "Pin").click())
    restarted()
    tab = page()
    cells = table(tab).iloc[0]  # pinned ones stand first
    assert [cells["run"], cells["pinned"], cells["note"]] == ["best one", "★", "A steeper slope\nhelps."]
    assert list(cells["tags"]) == ["paper", "slopes"]
    for found in (
        tab.text_input(key="runs.search").set_value("steeper"),
        tab.multiselect(key="runs.tags").set_value(["slopes"]),
        tab.toggle(key="runs.pinned").set_value(True),
    ):
        assert table(shown(found))["run"].tolist() == ["best one"]
    shown(button(ticked(tab, "best one"), "Open").click())
    assert newest().title == "best one"


def test_repetitions_stand_together_with_their_mean_and_its_error() -> None:
    tests = []
    for seed in (1, 2):
        report = ended("source-000", *ONE_STEP, f"seed={seed}").view().snapshots[0].report
        assert report is not None
        assert report.test.accuracy is not None
        tests.append(report.test.accuracy)
    ended("source-000", *ONE_STEP, "slope=2", title="another")
    tab = shown(page().selectbox(key="runs.group").set_value(SEEDS))
    assert sorted(len(item.value) for item in tab.dataframe) == [1, 2]
    mean, error = 50 * sum(tests), 50 * abs(tests[0] - tests[1])  # the error of two: half their distance
    (told,) = [item.label.partition("** · ")[2] for item in tab.expander if "2 runs" in item.label]
    said, figures = told.rsplit(": ", 1)
    assert said == "2 runs · test accuracy (%), mean ± standard error"
    assert [float(word) for word in figures.split()[:3:2]] == pytest.approx([mean, error], abs=0.051)
    (words,) = [item for item in tab.text_input if item.label == "Search"]
    shown(words.set_value(newest().id))
    (seed,) = [job.id for job in JOBS.all() if job.experiments[0].seed == 2]
    shown(words.set_value(seed))
    assert [item.label.partition("** · ")[2] for item in tab.expander] == [
        f"1 of 2 runs shown · test accuracy (%) of all, mean ± standard error: {figures}"
    ], "a search changes no result"


def test_a_run_has_a_picture_of_what_it_does() -> None:
    ended("source-001")
    ended("source-003-det-st-both")
    pictures = table(page())["picture"]
    assert all(picture.startswith("data:image/png;base64,") for picture in pictures)
    assert all(len(base64.b64decode(picture.partition(",")[2])) < 4096 for picture in pictures)


def test_a_finished_run_is_continued_and_schedules_that_jump_are_told() -> None:
    old = ended("source-000", "slope.name=linear", *ONE_STEP, title="too short")
    tab = ticked(page(), "too short")
    assert "had ended at" in tab.warning[0].value
    shown(tab.number_input(key=f"shelf.longer.{old.id}").set_value(3.0))
    shown(tab.button(key="shelf.continue").click())
    new = newest()
    until(lambda: new.ended)
    assert new.id != old.id
    assert len(new.view().snapshots[0].steps["step"]) == 3
    assert tab.session_state["train"] == new.id


def test_deleting_is_undone(kept_runs: Path) -> None:
    ended("source-000", title="precious")
    tab = ticked(page(), "precious")
    shown(button(tab, "Delete").click())
    assert not run_folders(kept_runs)
    assert not shelf(JOBS).jobs
    shown(button(tab, "Undo").click())
    assert table(tab)["run"].tolist() == ["precious"]


def test_a_second_deletion_leaves_the_first_in_the_bin(kept_runs: Path) -> None:
    for title in ("first", "second"):
        ended("source-000", title=title)
        shown(button(ticked(page(), title), "Delete").click())
    tab = page()
    tab.session_state["shelf.fold.bin"] = True
    shown(tab)
    assert sorted(table(tab)["run"]) == ["first", "second"]
    tick(tab, 0, [table(tab)["run"].tolist().index("first")])
    shown(button(tab, "Restore").click())
    assert [job.title for job in shelf(JOBS).jobs] == ["first"]
    shown(button(tab, "Remove 1 run for good").click())
    assert not list((kept_runs / "deleted").iterdir())


def test_what_is_not_on_disk_is_not_deleted() -> None:
    JOBS.runs_folder = None
    job = ended("source-000", title="in memory")
    with pytest.raises(StoreError, match="not kept on disk"):
        JOBS.delete(job.id)
    assert JOBS.get(job.id) is job


def test_what_trains_is_not_deleted() -> None:
    job = JOBS.start([on_digits("source-000", *LONG)], "busy")
    until(lambda: job.status == "running")
    tab = ticked(page(), "busy")
    shown(button(tab, "Delete").click())
    assert "busy is under way; stop it first." in told(tab)
    assert JOBS.get(job.id) is job


def test_a_folder_that_cannot_be_read_is_told_and_the_others_listed(kept_runs: Path) -> None:
    ended("source-000", title="whole")
    (kept_runs / "0123abcd").mkdir()
    (kept_runs / "0123abcd" / "job.json").write_text('{"format": "9"}')
    tab = page()
    assert table(tab)["run"].tolist() == ["whole"]
    assert "0123abcd" in tab.error[0].value


def test_an_address_brings_back_its_run_after_a_restart() -> None:
    job = ended("source-000", title="linked")
    restarted()
    tab = opened(run=job.id)
    assert tab.session_state["train"] == job.id
    assert newest().id == job.id


def test_an_address_that_names_no_run_is_no_error() -> None:
    for wrong in ("ffffffff", "../../etc", "x"):
        assert not opened(run=wrong).exception


def test_a_folder_for_runs_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "none"))
    tab = opened()
    assert "LAB_RUNS names" in tab.error[0].value
    assert "runs are not kept" in tab.error[0].value
