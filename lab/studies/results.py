"""What was measured of a study, in a folder of its own: one file of figures, and the tables that are made of it.

    <folder>/measured.json      every figure, with the run behind it; what the tables are made of
    <folder>/table.md ...       ours beside theirs, as Markdown, CSV, LaTeX and JSON
    <folder>/lock               held by the process that measures

Each file is whole or not there.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import Field, model_validator

from lab.data import Dataset
from lab.experiment import Experiment
from lab.files import make_folder, replace, stamp
from lab.parts import Value
from lab.store import StoreError
from lab.store.values import read_value
from lab.studies.base import IMAGES, Row, Study, Trained

MEASURED, LOCK = "measured.json", "lock"
TABLES = ("table.md", "table.csv", "table.tex", "table.json")
LARGEST = 50_000_000
"""Bytes; a file that is larger is none of ours, and not read."""
PATIENCE = 0.5
"""Seconds to wait for a lock."""


class Measured(Value):
    """One seed of one row."""

    row: str = Field(max_length=100)
    seed: int = Field(ge=0, lt=2**31)
    run: str | None = Field(None, pattern=r"^[0-9a-f]{8}$")
    """The run behind it; None of what was computed."""
    experiment: Experiment | None = None
    """What that run was of."""
    figures: dict[str, float] = {}
    """By the name of the measure, as measured: accuracies are shares. None where the run diverged."""
    ended: Literal["done", "diverged"] = "done"
    versions: dict[str, str] = Field({}, max_length=20)
    """Of the libraries that it was measured with, by package; empty where nobody noted them."""


class Results(Value):
    """All that was measured of a study, under the same conditions."""

    format: Literal["1"] = "1"
    study: str
    command: str = ""
    """What measures it once more."""
    dataset: Dataset
    epochs: float | None = Field(None, gt=0)
    """How long each row was trained, where that was not for as long as it says."""
    measured: tuple[Measured, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_the_first_lab(cls, data: Any) -> Any:
        """Versions were told once for all figures; nothing that was measured then is lost."""
        if not isinstance(data, dict) or "versions" not in data:
            return data
        rest = {name: value for name, value in data.items() if name != "versions"}
        told = {"versions": data["versions"]}
        measured = [told | each if isinstance(each, dict) else each for each in rest.get("measured", ())]
        return {**rest, "measured": measured}

    @property
    def versions(self) -> dict[str, str]:
        """All versions of the libraries that something was measured with, by package."""
        found: dict[str, list[str]] = {}
        for each in self.measured:
            for package, version in each.versions.items():
                found.setdefault(package, []).append(version)
        return {package: " and ".join(sorted(set(there))) for package, there in found.items()}

    def of(self, row: Row, seed: int) -> Measured | None:
        """What was measured of a seed of a row."""
        return next((each for each in self.measured if (each.row, each.seed) == (row.name, seed)), None)

    def fits(self, row: Row, measured: Measured) -> bool:
        """Whether a figure is that of the row as the study has it by now."""
        its = measured.experiment
        if isinstance(row, Trained):
            return its is not None and its.seed == measured.seed and row.is_of(its, self.dataset, self.epochs)
        return its is None

    def of_row(self, row: Row) -> list[Measured]:
        """The figures of a row as it is by now."""
        return [each for each in self.measured if each.row == row.name and self.fits(row, each)]

    def with_figure(self, study: Study, measured: Measured) -> Results:
        """These, and one more."""
        return self.holding(study, (*self.measured, measured))

    def holding(self, study: Study, measured: Sequence[Measured]) -> Results:
        """The same conditions, and these figures."""
        held = Results(**{**dict(self), "measured": tuple(measured)})
        return Results(**{**dict(held), "command": held._command(study)})

    def _command(self, study: Study) -> str:
        """One for each number of seeds that rows have, and for each of threads that their seeds were trained on."""
        alike: dict[Pieces, list[str]] = {}
        for row in study.rows:
            if own := self.of_row(row):
                alike.setdefault(_pieces(row, self.dataset, own), []).append(row.name)
        alike = alike or {((1, None),): []}
        commands = []
        for pieces in sorted(alike, key=lambda pieces: (-pieces[-1][0], [threads or 0 for _, threads in pieces])):
            rows = [] if len(alike[pieces]) in (0, len(study.rows)) else alike[pieces]
            commands += [command(study, rows, seeds, self.dataset, self.epochs, threads) for seeds, threads in pieces]
        return " && ".join([commands[0], *(f"{again} --resume" for again in commands[1:])])


Pieces = tuple[tuple[int, int | None], ...]
"""How the seeds of a row were measured, piece by piece: up to so many seeds, on so many threads; None are its own."""


def _pieces(row: Row, dataset: Dataset, measured: Sequence[Measured]) -> Pieces:
    own = row.experiment(dataset).threads if isinstance(row, Trained) else None
    threads = {each.seed: each.experiment.threads if each.experiment is not None else own for each in measured}
    seeds = sorted(threads)
    ends = [one for one, other in pairwise(seeds) if threads[one] != threads[other]] + seeds[-1:]
    return tuple((seed + 1, None if threads[seed] == own else threads[seed]) for seed in ends)


def command(
    study: Study,
    rows: Sequence[str],
    seeds: int,
    dataset: Dataset,
    epochs: float | None,
    threads: int | None = None,
) -> str:
    """What to type into a terminal to measure rows of a study; all where none is named."""
    words = ["python", "-m", "lab", "reproduce", study.name]
    words += ["--rows", ",".join(rows)] if rows else []
    words += ["--seeds", str(seeds)]
    words += [] if dataset.name == IMAGES else ["--dataset", dataset.name]
    words += [] if epochs is None else ["--epochs", f"{epochs:g}"]
    words += [] if threads is None else ["--threads", str(threads)]
    return shlex.join(words)


def usual_place(runs: Path, study: Study) -> Path:
    """Where the results of a study are written, where nobody says where: beside the runs."""
    return runs / "studies" / study.name


def read_results(file: Path) -> Results:
    """The results in a file.

    Raises:
        StoreError: they cannot be read.
    """
    return read_value(file, Results, LARGEST, "hold the results of a study")


class ResultsFolder:
    """Where the results of one study are written.

    Args:
        path: made when it is first held.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other reproductions out of it.

        Raises:
            StoreError: another one writes into it, or it cannot be made.
        """
        try:
            make_folder(self.path)
            lock = FileLock(self.path / LOCK, timeout=PATIENCE, poll_interval=PATIENCE / 10)
            lock.acquire()
        except Timeout:
            raise StoreError(
                f"Another reproduction writes into {self.path}; wait for its end, or give another --out."
            ) from None
        except OSError as error:
            raise StoreError(f"Nothing can be written into {self.path}: {error.strerror or error}.") from None
        try:
            yield
        finally:
            lock.release()

    def read(self, study: Study) -> Results | None:
        """What is there of a study; None where nothing was measured.

        Raises:
            StoreError: it cannot be read, is of another study, or only tables are left of it.
        """
        file = self.path / MEASURED
        try:
            there = stamp(file) is not None
            left = [name for name in TABLES if stamp(self.path / name) is not None]
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}.") from None
        if not there and left:
            raise StoreError(
                f"{self.path} has {', '.join(left)} and no {MEASURED}, which they were made of. Bring that back, or "
                "move the whole folder away, or give another --out."
            )
        if not there:
            return None
        try:
            results = read_results(file)
        except StoreError as error:
            raise StoreError(
                f"{error} It stays as it is. Mend it, or move the whole folder away and give --resume: the runs "
                "themselves are kept with all others, and finished ones are not trained again."
            ) from None
        if results.study != study.name:
            raise StoreError(f"{self.path} holds results of study {results.study!r}; give another --out.")
        return results

    def write(self, results: Results) -> None:
        """Replace the figures by more of them.

        Raises:
            StoreError: they cannot be written; those that were there are still there.
        """
        self.write_file(MEASURED, results.model_dump_json(indent=1).encode() + b"\n")

    def write_file(self, name: str, content: bytes) -> None:
        """Replace one file.

        Raises:
            StoreError: it cannot be written; the one before is still there.
        """
        try:
            replace(self.path / name, content)
        except OSError as error:
            raise StoreError(
                f"{self.path / name} cannot be written: {error.strerror or error}. What was measured before is kept; "
                "--resume goes on."
            ) from None
