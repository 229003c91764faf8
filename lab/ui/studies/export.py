"""Taking the table of a study along."""

from __future__ import annotations

import streamlit as st

from lab.studies import Study
from lab.studies.results import Results
from lab.studies.tables import written
from lab.ui.hand_over import hand_over

KINDS = {
    "csv": ("CSV", "text/csv"),
    "md": ("Markdown", "text/markdown"),
    "tex": ("LaTeX", "application/x-tex"),
    "json": ("JSON", "application/json"),
}
"""The title and the type of each file, by its suffix."""


def export_results(study: Study, results: Results) -> None:
    """A button for each file; it is made when the button is pressed."""
    asked = None
    with st.container(horizontal=True, vertical_alignment="center"):
        for suffix, (title, _) in KINDS.items():
            if st.button(title, icon=":material/download:", key=f"study.export.{suffix}"):
                asked = suffix
    if asked is not None:
        hand_over(written(study, results)[asked], f"{study.name}-reproduced.{asked}", KINDS[asked][1])
