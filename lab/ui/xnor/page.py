"""The panels of the XNOR page: a unit under the microscope, every layer, exactness, and how fast it is here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import compress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lab.boards.net_cards import instead, placed
from lab.boards.seen import Seen, answers_there, at_steps
from lab.boards.wording import WAITING
from lab.boards.xnor_layers import (
    EXACT,
    EXACT_TITLE,
    SPEED,
    SPEED_TITLE,
    Compared,
    Timed,
    exact_card,
    fact_cards,
    speed_card,
)
from lab.boards.xnor_unit import unit_cards
from lab.figures.board import Board
from lab.packed import Layer, PackedNet, Unpackable
from lab.probes import Specimen
from lab.probes.xnor import Meeting, binary_layers, meeting
from lab.probes.xnor_layers import Facts, facts
from lab.ui.card_data import data_menu
from lab.ui.inside.asking import moment_again, moments_of, version_of
from lab.ui.inside.look import Look, of_net
from lab.ui.inside.resting import resting_moment
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import later
from lab.ui.live_board import live_board
from lab.ui.picture.images import images_of
from lab.ui.plain import plain
from lab.ui.xnor.choices import Chosen, choose, followed
from lab.ui.xnor.data import sheets
from lab.ui.xnor.exactness import exactness
from lab.ui.xnor.taking import take_along
from lab.ui.xnor.timing import timing

PAYS = (
    "One bit pays where layers are wide: 64 places of a sum are one XOR and one popcount. Small nets, and convolutions "
    "of few channels, have few bits to a word and gain little; where the first and the last layer stay real, they take "
    "most of the time, and many images at once may even take longer than in float32. So measure it here."
)


def xnor(look: Look) -> None:
    """Show all panels.

    Args:
        look: nets that can be packed, and the picture.
    """
    step = resting_moment(look)
    found = later(look, _facts, "xnor.facts", step, meanwhile=True)
    for side, each in zip(look.sides, found, strict=True):
        if isinstance(each.answer, str):
            st.info(of_net(side, len(found) == 1, plain(each.answer)), icon=":material/info:")
    known = answers_there(found)
    if not known or (not followed() and any(each.answer == WAITING for each in found)):
        return  # the address may ask for what only the net has that is still being packed
    packs = [isinstance(each.answer, Facts) for each in found]
    look = look._replace(sides=tuple(compress(look.sides, packs)))
    packed = [each.answer.packed for each in known]
    layers: dict[str, Layer] = {}
    for layer in (layer for net in packed for layer in binary_layers(net)):
        layers.setdefault(layer.name, layer)
    chosen = choose(layers, max(images_of(side.run.experiment.dataset).count for side in look.sides))
    sides = zip(look.sides, known, strict=True)
    met = [seen for side, each in sides if (seen := _met(look, side, each, chosen)) is not None]
    _board(look, known, met, chosen)
    exact = exactness(look, known, step)
    _exact_board(look, exact)
    st.caption(PAYS)
    times = timing(look, step)
    _speed_board(look, times)
    take_along(known, look.numbers)
    files = sheets(known, met, exact, times or [], look.picture.words)
    data_menu("xnor.data", files, look.subject, look.numbers)


def _facts(specimen: Specimen) -> Facts | str:
    try:
        return facts(specimen)
    except Unpackable as error:
        return str(error)


def _met(look: Look, side: Side, known: Seen[Facts], chosen: Chosen) -> Seen[Meeting | None] | None:
    """What meets in the unit: asked of the very weights that were packed; nothing where these are gone."""
    at = moment_again(side, known)
    if at is None:
        return None
    ask = partial(_meeting, packed=known.answer.packed, pixels=look.picture.pixels, chosen=chosen)
    answer = at.answer(ask, ("xnor.unit", look.picture.key, chosen))
    return Seen(side.run, known.step, known.weights_step, answer)


def _meeting(specimen: Specimen, packed: PackedNet, pixels: NDArray[np.uint8], chosen: Chosen) -> Meeting | None:
    layer = next((each for each in binary_layers(packed) if each.name == chosen.layer), None)
    if layer is None or chosen.unit >= layer.outputs or any(np.array(chosen.place) >= layer.places):
        return None
    return meeting(specimen, packed, pixels, *chosen)


def _board(look: Look, known: Sequence[Seen[Facts]], met: Sequence[Seen[Meeting | None]], chosen: Chosen) -> None:
    alone = len(known) == 1
    units = [card for each in met for card in unit_cards(each, look.picture.words, alone)]
    tables = zip(*(fact_cards(each, alone) for each in known), strict=True)
    cards = [*placed(units, known), *(card for of_a_kind in tables for card in of_a_kind)]
    moments = [moments_of(known), moments_of(met)]
    version = version_of(look, "xnor", chosen, look.picture.words, moments)
    subject = f"packed net of {look.subject} {at_steps(seen.step for seen in known)}"
    live_board("xnor", Board(version, cards, subject))


def _exact_board(look: Look, found: Sequence[Seen[Compared] | str]) -> None:
    alone, cards = len(look.sides) == 1, []
    for side, each in zip(look.sides, found, strict=True):
        if isinstance(each, str):
            cards.append(instead(side.run, alone, EXACT, EXACT_TITLE, each))
        else:
            cards.append(exact_card(each, alone))
    told = [each if isinstance(each, str) else each[1:] for each in found]
    live_board("xnor.exact", Board(version_of(look, "xnor.exact", told), cards, f"exactness of {look.subject}"))


def _speed_board(look: Look, times: Sequence[Seen[Timed | str]] | None) -> None:
    alone = len(look.sides) == 1
    if times is None:
        cards = [instead(side.run, alone, SPEED, SPEED_TITLE, WAITING) for side in look.sides]
    else:
        cards = [speed_card(each, alone) for each in times]
    if cards:
        version = version_of(look, "xnor.speed", None if times is None else [each.answer for each in times])
        live_board("xnor.speed", Board(version, cards, f"speed of {look.subject}"))
