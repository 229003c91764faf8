"""The presets as buttons: one click, and a net is learning."""

from __future__ import annotations

import streamlit as st

from lab.presets import PRESETS, Preset
from lab.ui import state

FIRST = ("source-000", "source-001", "source-003-det-st-both", "source-004")
"""One for each source; the others are in the list behind them."""


def preset_gallery() -> None:
    """The front page: what this is, and a card for each source."""
    st.title("Binary Neuron Lab")
    st.markdown("Networks whose units are one bit. Pick one of the sources and watch it learn, or set up your own.")
    for column, name in zip(st.columns(len(FIRST)), FIRST, strict=True):
        with column.container(border=True, height="stretch"):
            preset = PRESETS[name]
            st.markdown(f"**{preset.title}**")
            st.caption(f"{preset.summary}  \n:material/article: {preset.source}")
            st.space("stretch")
            _start_button(preset, "Start")


def preset_list() -> None:
    """Every preset, behind one button."""
    with st.popover("Presets", icon=":material/list:"):
        for preset in PRESETS.values():
            _start_button(preset, preset.title, "list")


def _start_button(preset: Preset, label: str, where: str = "card") -> None:
    st.button(
        label,
        icon=":material/play_arrow:",
        key=f"preset.{where}.{preset.name}",
        help=preset.summary,
        on_click=_start,
        args=(preset.name,),
    )


def _start(name: str) -> None:
    preset = PRESETS[name]
    state.start([preset.experiment(state.images())], preset.title)
