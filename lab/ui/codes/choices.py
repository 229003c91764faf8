"""What a person chooses on the page of codes: the layer, the bit and the map; all of it is in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lab.boards.wording import how_many
from lab.ui import address
from lab.ui.page_choices import PageChoices

LAYER, BIT, MAP = "layer", "bit", "map"
"""What the choices are called in the address."""
PCA, T_SNE = "pca", "tsne"
MAPS = {PCA: "PCA", T_SNE: "t-SNE"}


class _Choices(PageChoices):
    def keep(self, what: str, value: Any) -> None:
        """Another layer has other bits."""
        if what == LAYER and value != self.kept(LAYER):
            self.keep(BIT, None)
        super().keep(what, value)


CHOICES = _Choices("codes")


def choose_bit(bit: int) -> None:
    """Look at a bit."""
    CHOICES.keep(BIT, bit)


def chosen_layer(layers: Mapping[str, int], usual: str, most: Callable[[str], int]) -> str:
    """The layer that is looked at.

    Args:
        layers: bits by the name of the layer.
        usual: to begin with.
        most: bits of any net where a layer is chosen.
    """
    _follow_address(layers, usual, most)
    CHOICES.show_problems()
    layer = _layer(layers, usual)
    address.write(**{LAYER: layer})
    return layer


def chosen_map() -> str:
    """How codes are mapped."""
    name: str = CHOICES.kept(MAP) if CHOICES.kept(MAP) in MAPS else PCA
    address.write(**{MAP: None if name == PCA else name})
    return name


def chosen_bit(units: int, usual: int) -> int:
    """The bit that is looked at; while nobody has chosen one, the usual one."""
    bit = CHOICES.kept(BIT)
    found: int = bit if isinstance(bit, int) and bit < units else usual
    address.write(**{BIT: str(found) if found == bit else None})
    return found


def controls(layers: Mapping[str, int], layer: str, map_name: str) -> None:
    """Controls of what all of the page shows."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="codes.controls"):
        titles = {name: f"{name} ({how_many(layers[name], 'bit')})" for name in layers}
        CHOICES.segments("Layer", LAYER, list(layers), layer, titles)
        CHOICES.segments("Map", MAP, list(MAPS), map_name, MAPS)


def bit_control(units: int, bit: int) -> None:
    """The number of the bit, for those who do not pick it."""
    told = "It begins with the bit that says most about the class. Bars, and bits of short codes, can be picked."
    CHOICES.number("Bit", BIT, 0, units - 1, bit, help=told)


def _layer(layers: Mapping[str, int], usual: str) -> str:
    """The one that was chosen, where these nets have it."""
    layer: str = CHOICES.kept(LAYER) if CHOICES.kept(LAYER) in layers else usual
    return layer


def _follow_address(layers: Mapping[str, int], usual: str, most: Callable[[str], int]) -> None:
    """Choose what the address asks for, and note what of it there is not."""
    linked = CHOICES.asked(LAYER, BIT, MAP)
    if linked is None:
        return
    problems = CHOICES.take_name(LAYER, linked[LAYER], layers) + CHOICES.take_name(MAP, linked[MAP], MAPS)
    layer = _layer(layers, usual)
    problems += CHOICES.take_number(BIT, linked[BIT], 0, most(layer) - 1, where=layer)
    CHOICES.tell(problems)
