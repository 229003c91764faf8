"""The defects of the sources, each with a run that shows it and a race against its mended self."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lab.presets.source_defects import DEFECTS, Defect
from lab.ui import race, state
from lab.ui.gradients.grid import card_grid


def defects() -> None:
    """The section."""
    st.caption(
        "What goes wrong in the code that the lab grew from, one mistake at a time, on nets small enough to show it "
        "within a minute. Both sides of a race start from the same weights and see the same batches."
    )
    card_grid(partial(_card, defect) for defect in DEFECTS)


def _card(defect: Defect) -> None:
    st.markdown(f"**{defect.title}**")
    st.caption(f":material/article: {defect.source}")
    st.markdown(defect.wrong)
    st.markdown(f":material/visibility: {defect.symptom}")
    if defect.witness:
        st.caption(f"The race has a third contestant: {defect.witnessed}. Its curve lies on that of what is written.")
    st.space("stretch")
    with st.container(horizontal=True):
        train = st.button("Train as written", icon=":material/play_arrow:", key=f"defect.train.{defect.name}")
        against = st.button("Race against mended", icon=":material/flag:", key=f"defect.race.{defect.name}")
    if train:
        preset = defect.as_preset
        state.start([preset.experiment(state.images())], preset.title)
        st.switch_page("views/train.py")
    if against:
        race.begin(defect.race(state.images()), defect.title)
        st.switch_page("views/compare.py")
