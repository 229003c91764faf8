"""Looking back: any kept moment of a run is chosen, shown, marked, and kept in the address."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.boards.board import board
from lab.boards.moment import as_of, kept_steps
from lab.figures.board import Board, Chart, Pictures
from lab.jobs import JOBS, Job
from tests.pages import forget_runs, newest, opened, shown, told, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "threads_kept")


def ran(contestants: int = 1) -> Job:
    rules = ["identity", "saturated"][:contestants]
    job = JOBS.start([small("convnet", estimator=rule, budget=9) for rule in rules], "Run")
    assert job.wait(60)
    return job


def pictures(shown: Board) -> list[object]:
    return [card.content for card in shown.cards if isinstance(card.content, Pictures)]


def test_the_board_shows_the_look_of_that_moment_and_marks_it_in_every_curve() -> None:
    view = ran().view()
    steps = kept_steps(view.snapshots)
    assert steps[0] == 0
    assert len(steps) > 3
    first, now = board(view, 0, steps[0]), board(view, 0)
    assert first.version != now.version
    assert pictures(first) != pictures(now)
    assert [card.id for card in first.cards] == [card.id for card in now.cards]
    at = {step: board(view, 0, step) for step in steps}
    assert len({str(pictures(each)) for each in at.values()}) == len(steps)
    epochs = {frame.step: frame.epoch for frame in view.snapshots[0].frames}
    for step, each in at.items():
        figures = [card.content.figure for card in each.cards if isinstance(card.content, Chart) and card.content.link]
        assert figures
        assert all(figure["layout"]["shapes"][0]["x0"] == epochs[step] for figure in figures)


def test_contestants_show_their_newest_look_by_then() -> None:
    view = ran(2).view()
    step = kept_steps(view.snapshots)[2]
    assert [snapshot.frame.step for snapshot in as_of(view.snapshots, step) if snapshot.frame] == [step, step]
    assert [s.frame for s in as_of(view.snapshots, None)] == [s.frame for s in view.snapshots]


def test_a_link_opens_its_moment_and_the_slider_moves_it() -> None:
    job = ran()
    tab = opened(run=job.id, at="2")
    assert tab.query_params["at"] == "2"
    assert "Inside the net after step 2" in told(tab)
    (slider,) = [item for item in tab.select_slider if item.label == "Moment (step)"]
    assert slider.value == 2
    shown(slider.set_value("Now"))
    assert "at" not in tab.query_params
    assert "Inside the net" not in told(tab)


def test_a_link_waits_for_a_run_that_is_brought_back(kept_runs: Path) -> None:
    JOBS.runs_folder = kept_runs
    id = ran().id
    forget_runs()
    tab = opened(run=id, at="2")
    until(lambda: newest().ended)
    assert "Inside the net after step 2" in told(shown(tab))
    assert tab.query_params["at"] == "2"


@pytest.mark.parametrize("wrong", ["later", "-1", "1e3", "9" * 40, "²"])
def test_a_moment_that_cannot_be_is_told(wrong: str) -> None:
    tab = opened(run=ran().id, at=wrong)
    for _ in range(2):  # drawn again, the page has not forgotten it
        assert "The address asks for the moment" in tab.error[0].value
        assert "at" not in tab.query_params
        tab = shown(tab)
    (slider,) = [item for item in tab.select_slider if item.label == "Moment (step)"]
    assert not shown(slider.set_value(2)).error
    (slider,) = [item for item in tab.select_slider if item.label == "Moment (step)"]
    assert not shown(slider.set_value("Now")).error


def test_a_moment_between_two_looks_is_the_earlier_one_and_a_rewind_forgets_it() -> None:
    job = ran(2)
    steps = kept_steps(job.view().snapshots)
    tab = opened("compare.py", run=job.id, at="1000000")
    assert tab.query_params["at"] == str(steps[-1])
    assert f"asks for the moment '1000000'; there are moments from step {steps[0]} to {steps[-1]} by now" in told(tab)
    job.rewind()
    until(lambda: job.status == "paused")
    assert "at" not in shown(tab).query_params
