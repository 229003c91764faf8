"""The panels of the page of codes: a film of what was recorded, and below it the picture and the bit at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from lab.boards.code_board import rest_cards
from lab.boards.code_cards import MAP, RATES, TELLING
from lab.boards.code_rest import CODE, EXTREMES, NEAR, NEIGHBOR, AtRest, Picture
from lab.boards.net_cards import named
from lab.boards.seen import at_steps
from lab.figures.board import Board
from lab.ui.card_data import data_menu
from lab.ui.codes.asking import Chosen, at_rest
from lab.ui.codes.choices import T_SNE, bit_control, choose_bit, chosen_bit, chosen_layer, chosen_map, controls
from lab.ui.codes.data import sheets
from lab.ui.codes.film import codes_film
from lab.ui.codes.recorded import Recorded, layer_words, layers_of, most_bits, own_layer, recorded, shapes_of
from lab.ui.film import Shown, rests_at, show_film
from lab.ui.inside.asking import asked_step, instants, version_of
from lab.ui.inside.look import Look
from lab.ui.inside.picks import draw_anew, look_at_picked
from lab.ui.live_board import Marked
from lab.ui.picked import Picked
from lab.ui.picking_board import picking_board
from lab.ui.plain import plain

BITS, IMAGES = (RATES, TELLING, CODE), (MAP, NEAR, NEIGHBOR, EXTREMES)
"""Cards on which bits, or test images, can be picked."""


def codes(look: Look) -> None:
    """Show all panels.

    Args:
        look: nets that have binary layers, and the picture.
    """
    layers = layers_of(look)
    *_, last = shapes_of(look.sides[0].run.experiment)
    layer = chosen_layer(layers, last, partial(most_bits, look))
    map_name = chosen_map()
    controls(layers, layer, map_name)
    told = recorded(look, layer)
    _say_what_lacks(look, told, layer)
    if not told:
        return
    step = asked_step(look, rests_at(look.key, [instant.step for instant in instants(look)]))
    bits = most_bits(look, layer)
    film = codes_film(look, told, map_name != T_SNE, step)
    shown = show_film(look.key, film, _picks(look, bits), _marked(look))
    st.fragment(_moment, key="codes.moment")(look, told, layer, bits, shown)


def _moment(look: Look, told: Sequence[Recorded], layer: str, bits: int, shown: Shown) -> None:
    """What is below the film. It is drawn alone where a bit is chosen: to send the film again would take longer."""
    newest = told[0].at(None).answer
    bit = chosen_bit(bits, int(newest.told.telling[0]))
    bit_control(bits, bit)
    chosen = Chosen(layer, bit, chosen_map() == T_SNE)
    sides = at_rest(look, told, chosen, asked_step(look, None if shown.newest else shown.moment.step))
    _show_rest(look, sides, chosen, bits)
    subject = f"{layer_words(told)} of {look.subject}"
    data_menu("codes.data", sheets(sides, look.picture, bit), subject, look.numbers)
    draw_anew()


def _show_rest(look: Look, sides: Sequence[AtRest], chosen: Chosen, bits: int) -> None:
    there = [(side.step, side.steps) for side in sides]
    version = version_of(look, "codes.rest", look.picture.words, chosen, there)
    picture = Picture(look.picture.pixels, look.picture.words)
    cards = rest_cards(sides, picture, chosen.bit, chosen.with_near)
    if len(sides) < len(look.sides):
        cards = named(cards, sides[0].run)
    subject = f"codes of {look.picture.words}, {look.subject} {at_steps(side.step for side in sides)}"
    picking_board("codes.rest", Board(version, cards, subject), _picks(look, bits), _marked(look))


def _say_what_lacks(look: Look, told: Sequence[Recorded], layer: str) -> None:
    there = [each.side.id for each in told]
    for side in look.sides:
        name, own = plain(side.run.name), own_layer(side, layer)
        if side.id not in there:
            others = f" Shown is {plain(told[0].side.run.name)} alone." if told else ""
            st.info(
                f"No codes of {name} were recorded: its frames are of an earlier version of the lab, or are missing. "
                f"A new run of the same experiment records them.{others}"
            )
        elif own != layer:
            st.info(
                f"{name} has no layer {layer}: in its place {own} is shown, its last binary layer. Bits of the two "
                "layers have nothing to do with each other, and their distances and histograms have scales of their "
                "own."
            )


def _marked(look: Look) -> Marked:
    """The picture on the maps, where it is one of the test images of a net."""
    sides = [side for side in look.sides if side.run.experiment.dataset == look.picture.dataset]
    number = look.picture.number
    return {} if number is None else {f"{kind}.{side.run.id}": str(number) for side in sides for kind in (MAP, NEAR)}


def _picks(look: Look, bits: int) -> Callable[[Picked], None]:
    return partial(_picked, look=look, bits=bits)


def _picked(pick: Picked, look: Look, bits: int) -> None:
    """Look at a bit, or let all pages look at a test image."""
    if pick.kind in BITS and pick.number is not None and pick.number < bits:
        choose_bit(pick.number)
    elif pick.kind in IMAGES:
        look_at_picked(look, pick)
