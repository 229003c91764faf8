"""`python -m lab export`: the results of runs as files, as the app exports them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from lab.cli.errors import REFUSED, explained
from lab.cli.kept import kept
from lab.exports import CURVES, RESULTS
from lab.exports.gathering import comparison
from lab.files import replace
from lab.jobs import JOBS
from lab.jobs.shelf import shelf
from lab.store import StoreError, runs_folder


class Refused(Exception):
    """What is asked for cannot be: one sentence that says why."""


def main(runs: Sequence[str], format: str, curves: bool, out: Path | None, overwrite: bool) -> int:
    """Write what is asked for into a file, or to standard output. Returns the exit code."""
    with explained():
        JOBS.runs_folder = runs_folder()
        try:
            made = CURVES if curves else RESULTS
            if format not in made:
                raise Refused(f"Curves are not written as {format}; allowed with --curves: {', '.join(CURVES)}.")
            _require_place(out, overwrite, made[format].readable)
            content = made[format].write(comparison(JOBS, dict.fromkeys(_found(runs))))
            if out is None:
                typer.echo(content, nl=False)
            else:
                _write(out, content)
        except Refused as refusal:
            typer.echo(str(refusal), err=True)
            return REFUSED
    return 0


def _found(beginnings: Sequence[str]) -> list[str]:
    """The ids that begin so, each once; one that is whole is fetched from MLflow if it is not here."""
    there = [job.id for job in shelf(JOBS).jobs]
    found = []
    for beginning in beginnings:
        fitting = [id for id in there if id.startswith(beginning)]
        if not fitting and (folder := kept(beginning)) is not None:
            fitting = [folder.id]
        if not fitting:
            place = JOBS.runs_folder
            raise StoreError(f"There is no run {beginning!r} in {place}; `python -m lab runs` lists them.")
        if len(fitting) > 1:
            raise Refused(f"{beginning!r} begins {len(fitting)} runs: {', '.join(fitting)}. Give more of its id.")
        found += fitting
    return list(dict.fromkeys(found))


def _require_place(out: Path | None, overwrite: bool, readable: bool) -> None:
    if out is None and not readable and sys.stdout.isatty():
        raise Refused("This is nothing to read in a terminal; give --out FILE, or send it into a file or a pipe.")
    if out is not None and out.is_dir():
        raise Refused(f"{str(out)!r} is a folder; give --out the name of a file.")
    if out is not None and out.exists() and not overwrite:
        raise Refused(f"{str(out)!r} is already there, and stays as it is; give --overwrite to replace it.")


def _write(out: Path, content: bytes) -> None:
    try:
        replace(out, content)
    except OSError as error:
        raise Refused(f"{str(out)!r} cannot be written: {error.strerror}.") from None
