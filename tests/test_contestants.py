"""What the contestants of a race are called: what tells them apart, and no more."""

from __future__ import annotations

import pytest

from lab.boards.contestants import labels
from lab.boards.titles import title_of_contestants
from lab.store.facts import TITLE
from tests.pages import on_digits


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        (["estimator=identity", "estimator=rloo"], ["Identity straight-through", "Leave-one-out (RLOO)"]),
        (["optimizer.lr=0.1", "optimizer.lr=0.2"], ["lr 0.1", "lr 0.2"]),
        (["optimizer=sgd", "optimizer=adam"], ["SGD with momentum", "Adam"]),
        (["slope=2", "slope.name=hm-rnn"], ["slope 2", "slope HM-RNN slope annealing"]),
    ],
)
def test_labels_name_what_differs(changes: list[str], names: list[str]) -> None:
    assert labels([on_digits("source-000", change) for change in changes]) == names


def test_each_contestant_is_told_by_its_own_difference() -> None:
    changes = ["evaluation=threshold", "architecture.hidden=[32]", "report=last", "seed=0"]
    names = labels([on_digits("source-000", change) for change in changes])
    assert names == ["evaluation threshold", "hidden 32", "report last", "Value-clipped straight-through"]


def test_settings_of_one_rule_tell_it_apart() -> None:
    rloo = 'estimator={"name": "rloo", "samples": %d}'
    changes = [rloo % 2, rloo % 8, "estimator=identity"]
    names = labels([on_digits("source-000", change) for change in changes])
    assert names == ["Leave-one-out (RLOO) samples 2", "Leave-one-out (RLOO) samples 8", "Identity straight-through"]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        (["seed=0"], "Multilayer perceptron · Value-clipped straight-through"),
        (
            ["estimator=identity", "estimator=rloo"],
            "Identity straight-through vs Leave-one-out (RLOO) · Multilayer perceptron",
        ),
        (["slope=1", "slope=2"], "slope 1 vs slope 2 · Multilayer perceptron · Value-clipped straight-through"),
    ],
)
def test_a_title_says_what_differs_and_then_what_is_shared(changes: list[str], title: str) -> None:
    contestants = [on_digits("source-000", change) for change in changes]
    assert title_of_contestants(contestants) == title
    assert title_of_contestants(contestants, "Seed 3") == f"Seed 3 · {title}"


def test_a_title_that_is_too_long_for_a_job_is_cut() -> None:
    contestants = [on_digits("source-000", f"architecture.hidden={[1000 + k] * 8}") for k in range(6)]
    title = title_of_contestants(contestants, "Seed 3")
    assert len(title) == TITLE
    assert title.endswith("…")
