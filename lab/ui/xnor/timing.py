"""How fast packed nets are on the machine that shows the page: measured when asked for, in the background."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch

from lab.bench.alternating import alternate
from lab.bench.processor import disturbance
from lab.bench.xnor_cases import FLOATS, PACKED, Forms, NotEqual
from lab.boards.seen import Seen
from lab.boards.xnor_layers import Timed
from lab.devices import computing_with
from lab.jobs.moments import Moment
from lab.packed import Unpackable, pack
from lab.probes import Specimen
from lab.probes.processors import numpy_on_one_processor
from lab.ui.background import answer, failure
from lab.ui.inside.asking import moment_of
from lab.ui.inside.look import Look, wait_for
from lab.ui.inside.waiting import Answered
from lab.ui.notices import show_problems

BATCHES = (1, 16, 256)
THREADS, ROUNDS, SECONDS = 1, 5, 0.2
ASKED, BATCH = "xnor.timed", "xnor.batch"

Times = list[Seen[Timed | str]]


class _Asked(NamedTuple):
    """What was asked for last in a tab."""

    name: str
    sides: tuple[str, ...]
    batch: int


def timing(look: Look, step: int | None) -> Times | None:
    """The controls, and what was measured of the nets that are shown: None while it is, nothing before.

    Args:
        look: which nets.
        step: that a reader rests at; None for the newest.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="xnor.timing"):
        batch = st.segmented_control("Images at once", BATCHES, default=1, required=True, key=BATCH)
        pressed = st.button(
            "Measure here",
            icon=":material/speed:",
            key="xnor.measure",
            help="On the machine that runs the lab, packed words and PyTorch's float32 in turns; it takes seconds.",
        )
    shown = tuple(side.id for side in look.sides)
    if pressed:
        st.session_state[ASKED] = _Asked(secrets.token_hex(8), shown, batch or 1)
    asked: _Asked | None = st.session_state.get(ASKED)
    if asked is None or asked.sides != shown:
        return []
    moments = [moment_of(side, step) for side in look.sides]
    future: Future[list[Answered[Timed | str]]] = answer((ASKED, asked.name), partial(_measured, moments, asked.batch))
    if not future.done():
        wait_for([future])
        return None
    if (why := failure(future)) is not None:
        show_problems([f"Nothing was timed: {type(why).__name__}: {why}"])
        return []
    return [Seen(side.run, *told) for side, told in zip(look.sides, future.result(), strict=True)]


def _measured(moments: Sequence[Moment], batch: int) -> list[Answered[Timed | str]]:
    """One net after the other: two at once would take the processor from each other."""
    numpy_on_one_processor()
    with computing_with(THREADS):
        return [Answered(at.frame.step, at.weights_step, _timed(at.copied(), batch)) for at in moments]


def _timed(specimen: Specimen, batch: int) -> Timed | str:
    began = time.perf_counter()
    try:
        packed = pack(specimen.experiment, specimen.net)
        packing = 1e3 * (time.perf_counter() - began)
        images = specimen.test_images.numpy()
        forms = Forms(specimen.experiment, specimen.net.cpu(), packed)
        pair = forms.pair(images[np.arange(batch) % len(images)])
    except (Unpackable, NotEqual) as error:
        return f"Nothing was timed. {error}"
    with disturbance() as others:
        rates = alternate(pair.contestants(), ROUNDS, SECONDS)
    ratio = rates.ratio(PACKED, FLOATS)
    return Timed(
        batch=batch,
        floats=1e3 * batch / rates.typical(FLOATS),
        packed=1e3 * batch / rates.typical(PACKED),
        low=ratio.low,
        ratio=ratio.median,
        high=ratio.high,
        packing=packing,
        threads=THREADS,
        rounds=ROUNDS,
        seconds=SECONDS,
        others=others.share,
        libraries=f"torch {torch.__version__}, numkong {version('numkong')}",
    )
