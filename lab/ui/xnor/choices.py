"""What a person chooses on the XNOR page: the layer, the unit and its place; all of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from lab.packed import Layer
from lab.ui import address
from lab.ui.page_choices import PageChoices

LAYER, UNIT, ROW, COLUMN = "layer", "unit", "row", "column"
"""What the choices are called in the address."""
CHOICES = PageChoices("xnor")


class Chosen(NamedTuple):
    """The unit that is looked at."""

    layer: str
    unit: int
    place: tuple[int, int]
    """Row and column from 0; people count from 1."""


def choose(layers: Mapping[str, Layer]) -> Chosen:
    """The controls, and what is chosen.

    Args:
        layers: those of binary weights, by their names, one at least.
    """
    _follow_address(layers)
    CHOICES.show_problems()
    layer = layers[_layer(layers)]
    with st.container(horizontal=True, vertical_alignment="bottom", key="xnor.controls"):
        CHOICES.segments("Layer", LAYER, list(layers), layer.name)
        unit = _number("Channel" if layer.window else "Unit", UNIT, layer, 0, layer.outputs - 1)
        rows, columns = layer.places
        place = (0, 0)
        if layer.window:
            place = (_number("Row", ROW, layer, 1, rows) - 1, _number("Column", COLUMN, layer, 1, columns) - 1)
    of_place = {ROW: str(place[0] + 1), COLUMN: str(place[1] + 1)} if layer.window else {ROW: None, COLUMN: None}
    address.write(**{LAYER: layer.name, UNIT: str(unit), **of_place})
    return Chosen(layer.name, unit, place)


def _layer(layers: Mapping[str, Layer]) -> str:
    """The one that was chosen, where these nets have it; else the first that reads bits."""
    chosen = CHOICES.kept(LAYER)
    if chosen in layers:
        return str(chosen)
    return next((name for name, layer in layers.items() if layer.reads != "pixels"), next(iter(layers)))


def _number(label: str, what: str, layer: Layer, first: int, last: int) -> int:
    """A number of a unit or a place: the chosen one, or the first unit and the place in the middle."""
    kept = CHOICES.kept(what)
    usual = first if what == UNIT else (first + last) // 2
    number = kept if isinstance(kept, int) and first <= kept <= last else usual
    CHOICES.number(label, what, first, last, number, of=layer.name)
    return number


def _follow_address(layers: Mapping[str, Layer]) -> None:
    """Choose what the address asks for, and note what of it there is not."""
    linked = CHOICES.asked(LAYER, UNIT, ROW, COLUMN)
    if linked is None:
        return
    problems = CHOICES.take_name(LAYER, linked[LAYER], layers)
    layer = layers[_layer(layers)]
    rows, columns = layer.places
    for what, first, last in ((UNIT, 0, layer.outputs - 1), (ROW, 1, rows), (COLUMN, 1, columns)):
        problems += CHOICES.take_number(what, linked[what], first, last, where=layer.name)
    CHOICES.tell(problems)
