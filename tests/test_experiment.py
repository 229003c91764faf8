"""Experiments: the same in JSON, as plain data and after changes, whatever they are made of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.experiment import Experiment, InvalidExperiment, scheduled
from lab.paths import differences
from lab.schedules import Constant
from tests.strategies import EVERY_MEMBER, FAMILIES, experiments, fields_of, fitting

DIGITS = Experiment.parse({"dataset": "digits"})


def names_in(data: Any) -> set[str]:
    """The names of all parts in some plain data."""
    if not isinstance(data, dict):
        return set()
    return {data.get("name", "")}.union(*map(names_in, data.values()))


class TestJson:
    @given(experiments())
    @settings(max_examples=60)
    def test_round_trip_of_any_experiment(self, experiment: Experiment) -> None:
        text = experiment.model_dump_json()
        again = Experiment.from_json(text)
        assert again == experiment
        assert again.key == experiment.key
        assert again.model_dump_json() == text
        assert Experiment.parse(experiment.model_dump()) == experiment
        assert set(json.loads(text)) == set(Experiment.model_fields)

    @pytest.mark.parametrize(("family", "name"), EVERY_MEMBER)
    @settings(max_examples=10)
    @given(data=st.data())
    def test_round_trip_of_every_member_with_any_fields(self, family: str, name: str, data: st.DataObject) -> None:
        part = data.draw(fields_of(FAMILIES[family].members[name]).map(FAMILIES[family].model_validate))
        for again in (
            FAMILIES[family].model_validate(json.loads(part.model_dump_json())),
            FAMILIES[family].model_validate(part.model_dump()),
        ):
            assert again == part
            assert type(again) is type(part)

    @pytest.mark.parametrize(("family", "name"), EVERY_MEMBER)
    def test_every_member_has_a_place_in_an_experiment(self, family: str, name: str) -> None:
        experiment = Experiment.parse(fitting(family, name))
        text = experiment.model_dump_json()
        assert name in names_in(json.loads(text))
        assert Experiment.from_json(text) == experiment
        assert Experiment.from_json(text.encode()) == experiment

    def test_nested_parts_keep_their_fields(self) -> None:
        data = {
            "dataset": "digits",
            "architecture": {"name": "binary-mlp"},
            "estimator": {"name": "monte-carlo", "rule": {"name": "bernoulli", "gate": 0.5}},
            "optimizer": {"name": "bop", "real": {"name": "adam", "lr": {"name": "linear", "start": 0.5, "end": 0.25}}},
        }
        again = json.loads(Experiment.parse(data).model_dump_json())
        assert again["estimator"]["rule"]["gate"] == 0.5
        assert again["optimizer"]["real"]["lr"] == {"name": "linear", "start": 0.5, "end": 0.25}

    def test_keys_tell_experiments_apart(self) -> None:
        others = [DIGITS.with_changes([change]) for change in ("seed=1", "slope=2", "optimizer=adam", "threads=1")]
        assert len({experiment.key for experiment in (DIGITS, *others)}) == 5
        assert Experiment.parse({"dataset": {"name": "digits"}}).key == DIGITS.key

    def test_is_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            DIGITS.seed = 3  # type: ignore[misc]


def test_every_field_is_documented() -> None:
    assert all(field.description for field in Experiment.model_fields.values())


class TestChanges:
    @pytest.mark.parametrize(
        ("changes", "path", "expected"),
        [
            (["seed=3"], "seed", 3),
            ([" seed = 3 "], "seed", 3),
            (["device=cpu"], "device", "cpu"),
            (['device="cpu"'], "device", "cpu"),
            (["subset=null"], "subset", None),
            (["subset=100"], "subset", 100),
            (["slope=0.5"], "slope.value", 0.5),
            (["slope=linear"], "slope.name", "linear"),
            (["slope.name=cosine", "slope.end=0.5"], "slope.end", 0.5),
            (["slope=cosine", "slope.end=0.5"], "slope.end", 0.5),
            (["optimizer.lr=0.25"], "optimizer.lr.value", 0.25),
            (["optimizer.lr.value=0.25"], "optimizer.lr.value", 0.25),
            (["optimizer.lr.name=linear", "optimizer.lr.start=0.5"], "optimizer.lr.start", 0.5),
            (["architecture.name=mlp", "architecture.hidden=[9, 8]"], "architecture.hidden", (9, 8)),
            (['architecture={"name": "mlp", "hidden": [7]}'], "architecture.hidden", (7,)),
            (["seed=1", "seed=2"], "seed", 2),
            (["optimizer=bop", "architecture=binary-mlp"], "optimizer.name", "bop"),
            (["architecture=binary-mlp", "optimizer=bop", "optimizer.real=sgd"], "optimizer.real.name", "sgd"),
            (
                ["optimizer.name=bop", "optimizer.real.lr=0.5", "architecture=binary-mlp"],
                "optimizer.real.lr.value",
                0.5,
            ),
            (["optimizer=muon", "optimizer.others.lr.value=0.5"], "optimizer.others.lr.value", 0.5),
            (["optimizer=adam", "optimizer.lr.value=0.5"], "optimizer.lr.value", 0.5),
        ],
    )
    def test_a_path_leads_to_its_field(self, changes: list[str], path: str, expected: Any) -> None:
        value: Any = DIGITS.with_changes(changes).model_dump()
        for step in path.split("."):
            value = value[step]
        assert value == expected

    def test_naming_a_part_resets_its_other_fields(self) -> None:
        start = DIGITS.with_changes(["architecture.pooling=stride", "architecture.binary_layers=[1]", "seed=5"])
        for change in ("architecture.name=convnet", "architecture=convnet"):
            again = start.with_changes([change])
            assert again == DIGITS.with_changes(["seed=5"])

    def test_leaves_the_original_alone(self) -> None:
        before = DIGITS.model_dump_json()
        DIGITS.with_changes(["optimizer.lr=0.5", "architecture.name=mlp"])
        assert DIGITS.model_dump_json() == before
        assert DIGITS.with_changes([]) == DIGITS

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ("seed", "'seed' is not a change; write path=value, such as optimizer.lr=0.01."),
            ("=3", "'=3' is not a change"),
            ("", "'' is not a change"),
            ("sed=3", "has no field 'sed'; its fields are dataset, "),
            ("optimizer.rate=3", "optimizer has no field 'rate'; its fields are lr, "),
            ("optimizer.real.name=sgd", "optimizer has no field 'real'; its fields are lr, "),
            ("nothing.name=sgd", "has no field 'nothing'; its fields are dataset, "),
            ("seed.name=3", "'seed.name' leads nowhere: 'seed' has no fields to set."),
            ("architecture.binary_layers.0=1", "'binary_layers' has no fields to set."),
            ("seed=true", "seed must not be true or false (given: True)."),
            ("seed=[1", "seed should be a valid integer"),
            ("architecture.name=resnet", "architecture names no architecture that is allowed here; allowed: "),
            ('optimizer={"name": "sgd", "lr": 1, "lr": 2}', "optimizer names no optimizer that is allowed here"),
        ],
    )
    def test_a_wrong_change_is_explained(self, change: str, sentence: str) -> None:
        with pytest.raises(InvalidExperiment) as caught:
            DIGITS.with_changes([change])
        assert any(sentence in problem for problem in caught.value.problems), caught.value.problems


class TestDifferences:
    def test_names_what_differs_and_nothing_else(self) -> None:
        contestants = [DIGITS, DIGITS.with_changes(["estimator=rloo", "estimator.samples=8", "slope=2"])]
        assert differences(contestants) == {
            "estimator.name": ["hard-sigmoid", "rloo"],
            "estimator.samples": [None, 8],
            "estimator.units": [None, "logistic"],
            "slope.value": [1.0, 2.0],
        }

    def test_is_empty_for_equals(self) -> None:
        assert differences([DIGITS, Experiment.parse({"dataset": "digits"})]) == {}
        assert differences([DIGITS]) == {}

    @given(experiments(), experiments())
    @settings(max_examples=25)
    def test_tells_any_two_apart(self, first: Experiment, second: Experiment) -> None:
        table = differences([first, second])
        assert all(len(values) == 2 for values in table.values())
        assert bool(table) == (first != second)


class TestLength:
    @pytest.mark.parametrize(
        ("fields", "steps", "epochs"),
        [
            ({"budget": 3}, 60, 3),  # 1 237 images are 20 batches of 64
            ({"budget": 0.5}, 10, 0.5),
            ({"budget": 7, "budget_unit": "steps"}, 7, 0.35),
            ({"budget": 0.2, "budget_unit": "steps"}, 1, 0.01),
            ({"budget": 2, "subset": 128}, 4, 2),
            ({"budget": 2, "subset": 10, "batch_size": 5000}, 2, 2),
        ],
    )
    def test_follows_budget_and_subset(self, fields: dict[str, Any], steps: int, epochs: float) -> None:
        assert Experiment.parse({"dataset": "digits", **fields}).length() == (steps, pytest.approx(epochs))


def test_every_schedule_is_found_with_its_path() -> None:
    experiment = DIGITS.with_changes(["architecture=binary-mlp", "optimizer=hypermask", "optimizer.real=sgd"])
    found = {path: schedule for path, schedule, _ in scheduled(experiment)}
    assert set(found) == {"slope", "optimizer.delta", "optimizer.real.lr"}
    assert found["optimizer.real.lr"] == Constant(value=0.1)
