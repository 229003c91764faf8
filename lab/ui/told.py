"""What went wrong, as whoever asks may read it: who is not at this machine learns nothing of its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from lab.data import DataError, data_folder
from lab.jobs import JOBS
from lab.jobs.owners import asked_at_this_machine

SOMEWHERE = "(a place of the lab's machine)"
ADDRESS = r"\w[\w+.-]*:/{2,}[^\s'\"]+"
ABSOLUTE = r"(?<![\w/.~])(?:[A-Za-z]:)?[/\\][^\s'\",;:]*[^\s'\",;:.]"
"""A path: no part of something longer, and without the mark of a sentence's end."""


def told(problem: str) -> str:
    """A sentence about what went wrong; to others than those at this machine, without paths and addresses."""
    if asked_at_this_machine():
        return problem
    known = [rf"{re.escape(place)}[^\s'\",;:]*" for place in _places()]  # they may have spaces
    return re.sub("|".join([*known, ADDRESS, ABSOLUTE]), SOMEWHERE, problem)


def _places() -> Iterator[str]:
    if JOBS.runs_folder is not None:
        yield str(JOBS.runs_folder)
    with suppress(DataError):
        yield str(data_folder())
