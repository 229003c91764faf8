"""Error over the number of bits: nets of the lab's study beside PCA and ITQ, with the nets of the page among them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.boards.reconstruction_answers import Tested
from lab.boards.reconstruction_pictures import finite
from lab.boards.seen import Seen, answers_there, said_instead, told_moment
from lab.boards.wording import how_many, number
from lab.data import Dataset
from lab.experiment import Experiment
from lab.figures.board import Card, Chart
from lab.figures.numbers import json_numbers
from lab.figures.theme import Figure, uid
from lab.figures.tradeoff import Line, tradeoff_chart

ID, TITLE = "tradeoff", "Error over the number of bits"


def tradeoff_card(lines: Sequence[Line], images: str, seen: Sequence[Seen[Tested | str]]) -> Card:
    """The measured lines, and a star for each net.

    Args:
        lines: of the study.
        images: the name of the dataset that they were measured on.
        seen: what each net answered, or what is said in the place of that.
    """
    chart = tradeoff_chart(lines, "bits of a code; of principal components, real numbers", "mean squared test error")
    measured = _measured(images, seen)
    sound = _sound(measured)
    broken = [each.run for each in answers_there(measured) if not finite(each.answer.errors)]
    figure: Figure = {**chart, "data": [*chart["data"], *(_star(each) for each in sound)]}
    said = [_said(each) for each in sound]
    others = [each.run for each in seen if each.run.experiment.dataset.name != images]
    said += [
        f"{run.name} sees {run.experiment.dataset.title}, of which there is no such measurement, so it has no star."
        for run in others
    ]
    said += [f"{run.name} gives no finite numbers any more, so it has no star." for run in broken]
    said += said_instead(measured)
    caption = (
        f"Measured for this lab over all test images of {Dataset.members[images].title}, mean ± standard error over "
        f"seeds, at the end of training. {' '.join(said)}"
    )
    ends = (
        f"{each.name} from {each.y[0]:.4g} at {each.x[0]:g} to {each.y[-1]:.4g} at {each.x[-1]:g}" for each in lines
    )
    alt = f"{'; '.join(ends)}. {' '.join(said)}"
    return Card(ID, TITLE, Chart(figure), caption, alt=alt, wide=True)


def bits_of(experiment: Experiment) -> int:
    """Bits of the code of an autoencoder."""
    return sum(site.numel() for site in experiment.architecture.shapes.sites)


def _said(seen: Seen[Tested]) -> str:
    errors = seen.answer.errors
    return (
        f"Star: {seen.run.name}, {how_many(bits_of(seen.run.experiment), 'bit')}, "
        f"{number(float(errors.mean()))} over the first "
        f"{len(errors)} test images alone. {told_moment(seen)}"
    )


def stars(images: str, seen: Sequence[Seen[Tested | str]]) -> list[Line]:
    """Where the nets of the page are among the measured lines, those that are: a point each, its error over images."""
    return [_point(each) for each in _sound(_measured(images, seen))]


def _measured(images: str, seen: Sequence[Seen[Tested | str]]) -> list[Seen[Tested | str]]:
    """Those of the dataset that the lines were measured on."""
    return [each for each in seen if each.run.experiment.dataset.name == images]


def _sound(seen: Sequence[Seen[Tested | str]]) -> list[Seen[Tested]]:
    """The answers that are finite numbers."""
    return [each for each in answers_there(seen) if finite(each.answer.errors)]


def _point(seen: Seen[Tested]) -> Line:
    """Where a net is among the measured lines, and the standard error over its test images."""
    errors = seen.answer.errors
    error = float(errors.std(ddof=1)) / math.sqrt(len(errors)) if len(errors) > 1 else math.nan
    name = f"{seen.run.name}, step {seen.weights_step}"
    return Line(name, [bits_of(seen.run.experiment)], [float(errors.mean())], [error])


def _star(seen: Seen[Tested]) -> Figure:
    point = _point(seen)
    return {
        "type": "scatter",
        "mode": "markers",
        "uid": uid(f"star {seen.run.id}"),
        "name": point.name,
        "x": point.x,
        "y": json_numbers(point.y),
        "error_y": {"type": "data", "array": json_numbers(point.error), "thickness": 1.5, "width": 4},
        "marker": {"color": seen.run.color, "size": 15, "symbol": "star", "line": {"width": 1, "color": "gray"}},
        "hovertemplate": "%{x} bits: %{y:.4~g}, ± standard error over the images",
    }
