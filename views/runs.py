"""Runs: every run there is, to be found, opened, continued, described, compared or deleted."""

import streamlit as st

from lab.jobs import JOBS
from lab.jobs.shelf import shelf, with_archived
from lab.ui import state
from lab.ui.archive import elsewhere, show_archive_problems
from lab.ui.export import export_runs
from lab.ui.notices import show_notices, show_problems
from lab.ui.shelf.about import about
from lab.ui.shelf.actions import actions, longer, problems
from lab.ui.shelf.bin import deleted_runs, undo
from lab.ui.shelf.differences import compared
from lab.ui.shelf.filters import chosen, ordered
from lab.ui.shelf.groups import chosen_group, tables
from lab.ui.shelf.rows import rows_of
from lab.ui.shelf.table import remember, table

state.load()
show_notices()
there = with_archived(shelf(JOBS), elsewhere())
show_problems([*problems(), *there.problems])
show_archive_problems()
undo()
rows = rows_of(there)
if not rows:
    st.info("There is no run yet. Start one on the Train page; it is kept, and listed here, also after a restart.")
else:
    fitting = chosen(rows)
    with st.container(horizontal=True):
        shown = ordered(fitting)
        group = chosen_group()
    if not shown:
        st.info(f"None of the {len(rows)} runs is like that. Use fewer words, or undo a choice above.")
    ticked = tables(shown, group) if group else table(shown, "all") if shown else []
    remember(ticked)
    actions(ticked)
    export_runs(ticked)
    st.caption(
        "Tick a run to open, continue or describe it, several to see in which fields they differ. Last and best: on "
        "the validation images. Test: of the weights that are reported. An interrupted run goes on from its last "
        "checkpoint, and ends as if nothing had happened."
    )
    about(ticked, rows)
    longer(ticked)
    compared(ticked)
deleted_runs()
