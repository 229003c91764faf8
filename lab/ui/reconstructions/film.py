"""The film of reconstructions: what the frames of each net have of its validation pictures."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.filming import film_of
from lab.boards.reconstruction_film import Course, course_card, course_of, probe_cards
from lab.boards.seen import Seen
from lab.figures.board import Card
from lab.figures.film import Film, fitting
from lab.probes import Frame
from lab.ui.film import Shown, show_film
from lab.ui.inside.asking import instants, version_of
from lab.ui.inside.films import kept_film
from lab.ui.inside.look import Look


def courses_of(look: Look) -> list[Course]:
    """How far off each net was, frame by frame."""
    return [course_of(side.run, side.run.snapshot.looks) for side in look.sides]


def show_reconstructions(look: Look) -> Shown:
    """Show the film, the same whatever picture is chosen; what a reader sees of it."""
    version = version_of(look.without_picture, "reconstructions")
    return show_film(look.key, kept_film(version, lambda: _film(look, version)))


def _film(look: Look, version: str) -> Film:
    courses = courses_of(look)
    seen = [[Seen(side.run, frame.step, frame.step, frame) for frame in side.run.snapshot.looks] for side in look.sides]

    def cards(shown: Sequence[Seen[Frame]]) -> list[Card]:
        return [*probe_cards(shown), course_card(courses, max(each.step for each in shown))]

    return fitting(film_of(version, instants(look), seen, cards, f"Reconstructions of {look.subject}"))
