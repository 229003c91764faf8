"""Everything on the page of reconstructions but its bar: the film, and below it the moment that a reader rests at."""

from __future__ import annotations

import streamlit as st

from lab.boards.reconstruction_answers import DRAWS
from lab.boards.reconstruction_errors import ENDS, error_cards
from lab.boards.reconstruction_flips import BITS, looked_cards, strongest_cards
from lab.boards.reconstruction_tradeoff import bits_of, tradeoff_card
from lab.boards.reconstruction_walks import drawn_cards, walk_cards
from lab.boards.seen import at_steps
from lab.figures.board import Board
from lab.studies.base import IMAGES
from lab.ui.card_data import data_menu
from lab.ui.film import Shown
from lab.ui.inside.asking import asked_step, version_of
from lab.ui.inside.look import Look
from lab.ui.inside.picks import draw_anew, look_at_picked
from lab.ui.picked import Picked
from lab.ui.picking_board import picking_board
from lab.ui.picture.images import Offered, images_of
from lab.ui.reconstructions.choices import CHOICES, choose, toggle
from lab.ui.reconstructions.controls import flip_controls, walk_controls
from lab.ui.reconstructions.data import sheets_of
from lab.ui.reconstructions.film import show_reconstructions
from lab.ui.reconstructions.measured import measured_lines
from lab.ui.reconstructions.panels import OfOthers, OfTheCode, Wanted, ask_of_others, ask_of_the_code, moments


def body(look: Look) -> None:
    """The panels of the page."""
    experiments = [side.run.experiment for side in look.sides]
    bits, tests = max(map(bits_of, experiments)), images_of(experiments[0].dataset)
    shown = show_reconstructions(look)
    st.fragment(_moment, key="reconstructions.moment")(look, shown, bits, tests)


def _moment(look: Look, shown: Shown, bits: int, tests: Offered) -> None:
    """What is below the film. It is drawn alone where a bit is flipped: to send the film again would take longer."""
    chosen = choose(bits, tests, look.picture.label)
    end = f"{tests.dataset.name} {chosen.goal}"
    wanted = Wanted(chosen.flips, tests.pixels(chosen.goal), end, chosen.draw // DRAWS)
    step = asked_step(look, None if shown.newest else shown.moment.step)

    def pick(picked: Picked) -> None:
        _picked(picked, look, bits)

    CHOICES.show_problems()
    flip_controls(bits, chosen)
    code = ask_of_the_code(look, wanted, step)
    picking_board("reconstructions.rest", _code_board(look, code, wanted), pick)
    walk_controls(tests, chosen)
    others = ask_of_others(look, wanted, step)
    board = _more_board(look, code, others, tests.words(chosen.goal), chosen.draw)
    picking_board("reconstructions.more", board, pick)
    data_menu("reconstructions.data", sheets_of(look, code, others), look.subject, look.numbers)
    draw_anew()


def _code_board(look: Look, code: OfTheCode, wanted: Wanted) -> Board:
    cards = [
        *looked_cards(code.looked, look.picture.words),
        *strongest_cards(code.strongest, wanted.flips),
    ]
    version = version_of(look, "code", look.picture.words, wanted.flips, moments(code))
    return Board(version, cards, f"{look.subject} {at_steps(seen.step for seen in code.looked)}")


def _more_board(look: Look, code: OfTheCode, others: OfOthers, goal: str, draw: int) -> Board:
    cards = [
        *walk_cards(others.walked, look.picture.words, goal),
        *drawn_cards(others.drawn, draw % DRAWS),
        *error_cards(others.tested),
    ]
    if lines := measured_lines():
        cards.append(tradeoff_card(lines, IMAGES, others.tested))
    version = version_of(look, "more", look.picture.words, goal, draw, moments(code), moments(others))
    return Board(version, cards, f"{look.subject} {at_steps(seen.step for seen in code.looked)}")


def _picked(picked: Picked, look: Look, bits: int) -> None:
    """Flip a bit, or look at a test image."""
    if picked.kind in BITS and picked.number is not None and picked.number < bits:
        toggle(picked.number, bits)
    elif picked.kind in ENDS:
        look_at_picked(look, picked)
