"""Flips, oscillation, the check of bits and the meter of memory, as a person sees them. No browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lab.bit_watch import BitWatch
from lab.boards.board import board
from lab.exports import tables
from lab.figures.board import Card
from lab.jobs import JOBS, Job
from lab.optimizers import Optimizer
from lab.training_memory import training_memory
from lab.ui.memory import memory_table
from tests.pages import opened
from tests.results import entry
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab")

HYPERMASK = {"name": "hypermask", "delta": 0.3}
STRAY = "Hypermask (BinSFO RAND) keeps bits"


def ran(*optimizers: Any, architecture: str = "binary-mlp") -> Job:
    """A finished job of two epochs."""
    job = JOBS.start([small(architecture, optimizer=each, budget=8) for each in optimizers], "Some run")
    assert job.wait(60)
    assert job.status == "finished", job.view().message
    return job


def cards(job: Job) -> dict[str, Card]:
    return {card.id: card for card in board(job.view(), 0).cards}


def metrics(tab: AppTest) -> list[list[str]]:
    (table,) = tab.table
    return [[index, *row] for index, row in zip(table.value.index, table.value.values.tolist(), strict=True)]


class TestCards:
    def test_of_a_run_show_what_was_recorded(self) -> None:
        job = ran(HYPERMASK)
        shown, steps = cards(job), job.view().snapshots[0].steps
        names = list(shown)
        assert names[names.index("flips") :][:3] == ["flips", "flips.oscillating", "flips.age"]
        assert f"{100 * steps['oscillating'][-1]:.3g}" in shown["flips.oscillating"].alt
        assert f"{steps['age'][-1]:.3g}" in shown["flips.age"].alt
        assert steps["oscillating"][-1] > 0

    def test_say_where_nothing_flips(self) -> None:
        still = cards(ran({"name": "bop", "threshold": 1.0}))["flips"]
        assert still.caption.startswith("No weight has flipped so far. ")
        assert not cards(ran(HYPERMASK))["flips"].caption.startswith("No weight")

    def test_of_a_race_have_a_curve_for_each(self) -> None:
        shown = cards(ran(HYPERMASK, "bop", {"name": "sgd", "lr": 5}))
        for name in ("flips.oscillating", "flips.age"):
            for title in ("Hypermask", "Bop", "SGD"):
                assert title in shown[name].alt

    def test_there_are_none_without_binary_weights(self) -> None:
        assert not [name for name in cards(ran("sgd", architecture="mlp")) if name.startswith("flips")]


def test_the_check_of_bits_is_told_where_there_is_one() -> None:
    told = "After each epoch all weights are checked: at step 8 each had one of its two values."
    assert told in cards(ran(HYPERMASK))["flips"].caption
    assert told in cards(ran(HYPERMASK, "sgd"))["flips"].caption
    assert "are checked" not in cards(ran("sgd"))["flips"].caption


@pytest.mark.parametrize("which", [0, 1])
def test_it_is_not_told_where_any_run_has_weights_that_are_no_bits(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    look, seen = BitWatch.look, list[int]()

    def disturbed(self: BitWatch, step: int, flips: Any) -> Any:
        seen.extend({id(self)}.difference(seen))
        if step == 6 and seen.index(id(self)) == which:
            self._binary[0].parameter.data[0, :5] = 0.5
        return look(self, step, flips)

    monkeypatch.setattr(BitWatch, "look", disturbed)
    job = ran(HYPERMASK, HYPERMASK)
    strays = [float(snapshot.steps["strays"][-1]) for snapshot in job.view().snapshots]
    assert sorted(map(bool, strays)) == [False, True]
    assert "are checked" not in cards(job)["flips"].caption


def test_curves_are_exported() -> None:
    table = tables.curves([entry("binary-mlp", optimizer=HYPERMASK, budget=8)])
    there = {name: rows["value"].to_numpy() for name, rows in table.groupby("curve")}
    assert len(there["oscillating weights"]) == len(there["steps since the last flip"]) == 8
    assert there["binary weights that are no bits"].tolist() == [0, 0]
    assert np.isfinite(there["oscillating weights"]).all()


def test_bits_that_are_none_are_said_on_the_page_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    look = BitWatch.look

    def disturbed(self: BitWatch, step: int, flips: Any) -> Any:
        if step == 6:
            self._binary[0].parameter.data[0, :5] = 0.5
        return look(self, step, flips)

    sound = ran(HYPERMASK)
    monkeypatch.setattr(BitWatch, "look", disturbed)
    ill = ran(HYPERMASK)
    assert [item.value for item in opened(run=sound.id).error] == []
    (error,) = [item.value for item in opened(run=ill.id).error]
    assert error.startswith("Since a step after 4, ")
    assert STRAY in error


class TestMemory:
    def test_is_on_the_train_page(self) -> None:
        job = ran({"name": "binsfo-ewm", "real": {"name": "adam"}})
        rows = metrics(opened(run=job.id))
        assert rows[0] == ["Binary weights", "19\u2009632", "33.01", "64.01", "1", "32", "64 a tensor"]
        assert (rows[1][:2], rows[1][4:]) == (["Biases, batch norm", "116"], ["32", "32", "64 + 32 a tensor"])
        bits = 19632 * 64 + 3 * 64 + 116 * 128 + 6 * 32
        assert rows[2] == ["Together", "19\u2009748", "0.0829 MB", f"{bits / 8e6:.3g} MB", "", "", ""]

    def test_of_a_net_with_real_weights_alone(self) -> None:
        rows = metrics(opened(run=ran("sgd", architecture="mlp").id))
        assert [row[0] for row in rows] == ["Real weights", "Biases, batch norm", "Together"]
        assert rows[0][2:] == rows[1][2:] == ["96", "96", "32", "32", "32"]

    @pytest.mark.parametrize("name", Optimizer.members)
    def test_has_a_row_for_every_optimizer(self, name: str) -> None:
        table = memory_table(training_memory(small("binary-mlp", optimizer=name)))
        assert list(table.index) == ["Binary weights", "Biases, batch norm", "Together"]
        assert all(table.loc["Binary weights"])
