"""Compare: race several experiments on the same batches, from the same initial weights."""

import streamlit as st

from lab.boards.board import board
from lab.jobs import JOBS
from lab.ui import race, seeds, state
from lab.ui.draft import COMPARE
from lab.ui.export import export_race
from lab.ui.inside.ways import look_inside_menu
from lab.ui.live import await_return, watch
from lab.ui.notices import show_notices
from lab.ui.projector import projector
from lab.ui.seeds_view import NOWHERE

race.load()
seeds.take_linked(race.RACE, race.experiments())
base = race.base_editor()
job = state.watched(race.RACE)
there = seeds.look(job.experiments) if job is not None else None
with st.container(horizontal=True, vertical_alignment="center", key="bar"):
    on_stage = projector()
    if not on_stage:
        state.choose_run(JOBS.races(), race.edit, race.RACE)
        if there is not None:
            seeds.add_seeds(there, race.RACE)
    if job is not None and there is not None:
        export_race(job, there)
        if not on_stage:
            look_inside_menu(job)

show_notices()
if not on_stage:
    with st.expander("Contestants", expanded=job is None):
        race.contestant_editor(base)
if job is None:
    st.info("Choose the contestants above and press Race: they train in lock-step, on the same batches.")
    await_return(race.RACE)
else:
    watch(job, race.RACE, COMPARE, board)
there = there or seeds.look(race.experiments())  # as they are edited by now
race.write_address(seeds.across_seeds(there, race.RACE) if there.experiments else NOWHERE)
