"""Which nets have a packed form, and the way to one that has."""

from __future__ import annotations

import streamlit as st

from lab.experiment import Experiment
from lab.packed import changes_to_pack, why_not
from lab.ui import state
from lab.ui.inside.sides import Side
from lab.ui.inside.ways import look_into


def without_packed(experiment: Experiment) -> str:
    """Why a net has no packed form that can be shown, and what to do; nothing where it has one."""
    reason = why_not(experiment)
    return f"This net cannot be packed. {reason}" if reason else ""


def offer_packed(side: Side) -> None:
    """A button that trains a net of the same experiment that can be packed, where a few fields are all it takes."""
    changes = changes_to_pack(side.run.experiment)
    if changes and st.button(
        "Train one that can be packed",
        icon=":material/play_arrow:",
        key=f"xnor.train.{side.id}",
        help=f"Starts a run of the same experiment with {', '.join(changes)}.",
    ):
        state.start([side.run.experiment.with_changes(changes)], f"{side.job.title}, made to be packed")
        if (job := state.watched()) is not None:
            look_into(job)
        st.switch_page("views/train.py")
