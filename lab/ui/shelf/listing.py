"""The list of runs, which moves by itself while something trains."""

from __future__ import annotations

import streamlit as st

from lab.jobs import JOBS
from lab.jobs.repetitions import UNDER_WAY
from lab.jobs.shelf import Shelf, shelf, with_archived
from lab.ui.archive import elsewhere
from lab.ui.live import WHILE_TRAINING
from lab.ui.shelf.filters import Wanted
from lab.ui.shelf.groups import tables
from lab.ui.shelf.rows import Row, rows_of
from lab.ui.shelf.table import remember, table, tick, ticked_rows

SECONDS_BETWEEN_UPDATES = 2 * WHILE_TRAINING


def all_jobs() -> Shelf:
    """Every job there is, those that only MLflow has among them."""
    return with_archived(shelf(JOBS), elsewhere())


def listed(rows: list[Row], wanted: Wanted, group: str | None) -> list[Row]:
    """The tables of the rows that are wanted, kept up to date; the page follows when a run begins or ends.

    Returns:
        The rows that are ticked, in the order in which they were; those on other pages and in closed groups, too.
    """
    at_first: list[Row] | None = rows
    told: list[str] = []
    standings = _standings(rows)

    def live() -> list[Row]:
        nonlocal at_first, told
        page_is_drawn = at_first is None
        there, at_first = rows_of(all_jobs()) if at_first is None else at_first, None
        shown = wanted.of(there)
        if not shown:
            st.info(f"None of the {len(there)} runs is like that. Use fewer words, or undo a choice above.")
        before = ticked_rows()
        marks = tables(shown, group, there) if group else table(shown, "all") if shown else {}
        by_id = {row.id: row for row in there}
        ticked = [by_id[id] for id in dict.fromkeys([*before, *marks]) if id in by_id and marks.get(id, True)]
        remember(ticked)
        _say_of_hidden([row for row in ticked if row.id not in marks], len(ticked))
        if page_is_drawn and (ticked_rows() != told or _standings(there) != standings):
            st.rerun()
        told = ticked_rows()  # what the rest of the page is drawn with
        return ticked

    every = SECONDS_BETWEEN_UPDATES if any(row.job.standing in UNDER_WAY for row in rows) else None
    found: list[Row] = st.fragment(live, run_every=every, key="shelf-live")()
    return found


def _say_of_hidden(hidden: list[Row], count: int) -> None:
    """Say that rows are ticked that nobody sees, for what is done is done to them, too."""
    if not hidden:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        are = "is" if len(hidden) == 1 else "are"
        which = "The ticked run is" if count == 1 else f"Of {count} ticked runs, {len(hidden)} {are}"
        why = "on another page, in a closed group, or not searched for"
        st.caption(f":material/check_box: {which} not in sight: {why}.", width="content")
        st.button("Untick all", key="shelf.untick", on_click=tick, args=([],))


def _standings(rows: list[Row]) -> dict[str, str]:
    return {row.id: row.job.standing for row in rows}
