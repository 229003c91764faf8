"""The section of the Gradients page that compares estimators on one batch of a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lab.jobs import JOBS
from lab.probes.gradients import Agreement, compare_gradients
from tests.pages import PATIENCE, boards, button, newest, on_digits, opened, shown, told, until, until_it_shows

pytestmark = pytest.mark.usefixtures("empty_lab")


def section():  # type: ignore[no-untyped-def]
    return opened("gradients.py", section="batch")


def run(tab):  # type: ignore[no-untyped-def]
    return next(item for item in tab.selectbox if item.label == "Run")


def charts(tab) -> int:  # type: ignore[no-untyped-def]
    return len(boards(tab))


def compared(preset: str, rules: list[str], **numbers: int):  # type: ignore[no-untyped-def]
    """The section after it was asked to compare rules on the net of a run of one step."""
    job = JOBS.start([on_digits(preset, "budget=1", "budget_unit=steps")], preset)
    until(lambda: job.ended)
    tab = section()
    for name, number in numbers.items():
        tab.number_input(key=f"same.{name}").set_value(number)
    shown(tab.multiselect(key="same.rules").set_value(rules))
    return shown(button(tab, "Compare on the net as it is now").click()) if rules else tab


def test_without_a_run_it_says_what_to_do() -> None:
    assert "Start one on the Train page" in section().info[0].value


@pytest.mark.parametrize("steps", [2, 100_000])
def test_on_a_run_that_has_ended_and_on_one_under_way(steps: int) -> None:
    job = JOBS.start([on_digits("source-003-det-st-both", f"budget={steps}", "budget_unit=steps")], "a run")
    until(lambda: job.ended or bool(job.view().snapshots[0].steps["step"].size > 2))
    tab = section()
    shown(tab.multiselect(key="same.rules").set_value(["identity", "zero-gradient"]))
    shown(button(tab, "Compare on the net as it is now").click())
    until_it_shows(tab, lambda: charts(tab) == 1 and len(tab.dataframe[0].value) == 3 * 3)
    assert not tab.error
    assert newest().status in ("finished", "running")


def test_a_net_without_bits_is_explained() -> None:
    tab = compared("source-003-float", ["identity"])
    until_it_shows(tab, lambda: bool(tab.error))
    assert "no binary units" in tab.error[0].value


def test_rules_that_refuse_the_net_are_explained_and_the_others_compared() -> None:
    tab = compared("source-003-det-st-both", ["enumeration", "identity"])
    until_it_shows(tab, lambda: charts(tab) == 1 and len(tab.dataframe[0].value) == 2 * 3)
    (error,) = tab.error
    assert error.value.startswith("Exact enumeration")
    assert "at most 10 units are allowed" in error.value


def test_a_reference_that_is_all_noise_is_warned_of() -> None:
    tab = compared("source-003-stoch-st-both", ["bernoulli"], draws=2, many=2)
    until_it_shows(tab, lambda: charts(tab) == 1 and len(tab.dataframe[0].value) == 2 * 3)
    assert "Take more draws of the reference" in told(tab)


def test_an_empty_choice_is_no_error() -> None:
    tab = compared("source-003-det-st-both", [])
    assert not tab.error
    assert "Choose at least one estimator" in told(tab)


def test_shows_what_is_there_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = threading.Semaphore(4)  # the reference, the reference again, and two of the four

    def held_up(*arguments: Any) -> Iterator[list[Agreement]]:
        *others, on_draw = arguments

        def draw() -> None:
            assert turn.acquire(timeout=PATIENCE)
            on_draw()

        return compare_gradients(*others, draw)

    monkeypatch.setattr("lab.ui.gradients.comparison.compare_gradients", held_up)
    tab = compared("source-003-det-st-both", ["identity", "saturated", "hard-sigmoid", "approx-sign"])
    until_it_shows(tab, lambda: charts(tab) == 1 and len(tab.dataframe[0].value) == 3 * 3)
    assert "3 of 5 rows" in tab.get("progress")[0].proto.text
    assert tab.get("progress")[0].proto.value == 100 * 4 // 6
    shown(button(tab, "Stop").click())
    turn.release()
    until_it_shows(tab, lambda: "Stopped before the last" in told(tab))
    assert len(tab.dataframe[0].value) == 3 * 3
    assert not [item for item in tab.button if item.label == "Stop"]


def test_stopped_before_anything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def held_up(*arguments: Any) -> Iterator[list[Agreement]]:
        assert stopped.wait(PATIENCE)
        return compare_gradients(*arguments)

    monkeypatch.setattr("lab.ui.gradients.comparison.compare_gradients", held_up)
    tab = compared("source-003-det-st-both", ["identity"])
    shown(button(tab, "Stop").click())
    stopped.set()
    until_it_shows(tab, lambda: "Stopped before the gradients of the reference" in told(tab))
    assert charts(tab) == 0


def test_a_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Iterator[list[Agreement]]:
        raise RuntimeError("not enough memory")

    monkeypatch.setattr("lab.ui.gradients.comparison.compare_gradients", broken)
    tab = compared("source-003-det-st-both", ["identity"])
    until_it_shows(tab, lambda: bool(tab.error))
    assert tab.error[0].value == "The comparison failed: RuntimeError: not enough memory"


def test_settings_are_there_again_after_another_section() -> None:
    tab = compared("source-003-det-st-both", [])
    shown(tab.number_input(key="same.many").set_value(400))
    (choice,) = [item for item in tab.get("button_group") if item.label == "Section"]
    shown(choice.set_value("proofs"))
    (choice,) = [item for item in tab.get("button_group") if item.label == "Section"]
    shown(choice.set_value("batch"))
    assert tab.number_input(key="same.many").value == 400
    assert tab.multiselect(key="same.rules").value == []


def test_the_run_stays_chosen_when_its_state_changes() -> None:
    jobs = [JOBS.start([on_digits("source-003-det-st-both", "budget=100000", "budget_unit=steps")], "a run")]
    jobs.append(JOBS.start([on_digits("source-003-det-st-both", "budget=1", "budget_unit=steps")], "another"))
    tab = section()
    chosen = next(job for job in jobs if job.id != run(tab).value)
    shown(run(tab).set_value(chosen.id))
    chosen.stop()
    until(lambda: chosen.ended)
    assert run(shown(tab)).value == chosen.id
    JOBS.start([on_digits("source-003-det-st-both", "budget=1", "budget_unit=steps")], "a third")
    assert run(shown(tab)).value == chosen.id


def test_until_one_is_chosen_the_newest_run_is_shown() -> None:
    JOBS.start([on_digits("source-003-det-st-both", "budget=1", "budget_unit=steps")], "a run")
    tab = section()
    assert run(tab).value == newest().id
    JOBS.start([on_digits("source-000", "budget=1", "budget_unit=steps")], "another")
    assert run(shown(tab)).value == newest().id


def test_rules_take_the_units_of_the_run_and_those_that_cannot_are_named() -> None:
    tab = compared("source-003-stoch-st-both", ["rloo", "bernoulli", "stochastic-hard-sigmoid"], draws=2, many=8)
    until_it_shows(tab, lambda: charts(tab) == 1 and len(tab.dataframe[0].value) == 4 * 3)
    assert "With Bernoulli straight-through the units do something else than in this run" in told(tab)


def test_what_nobody_looks_at_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.ui.gradients.comparison.PATIENCE", 0.3)
    tab = compared("source-003-stoch-st-both", ["rloo"], draws=256, many=1024)
    comparison = tab.session_state["same.comparison"]
    until(lambda: comparison.done)
    assert "Stopped before" in told(shown(tab))


def test_another_run_can_be_chosen_without_losing_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    tab = compared("source-003-stoch-st-both", ["rloo"], draws=256, many=1024)
    JOBS.start([on_digits("source-000", "budget=1", "budget_unit=steps")], "another")
    shown(tab)
    assert run(tab).value == newest().id
    assert "source-003-stoch-st-both" in tab.get("progress")[0].proto.text
    shown(button(tab, "Stop").click())
    until(lambda: tab.session_state["same.comparison"].done)


def test_the_images_are_as_many_as_are_held_out() -> None:
    job = JOBS.start([on_digits("source-000", "dataset.validation=40", "budget=1", "budget_unit=steps")], "few")
    until(lambda: job.ended)
    assert section().number_input[0].max == 40


def test_batch_norm_behind_the_bits_is_not_hidden() -> None:
    job = JOBS.start([on_digits("source-003-stoch-st-both", "budget=1", "budget_unit=steps")], "a run")
    until(lambda: job.ended)
    assert "Batch norm follows the bits" in told(section())
