"""The menu that hands over the data of the cards of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from lab.figures.sheets import Sheet
from lab.ui.hand_over import hand_over


@st.fragment
def data_menu(key: str, sheets: Sequence[Sheet], subject: str, shorter: Mapping[str, str] | None = None) -> None:
    """A menu of the data behind the cards; a file is made when it is chosen.

    Args:
        key: names the menu on the page.
        sheets: what there is, with titles that differ.
        subject: the run, such as "Run 7", for the names of the files.
        shorter: what to call nets by their numbers, by the names with which titles end.
    """
    chosen = st.menu_button(
        "Data",
        range(len(sheets)),
        key=key,
        icon=":material/download:",
        format_func=lambda index: sheets[index].title,
        help="The numbers behind each card: NPZ (arrays, for NumPy) or CSV (a table); each says its run and step, too",
        disabled=not sheets,
    )
    if chosen is not None:
        file = sheets[chosen].file(subject, shorter)
        hand_over(file.content, file.name, file.mime)
