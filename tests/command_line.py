"""The command line, run in this process or in one of its own, for its tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from lab.__main__ import app
from lab.data import Dataset
from lab.experiment import Experiment
from lab.presets import PRESETS
from tests.browser import REPOSITORY

SMALL = ("subset=16", "budget=2", "budget_unit=steps", "dataset.validation=20")
TWO_STEPS = ["--dataset", "digits", *(word for change in SMALL for word in ("--set", change))]


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.splitlines()[-1])

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def lab(*arguments: str | Path) -> Answer:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    return Answer(result.exit_code, result.stdout, result.stderr)


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, stdin=subprocess.DEVNULL, text=True, timeout=120, **options
    )


def two_steps(preset: str) -> Experiment:
    digits = PRESETS[preset].experiment(Dataset.members["digits"]())
    return digits.with_changes(SMALL)
