"""Reconstructions through training: the pictures of a frame beside what the net gives back, and their error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.boards.contestants import Contestant
from lab.boards.moment import MARK
from lab.boards.net_cards import maker, placed
from lab.boards.reconstruction_pictures import MSE, beyond, differences, finite, not_finite, originals
from lab.boards.seen import Seen
from lab.boards.wording import fixed, number
from lab.figures.board import Card, Chart, Pictures
from lab.figures.numbers import far_apart, json_numbers
from lab.figures.theme import CHART_HEIGHT, axis, layout, uid
from lab.probes import Frame
from lab.probes.reconstruction import scaled_as_pixels

TITLE = "Validation pictures and their reconstructions"


class Course(NamedTuple):
    """How far off a net was, frame by frame."""

    run: Contestant
    steps: NDArray[np.int64]
    errors: NDArray[np.float64]
    """Mean over the pictures of a frame, (frames,); NaN where the net gave no finite numbers."""


def errors_of(frame: Frame) -> NDArray[np.float64]:
    """Mean squared error of each picture of a frame, (pictures,), as exact as the frame keeps reconstructions."""
    off = frame.reconstructions.array().astype(np.float64) - scaled_as_pixels(frame.pictures)
    found: NDArray[np.float64] = np.square(off).mean(axis=(1, 2))
    return found


def course_of(run: Contestant, frames: Sequence[Frame]) -> Course:
    """The errors of all frames of a run."""
    errors = [float(errors_of(frame).mean()) for frame in frames]
    return Course(run, np.array([frame.step for frame in frames]), np.array(errors))


def probe_cards(seen: Sequence[Seen[Frame]]) -> list[Card]:
    """The pictures of a frame of each net, what it makes of them, and the difference."""
    return placed([_probes(each, len(seen) == 1) for each in seen], seen)


def _probes(seen: Seen[Frame], alone: bool) -> Card:
    frame = seen.answer
    pictures, rebuilt = scaled_as_pixels(frame.pictures), frame.reconstructions.array()
    if not finite(rebuilt):
        return not_finite(seen, alone, "probes", TITLE)
    errors, off = errors_of(frame), rebuilt - pictures
    sheet = [
        *originals(pictures, [f"picture {place}" for place in range(1, len(pictures) + 1)]),
        *originals(rebuilt, [fixed(error, 3) for error in errors]),
        *differences(off, [""] * len(off)),
    ]
    caption = (
        f"From the top: validation pictures, what the net gives back with its {MSE} over pixels in "
        f"[-1, 1], and the reconstruction less the original. Mean of these errors: {number(float(errors.mean()))}. "
        f"{beyond(off)}"
    )
    return maker(seen, alone)("probes", TITLE, Pictures(sheet, columns=len(pictures)), caption)


def course_card(courses: Sequence[Course], step: int) -> Card:
    """The errors of all nets over training, with a line at the moment of a step."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "uid": uid(f"{course.run.id} {course.run.name}"),
            "name": course.run.name,
            "x": json_numbers(course.steps[course.steps > 0]),
            "y": json_numbers(course.errors[course.steps > 0]),
            "line": {"color": course.run.color, "dash": course.run.dash, "width": 2},
            "marker": {"color": course.run.color, "size": 5},
            "hovertemplate": "step %{x}: %{y:.4~g}",
        }
        for course in courses
    ]
    far = far_apart(np.concatenate([course.errors for course in courses]))
    line = {"type": "line", "x0": step, "x1": step, "y0": 0, "y1": 1, "yref": "paper", "line": MARK}
    style = layout(
        CHART_HEIGHT,
        hovermode="closest",
        xaxis=axis("step", type="log", dtick=1),
        yaxis=axis(MSE, **({"type": "log", "dtick": "D2"} if far else {"rangemode": "tozero"}), tickformat="~g"),
        showlegend=len(courses) > 1,
        shapes=[line] if step else [],
    )
    begun = "; ".join(f"{c.run.name} {number(_first(c))}" for c in courses if c.steps.size and not c.steps[0])
    caption = "Mean error of these pictures at every recorded moment; the dotted line is the one shown." + (
        f" Before the first step, for which the axis has no place: {begun}." if begun else ""
    )
    told = "; ".join(f"{course.run.name} {_at(course, step)}" for course in courses)
    alt = f"Mean error at step {step}: {told}."
    return Card(
        "course",
        "Error through training",
        Chart({"data": traces, "layout": style}),
        caption,
        alt,
        wide=len(courses) > 1,
    )


def _first(course: Course) -> float:
    return float(course.errors[0])


def _at(course: Course, step: int) -> str:
    before = np.flatnonzero(course.steps <= step)
    return number(float(course.errors[before[-1]])) if len(before) else number(float("nan"))
