"""Train: choose an experiment, start it, watch it learn."""

import streamlit as st

from lab.jobs import JOBS
from lab.ui import state
from lab.ui.boards import board
from lab.ui.editor import experiment_editor, show_problems, show_remarks
from lab.ui.live import watch
from lab.ui.presets import preset_gallery
from lab.ui.projector import projector
from lab.ui.share import share

state.load()
with st.sidebar:
    start_slot = st.container()
    experiment = experiment_editor()
    with start_slot:
        if st.button("Train", icon=":material/rocket_launch:", type="primary", width="stretch", disabled=not experiment):
            assert experiment is not None
            state.start(experiment, experiment.architecture.title)
            st.rerun()

job = state.watched()
with st.container(horizontal=True, vertical_alignment="center", key="bar"):
    on_stage = projector()
    if experiment is not None:
        share(experiment)
    if not on_stage:
        state.choose_run([item for item in JOBS.all() if len(item.experiments) == 1])

show_problems(state.problems())
preset_gallery(compact=job is not None)
shown = job.experiments[0] if job is not None else experiment
with st.container(key="remarks"):
    if shown is not None:
        show_remarks(shown)
if job is not None:
    watch(job, "train", board)
state.write_address(experiment)
