"""`python -m lab reproduce`: measure a published table, and write ours beside theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import typer
from rich.progress import TaskID

from lab.boards.wording import score
from lab.cli.errors import STOPPED, explained
from lab.cli.kept import archive
from lab.cli.meter import Meter
from lab.data import Dataset, data_folder
from lab.experiment import LONGEST, InvalidExperiment
from lab.exports.markup import markdown
from lab.jobs import JOBS
from lab.store import runs_folder
from lab.studies import STUDIES
from lab.studies.base import IMAGES, require_known
from lab.studies.reproducing import At, Order, Reproduction
from lab.studies.results import ResultsFolder, usual_place
from lab.studies.tables import plain, readable

SECONDS_BETWEEN_LINES = 30.0
"""Where nobody watches a bar."""


class Asked(NamedTuple):
    """The options; any that is None is as the study says."""

    study: str
    rows: str | None = None
    """Names, with commas between them."""
    seeds: int = 3
    epochs: float | None = None
    resume: bool = False
    out: Path | None = None
    dataset: str | None = None
    threads: int | None = None


def main(asked: Asked, as_json: bool) -> int:
    """Measure what is asked for. Standard output gets the table and nothing else. Returns the exit code."""
    with explained():
        order = _order(asked)
        JOBS.runs_folder = runs_folder()
        folder = ResultsFolder((asked.out or usual_place(JOBS.runs_folder, order.study)).expanduser().resolve())
        with folder.held(), StudyMeter() as meter:
            reproduction = Reproduction(order, JOBS, folder, asked.resume)
            if aside := reproduction.left_aside():
                runs = "1 run of these rows is" if aside == 1 else f"{aside} runs of these rows are"
                meter.say(f"{runs} kept already and trained anew; with --resume it would go on from there.")
            order.dataset.images(meter.downloaded)
            with _told_where(reproduction, folder), closing(reproduction.run()) as course:
                for at in course:
                    meter.show(at)
                    if at.measured is not None and at.measured.run is not None:
                        archive(at.measured.run)
    results = reproduction.results
    if as_json:
        told = plain(order.study, results, order.rows)
        for row in told.pop("rows"):
            typer.echo(json.dumps({**row, **told, "out": str(folder.path)}, allow_nan=False))
    else:
        typer.echo(markdown(readable(order.study, results, order.rows)))
        typer.echo(f"Written to {folder.path}", err=True)
    return 0


def _order(asked: Asked) -> Order:
    data_folder()  # a wrong LAB_DATA is an error even for images that need no file
    require_known(asked.study, STUDIES, "study", "study")
    study = STUDIES[asked.study]
    rows = study.chosen([name.strip() for name in asked.rows.split(",")] if asked.rows is not None else [])
    if asked.epochs is not None and not 0 < asked.epochs <= LONGEST:
        raise InvalidExperiment([f"--epochs is {asked.epochs:g}; allowed is more than 0, up to {LONGEST:g}."])
    name = asked.dataset or IMAGES
    require_known(name, Dataset.members, "dataset", "dataset")
    return Order(study, rows, asked.seeds, Dataset.members[name](), asked.epochs, asked.threads)


@contextmanager
def _told_where(reproduction: Reproduction, folder: ResultsFolder) -> Iterator[None]:
    """Where Ctrl-C ends it, say what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        there = len(reproduction.results.measured)
        typer.echo(f"Stopped. {there} measured and kept in {folder.path}; --resume goes on.", err=True)
        raise typer.Exit(STOPPED) from None


class StudyMeter(Meter):
    """Shows how far a reproduction is: a bar where someone watches, a line now and then where none does."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: TaskID | None = None
        self._said = 0.0

    def say(self, line: str) -> None:
        super().say(line)
        self._said = monotonic()

    def show(self, at: At) -> None:
        """Show how far it is."""
        left = "" if at.seconds_left is None else f", {duration(at.seconds_left)} left in all"
        where = f"{at.place} of {at.count}: {at.row.name}, seed {at.seed}"
        share = (at.place - 1 + at.progress) / at.count
        if self._bar is None:
            self._bar = self.bars.add_task("", total=1.0)
        self.bars.update(self._bar, description=f"{where}{left}", completed=share)
        if at.measured is not None:
            figures = (score(at.measured.figures.get(each.name), each.name) for each in at.row.measures)
            self.say(f"{where}: {', '.join(figures) if at.measured.figures else 'diverged'}{left}")
        elif not self.watched and monotonic() - self._said > SECONDS_BETWEEN_LINES:
            self.say(f"{where}: {at.progress:.0%}{left}")


def duration(seconds: float) -> str:
    """A time in hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
