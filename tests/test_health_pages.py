"""Alarms and gradient health on the pages, as a person sees them. No browser."""

from __future__ import annotations

from typing import Any

import pytest

from lab.boards.board import board
from lab.boards.contestants import contestants
from lab.boards.health_cards import all_health_cards
from lab.figures.board import Board, Chart
from lab.jobs import JOBS, Job
from tests.pages import newest, opened, shown, told, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab")

SILENT = "No gradient reaches layer 1 (linear): Zero gradient sends nothing back"


def ran(*rules: str, shape: dict[str, Any] | None = None) -> Job:
    """A finished job of a few steps."""
    job = JOBS.start([small("mlp", shape, estimator=rule, budget=2) for rule in rules], "Some run")
    assert job.wait(60)
    assert job.status == "finished"
    return job


def errors(tab: Any) -> list[str]:
    return [item.value for item in tab.error]


def test_the_train_page_says_it_loudly_and_only_where_it_is_so() -> None:
    silent, speaking = ran("zero-gradient"), ran("identity")
    (error,) = errors(opened(run=silent.id))
    assert error.startswith(SILENT)
    assert errors(opened(run=speaking.id)) == []


def test_it_is_said_after_the_first_step() -> None:
    job = JOBS.start([small("mlp", estimator="zero-gradient", budget=1000)], "Held", playing=False)
    until(lambda: job.status == "paused")
    tab = opened(run=job.id)
    assert errors(tab) == []
    job.step()
    until(lambda: job.view().snapshots[0].steps["step"].size == 1)
    (error,) = errors(shown(tab))
    assert error.startswith(SILENT)


def test_a_race_says_whose_layers_get_none() -> None:
    ran("identity", "zero-gradient")
    (error,) = errors(opened("compare.py"))
    assert error.startswith(f"**Zero gradient** – {SILENT}")


class TestCards:
    def board(self, job: Job) -> Board:
        return board(job.view(), 0)

    def test_of_one_run_show_every_layer(self) -> None:
        cards = {card.id: card for card in self.board(ran("identity")).cards}
        assert self.names(cards["health.gradient"]) == ["layer 1 (linear)", "layer 2 (linear)"]
        assert self.names(cards["health.units"]) == ["hidden 1 active", "hidden 1 dead", "hidden 1 stuck"]

    def test_of_a_race_show_the_first_layer_of_each(self) -> None:
        cards = {card.id: card for card in self.board(ran("identity", "hard-sigmoid")).cards}
        assert len(self.names(cards["health.first"])) == 2
        assert "health.units" not in cards

    def test_tell_their_values(self) -> None:
        view = ran("zero-gradient").view()
        (run,) = contestants(view.experiments, view.snapshots)
        cards = {card.id: card for card in all_health_cards(run)}
        assert list(cards) == ["health.gradient", "health.zeros", "health.update", "health.units"]
        assert cards["health.gradient"].alt.startswith("Gradient norm now: layer 1 (linear) none; layer 2 (linear) 0.")
        assert "layer 1 (linear) 100" in cards["health.zeros"].alt
        assert "hidden 1 active 0;" in cards["health.units"].alt
        silent = cards["health.gradient"].content
        assert isinstance(silent, Chart)
        assert silent.figure["data"][0]["y"] == [None, None], "0 has no place on a logarithmic axis"

    def test_of_a_net_without_bits_show_no_units(self) -> None:
        cards = {card.id for card in self.board(ran("identity", shape={"binary_layers": []})).cards}
        assert "health.gradient" in cards
        assert "health.units" not in cards

    @staticmethod
    def names(card: Any) -> list[str]:
        return [trace["name"] for trace in card.content.figure["data"]]


class TestSection:
    def test_says_what_to_do_where_there_is_no_run(self) -> None:
        tab = opened("gradients.py", section="health")
        assert "Start one on the Train page" in told(tab)

    def test_shows_alarm_and_the_latest_values_in_plain_words(self) -> None:
        ran("zero-gradient")
        tab = opened("gradients.py", section="health")
        (error,) = errors(tab)
        assert error.startswith(SILENT)
        layers, sites = (item.value for item in tab.dataframe)
        assert layers["gradients exactly 0"].tolist()[0] == 100
        assert layers["update size"].tolist()[0] == 0 < layers["update size"].tolist()[1]
        assert sites["active"].tolist() == [0]
        assert "Dead and stuck: share of units" in told(tab)

    def test_one_contestant_of_a_race_at_a_time(self) -> None:
        ran("identity", "zero-gradient")
        tab = opened("gradients.py", section="health")
        assert errors(tab) == []
        (choice,) = [item for item in tab.selectbox if item.label == "Contestant"]
        (error,) = errors(shown(choice.set_value(1)))
        assert error.startswith(SILENT)

    def test_of_a_run_before_its_first_step_and_of_a_net_without_bits(self) -> None:
        JOBS.start([small("mlp", {"binary_layers": []}, budget=1000)], "Held", playing=False)
        job = newest()
        until(lambda: job.status == "paused")
        tab = opened("gradients.py", section="health")
        assert "has not made a step yet" in told(tab)
        job.step()
        until(lambda: job.view().snapshots[0].steps["step"].size == 1)
        tab = shown(tab)
        assert "This net has no binary units" in told(tab)
        assert len(tab.dataframe) == 1
