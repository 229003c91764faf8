"""What a person chooses on the page of codes: the layer, the bit and the map; all of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lab.ui import address
from lab.ui.notices import show_problems

LAYER, BIT, MAP = "layer", "bit", "map"
"""What the choices are called in the address."""
PLACE = "codes"
PCA, T_SNE = "pca", "tsne"
MAPS = {PCA: "PCA", T_SNE: "t-SNE"}
PROBLEMS = "codes.problems"
"""What the address asks for in vain; said until something is chosen, for a page may soon be drawn again."""


def keep(what: str, value: Any) -> None:
    """Remember a choice in this tab; another layer has other bits, and what was wrong with the address is no matter."""
    if what == LAYER and value != kept(LAYER):
        keep(BIT, None)
    st.session_state[f"{PLACE}.{what}"] = value
    st.session_state[PROBLEMS] = []


def kept(what: str) -> Any:
    """A choice of this tab, which the nets that are shown need not have."""
    return st.session_state.get(f"{PLACE}.{what}")


def chosen_layer(layers: Mapping[str, int], usual: str) -> str:
    """The layer that is looked at.

    Args:
        layers: bits by the name of the layer.
        usual: to begin with.
    """
    _follow_address(layers, usual)
    show_problems(st.session_state.get(PROBLEMS, []))
    layer: str = kept(LAYER) if kept(LAYER) in layers else usual
    address.write(**{LAYER: layer})
    return layer


def chosen_map() -> str:
    """How codes are mapped."""
    name: str = kept(MAP) if kept(MAP) in MAPS else PCA
    address.write(**{MAP: None if name == PCA else name})
    return name


def chosen_bit(units: int, usual: int) -> int:
    """The bit that is looked at; while nobody has chosen one, the usual one."""
    bit = kept(BIT)
    found: int = bit if isinstance(bit, int) and bit < units else usual
    address.write(**{BIT: str(found) if found == bit else None})
    return found


def controls(layers: Mapping[str, int], layer: str, map_name: str) -> None:
    """Controls of what all of the page shows."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="codes.controls"):
        _segments("Layer", LAYER, list(layers), layer, {name: f"{name} ({layers[name]} bits)" for name in layers})
        _segments("Map", MAP, list(MAPS), map_name, MAPS)


def bit_control(units: int, bit: int) -> None:
    """The number of the bit, for those who do not pick it."""
    widget = f"{PLACE}.bit.{units}"
    st.session_state[widget] = bit
    st.number_input(
        f"Bit, 0 to {units - 1}",
        0,
        units - 1,
        key=widget,
        on_change=lambda: keep(BIT, st.session_state[widget]),
        disabled=units == 1,
        width=170,
        help="It begins with the bit that says most about the class. Bars, and bits of short codes, can be picked.",
    )


def _segments(label: str, what: str, names: Sequence[str], current: str, titles: Mapping[str, str]) -> None:
    widget = f"{PLACE}.{what}.{'/'.join(names)}"
    st.session_state[widget] = current
    st.segmented_control(
        label,
        names,
        format_func=lambda name: titles[name],
        required=True,
        key=widget,
        on_change=lambda: keep(what, st.session_state[widget]),
    )


def _follow_address(layers: Mapping[str, int], usual: str) -> None:
    """Choose what the address asks for, and say what of it there is not."""
    linked = address.asked(PLACE, LAYER, BIT, MAP)
    if linked is None:
        return
    problems = []
    for what, allowed in ((LAYER, list(layers)), (MAP, list(MAPS))):
        name = linked[what]
        if name in allowed:
            keep(what, name)
        elif name is not None:
            problems.append(f"The address asks for the {what} {address.quoted(name)}; there are {', '.join(allowed)}.")
    text = linked[BIT]
    if text is not None:
        layer: str = kept(LAYER) if kept(LAYER) in layers else usual
        bit, last = address.whole(text), layers[layer] - 1
        if bit is not None and bit <= last:
            keep(BIT, bit)
        else:
            problems.append(f"The address asks for the bit {address.quoted(text)}; allowed in {layer} are 0 to {last}.")
    st.session_state[PROBLEMS] = problems
