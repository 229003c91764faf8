"""`python -m lab predict`: what a packed net sees on pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer

from lab.cli.errors import REFUSED
from lab.data.uploads import MOST_BYTES, PictureError, picture_from
from lab.packed import PackedError, load


def main(file: Path, images: Sequence[Path], as_json: bool) -> int:
    """Print the class of each picture and the probabilities of all. Returns the exit code.

    Nothing is printed where one of them cannot be read.
    """
    try:
        net = load(file)
        pictures = np.stack([_picture(image) for image in images])
        probabilities = net.probabilities(pictures)
    except (PackedError, PictureError) as error:
        typer.echo(str(error), err=True)
        return REFUSED
    for image, row in zip(images, probabilities.tolist(), strict=True):
        named = dict(zip(net.classes, row, strict=False))
        found = net.name_of(int(np.argmax(row)))
        if as_json:
            told = {"image": str(image), "class": found, "probability": max(row), "probabilities": named}
            typer.echo(json.dumps(told))
        else:
            typer.echo(
                f"{image}: {found} ({max(row):.1%})  " + ", ".join(f"{name} {p:.1%}" for name, p in named.items())
            )
    return 0


def _picture(path: Path) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from None
    return picture_from(content, path.name)
