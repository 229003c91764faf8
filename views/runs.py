"""Runs: every run there is, to be opened, continued, compared or deleted."""

import streamlit as st

from lab.jobs.shelf import Standing
from lab.ui import shelf, state
from lab.ui.export import export_runs
from lab.ui.notices import show_notices, show_problems

state.load()
show_notices()
there = shelf.everything()
show_problems([*shelf.problems(), *there.problems])
with st.container(horizontal=True, vertical_alignment="bottom"):
    words = st.text_input(
        "Search", type="search", live=True, key="runs.search", persist_state="session", placeholder="A word", width=320
    )
    standings: list[Standing] = sorted({job.standing for job in there.jobs})
    standing = st.pills(
        "State", standings, format_func=shelf.STANDINGS.__getitem__, key="runs.standing", persist_state="session"
    )
shelf.undo()
rows = shelf.rows_of(there, words, standing)
if not there.jobs:
    st.info("There is no run yet. Start one on the Train page; it is kept, and listed here, also after a restart.")
elif not rows:
    st.info(f"None of the {len(there.jobs)} runs is like that. Use fewer words, or undo a choice above.")
else:
    ticked = shelf.table(rows)
    shelf.actions(ticked)
    export_runs(ticked)
    shelf.longer(ticked)
    st.caption(
        "Tick a run to open or continue it, several to see in which fields they differ. Last and best: on the "
        "validation images. Test: of the weights that are reported. An interrupted run goes on from its last "
        "checkpoint, and ends as if nothing had happened."
    )
    shelf.compared(ticked)
