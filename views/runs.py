"""Runs: every run there is, to be found, opened, continued, described, compared or deleted."""

import streamlit as st

from lab.ui import state
from lab.ui.export import export_runs
from lab.ui.notices import show_archive_problems, show_notices, show_problems, show_together
from lab.ui.shelf.about import about
from lab.ui.shelf.actions import actions, longer, problems
from lab.ui.shelf.bin import deleted_runs, undo
from lab.ui.shelf.differences import compared
from lab.ui.shelf.filters import wanted
from lab.ui.shelf.groups import chosen_group
from lab.ui.shelf.linked import follow_address, write_address
from lab.ui.shelf.listing import all_jobs, listed
from lab.ui.shelf.rows import rows_of

state.load()
there = all_jobs()
rows = rows_of(there)
follow_address(rows)
show_notices()
show_problems(problems())
show_together(there.problems, "things in the folder of runs cannot be read", "Some runs of this lab cannot be read.")
show_archive_problems()
undo()
if not rows:
    st.info("There is no run yet. Start one on the Train page; it is kept, and listed here, also after a restart.")
else:
    with st.container(horizontal=True, vertical_alignment="bottom", key="shelf-filters"):
        asked = wanted(rows)
        group = chosen_group()
    ticked = listed(rows, asked, group)
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
    write_address()
deleted_runs()
