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
from lab.ui.shelf.table import remember, table, ticked_rows

SECONDS_BETWEEN_UPDATES = 2 * WHILE_TRAINING


def all_jobs() -> Shelf:
    """Every job there is, those that only MLflow has among them."""
    return with_archived(shelf(JOBS), elsewhere())


def listed(rows: list[Row], wanted: Wanted, group: str | None) -> list[Row]:
    """The tables of the rows that are wanted, kept up to date; the page follows when a run begins or ends.

    Returns:
        The rows that are ticked.
    """
    at_first: list[Row] | None = rows
    standings = _standings(rows)

    def live() -> list[Row]:
        nonlocal at_first
        page_is_drawn = at_first is None
        there, at_first = rows_of(all_jobs()) if at_first is None else at_first, None
        shown = wanted.of(there)
        if not shown:
            st.info(f"None of the {len(there)} runs is like that. Use fewer words, or undo a choice above.")
        before = ticked_rows()
        ticked = tables(shown, group) if group else table(shown, "all") if shown else []
        remember(ticked)
        if page_is_drawn and (ticked_rows() != before or _standings(there) != standings):
            st.rerun()
        return ticked

    every = SECONDS_BETWEEN_UPDATES if any(row.job.standing in UNDER_WAY for row in rows) else None
    found: list[Row] = st.fragment(live, run_every=every, key="shelf-live")()
    return found


def _standings(rows: list[Row]) -> dict[str, str]:
    return {row.id: row.job.standing for row in rows}
