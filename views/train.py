"""Train: choose an experiment, start it, watch it learn."""

import streamlit as st

from lab.boards.board import board
from lab.jobs import JOBS
from lab.ui import seeds, state
from lab.ui.draft import TRAIN
from lab.ui.editor import experiment_editor, show_changes, show_remarks, train_button
from lab.ui.inside.ways import look_inside_menu
from lab.ui.live import await_return, watch
from lab.ui.memory import show_training_memory
from lab.ui.notices import show_notices
from lab.ui.presets import preset_gallery, preset_menu
from lab.ui.projector import projector
from lab.ui.seeds_view import NOWHERE
from lab.ui.share import share

state.follow_address()
state.load()
with st.sidebar:
    start_slot = st.container()
    experiment = experiment_editor(TRAIN, start_slot)
    with start_slot:
        train_button(experiment)

job = state.watched()
shown = [job.experiments[0]] if job is not None else [experiment] if experiment is not None else []
seeds.take_linked(state.RUN, shown)
there = seeds.look(shown)
with st.container(horizontal=True, vertical_alignment="center", key="bar"):
    on_stage = projector()
    if not on_stage:
        preset_menu()
        if experiment is not None:
            share(experiment)
        state.choose_run(JOBS.runs(), state.edit)
        if job is not None:
            seeds.add_seeds(there, state.RUN)
            look_inside_menu(job)

show_notices()
if job is None:
    preset_gallery()
    await_return(state.RUN)
with st.container(key="remarks"):
    if job is not None:
        show_remarks(job.experiments[0])
        show_changes(job.experiments[0], experiment)
    elif experiment is not None:
        show_remarks(experiment)
if job is not None:
    watch(job, state.RUN, TRAIN, board)
if shown and not on_stage:
    show_training_memory(shown[0])
state.write_address(experiment, seeds.across_seeds(there, state.RUN) if shown else NOWHERE)
