"""The benchmark of frames: both runs are the same, and only what one of them has more is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.bench.contestants import CASES
from lab.bench.frames import Length, Seconds, measure
from tests.test_bench import needs_mnist


@needs_mnist
def test_it_tells_shares_and_sizes() -> None:
    result = measure({"conv": CASES["conv"]}, Length(epochs=0.02, steps=3))
    assert json.loads(json.dumps(result)) == result
    conv = result["nets"]["conv"]
    assert conv["steps"] == 17
    assert conv["frames"] == 10, "0, 1, 2, 3, 4, 6, 8, 11, 15, and at the end"
    assert conv["bytes"] <= conv["frames"] * conv["frame_bytes"] < 30_000_000
    assert conv["share_within"]["processor"] > 0
    assert conv["share"].keys() == conv["share_within"].keys() == {"elapsed", "processor"}


def test_shares_are_of_both_clocks() -> None:
    total = Seconds(1.0, 2.0) + Seconds(1.0, 0.0)
    assert total == (2.0, 2.0)
    assert (total - Seconds(1.0, 1.5)).shares(total) == {"elapsed": 0.5, "processor": 0.25}


def test_without_mnist_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    answer = CliRunner().invoke(app, ["bench", "frames", "--json"], catch_exceptions=False)
    assert answer.exit_code == 2
    assert "MNIST" in answer.stderr
    assert answer.stdout == ""
