"""How a benchmark ends: with its figures as a table or as JSON, or with what is missing."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from lab.bench.serving import NotStarted
from lab.bench.watching import NothingShown
from lab.cli.errors import REFUSED


def tell(result: dict[str, Any], json: bool, print_table: Callable[[dict[str, Any]], None]) -> None:
    """Print figures as one line of JSON, or as a person reads them."""
    if json:
        typer.echo(json_text.dumps(result, allow_nan=False))
    else:
        print_table(result)


@contextmanager
def page_explained() -> Iterator[None]:
    """Say what is missing to see a page.

    Raises:
        typer.Exit: something is.
    """
    try:
        yield
    except (NotStarted, NothingShown) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
