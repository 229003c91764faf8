"""What the contestants of a race are called, and their colors: what tells them apart, and no more."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.boards.contestants import contestants, labels
from lab.boards.titles import title_of_contestants
from lab.estimators import Estimator
from lab.figures.colors import NEAR, distance, told_apart
from lab.figures.theme import COLORS
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.recorder import Recorder
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


def values_of(kind: type[Part], name: str) -> list[Any]:
    """Values of a field of a part that are no numbers: both of a switch, and that it is left out."""
    schema = kind.model_json_schema()["properties"][name]
    kinds = {each.get("type") for each in schema.get("anyOf", [schema])}
    return [True, False] if kinds == {"boolean"} else [None] if "null" in kinds else []


FAMILIES: tuple[type[Part], ...] = (Architecture, Estimator, Optimizer)
SWITCHES = [
    pytest.param(kind, field, value, id=f"{kind.name} {field} {value}")
    for family in FAMILIES
    for kind in family.members.values()
    for field in kind.model_fields
    for value in values_of(kind, field)
]


@pytest.mark.parametrize(("kind", "field", "value"), SWITCHES)
def test_no_name_says_python_words_for_a_setting(kind: type[Part], field: str, value: Any) -> None:
    other = (not value) if isinstance(value, bool) else 0.75
    name = next(
        name
        for name, family in zip(("architecture", "estimator", "optimizer"), FAMILIES, strict=True)
        if issubclass(kind, family)
    )
    usual = on_digits("source-000")
    parts = [kind.model_construct(**{**dict(kind()), field: each}) for each in (value, other)]
    found = labels([usual.model_construct(**{**dict(usual), name: part}) for part in parts])
    assert len(set(found)) == 2
    assert not {"True", "False", "None"} & set(" ".join(found).split())
    if isinstance(value, bool):
        assert found[0].endswith(" on" if value else " off")
    else:
        assert found[0].startswith("no ")


def test_a_switch_is_called_what_its_widget_is_called() -> None:
    nets = [on_digits("source-001", f"architecture.relu={value}") for value in ("true", "false")]
    assert labels(nets) == ["ReLU before the binarizer on", "ReLU before the binarizer off"]


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


def test_a_title_names_three_contestants_and_counts_those_that_are_more() -> None:
    contestants = [on_digits("source-000", f"slope={k}") for k in range(1, 7)]
    shared = "Multilayer perceptron · Value-clipped straight-through"
    assert title_of_contestants(contestants[:3]) == f"slope 1 vs slope 2 vs slope 3 · {shared}"
    assert title_of_contestants(contestants[:4]) == f"slope 1 vs slope 2 and 2 more · {shared}"
    assert title_of_contestants(contestants) == f"slope 1 vs slope 2 and 4 more · {shared}"


def test_a_title_that_is_too_long_for_a_job_is_cut() -> None:
    contestants = [on_digits("source-000", f"architecture.hidden={[1000 + k] * 8}") for k in range(3)]
    title = title_of_contestants(contestants, "Seed 3, " * 30)
    assert len(title) == TITLE
    assert title.endswith("…")


USUAL = {estimator.color for estimator in Estimator.members.values()}


@given(st.lists(st.sampled_from(sorted(USUAL)), min_size=1, max_size=6))
def test_six_of_any_usual_colors_are_told_apart(usual: list[str]) -> None:
    colors = told_apart(usual)
    assert all(distance(one, other) >= NEAR for one, other in combinations(colors, 2))
    assert colors[0] == usual[0]
    assert all(color in (own, *COLORS) for own, color in zip(usual, colors, strict=True))


def test_colors_are_as_far_apart_as_the_eye_has_it() -> None:
    assert distance("#000000", "#FFFFFF") == pytest.approx(100, abs=0.01)
    assert distance("#FF0000", "#00FF00") == pytest.approx(170.6, abs=0.1)  # of sRGB's red and green, as published
    assert distance("#0072B2", "#0072b2") == 0


def test_seeds_of_one_experiment_share_its_color_and_differ_in_their_lines() -> None:
    changes = [(rule, seed) for seed in range(2) for rule in ("saturated", "identity")]
    experiments = [on_digits("source-000", f"estimator={rule}", f"seed={seed}") for rule, seed in changes]
    runs = contestants(experiments, [Recorder().snapshot()] * 4)
    alone = contestants(experiments[:2], [Recorder().snapshot()] * 2)
    assert [run.color for run in runs] == 2 * [run.color for run in alone]
    assert len({(run.color, run.dash) for run in runs}) == 4


@pytest.mark.parametrize("field", ["estimator", "slope"])
def test_contestants_keep_their_estimators_color_where_nobody_has_it(field: str) -> None:
    values = ["identity", "value-clipped", "bernoulli"] if field == "estimator" else [1, 2, 3]
    runs = contestants([on_digits("source-000", f"{field}={value}") for value in values], [Recorder().snapshot()] * 3)
    assert len({run.color for run in runs}) == 3
    assert runs[0].color == COLORS[0]
