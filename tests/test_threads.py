"""How the lab lets threads wait: as it must be said before PyTorch is there, unless a person has said it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.browser import REPOSITORY

NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
TELL = f"import json, os, lab; print(json.dumps([os.environ.get(name) for name in {NAMES}]))"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ["PASSIVE", "2000"]),
        ({"GOMP_SPINCOUNT": "777"}, ["PASSIVE", "777"]),
        ({"OMP_WAIT_POLICY": ""}, ["PASSIVE", "2000"]),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, ["ACTIVE", None]),
        ({"OMP_WAIT_POLICY": "PASSIVE"}, ["PASSIVE", None]),
    ],
)
def test_threads_spin_for_a_moment_unless_a_person_says_otherwise(said: dict[str, str], found: list[str]) -> None:
    rest = {name: value for name, value in os.environ.items() if name not in NAMES}
    run = [sys.executable, "-c", TELL]
    answer = subprocess.run(run, cwd=REPOSITORY, env={**rest, **said}, check=True, capture_output=True, text=True)
    assert json.loads(answer.stdout) == found
