"""Addresses: Back and Forward load what they say, and what they name that is not here is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import JOBS, Jobs, with_seed
from lab.links import decode, encode
from lab.ui import address, archive
from tests.pages import button, newest, opened, pressed, shown, told
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

Go = Callable[[AppTest, dict[str, Any]], AppTest]


@pytest.fixture
def go_back(monkeypatch: pytest.MonkeyPatch) -> Go:
    """The browser's Back, or Forward, to what an address said."""

    def go(tab: AppTest, said: dict[str, Any]) -> AppTest:
        with monkeypatch.context() as patch:
            patch.setattr(address, "_through_history", lambda: True)
            return say(tab, said)

    return go


def say(tab: AppTest, said: dict[str, Any]) -> AppTest:
    """The page after a run with another address."""
    tab.query_params.clear()
    tab.query_params.update(said)
    return shown(tab)


def raced(tab: AppTest) -> tuple[str, dict[str, Any]]:
    """The race that the page has started, and its address."""
    shown(button(tab, "Race").click())
    return newest().id, dict(tab.query_params)


def test_what_another_page_said_in_the_address_is_gone() -> None:
    for page, own in (("compare.py", "race"), ("train.py", "experiment"), ("gradients.py", "section")):
        tab = opened(page, search="x", section="curves", step="1", at="2")
        assert {"search", "step"} & set(tab.query_params) == set()
        assert own in tab.query_params
        assert ("section" in tab.query_params) == (own == "section")


def test_back_and_forward_on_compare_load_the_race_and_its_contestants(go_back: Go) -> None:
    tab = opened("compare.py", race="~".join(map(encode, (small(), small(slope=2)))))
    first, before = raced(tab)
    (slope,) = [item for item in tab.main.number_input if item.label == "Value" and item.value == 2]
    shown(slope.set_value(3.0))
    second, after = raced(tab)
    assert first != second
    for id, said in ((first, before), (second, after)):
        go_back(tab, said)
        assert tab.session_state["race"] == id
        job = JOBS.get(id)
        assert job is not None
        assert [decode(link) for link in tab.query_params["race"].split("~")] == list(job.experiments)
    say(tab, before)  # of a browser that has not heard yet what the page wrote
    assert tab.session_state["race"] == second
    assert dict(tab.query_params) == after


def test_back_on_train_leads_before_the_run(go_back: Go) -> None:
    tab = opened(experiment=encode(small()))
    before = dict(tab.query_params)
    shown(button(tab, "Train").click())
    after = dict(tab.query_params)
    assert after["run"] == newest().id
    assert "train" not in go_back(tab, before).session_state
    assert go_back(tab, after).session_state["train"] == newest().id


def test_seeds_are_in_the_address_only_beside_what_was_raced() -> None:
    contestants = [small(), small(slope=2)]
    for seed in (0, 5):
        assert JOBS.start(with_seed(contestants, seed), "A race").wait(60)
    tab = opened("compare.py", run=newest().id)
    assert tab.query_params["seeds"] == "0,5"
    (slope,) = [item for item in tab.main.number_input if item.label == "Value" and item.value == 2]
    assert "seeds" not in shown(slope.set_value(3.0)).query_params
    assert any("**N = 2**" in item.value for item in tab.markdown), "they are of the race that is shown"


def test_a_run_that_another_process_deletes_while_it_is_watched_is_told(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs
    assert JOBS.start([small()], "A run").wait(60)
    run, another = newest().id, Jobs()
    tab = opened(run=run)
    another.runs_folder = kept_runs
    another.delete(run)
    assert f"Run {run} is no longer here. It was deleted: the Runs page brings it back." in told(shown(tab))
    assert "run" not in tab.query_params
    another.recover(run)
    assert "no longer here" not in told(shown(tab))
    assert tab.query_params["run"] == run


def test_a_run_that_an_address_names_and_that_cannot_be_shown_is_told(
    kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    JOBS.runs_folder = kept_runs
    race = JOBS.start([small(), small(slope=2)], "A race")
    single = JOBS.start([small()], "A run")
    assert race.wait(60)
    assert single.wait(60)
    assert f"run {race.id!r}, which is a race: the Compare page shows it." in told(opened(run=race.id))
    assert "which is a single run: the Train page shows it." in told(opened("compare.py", run=single.id))
    JOBS.delete(single.id)
    assert "It was deleted: the Runs page brings it back." in told(opened(run=single.id))
    for wrong in ("ffffffff", "../../etc"):
        assert f"asks for run {wrong!r}. There is no such run in this lab." in told(opened("compare.py", run=wrong))
    monkeypatch.setattr(archive, "keeper", lambda: SimpleNamespace(elsewhere=lambda: [SimpleNamespace(id="0123abcd")]))
    assert "It is in MLflow alone: the Runs page lists it" in archive.whereabouts("0123abcd")


def test_what_is_asked_for_ticked_and_grouped_on_the_runs_page_is_in_its_address(go_back: Go) -> None:
    for title, seed in (("alpha", 0), ("beta 1", 1), ("beta 2", 2)):
        assert JOBS.start([small(seed=seed)], title).wait(60)
    tab = opened("runs.py")
    nothing = dict(tab.query_params)
    shown(tab.text_input(key="runs.search").set_value("beta"))
    shown(tab.selectbox(key="runs.order").set_value("Title"))
    shown(tab.multiselect(key="runs.states").set_value(["Finished", "Training"]))
    ticked = next(job.id for job in JOBS.all() if job.title == "beta 1")
    said = {**dict(tab.query_params), "ticked": f"{ticked}-0"}
    for page in (opened("runs.py", **said), go_back(tab, said)):
        assert page.dataframe[0].value["run"].tolist() == ["beta 1", "beta 2"]
        assert page.text_input(key="runs.search").value == "beta"
        assert any(item.label == "Title" and item.value == "beta 1" for item in page.text_input)
        assert dict(page.query_params) == said
    assert len(go_back(tab, nothing).dataframe[0].value) == 3
    assert dict(tab.query_params) == nothing


def test_wrong_values_in_the_address_of_the_runs_page_are_told() -> None:
    wrong = {"state": "Asleep", "estimator": "Magic", "order": "Luck", "group": "Luck", "pinned": "maybe"}
    said = told(opened("runs.py", **wrong, ticked="ffffffff-0\nx"))
    for sentence in (
        "the state 'Asleep'; allowed is Preparing",
        "the estimator 'Magic'; this lab has none of that name.",
        "the order 'Luck'; allowed is Newest first, Oldest first",
        "the group 'Luck'; allowed is Experiment but for the seed",
        "the choice of pinned runs 'maybe'; allowed is yes.",
        "run 'ffffffff-0'. There is no such run in this lab.",
        "run 'x'. There is no such run in this lab.",
    ):
        assert f"The address asks for {sentence}" in said


def test_what_is_of_a_whole_race_says_so_and_what_diverged_is_not_continued(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs
    explosive = {"name": "sgd", "lr": 100, "weight_decay": 10}
    assert JOBS.start([small(budget=40), small(budget=40, optimizer=explosive)], "A race").wait(60)
    tab = opened("runs.py", ticked=f"{newest().id}-0")
    assert tab.dataframe[0].value["race"].tolist() == ["1 of 2", "2 of 2"]
    assert tab.dataframe[0].value["state"].tolist() == ["Finished", "Diverged"]
    assert "A race is one run, a race of 2: lr 0\\.02 weight decay 0, lr 100 weight decay 10." in told(tab)
    assert "It cannot be trained on: lr 100 weight decay 10 diverged." in told(tab)
    assert not any(item.label == "Continue" for item in tab.button)
    shown(button(tab, "Delete the race of 2").click())
    assert JOBS.all() == []


def test_runs_are_paused_and_stopped_from_their_list() -> None:
    jobs = [JOBS.start([small(budget=1e6)], title) for title in ("one", "two")]
    tab = opened("runs.py", ticked="\n".join(f"{job.id}-0" for job in jobs))
    pressed(tab, "shelf.pause")
    assert not any(job.playing for job in jobs)
    assert button(tab, "Pause").disabled
    pressed(tab, "shelf.stop")
    assert all(job.wait(60) for job in jobs)
    assert button(shown(tab), "Stop").disabled


def test_the_row_that_is_looked_at_is_in_the_address_of_reproduce(go_back: Go) -> None:
    tab = opened("reproduce.py", study="source-003", row="det-st-both")
    row = tab.selectbox(key="study.source-003.row")
    assert row.value == "det-st-both"
    shown(row.set_value("stoch-st-both"))
    assert tab.query_params == {"study": "source-003", "row": "stoch-st-both"}
    go_back(tab, {"study": "source-003", "row": "det-st-both"})
    assert tab.selectbox(key="study.source-003.row").value == "det-st-both"
    shown(tab.segmented_control(key="study").set_value("wizaron"))
    assert tab.query_params == {"study": "wizaron"}, "a study that was not looked at shows its first row"
    assert not tab.error
    told_row = opened("reproduce.py", study="wizaron", row="nonsense").error[0].value
    assert told_row.startswith("The address asks for row 'nonsense'; this study has")
