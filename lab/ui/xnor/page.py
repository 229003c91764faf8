"""The panels of the XNOR page: a unit under the microscope, every layer, exactness, and how fast it is here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import compress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lab.boards.net_cards import instead, placed
from lab.boards.seen import Seen, answers_there
from lab.boards.wording import WAITING
from lab.boards.xnor_layers import SPEED, Timed, exact_card, fact_cards, speed_card
from lab.boards.xnor_unit import unit_cards
from lab.figures.board import Board, Card
from lab.packed import Layer, PackedNet, Unpackable, pack
from lab.probes import Specimen
from lab.probes.xnor import Meeting, binary_layers, meeting
from lab.probes.xnor_layers import Compared, Facts, compared, facts
from lab.ui.card_data import data_menu
from lab.ui.inside.asking import moment_of, moments_of, version_of
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import later
from lab.ui.live_board import live_board
from lab.ui.plain import plain
from lab.ui.xnor.choices import Chosen, choose
from lab.ui.xnor.data import sheets
from lab.ui.xnor.taking import take_along
from lab.ui.xnor.timing import timing

PAYS = (
    "One bit pays where layers are wide: 64 places of a sum are one XOR and one popcount. Small nets, and convolutions "
    "of few channels, have few bits to a word and gain little or nothing; so measure it here."
)


def xnor(look: Look) -> None:
    """Show all panels.

    Args:
        look: nets that can be packed, and the picture.
    """
    found = later(look, _facts, "xnor.facts", None)
    for instead_of in (each for each in found if isinstance(each.answer, str)):
        st.info(f"{plain(instead_of.run.name)}: {plain(str(instead_of.answer))}", icon=":material/info:")
    known = answers_there(found)
    if not known:
        return
    packs = [isinstance(each.answer, Facts) for each in found]
    look = look._replace(sides=tuple(compress(look.sides, packs)))
    packed = [each.answer.packed for each in known]
    layers: dict[str, Layer] = {}
    for layer in (layer for net in packed for layer in binary_layers(net)):
        layers.setdefault(layer.name, layer)
    chosen = choose(layers)
    met = [_met(look, side, each, chosen) for side, each in zip(look.sides, known, strict=True)]
    exact = later(look, _compared, "xnor.exact", None)
    _board(look, known, met, exact, chosen)
    st.caption(PAYS)
    times = timing(look)
    _speed_board(look, times)
    take_along(known)
    data_menu("xnor.data", sheets(known, met, times or []), f"{look.subject} at step {known[0].step}")


def _facts(specimen: Specimen) -> Facts | str:
    try:
        return facts(specimen)
    except Unpackable as error:
        return str(error)


def _compared(specimen: Specimen) -> Compared:
    return compared(specimen, pack(specimen.experiment, specimen.net))


def _met(look: Look, side: Side, known: Seen[Facts], chosen: Chosen) -> Seen[Meeting | None]:
    """What meets in the unit: asked of the very weights that were packed."""
    at = moment_of(side, None if side.job.ended else known.step)
    ask = partial(_meeting, packed=known.answer.packed, pixels=look.picture.pixels, chosen=chosen)
    same = at.weights_step == known.weights_step
    answer = at.answer(ask, ("xnor.unit", look.picture.key, chosen)) if same else None
    return Seen(side.run, known.step, known.weights_step, answer)


def _meeting(specimen: Specimen, packed: PackedNet, pixels: NDArray[np.uint8], chosen: Chosen) -> Meeting | None:
    layer = next((each for each in binary_layers(packed) if each.name == chosen.layer), None)
    if layer is None or chosen.unit >= layer.outputs or any(np.array(chosen.place) >= layer.places):
        return None
    return meeting(specimen, packed, pixels, *chosen)


def _board(
    look: Look,
    known: Sequence[Seen[Facts]],
    met: Sequence[Seen[Meeting | None]],
    exact: Sequence[Seen[Compared | str]],
    chosen: Chosen,
) -> None:
    alone = len(known) == 1
    cards = [card for each in met for card in unit_cards(each, look.picture.words, alone)]
    cards += [exact_card(each, alone) for each in exact]
    cards += [card for each in known for card in fact_cards(each, alone)]
    steps = [moments_of(known), moments_of(exact)]
    version = version_of(look, "xnor", chosen, look.picture.words, steps)
    subject = f"packed net of {look.subject} at step {known[0].step}"
    live_board("xnor", Board(version, placed(cards, known), subject))


def _speed_board(look: Look, times: Sequence[Seen[Timed | str]] | None) -> None:
    alone = len(look.sides) == 1
    cards: list[Card] = []
    if times is None:
        cards = [instead(side.run, alone, SPEED, "How fast is it here?", WAITING) for side in look.sides]
    cards += [speed_card(each, alone) for each in times or ()]
    if cards:
        version = version_of(look, "xnor.speed", None if times is None else [each.answer for each in times])
        live_board("xnor.speed", Board(version, cards, f"speed of {look.subject}"))
