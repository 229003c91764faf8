"""In which fields the ticked runs differ, field by field."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lab.paths import differences, fields_of
from lab.ui.plain import plain
from lab.ui.shelf.rows import Row

MARK = "background-color: rgba(230, 159, 0, 0.28)"
"""Of a value that is not that of the first run; the mark in front says it without color."""


def compared(ticked: list[Row]) -> None:
    """The fields of the ticked runs as a table, those that differ first and marked."""
    if len(ticked) < 2:
        return
    experiments = [row.experiment for row in ticked]
    differing, every = differences(experiments), fields_of(experiments)
    count = f"{len(differing)} of {len(every)} fields"
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"They differ in {count}" if differing else "These runs are of the same experiment, to the last field"
        st.markdown(f"**{said}**", width="content")
        alike = st.toggle("Also the fields that are the same", key="shelf.alike", persist_state="session")
    shown = differing | (every if alike else {})
    if not shown:
        return
    told = {field: ["–" if value is None else str(value) for value in values] for field, values in shown.items()}
    table = pd.DataFrame.from_dict(told, orient="index", columns=[plain(name) for name in _names(ticked)])
    marks = table.ne(table.iloc[:, 0], axis=0).map(lambda differs: MARK if differs else "")
    table.insert(0, "≠", ["≠" if field in differing else "" for field in table.index])
    marks.insert(0, "≠", "")
    st.table(table.style.apply(lambda _: marks, axis=None).format(plain), alt="Fields of the ticked runs")


def _names(ticked: list[Row]) -> list[str]:
    names = [f"{row.job.title} · {row.name}" for row in ticked]
    return [f"{index}. {name}" if names.count(name) > 1 else name for index, name in enumerate(names, 1)]
