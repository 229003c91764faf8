"""Taking an experiment along: its link, its command, its file."""

from __future__ import annotations

import streamlit as st

from lab.experiment import Experiment
from lab.links import encode
from lab.ui import state


def share(experiment: Experiment) -> None:
    """The link that opens this experiment on any machine, and the same for a terminal and as a file."""
    with st.popover("Copy link", icon=":material/link:"):
        link = encode(experiment)
        st.caption("Opens this experiment, every field of it:")
        st.code(state.link_to("", experiment=link), language=None, wrap_lines=True)
        st.caption("The same from a terminal:")
        st.code(f"python -m lab train --link {link}", language="bash", wrap_lines=True)
        st.download_button(
            "Experiment as JSON",
            experiment.model_dump_json(indent=2),
            file_name=f"experiment-{experiment.key}.json",
            mime="application/json",
            on_click="ignore",
        )
