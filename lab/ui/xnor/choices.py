"""What a person chooses on the XNOR page: layer, unit and place, and how many images; all of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from lab.boards.wording import grouped
from lab.packed import Layer
from lab.probes.xnor import first_that_turns
from lab.ui import address
from lab.ui.page_choices import PageChoices

LAYER, UNIT, ROW, COLUMN, IMAGES = "layer", "unit", "row", "column", "images"
"""What the choices are called in the address."""
COUNTS, USUAL = (100, 1000), 1000
"""Test images on which nets are compared, beside all of them."""
CHOICES = PageChoices("xnor")
FOLLOWED, USUALLY = "xnor.followed", "xnor.usually"


class Chosen(NamedTuple):
    """The unit that is looked at."""

    layer: str
    unit: int
    place: tuple[int, int]
    """Row and column from 0; people count from 1."""


def choose(layers: Mapping[str, Layer], tests: int) -> Chosen:
    """The controls of a unit, and what is chosen.

    Args:
        layers: those of binary weights, by their names, one at least.
        tests: test images that there are.
    """
    _follow_address(layers, tests)
    CHOICES.show_problems()
    layer = layers[_layer(layers)]
    with st.container(horizontal=True, vertical_alignment="bottom", key="xnor.controls"):
        CHOICES.segments("Layer", LAYER, list(layers), layer.name)
        unit = _number("Channel" if layer.window else "Unit", UNIT, layer, 0, layer.outputs - 1, _usual(layer))
        rows, columns = layer.places
        place = (0, 0)
        if layer.window:
            row = _number("Row", ROW, layer, 1, rows, (1 + rows) // 2)
            place = (row - 1, _number("Column", COLUMN, layer, 1, columns, (1 + columns) // 2) - 1)
    of_place = {ROW: str(place[0] + 1), COLUMN: str(place[1] + 1)} if layer.window else {ROW: None, COLUMN: None}
    address.write(**{LAYER: layer.name, UNIT: str(unit), **of_place})
    return Chosen(layer.name, unit, place)


def followed() -> bool:
    """Whether this tab has chosen before, so that it need not know all nets to do what the address asks for."""
    return bool(st.session_state.get(FOLLOWED))


def choose_images(tests: int) -> int:
    """On how many test images nets are compared, of so many."""
    counts = _counts(tests)
    chosen = int(CHOICES.kept(IMAGES, USUAL))
    count = chosen if chosen in counts else tests
    titles = {str(each): f"{'all ' if each == tests else ''}{grouped(each)}" for each in counts}
    CHOICES.segments("Test images to compare", IMAGES, list(titles), str(count), titles)
    address.write(**{IMAGES: str(count)})
    return count


def _counts(tests: int) -> list[int]:
    return [*(count for count in COUNTS if count < tests), tests]


def _layer(layers: Mapping[str, Layer]) -> str:
    """The one that was chosen, where these nets have it; else the first that reads bits."""
    chosen = CHOICES.kept(LAYER)
    if chosen in layers:
        return str(chosen)
    return next((name for name, layer in layers.items() if layer.reads != "pixels"), next(iter(layers)))


def _usual(layer: Layer) -> int:
    """The unit that is looked at first: one that can turn, and the same from then on, whatever training makes of it."""
    key = f"{USUALLY}.{layer.name}"
    if key not in st.session_state:  # once: it takes all weights of the layer apart
        st.session_state[key] = first_that_turns(layer)
    usual: int = st.session_state[key]
    return usual if usual < layer.outputs else 0


def _number(label: str, what: str, layer: Layer, first: int, last: int, usual: int) -> int:
    """A number of a unit or a place: the chosen one, or the usual one."""
    kept = CHOICES.kept(what)
    number = kept if isinstance(kept, int) and first <= kept <= last else usual
    CHOICES.number(label, what, first, last, number, of=layer.name)
    return number


def _follow_address(layers: Mapping[str, Layer], tests: int) -> None:
    """Choose what the address asks for, and note what of it there is not."""
    st.session_state[FOLLOWED] = True
    linked = CHOICES.asked(LAYER, UNIT, ROW, COLUMN, IMAGES)
    if linked is None:
        return
    problems = CHOICES.take_name(LAYER, linked[LAYER], layers)
    layer = layers[_layer(layers)]
    rows, columns = layer.places
    problems += CHOICES.take_number(UNIT, linked[UNIT], 0, layer.outputs - 1, where=layer.name)
    for what, last in ((ROW, rows), (COLUMN, columns)):
        if layer.window:
            problems += CHOICES.take_number(what, linked[what], 1, last, where=layer.name)
        elif linked[what] is not None:
            problems.append(f"The address asks for a {what}; {layer.name} is no convolution, and has none.")
    problems += CHOICES.take_name(IMAGES, linked[IMAGES], list(map(str, _counts(tests))))
    CHOICES.tell(problems)
