"""The panels of the Heatmaps page: a film of what moves with training, and below it what takes too long for that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from lab.boards.filming import film_of
from lab.boards.heatmap_answer import answer_cards
from lab.boards.heatmap_habits import Watched, habit_cards
from lab.boards.heatmap_kernels import kernel_cards
from lab.boards.heatmap_maps import channel_cards, mean_cards
from lab.boards.heatmap_reasons import grad_cam_cards, occlusion_cards
from lab.boards.seen import Seen, answers_there, at_steps
from lab.figures.board import Board, Card
from lab.figures.film import Film
from lab.probes.grad_cam import GradCam
from lab.probes.occlusion import Occlusion
from lab.probes.sight import Kernels, Sight
from lab.ui.card_data import data_menu
from lab.ui.film import Shown, rests_at, show_film
from lab.ui.heatmaps import questions
from lab.ui.heatmaps.controls import Chosen, choose, classes_of, layers_of, picked
from lab.ui.heatmaps.sheets import sheets
from lab.ui.inside.asking import answers, asked_step, film_answers, instants, moments_of, version_of
from lab.ui.inside.films import kept_film
from lab.ui.inside.look import Look
from lab.ui.inside.waiting import film_soon, later
from lab.ui.live_board import live_board

T = TypeVar("T")


class Inside(NamedTuple):
    """What is asked of a net at every moment."""

    sight: Sight
    kernels: Kernels | None


class Rest(NamedTuple):
    """What is asked of the nets at the moment that a reader rests at, or what is said in the place of an answer."""

    cams: Sequence[Seen[GradCam | str]]
    occlusions: Sequence[Seen[Occlusion | str]]
    habits: Sequence[Seen[Watched | str]]


def heatmaps(look: Look) -> None:
    """Show all panels.

    Args:
        look: nets that have conv layers, and the picture.
    """
    experiments = [side.run.experiment for side in look.sides]
    layers = layers_of(experiments)
    chosen = choose(layers, classes_of(experiments))
    step = rests_at(look.key, [instant.step for instant in instants(look)])
    shown = show_film(look.key, _film(look, chosen, asked_step(look, step)), partial(picked, layers=layers))
    _rest(look, chosen, shown)


def _film(look: Look, chosen: Chosen, step: int | None) -> Film:
    sights = film_soon(look, *questions.sight_of(look.picture), step)
    kernels = film_answers(look, *questions.kernels_of(chosen.at), step)
    sides = [_together(*pair) for pair in zip(sights, kernels, strict=True)]
    moments = [[(seen.step, seen.weights_step) for seen in side] for side in sides]
    version = version_of(look, "heatmaps", chosen.at, look.picture.label, look.picture.words, moments)

    def cards(seen: Sequence[Seen[Inside]]) -> list[Card]:
        sights = [_with(each, each.answer.sight) for each in seen]
        kernels = [_with(each, each.answer.kernels) for each in seen]
        pixels = look.picture.pixels
        return [
            *answer_cards(sights, pixels, look.picture.label),
            *mean_cards(sights, pixels, chosen.at),
            *channel_cards(sights, chosen.at),
            *kernel_cards(kernels, chosen.at),
        ]

    return kept_film(version, lambda: film_of(version, instants(look), sides, cards, _subject(look)))


def _together(sights: Sequence[Seen[Sight]], kernels: Sequence[Seen[Kernels | None]]) -> list[Seen[Inside]]:
    """Both answers of a net at each moment; between the two questions another moment may have come."""
    found = {each.step: each.answer for each in kernels}
    return [_with(each, Inside(each.answer, found[each.step])) for each in sights if each.step in found]


def _with(seen: Seen[Any], answer: T) -> Seen[T]:
    return Seen(seen.run, seen.step, seen.weights_step, answer)


def _rest(look: Look, chosen: Chosen, shown: Shown) -> None:
    """What does not move: worked out for the moment that the reader rests at."""
    step = asked_step(look, None if shown.newest else shown.moment.step)
    picture, label = look.picture, chosen.label
    rest = Rest(
        answers(look, *questions.grad_cam_of(picture, chosen.at.layer.name, label), step),
        later(look, *questions.occlusion_of(picture, label), step),
        later(look, *questions.habits_of(), step),
    )
    moments = [moments_of(each) for each in rest]
    version = version_of(look, "heatmaps.rest", chosen, look.picture.words, moments)
    live_board(
        "heatmaps.rest",
        Board(
            version, _rest_cards(look, chosen, rest), f"{_subject(look)} {at_steps(seen.step for seen in rest.cams)}"
        ),
    )
    sights = answers(look, *questions.sight_of(picture), step)
    kernels = answers(look, *questions.kernels_of(chosen.at), step)
    data_menu(
        "heatmaps.data",
        sheets(picture, sights, kernels, rest.cams, answers_there(rest.occlusions), answers_there(rest.habits)),
        _subject(look),
        look.numbers,
    )


def _rest_cards(look: Look, chosen: Chosen, rest: Rest) -> list[Card]:
    pixels = look.picture.pixels
    return [
        *grad_cam_cards(rest.cams, pixels),
        *occlusion_cards(rest.occlusions, pixels),
        *habit_cards(rest.habits, chosen.at),
    ]


def _subject(look: Look) -> str:
    return f"heatmaps of {look.picture.words}, {look.subject}"
