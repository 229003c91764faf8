"""The meter of training memory: bits that each weight needs while an experiment trains, and what is stored here."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lab.boards.wording import NOTHING, grouped
from lab.experiment import Experiment
from lab.training_memory import FLOAT, Share, TrainingMemory, training_memory

CAPTION = (
    "Bits for each weight while a step lasts. *Needed* is what the rule asks for: the weight itself, its gradient and "
    "what the optimizer remembers of it. *Stored* is what this program takes, which keeps every bit in a float32. "
    "Activations are left out, and numbers made anew in every step, such as the bits of latent weights as float32."
)


def show_training_memory(experiment: Experiment) -> None:
    """A table of what the parameters of an experiment take, folded."""
    with st.expander("Training memory", icon=":material/memory:", key="training-memory"):
        told = training_memory(experiment)
        table = memory_table(told)
        alt = f"{_megabytes(told.needed)} needed, {_megabytes(told.stored)} stored"
        st.table(table, border="horizontal", width="content", alt=alt)
        st.caption(CAPTION)


def memory_table(told: TrainingMemory) -> pd.DataFrame:
    """A row for each kind of parameter that there is, in bits, and one for all of them together."""
    kinds = {"Binary weights": told.binary, "Real weights": told.real, "Biases, batch norm": told.vectors}
    rows = {kind: _row(share) for kind, share in kinds.items() if share.parameters}
    count = grouped(told.parameters)
    rows["Together"] = [count, _megabytes(told.needed), _megabytes(told.stored), "", "", ""]
    columns = ["Number", "Needed", "Stored", "Weight", "Gradient", "State"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _row(share: Share) -> list[str]:
    memory = share.per_parameter
    parts = [str(memory.state) if memory.state else "", f"{memory.tensor} a tensor" if memory.tensor else ""]
    state = " + ".join(filter(None, parts)) or NOTHING
    each = [f"{bits / share.parameters:.4g}" for bits in (share.needed, share.stored)]
    return [grouped(share.parameters), *each, str(memory.weight), str(FLOAT), state]


def _megabytes(bits: int) -> str:
    return f"{bits / 8e6:.3g} MB"
