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
from lab.ui.inside.sides import Side


def frames_of(side: Side) -> list[Frame]:
    """The frames of a net, oldest first, and the newest look inside it."""
    snapshot = side.run.snapshot
    newest = snapshot.frame
    later = newest is not None and all(frame.step < newest.step for frame in snapshot.frames)
    return [*snapshot.frames, *([newest] if newest is not None and later else [])]


def courses_of(look: Look) -> list[Course]:
    """How far off each net was, frame by frame."""
    return [course_of(side.run, frames_of(side)) for side in look.sides]


def show_reconstructions(look: Look) -> Shown:
    """Show the film, the same whatever picture is chosen; what a reader sees of it."""
    any_picture = look._replace(picture=look.picture._replace(key=""))
    return show_film(look.key, kept_film(version_of(any_picture, "reconstructions"), lambda: _film(look)))


def _film(look: Look) -> Film:
    courses = courses_of(look)
    seen = [[Seen(side.run, frame.step, frame.step, frame) for frame in frames_of(side)] for side in look.sides]

    def cards(shown: Sequence[Seen[Frame]]) -> list[Card]:
        return [*probe_cards(shown), course_card(courses, max(each.step for each in shown))]

    any_picture = look._replace(picture=look.picture._replace(key=""))
    version = version_of(any_picture, "reconstructions")
    return fitting(film_of(version, instants(look), seen, cards, f"Reconstructions of {look.subject}"))
