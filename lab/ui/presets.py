"""The presets as buttons: one click, and a net is learning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from lab.presets import PRESETS, Preset
from lab.presets.base import VERSIONS
from lab.ui import state
from lab.ui.live_board import load_plotly_js

CARDS = (
    *("source-000", "source-001", "source-002", "source-002-infl-1"),
    *("source-003-det-st-both", "source-003-stoch-detached-both", "source-004"),
)
"""For each source, and for what of it learns in minutes; the others are in the list behind them."""
CARDS_IN_A_ROW = 3


def preset_gallery() -> None:
    """The front page: what this is, and a card for each source."""
    st.title("Binary Neuron Lab")
    st.markdown("Networks whose units are one bit. Pick one of the sources and watch it learn, or set up your own.")
    cards: list[Callable[[], None]] = [*(partial(_card, name) for name in CARDS), _others]
    for start in range(0, len(cards), CARDS_IN_A_ROW):
        row = cards[start : start + CARDS_IN_A_ROW]
        for column, card in zip(st.columns(CARDS_IN_A_ROW), row, strict=False):
            with column.container(border=True, height="stretch"):
                card()
    load_plotly_js()


def preset_menu() -> None:
    """Every preset, behind one button."""
    st.menu_button(
        "Presets",
        list(PRESETS),
        format_func=lambda name: f"{name}: {PRESETS[name].title.removeprefix('Defect: ')}",
        icon=":material/list:",
        key="presets",
        on_click=lambda: _start(PRESETS[st.session_state["presets"]]),
    )


def first_of(name: str) -> Preset:
    """What a card starts unless another version is chosen: the source as it should be, where it is not as written."""
    versions = list(_versions(name).values())
    return versions[min(1, len(versions) - 1)]


def _card(name: str) -> None:
    versions = _versions(name)
    titles = {preset.name: title for title, preset in versions.items()}
    st.markdown(f"**{PRESETS[name].title}**  \n:gray[:material/article: {PRESETS[name].source}]")
    chosen = st.segmented_control(
        "Version",
        list(versions),
        default=titles[first_of(name).name],
        required=True,
        key=f"version.{name}",
        label_visibility="collapsed",
    )
    preset = versions[chosen]
    st.button("Start", icon=":material/play_arrow:", key=f"preset.{name}", on_click=_start, args=(preset,))
    st.markdown(preset.summary)
    if preset.wrong:
        st.markdown(f":material/warning: {preset.wrong}")
    if preset.look:
        st.markdown(f":material/visibility: {preset.look}")


def _others() -> None:
    count = len(PRESETS) - len({preset.name for name in CARDS for preset in _versions(name).values()})
    st.markdown(
        f"**{count} more**\n\nIn the list *Presets* above are the other rows of source 003, as written, corrected and "
        "best, and the defects of the sources one by one, each in a net as small as can be."
    )


def _versions(name: str) -> dict[str, Preset]:
    """A source as written, and what there is of it besides, by title."""
    return {title: PRESETS[name + end] for end, title in VERSIONS.items() if name + end in PRESETS}


def _start(preset: Preset) -> None:
    state.start([preset.experiment(state.chosen_images())], preset.title)
