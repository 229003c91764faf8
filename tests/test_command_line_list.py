"""`python -m lab list`: everything that there is to choose, for people and for scripts."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

import lab.cli.list as listing
from lab.__main__ import Kind
from lab.parts import Broken
from tests.command_line import lab

pytestmark = pytest.mark.usefixtures("data_folder")
KINDS = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_say_everything_in_json(kind: str) -> None:
    answer = lab("list", kind, "--json")
    assert answer.code == 0
    entries = json.loads(answer.out)
    assert entries
    for entry in entries:
        assert entry.keys() >= {"name", "title", "summary", "formula", "paper", "fields"}
        for name, field in entry["fields"].items():
            assert field["type"], (entry["name"], name)
            assert field["help"], (entry["name"], name)
            assert "default" in field or field["required"], (entry["name"], name)
    assert all(entry["name"] in lab("list", kind).out for entry in entries)


def test_fields_tell_bounds_choices_and_nested_families() -> None:
    def fields(kind: str, name: str) -> dict[str, Any]:
        return next(e["fields"] for e in json.loads(lab("list", kind, "--json").out) if e["name"] == name)

    assert fields("estimators", "value-clipped")["gradient_clip"] == {
        "type": "number",
        "bounds": {"gt": 0, "le": 1e6},
        "nullable": True,
        "default": 1.0,
        "help": "Clip the incoming gradient to [-c, c]; None leaves it alone.",
    }
    mlp = fields("architectures", "mlp")
    assert mlp["hidden"]["of"] == {"type": "integer", "bounds": {"ge": 1, "le": 8192}}
    assert mlp["hidden"]["bounds"] == {"min_length": 1, "max_length": 8}
    assert mlp["activation"] | {"help": ""} == {
        "type": "choice", "choices": ["relu", "hard-sigmoid"], "default": "relu", "help": ""
    }  # fmt: skip
    rate = fields("optimizers", "adam")["lr"]
    assert (rate["type"], rate["bounds"]) == ("schedule", {"ge": 0, "le": 100})
    assert rate["default"] == {"name": "constant", "value": 0.001}
    assert "cosine" in rate["choices"]


def test_a_presets_fields_have_its_own_values() -> None:
    entry = next(e for e in json.loads(lab("list", "presets", "--json").out) if e["name"] == "source-004")
    assert entry["fields"]["batch_size"]["default"] == 16384
    assert entry["experiment"]["batch_size"] == 16384
    assert "dataset" not in entry["fields"]


def test_a_broken_plug_in_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(listing.BROKEN, "estimators", [Broken("lab.estimators.mine", "SyntaxError: invalid syntax")])
    answer = lab("list", "estimators", "--json")
    assert answer.code == 0
    assert "lab.estimators.mine is broken" in answer.err
    assert json.loads(answer.out)


def test_no_plug_in_is_broken() -> None:
    assert not [broken for family in listing.BROKEN.values() for broken in family]
