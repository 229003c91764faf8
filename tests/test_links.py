"""Links: every field of an experiment in a few characters, and nothing but sentences for what is no link."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.data.digits import Digits
from lab.experiment import Experiment, InvalidExperiment
from lab.links import FORMAT, LARGEST_JSON, LARGEST_TEXT, decode, encode
from lab.presets import PRESETS
from tests.strategies import EVERY_MEMBER, experiments, fitting

LINK = encode(PRESETS["source-004"].experiment(Digits()))
SAFE = re.compile(r"[A-Za-z0-9._-]+")
"""What a URL carries as it is."""


def packed(content: bytes | str, version: str = FORMAT) -> str:
    """A link with any content."""
    raw = content.encode() if isinstance(content, str) else content
    return f"{version}.{base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip('=')}"


def problem(link: str) -> str:
    """The one sentence about a broken link."""
    with pytest.raises(InvalidExperiment) as caught:
        decode(link)
    assert all(text.endswith(".") and text.isprintable() and len(text) < 900 for text in caught.value.problems)
    return caught.value.problems[0]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_its_link(name: str) -> None:
    experiment = PRESETS[name].experiment(Digits())
    link = encode(experiment)
    assert SAFE.fullmatch(link)
    assert len(link) < 1000
    assert decode(link) == experiment


@pytest.mark.parametrize(("family", "name"), EVERY_MEMBER)
def test_every_member_survives_a_link(family: str, name: str) -> None:
    experiment = Experiment.parse(fitting(family, name))
    assert decode(encode(experiment)) == experiment


@given(experiments())
@settings(max_examples=60)
def test_any_experiment_survives_its_link(experiment: Experiment) -> None:
    link = encode(experiment)
    assert SAFE.fullmatch(link)
    assert len(link) < LARGEST_TEXT / 4
    assert decode(link) == experiment


def test_a_link_names_every_field() -> None:
    text = zlib.decompress(base64.urlsafe_b64decode(LINK.partition(".")[2] + "=="))
    assert set(json.loads(text)) == set(Experiment.model_fields)


@pytest.mark.parametrize("length", range(0, len(LINK), 7))
def test_a_link_cut_short_is_refused(length: int) -> None:
    assert problem(LINK[:length]).startswith("This link ")


@given(st.integers(2, len(LINK) - 1), st.characters())
@settings(max_examples=80)
def test_a_changed_character_is_refused_or_harmless(place: int, character: str) -> None:
    changed = LINK[:place] + character + LINK[place + 1 :]
    try:
        assert decode(changed) == decode(LINK), "the checksum lets no other experiment through"
    except InvalidExperiment:
        assert problem(changed).startswith("This link ")


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=60)
def test_any_text_is_refused(text: str) -> None:
    assert problem(text).startswith("This link ")
    assert problem(f"{FORMAT}.{text}").startswith("This link ")


@pytest.mark.parametrize("version", ["0", "2", "11", "", "x" * 5000, "²", " 1"])
def test_another_format_is_named(version: str) -> None:
    sentence = problem(version + LINK[len(FORMAT) :])
    assert re.fullmatch(rf"This link has format '.{{0,12}}'; this lab reads format '{FORMAT}'\.", sentence)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(b" " * (LARGEST_JSON * 100))
    assert len(bomb) < LARGEST_TEXT
    assert problem(bomb) == f"This link unpacks to more than {LARGEST_JSON} bytes, which no experiment needs."
    assert "at most" in problem(packed(b" " * 40_000_000))
    assert "at most" in problem(f"{FORMAT}.{'A' * LARGEST_TEXT}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "This is not an experiment"),
        ("[]", "the experiment should be a set of fields (given: [])"),
        ("{", "This is not an experiment"),
        (b"\x80\x04K\x01.", "This is not an experiment"),
        ('{"dataset": "digits", "seed": 1, "seed": 1}', "This is not an experiment"),
        ('{"dataset": "digits", "seed": -1}', "seed should be greater than or equal to 0 (given: -1)."),
        ('{"dataset": "digits", "estimator": "magic"}', "estimator names no estimator that is allowed here"),
        ('{"dataset": "digits", "colour": 1}', "the experiment has no field 'colour'"),
        ("[" * 50_000, "This is not an experiment"),
    ],
)
def test_a_sound_link_to_an_unsound_experiment_is_explained(content: Any, sentence: str) -> None:
    assert problem(packed(content)).startswith(sentence)
