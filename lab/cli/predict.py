"""`python -m lab predict`: what a packed net sees on pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from lab.cli.errors import REFUSED
from lab.data.uploads import MOST_BYTES, PictureError, picture_from
from lab.packed import PackedError, PackedNet, load, runner


def main(file: Path, images: Sequence[Path], as_json: bool) -> int:
    """Print the class of each picture and the probabilities of all, and which cannot be read. Returns the exit code."""
    try:
        net = load(file)
    except PackedError as error:
        typer.echo(str(error), err=True)
        return REFUSED
    code = 0
    for path in images:
        try:
            names, pictures = _pictures(path)
            rows = net.probabilities(pictures).tolist()
        except (PictureError, PackedError) as error:
            typer.echo(str(error) if isinstance(error, PictureError) else f"{path}: {error}.", err=True)
            code = REFUSED
        else:
            for name, row in zip(names, rows, strict=True):
                typer.echo(_line(net, name, row, as_json))
    return code


def _line(net: PackedNet, image: str, row: list[float], as_json: bool) -> str:
    named = dict(zip(net.classes, row, strict=False))
    found = net.name_of(row.index(max(row)))
    if as_json:
        return json.dumps({"image": image, "class": found, "probability": max(row), "probabilities": named})
    return f"{image}: {found} ({max(row):.1%})  " + ", ".join(f"{name} {p:.1%}" for name, p in named.items())


def _pictures(path: Path) -> tuple[list[str], NDArray[np.uint8]]:
    """The names and pictures of a file: all of an array as they are, or one that is made as MNIST has them."""
    if path.suffix == ".npy":
        found = runner.pictures(str(path))
        return [f"{path}[{i}]" for i in range(len(found))], found
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from None
    return [str(path)], picture_from(content, str(path))[None]
