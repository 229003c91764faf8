"""How the command line ends early: one sentence a problem, no traceback, an exit code that says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from lab.data import DataError
from lab.devices import DeviceMissing
from lab.experiment import InvalidExperiment
from lab.store import StoreError

REFUSED = 2
"""Exit code on input that cannot be."""
STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""


@contextmanager
def explained() -> Iterator[None]:
    """Tell a person what is wrong with their input, or that they stopped the work.

    Raises:
        typer.Exit: either was so.
    """
    try:
        yield
    except (InvalidExperiment, DataError, DeviceMissing, StoreError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(STOPPED) from None
