"""What a page does about limits and owners: it says them, and whatever a browser sends, it keeps to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS, Job
from lab.jobs.owners import key_of
from lab.limits import Limits
from lab.links import encode
from lab.store import RunFolder
from lab.ui import keep
from lab.ui.plain import plain
from lab.ui.told import SOMEWHERE
from lab.ui.told import told as for_who_asks
from tests.pages import button, newest, on_digits, opened, shown, tick, told, until, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab")

LONG = on_digits("source-000", "budget=500", "threads=1")
ME, YOU = key_of("a" * 64), key_of("b" * 64)


class Browser:
    """Which browser asks."""

    key = ME


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A lab that is open to others, as its pages see it."""
    browser = Browser()
    with monkeypatch.context() as patch:
        patch.setattr(keep, "visitor", lambda: browser.key)
        yield browser
    keep.owners.ask(lambda: None)


@pytest.fixture(autouse=True)
def limits_as_before() -> Iterator[None]:
    yield
    JOBS.limits = Limits()


def watched(browser: Browser) -> tuple[Job, AppTest]:
    """A run of one browser, on the page of another."""
    shown(button(opened(experiment=encode(LONG)), "Train").click())
    job = newest()
    until(lambda: job.status == "running")
    browser.key = YOU
    return job, opened(run=job.id)


def test_a_watcher_sees_why_nothing_can_be_pressed_and_pressing_does_nothing(browser: Browser) -> None:
    job, tab = watched(browser)
    controls = {name: button(tab, name) for name in ("Pause", "Step", "10 steps", "Stop", "Rewind", "New seed")}
    assert all(control.disabled for control in controls.values())
    assert "was started in another browser" in told(tab)
    controls["Stop"].proto.disabled = False  # a browser sends what it likes, whatever it is shown
    shown(shown(controls["Stop"].click()))
    assert job.status == "running"
    browser.key = ME
    assert not button(shown(tab), "Stop").disabled


def test_after_its_end_a_watcher_starts_a_run_of_their_own(browser: Browser) -> None:
    job, tab = watched(browser)
    browser.key = ME
    job.stop()
    until(lambda: job.ended)
    browser.key = YOU
    shown(button(shown(tab), "Again").click())
    assert newest().facts().owner == YOU
    assert job.facts().owner == ME


def test_the_message_of_a_run_is_shown_as_it_is(kept_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JOBS, "runs_folder", kept_runs)
    job = JOBS.start([small()], "mine")
    assert job.wait(60)
    folder = RunFolder(kept_runs / job.id)
    message = "**Click** [here](https://example.com)"
    folder.write_facts(folder.facts().model_copy(update={"status": "stopped", "message": message}))
    JOBS._jobs.clear()
    tab = opened(run=job.id)
    until_it_shows(tab, lambda: plain(message) in [item.value for item in tab.info])


def test_what_is_told_of_a_run_is_written_by_its_owner_alone(
    browser: Browser, kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JOBS, "runs_folder", kept_runs)
    opened()  # from now on the lab knows who asks
    assert JOBS.start([small()], "mine").wait(60)
    for browser.key, mine in ((YOU, False), (ME, True)):
        tab = tick(opened("runs.py"), 0, [0])
        fields = [item for kind in (tab.text_input, tab.multiselect, tab.text_area) for item in kind]
        told_of = [item for item in fields if newest().id in str(item.key)]
        assert [item.disabled for item in told_of] == 3 * [not mine]


def test_places_of_this_machine_are_told_to_no_stranger(browser: Browser, kept_runs: Path) -> None:
    (kept_runs / "aaaa0001").mkdir()
    (kept_runs / "aaaa0001" / "job.json").write_text("{")
    browser.key = YOU
    tab = opened("runs.py")
    assert "Some runs of this lab cannot be read. (1)" in told(tab)
    assert str(kept_runs) not in told(tab)
    assert "job.json is not readable" not in told(opened(run="aaaa0001"))
    assert "(a place of the lab's machine) is not readable as JSON" in told(opened(run="aaaa0001"))
    browser.key = None
    assert "aaaa0001/job.json is not readable as JSON" in told(opened(run="aaaa0001"))


@pytest.mark.parametrize(
    "place",
    [
        "/srv/lab data/0a1b/state",
        "/home/someone/runs/x.json",
        r"C:\runs\x.json",
        "sqlite:////srv/mlflow.db",
        "https://u:p@h/",
    ],
)
def test_a_sentence_for_strangers_has_no_place_of_this_machine_in_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    opened()  # from now on the lab knows who asks
    monkeypatch.setattr(JOBS, "runs_folder", Path("/srv/lab data"))
    sentence = f"The state of run 0a1b cannot be read: {place} is cut off. Epochs 1/2, a and/or b: 3/4."
    browser.key = YOU
    assert for_who_asks(sentence) == sentence.replace(place, SOMEWHERE)
    browser.key = None
    assert for_who_asks(sentence) == sentence


def test_what_is_too_large_is_refused_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_MAX_EPOCHS", "20")
    tab = shown(button(opened(experiment=encode(LONG)), "Train").click())
    assert tab.error[0].value == (
        "The budget is 500 epochs; this lab allows 20. Whoever runs it raises that with LAB_MAX_EPOCHS."
    )
    assert JOBS.all() == []


def test_a_wrong_limit_is_told_and_only_its_usual_value_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_MAX_EPOCHS", "a few")
    monkeypatch.setenv("LAB_MAX_STEPS", "20")
    tab = opened()
    assert tab.error[0].value.startswith("LAB_MAX_EPOCHS should be a valid number")
    assert JOBS.limits == Limits(steps=20)


def test_a_kept_run_that_is_too_large_is_not_opened_by_an_address(
    kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    JOBS.runs_folder = kept_runs
    job = JOBS.start([on_digits("source-000", "budget=1", "budget_unit=steps")], "large")
    assert job.wait(60)
    JOBS._jobs.clear()
    monkeypatch.setenv("LAB_MAX_PARAMETERS", "1000")
    assert "LAB_MAX_PARAMETERS" in opened(run=job.id).error[0].value
    assert JOBS.all() == []


def test_a_wrong_limit_is_told_to_those_who_can_put_it_right(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_MAX_EPOCHS", "many")
    assert "LAB_MAX_EPOCHS" not in told(opened())
    monkeypatch.setattr(browser, "key", None)
    assert "LAB_MAX_EPOCHS" in told(opened())
