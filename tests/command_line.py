"""The command line, run in this process or in one of its own, for its tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from lab.__main__ import app
from lab.data import Dataset
from lab.experiment import Experiment
from lab.presets import PRESETS
from tests.browser import REPOSITORY
from tests.job_waits import until

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


def interrupted(when: Callable[[], bool], *arguments: str | Path) -> Answer:
    """The same, where Ctrl-C is pressed as soon as something is so."""

    def press() -> None:
        until(lambda: when() or over.is_set())
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    over, handler = threading.Event(), signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=press)
    thread.start()
    try:
        return lab(*arguments)
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, handler)


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, stdin=subprocess.DEVNULL, text=True, timeout=120, **options
    )


def two_steps(preset: str) -> Experiment:
    digits = PRESETS[preset].experiment(Dataset.members["digits"]())
    return digits.with_changes(SMALL)
