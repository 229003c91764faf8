"""A table of runs, and which of its rows are ticked."""

from __future__ import annotations

import hashlib
from functools import partial

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.elements.lib.column_types import ColumnConfig

from lab.boards.wording import score
from lab.ui.shelf.rows import Row, cells_of
from lab.ui.shelf.thumbnails import thumbnail

TICKED, EDITION = "shelf.ticked", "shelf.edition"
"""The ids of the rows that are ticked, so that they stay so when others come, go or change places."""
ON_A_PAGE = 50
"""Rows. More would be slow to send, and nobody reads them at once."""
SEEN_AT_ONCE, ROW_HEIGHT = 12, 38
"""Rows of a table before it scrolls, and pixels of each."""
CHARACTER, PADDING, WIDEST = 6, 24, 260
"""Pixels of a character of a name, of what is around it, and of the widest column."""
FIGURES = ("last", "best", "test")
"""Columns of accuracies and losses."""
COLUMNS = {
    "pinned": st.column_config.TextColumn("★", width=30, help="Pinned: stands before others"),
    "picture": st.column_config.ImageColumn(
        "inside", width=104, help="Of the last kept look: what the net rebuilds, its heatmaps, or its first weights"
    ),
    "race": st.column_config.TextColumn(width=62, help="Which contestant this is. Rows of one race have the same id"),
    "validation": st.column_config.LineChartColumn(
        "curve", help="Accuracy in percent, or loss of what rebuilds pictures", width=90
    ),
    **{name: st.column_config.NumberColumn(width=70) for name in FIGURES},
    "measure": st.column_config.TextColumn(width=80),
    "epochs": st.column_config.NumberColumn(format="%.2f", width=65),
    "tags": st.column_config.ListColumn(width=150),
    "note": st.column_config.TextColumn(width=180),
    "seed": st.column_config.NumberColumn(format="%d", width=60),
    "started": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=110),
    "id": st.column_config.TextColumn(width=80),
}
SOMETIMES = ("pinned", "race", "tags", "note")
"""Columns that are left out where they would be empty."""


def table(rows: list[Row], name: str) -> dict[str, bool]:
    """One page of the rows.

    Args:
        rows: what to show.
        name: tells this table from others of the page.

    Returns:
        Of the rows on this page alone, by id, whether each is ticked: first those that are.
    """
    place = st.container()
    pages = -(-len(rows) // ON_A_PAGE)
    page = st.pagination(pages, key=f"shelf.page.{name}") if pages > 1 else 1
    shown = rows[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    ids = [row.id for row in shown]
    ticked, frame = set(ticked_rows()), _frame(shown)
    selection = place.dataframe(
        _worded(frame),
        hide_index=True,
        # A key for each list of rows: those that are ticked are known by their number.
        key=f"shelf.{name}.{_edition()}.{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [number for number, id in enumerate(ids) if id in ticked]}},
        column_config=COLUMNS | {name: _as_wide_as(frame[name]) for name in ("run", "contestant")},
        row_height=ROW_HEIGHT,
        height="content" if len(shown) <= SEEN_AT_ONCE else ROW_HEIGHT * (SEEN_AT_ONCE + 1),
        placeholder="",
        alt="Runs",
    ).selection.rows
    marked = [ids[number] for number in selection if number < len(ids)]
    return {id: id in marked for id in [*marked, *ids]}


def remember(ticked: list[Row]) -> None:
    """Keep these rows ticked, and no others."""
    st.session_state[TICKED] = [row.id for row in ticked]


def ticked_rows() -> list[str]:
    """The ids of the rows that are ticked."""
    return st.session_state.get(TICKED, [])


def tick(ids: list[str]) -> None:
    """Tick these rows, and no others: every table starts anew from them."""
    if ids != ticked_rows():
        st.session_state[TICKED] = ids
        st.session_state[EDITION] = _edition() + 1


def _edition() -> int:
    return st.session_state.get(EDITION, 0)


def _as_wide_as(names: pd.Series) -> ColumnConfig:
    """A column that cuts no name; one that is left to itself is no wider than its first rows."""
    return st.column_config.TextColumn(width=min(WIDEST, PADDING + CHARACTER * max(map(len, names))))


def _frame(rows: list[Row]) -> pd.DataFrame:
    cells = [{"picture": thumbnail(row), **cells_of(row)} for row in rows]
    frame = pd.DataFrame(cells)
    empty = [name for name in SOMETIMES if not any(row[name] for row in cells)]
    return frame.drop(columns=empty)


def _worded(frame: pd.DataFrame) -> Styler:
    """The table with its figures as every page has them; they are still sorted as numbers."""
    style = frame.style
    for measure in frame["measure"].unique():
        shown = partial(score, metric=measure)
        style = style.format(shown, subset=(frame.index[frame["measure"] == measure], list(FIGURES)))
    return style
