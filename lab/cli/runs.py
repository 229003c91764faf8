"""`python -m lab runs` and `python -m lab resume`: the runs that are kept, and going on with one of them."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from lab.boards.wording import score
from lab.cli.errors import REFUSED, STOPPED, explained
from lab.cli.kept import archive, elsewhere, whole_id
from lab.jobs import JOBS, Job
from lab.jobs.continuing import continued, jumps, with_budget
from lab.jobs.shelf import Shelved, shelf, with_archived
from lab.store import Contestant, RunFolder, runs_folder
from lab.store.about import about_of

UNWATCHED_WIDTH = 160
"""Characters a line where no terminal says how many there are."""
PINNED = "*"
"""Before the title of a run that is pinned."""
SECONDS_BETWEEN_UPDATES = 0.2
EXIT_CODES = {"finished": 0, "stopped": STOPPED, "failed": REFUSED}
"""By how the job ended."""


def list_runs(as_json: bool) -> int:
    """Print the runs, newest first. Returns the exit code: 0, also where some folders could not be read."""
    with explained():
        JOBS.runs_folder = runs_folder()
        there = with_archived(shelf(JOBS), elsewhere())
    for problem in there.problems:
        typer.echo(problem, err=True)
    if as_json:
        typer.echo(json.dumps([_told(job) for job in there.jobs], allow_nan=False))
    elif there.jobs:
        _print(there.jobs)
        if any(job.standing == "archived" for job in there.jobs):
            typer.echo("What is archived is in MLflow alone; resume and export fetch it by its whole id.", err=True)
    else:
        typer.echo(f"There is no run in {JOBS.runs_folder}.", err=True)
    return 0


def resume(beginning: str, budget: float | None, as_json: bool) -> int:
    """Train a job from where it was to its end, or one that has ended up to a larger budget. Returns the exit code."""
    with explained():
        JOBS.runs_folder = runs_folder()
        folder = RunFolder(JOBS.runs_folder / whole_id(beginning))
        job = JOBS.go_on(folder.id) if budget is None else _longer(folder, budget)
    _follow(job)
    view = job.view()
    if view.message:
        typer.echo(view.message, err=True)
    if view.unkept:
        typer.echo(f"The run is not kept. {view.unkept}", err=True)
    with explained():
        told = Shelved(job.id, job.status, job.facts(), about_of(RunFolder(runs_folder() / job.id)))
    if as_json:
        typer.echo(json.dumps(_told(told), allow_nan=False))
    else:
        _print([told])
    with explained():
        archive(job.id)
    diverged = any(contestant.ended == "diverged" for contestant in told.facts.contestants)
    return 1 if diverged else EXIT_CODES[told.standing]


def _longer(folder: RunFolder, budget: float) -> Job:
    """A job that trains on after the end of another."""
    experiments = [contestant.experiment for contestant in folder.facts().contestants]
    for pair in zip(experiments, with_budget(experiments, budget), strict=True):
        for text in jumps(*pair):
            typer.echo(text, err=True)
    return continued(JOBS, folder.id, budget)


def _follow(job: Job) -> None:
    """Show how far a job is until it ends; Ctrl-C stops it, and keeps what there is."""
    console = Console(stderr=True, force_terminal=sys.stderr.isatty())
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(job.title, total=1.0)
        try:
            while not job.wait(SECONDS_BETWEEN_UPDATES):
                bars.update(bar, completed=job.view().progress)
        except KeyboardInterrupt:
            job.stop()
            job.wait()


def _told(job: Shelved) -> dict[str, Any]:
    facts = job.facts.model_dump(mode="json", exclude={"format", "status", "owner"})
    said = job.about.model_dump(mode="json", exclude={"format", "title"})
    return {"id": job.id, "state": job.standing, **facts, "title": job.title, **said}


def _print(jobs: list[Shelved]) -> None:
    table = Table("Id", "State", "Title", "Tags", "Estimator", "Epochs", "Measure", "Last", "Best", "Test", "Started")
    for job in jobs:
        started = f"{job.facts.created.astimezone():%Y-%m-%d %H:%M}"
        for contestant in job.facts.contestants:
            title = f"{PINNED} {job.title}" if job.about.pinned else job.title
            cells = [job.id, job.standing, title, ", ".join(job.about.tags), *_cells(contestant), started]
            table.add_row(*map(Text, cells))
    Console(width=None if sys.stdout.isatty() else UNWATCHED_WIDTH).print(table)


def _cells(contestant: Contestant) -> list[str]:
    figures = (contestant.last, contestant.best, contestant.test)
    shown = [score(value, contestant.metric) for value in figures]
    return [contestant.experiment.estimator.title, f"{contestant.epochs:.2f}", contestant.metric, *shown]
