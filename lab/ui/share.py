"""Taking an experiment along: its link, its command, its file."""

from __future__ import annotations

import streamlit as st

from lab.experiment import Experiment
from lab.links import command, encode
from lab.ui import state
from lab.ui.copy_button import copy_button


def share(experiment: Experiment) -> None:
    """The link that opens this experiment on any machine, and the same for a terminal and as a file."""
    copy_button("Copy link", state.link_to("", experiment=encode(experiment)), key="copy")
    with st.popover("Take along", icon=":material/terminal:"):
        st.caption("From a terminal:")
        st.code(command(experiment), language="bash", wrap_lines=True)
        st.download_button(
            "Experiment as JSON",
            experiment.model_dump_json(indent=2),
            file_name=f"experiment-{experiment.key}.json",
            mime="application/json",
            on_click="ignore",
        )
