"""Compare: race several experiments on the same batches, from the same initial weights."""

import streamlit as st

from lab.jobs import JOBS
from lab.ui import race, state
from lab.ui.boards import board
from lab.ui.draft import COMPARE
from lab.ui.live import watch
from lab.ui.notices import show_notices
from lab.ui.projector import projector
from lab.ui.standings import standings

race.load()
base = race.base_editor()
with st.container(horizontal=True, vertical_alignment="center", key="bar"):
    on_stage = projector()
    if not on_stage:
        state.choose_run(JOBS.races(), race.edit, race.RACE)

show_notices()
if not on_stage:
    with st.expander("Contestants", expanded=state.watched(race.RACE) is None):
        race.contestant_editor(base)
job = state.watched(race.RACE)
if job is None:
    st.info("Choose the contestants above and press Race: they train in lock-step, on the same batches.")
else:
    watch(job, race.RACE, COMPARE, board, standings)
race.write_address()
