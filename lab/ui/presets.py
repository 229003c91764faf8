"""The presets as buttons: one click, and a net is learning."""

from __future__ import annotations

import streamlit as st

from lab.presets import PRESETS, Preset
from lab.ui import state
from lab.ui.live_board import load_plotly_js

FIRST = ("source-000", "source-001", "source-002-corrected-infl-1", "source-003-det-st-both", "source-004")
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
            icon = ":material/play_arrow:"
            st.button("Start", icon=icon, key=f"preset.{name}", help=preset.summary, on_click=_start, args=(preset,))
    load_plotly_js()


def preset_menu() -> None:
    """Every preset, behind one button."""
    st.menu_button(
        "Presets",
        list(PRESETS),
        format_func=lambda name: PRESETS[name].title,
        icon=":material/list:",
        key="presets",
        on_click=lambda: _start(PRESETS[st.session_state["presets"]]),
    )


def _start(preset: Preset) -> None:
    state.start([preset.experiment(state.images())], preset.title)
