"""Alarms of runs, said loudly: which layers get no gradient, and whether bits are no bits any more."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.alarms import no_bits, no_gradient
from lab.boards.contestants import Contestant


def show_alarms(runs: Sequence[Contestant]) -> None:
    """Say of every run what is alarming about it; where there are several, by their names."""
    for run in runs:
        found = {
            ":material/power_off:": no_gradient(run.experiment, run.snapshot),
            ":material/error:": no_bits(run.experiment, run.snapshot),
        }
        for icon, text in found.items():
            if text is not None:
                st.error(text if len(runs) == 1 else f"**{run.name}** – {text}", icon=icon)
