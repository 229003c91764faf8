"""What cannot be an experiment is refused in sentences that name the field, the value and what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli.fields import described
from lab.experiment import Experiment, InvalidExperiment
from tests.strategies import EVERY_MEMBER, FAMILIES, experiments, fitting


def problems(data: Any) -> list[str]:
    """What is wrong with some data; every problem must be one readable line."""
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_json(data) if isinstance(data, str | bytes) else Experiment.parse(data)
    assert caught.value.problems
    for problem in caught.value.problems:
        assert problem.endswith("."), problem
        assert problem.isprintable(), problem
        assert len(problem) < 900, problem  # all estimators may have to be named
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"dataset": None}, "dataset is not a dataset; give its name (given: nothing)."),
        ({"dataset": "cifar"}, "dataset names no dataset that is allowed here; allowed: digits, "),
        ({"architecture": "resnet"}, "architecture names no architecture that is allowed here; allowed: "),
        ({"architecture": 7}, "architecture is not an architecture; give its name (given: 7)."),
        ({"estimator": "magic"}, "estimator names no estimator that is allowed here; allowed: "),
        ({"estimator": {"name": "rloo", "samples": 1}}, "estimator.samples should be greater than or equal to 2"),
        ({"optimizer": {"name": "sgd", "lr": "steep"}}, "optimizer.lr names no schedule that is allowed here; "),
        ({"optimizer": {"name": "sgd", "momentum": 1}}, "optimizer.momentum should be less than 1 (given: 1)."),
        ({"optimizer": {"name": "sgd", "beta1": 0.5}}, "optimizer has no field 'beta1'; its fields are lr, "),
        ({"optimizer": "bop"}, "optimizer 'bop' flips binary weights, and architecture 'convnet' has none; "),
        ({"batch_size": 0}, "batch_size should be greater than or equal to 1 (given: 0)."),
        ({"batch_size": 1}, "batch_size is 1, and batch norm needs at least 2 images."),
        ({"subset": 1}, "subset is 1, and batch norm needs at least 2 images."),
        ({"subset": 1238}, "subset is 1238; allowed is 1 to 1237, the training images of 'digits'"),
        ({"budget": 0}, "budget should be greater than 0 (given: 0)."),
        ({"budget": float("nan")}, "budget should be a finite number (given: nan)."),
        ({"budget_unit": "hours"}, "budget_unit should be 'epochs', 'steps' or 'seconds' (given: 'hours')."),
        ({"seed": -1}, "seed should be greater than or equal to 0 (given: -1)."),
        ({"seed": True}, "seed must not be true or false (given: True)."),
        ({"seed": 1.5}, "seed should be a valid integer, got a number with a fractional part (given: 1.5)."),
        ({"seed": None}, "seed should be a valid integer (given: nothing)."),
        ({"report": "best"}, "report should be 'last', 'best-validation' or 'best-validation-accuracy' (given: 'b"),
        (
            {"architecture": "autoencoder", "report": "best-validation-accuracy"},
            "report is 'best-validation-accuracy', and a net for reconstruction has no accuracy",
        ),
        ({"device": "tpu"}, "device should be 'auto', 'cpu', 'cuda' or 'mps' (given: 'tpu')."),
        ({"threads": 10**30}, "threads should be less than or equal to 256 (given: 1000"),
        ({"slope": -1}, "slope is -1; allowed is above 0 to 1000."),
        ({"colour": "red"}, "the experiment has no field 'colour'; its fields are dataset, architecture, "),
        ({"architecture": {"name": "mlp", "hidden": []}}, "architecture.hidden should have at least 1 item (given: "),
        ({"architecture": {"name": "mlp", "hidden": [64, True]}}, "architecture.hidden must not be true or false"),
        ({"architecture": {"name": "mlp", "hidden": [64, 9000]}}, "architecture.hidden.1 should be less than or equal"),
        ({"architecture": {"name": "convnet", "binary_layers": [3]}}, "architecture.binary_layers.0 should be 1 or 2"),
        (
            {"architecture": {"name": "mlp", "hidden": [9, 9], "binary_layers": [1, 3]}},
            "architecture.binary_layers names layer 3, and hidden has 2; allowed are 1 to 2.",
        ),
        (
            {"architecture": {"name": "binary-mlp", "weight_rule": "disarm"}},
            "architecture.weight_rule names no estimator that is allowed here; allowed: ",
        ),
    ],
)
def test_a_wrong_field_is_explained(fields: dict[str, Any], sentence: str) -> None:
    found = problems({"dataset": "digits", **fields})
    assert any(problem.startswith(sentence) for problem in found), found


def test_images_are_not_optional() -> None:
    assert problems({}) == ["dataset is missing."]


def test_of_very_many_problems_the_first_are_told_and_the_others_counted() -> None:
    found = problems({"dataset": "digits", "architecture": {"name": "convnet", "binary_weights": [1] * 5000}})
    assert len(found) == 21
    assert re.fullmatch(r"There are \d+ more problems\.", found[-1])


def test_every_problem_is_told_at_once() -> None:
    found = problems({"dataset": "cifar", "seed": -1, "optimizer": {"name": "sgd", "momentum": 2, "lr": "steep"}})
    assert {problem.split()[0] for problem in found} == {"dataset", "seed", "optimizer.momentum", "optimizer.lr"}


@pytest.mark.parametrize("name", [name for name, rule in FAMILIES["estimator"].members.items()])
def test_an_estimator_that_the_architecture_cannot_use(name: str) -> None:
    data = {"dataset": "digits", "architecture": {"name": "convnet", "binary_layers": []}, "estimator": name}
    if FAMILIES["estimator"].members[name]().binarizes_only:  # type: ignore[attr-defined]
        assert Experiment.parse(data).estimator.name == name
    else:
        (problem,) = problems(data)
        assert problem.startswith(f"estimator {name!r} needs binary units to sample, and the architecture has none")
        assert "architecture.binary_layers" in problem


def just_outside(field: dict[str, Any]) -> Iterator[Any]:
    """The nearest values that the bounds of a field exclude."""
    bounds = field.get("bounds", {})
    if field["type"] not in ("integer", "number"):
        return
    smallest = 1 if field["type"] == "integer" else 1e-9
    yield from (bounds[name] for name in ("gt", "lt") if name in bounds)
    yield from (bounds[name] - max(smallest, abs(bounds[name]) * 1e-9) for name in ("ge",) if name in bounds)
    yield from (bounds[name] + max(smallest, abs(bounds[name]) * 1e-9) for name in ("le",) if name in bounds)


def test_every_bound_of_the_experiment_is_kept() -> None:
    tried = 0
    for name, field in described(Experiment).items():
        for value in just_outside(field):
            value = int(value) if field["type"] == "integer" else value
            assert any(problem.startswith(f"{name} ") for problem in problems({"dataset": "digits", name: value}))
            tried += 1
    assert tried > 10


@pytest.mark.parametrize(("family", "name"), EVERY_MEMBER)
def test_every_bound_of_every_member_is_kept(family: str, name: str) -> None:
    path = {"schedule": "optimizer.lr"}.get(family, family)
    for field_name, field in described(FAMILIES[family].members[name]).items():
        for value in (*just_outside(field), True, "much", [0], float("inf")):
            if field["type"] in ("integer", "number"):
                found = problems(fitting(family, name, **{field_name: value}))
                assert any(problem.startswith(f"{path}.{field_name} ") for problem in found), (value, found)
    found = problems(fitting(family, name, nonsense=1))
    assert any(problem.startswith(f"{path} has no field 'nonsense'; its fields are ") for problem in found)


class TestJsonFromElsewhere:
    @pytest.mark.parametrize(
        "text",
        [
            *("", "{", "null", "3", "[]", '"digits"', "{}", "[1, 2]", "true", "NaN", "\0", "{'dataset': 'digits'}"),
            *(b"", b"\xff\xfe\x00", b"\x80\x04K\x01.", "[" * 100_000, '{"a":' * 100_000, "9" * 10_000),
            '{"dataset": "digits", "seed": 1, "seed": 1}',
            '{"dataset": {"name": "digits", "name": "mnist"}}',
            '{"dataset": "digits", "budget": 1e999}',
            '{"dataset": "digits", "budget": ' + "9" * 4000 + "}",
            '{"dataset": "digits", "seed": "\\ud800"}',
            '{"dataset": "digits", "\\ud800\\n": 1}',
            '{"dataset": "digits", "device": "' + "x" * 1_000_000 + '"}',
            '{"dataset": "digits", ' + ", ".join(f'"field{i}": 1' for i in range(20_000)) + "}",
            '{"dataset": "digits", "estimator": ' + '{"name": "monte-carlo", "rule": ' * 500 + "1" + "}" * 501,
        ],
        ids=range(27),
    )
    def test_is_refused_in_sentences(self, text: str | bytes) -> None:
        problems(text)

    @pytest.mark.parametrize("depth", [50, 500, 950, 990])
    @pytest.mark.parametrize("around", [("[", "]"), ('{"name":', "}"), ('{"x":', "}")])
    def test_deep_nesting_is_refused(self, depth: int, around: tuple[str, str]) -> None:
        for field in ("dataset", "architecture", "slope", "seed", "unknown"):
            problems(f'{{"dataset": "digits", "{field}": {around[0] * depth}1{around[1] * depth}}}')

    def test_a_key_given_twice_is_named(self) -> None:
        (problem,) = problems('{"dataset": "digits", "optimizer": {"name": "sgd", "lr": 1, "lr": 2}}')
        assert "'lr' is there twice" in problem

    @given(st.binary(max_size=300))
    @settings(max_examples=50)
    def test_any_bytes_are_refused(self, content: bytes) -> None:
        problems(content)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
        )
    )
    @settings(max_examples=50)
    def test_any_json_is_refused(self, value: Any) -> None:
        problems(json.dumps(value))


junk = st.one_of(
    st.sampled_from([None, True, False, "", "x", "digits", "sgd", -1, 0, 1e400, float("nan"), 10**300, [], {}, [[]]]),
    st.text(st.characters(), max_size=9),
    st.integers(),
    st.dictionaries(st.sampled_from(["name", "value", "x"]), st.sampled_from(["linear", 3, None]), max_size=2),
)


@given(experiments(), junk, st.data())
@settings(max_examples=150)
def test_one_spoiled_field_is_refused_by_its_name_or_allowed(
    experiment: Experiment, value: Any, data: st.DataObject
) -> None:
    spoiled = json.loads(experiment.model_dump_json())
    holder, path = spoiled, []
    while isinstance(holder, dict) and holder:
        key = data.draw(st.sampled_from(sorted(holder)))
        path.append(key)
        if not isinstance(holder[key], dict) or data.draw(st.booleans()):
            holder[key] = value
            break
        holder = holder[key]
    try:
        Experiment.parse(spoiled)
    except InvalidExperiment:
        # How long a run is also decides which values its schedules go through.
        named = [*path, *(("slope", "optimizer") if path[0] in ("budget", "budget_unit", "subset") else ())]
        assert any(step in problem for problem in problems(spoiled) for step in named), (path, problems(spoiled))
