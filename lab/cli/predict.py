"""`python -m lab predict`: what a packed net sees on pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer

from lab.cli.errors import REFUSED
from lab.data.uploads import MOST_BYTES, PictureError, picture_from
from lab.packed import PackedError, PackedNet, load


def main(file: Path, images: Sequence[Path], as_json: bool) -> int:
    """Print the class of each picture and the probabilities of all, and which cannot be read. Returns the exit code."""
    try:
        net = load(file)
    except PackedError as error:
        typer.echo(str(error), err=True)
        return REFUSED
    code = 0
    for image in images:
        try:
            (row,) = net.probabilities(_picture(image)[None]).tolist()
        except PictureError as error:
            typer.echo(str(error), err=True)
            code = REFUSED
        else:
            typer.echo(_line(net, image, row, as_json))
    return code


def _line(net: PackedNet, image: Path, row: list[float], as_json: bool) -> str:
    named = dict(zip(net.classes, row, strict=False))
    found = net.name_of(row.index(max(row)))
    if as_json:
        return json.dumps({"image": str(image), "class": found, "probability": max(row), "probabilities": named})
    return f"{image}: {found} ({max(row):.1%})  " + ", ".join(f"{name} {p:.1%}" for name, p in named.items())


def _picture(path: Path) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from None
    return picture_from(content, path.name)
