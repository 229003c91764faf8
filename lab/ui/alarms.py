"""Alarms of runs, said loudly: which layers get no gradient, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.alarms import no_gradient
from lab.boards.contestants import Contestant


def show_alarms(runs: Sequence[Contestant]) -> None:
    """Say of every run whether some of its layers get no gradient; where there are several, by their names."""
    for run in runs:
        text = no_gradient(run.experiment, run.snapshot.health)
        if text is not None:
            st.error(text if len(runs) == 1 else f"**{run.name}** – {text}", icon=":material/power_off:")
