"""`python -m lab export`: the results of runs as files, as the app exports them, and their nets."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import typer

from lab.boards.contestants import labels
from lab.cli.check import NotExact, checked
from lab.cli.errors import REFUSED, explained
from lab.cli.kept import whole_id
from lab.exports import TABLES, View
from lab.exports.comparison import NO_PAGE, Comparison
from lab.exports.gathering import comparison, with_seeds
from lab.exports.nets import NETS, trained
from lab.files import replace
from lab.jobs import JOBS
from lab.packed import Unpackable, runner
from lab.packed.onnx_graph import OnnxMissing
from lab.store import RunFolder, runs_folder

RUNNER = "runner.py"
"""What is put beside a packed net."""


class Refused(Exception):
    """What is asked for cannot be: one sentence that says why."""


class Asked(NamedTuple):
    """What is to be written."""

    format: str
    table: str
    """Of what."""
    seeds: bool
    """Whether with all other seeds of the runs that are named."""
    contestant: int | None = None
    """Whose net, counted from 1."""
    check: bool = False
    """Whether to compare the packed net with its net first."""


def main(runs: Sequence[str], asked: Asked, out: Path | None, overwrite: bool) -> int:
    """Write what is asked for into a file, or to standard output. Returns the exit code."""
    with explained():
        JOBS.runs_folder = runs_folder()
        try:
            if asked.format in NETS:
                _export_net(runs, asked, out, overwrite)
                return 0
            if asked.contestant is not None:
                raise Refused(f"--contestant is for nets alone; formats of nets are {', '.join(NETS)}.")
            if asked.check:
                raise Refused("--check is for --format packed.")
            formats = TABLES[asked.table]
            if asked.format not in formats:
                raise Refused(f"--table {asked.table} is not written as {asked.format}; allowed: {', '.join(formats)}.")
            format = formats[asked.format]
            _require_place(out, overwrite, format.readable)
            ids = list(dict.fromkeys(map(whole_id, runs)))
            view = View(ids[0]) if len(ids) == 1 else NO_PAGE
            if asked.seeds:
                ids = list(chain.from_iterable(with_seeds(JOBS, id) for id in ids))
            compared = comparison(JOBS, dict.fromkeys(ids), view)
            _require_seeds(compared, asked.table)
            content = format.write(compared)
            _give(content, out)
        except (Refused, Unpackable, OnnxMissing, NotExact) as refusal:
            typer.echo(str(refusal), err=True)
            return REFUSED
    return 0


def _export_net(runs: Sequence[str], asked: Asked, out: Path | None, overwrite: bool) -> None:
    if len(runs) != 1 or asked.seeds or asked.table != "results":
        raise Refused(f"--format {asked.format} is of one net; name one run, without --table and --seeds.")
    if asked.check and asked.format != "packed":
        raise Refused("--check is for --format packed.")
    _require_place(out, overwrite, readable=False)
    if asked.format == "packed" and out is not None and out.name.casefold() == RUNNER:
        raise Refused(f"{RUNNER} is what runs the net, and is put beside it; give --out another name.")
    folder = RunFolder(runs_folder() / whole_id(runs[0]))
    contestants = folder.facts().contestants
    if asked.contestant is None and len(contestants) > 1:
        named = "; ".join(
            f"{i} {label}" for i, label in enumerate(labels([c.experiment for c in contestants]), start=1)
        )
        raise Refused(f"Run {folder.id} has several nets; give --contestant with the number of one: {named}.")
    net = trained(folder, (asked.contestant or 1) - 1)
    content = NETS[asked.format](net)
    if asked.check:
        typer.echo(checked(net, content), err=True)
    _give(content, out)
    if out is not None and asked.format == "packed":
        typer.echo(_with_runner(out), err=True)


def _with_runner(out: Path) -> str:
    """Put the runner beside a packed net, unless something else has its name; and say what to do with it."""
    content, beside = Path(runner.__file__).read_bytes(), out.with_name(RUNNER)
    if beside.exists() and not _has(beside, content):
        return (
            f"{str(beside)!r} is something else, and stays as it is; what runs the net is another one: "
            f"{_command(Path(runner.__file__), out)}"
        )
    _write(beside, content)
    return f"Beside it is {RUNNER}, which needs numpy and numkong alone: {_command(beside, out)}"


def _has(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def _command(program: Path, net: Path) -> str:
    """What to type next."""
    return shlex.join(["python", str(program), str(net), "PICTURES.npy"])


def _give(content: bytes, out: Path | None) -> None:
    if out is None:
        typer.echo(content, nl=False)
    else:
        _write(out, content)


def _require_seeds(compared: Comparison, table: str) -> None:
    if table in ("final", "differences") and not compared.over_seeds:
        raise Refused("No two of these runs differ in their seeds alone; --seeds takes all seeds there are.")
    if table == "differences" and not any(over.differences for over in compared.over_seeds):
        reasons = [remark for over in compared.over_seeds for remark in over.remarks]
        raise Refused(" ".join(reasons) or "Paired differences are between contestants, and these are seeds of one.")


def _require_place(out: Path | None, overwrite: bool, readable: bool) -> None:
    if out is None and not readable and sys.stdout.isatty():
        raise Refused("This is nothing to read in a terminal; give --out FILE, or send it into a file or a pipe.")
    if out is not None and out.is_dir():
        raise Refused(f"{str(out)!r} is a folder; give --out the name of a file.")
    if out is not None and out.exists() and not out.is_file():
        raise Refused(f"{str(out)!r} is a device or a pipe; leave --out away, and send the output there.")
    if out is not None and out.exists() and not overwrite:
        raise Refused(f"{str(out)!r} is already there, and stays as it is; give --overwrite to replace it.")


def _write(out: Path, content: bytes) -> None:
    try:
        replace(out, content)
    except OSError as error:
        raise Refused(f"{str(out)!r} cannot be written: {error.strerror}.") from None
