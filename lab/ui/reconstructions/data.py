"""The numbers behind the cards of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from lab.boards.reconstruction_sheets import (
    course_sheet,
    drawn_sheets,
    error_sheets,
    frame_sheets,
    looked_sheets,
    strongest_sheets,
    tradeoff_sheet,
    walk_sheets,
)
from lab.boards.reconstruction_tradeoff import stars
from lab.boards.seen import Seen, answers_there
from lab.figures.sheets import Sheet
from lab.studies.base import IMAGES
from lab.ui.inside.look import Look
from lab.ui.reconstructions.film import courses_of
from lab.ui.reconstructions.measured import measured_lines
from lab.ui.reconstructions.panels import OfOthers, OfTheCode

T = TypeVar("T")


def sheets_of(look: Look, code: OfTheCode, others: OfOthers) -> list[Sheet]:
    """Those of all that is there by now."""
    alone = len(look.sides) == 1

    def each(make: Callable[[str, Seen[T]], list[Sheet]], seen: Sequence[Seen[T | str]]) -> list[Sheet]:
        return [sheet for one in answers_there(seen) for sheet in make("" if alone else one.run.name, one)]

    frames = [
        sheet
        for side in look.sides
        for sheet in frame_sheets("" if alone else side.run.name, side.run, side.run.snapshot.looks)
    ]
    words = look.picture.words
    lines = measured_lines()
    return [
        *frames,
        course_sheet(lambda: courses_of(look)),
        *each(partial(looked_sheets, picture_name=words), code.looked),
        *each(partial(strongest_sheets, picture_name=words), code.strongest),
        *each(partial(walk_sheets, picture_name=words), others.walked),
        *each(drawn_sheets, others.drawn),
        *each(error_sheets, others.tested),
        *([tradeoff_sheet(lines, stars(IMAGES, others.tested))] if lines else []),
    ]
