"""Taking results along: tables, curves and a report of some contestants, made when asked for, and their commands."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.experiment import Experiment, InvalidExperiment
from lab.exports import CURVES, RESULTS, file_name
from lab.exports.comparison import reproduction
from lab.exports.gathering import Chosen, comparison
from lab.jobs import JOBS, Job, require_raceable
from lab.links import encode
from lab.store import StoreError
from lab.ui import race, state
from lab.ui.copy_button import copy_button
from lab.ui.hand_over import hand_over
from lab.ui.shelf.rows import Row

HIGHEST = 130
"""Pixels of the commands."""
FILES = {
    "Results as a table": [RESULTS[name] for name in ("csv", "parquet", "latex", "markdown")],
    "Curves as a table": list(CURVES.values()),
    "A report with figures that opens offline, and the experiments": [RESULTS["html"], RESULTS["json"]],
}
"""What can be exported, by what is said of it."""


def export_race(job: Job | None) -> None:
    """The ways to take a race along; none where there is none."""
    if job is not None:
        commands = [reproduction(experiment, job.origin.continues) for experiment in job.experiments]
        _menu({job.id: None}, job.experiments, commands, job.title)


def export_runs(rows: Sequence[Row]) -> None:
    """The ways to take some rows of the shelf along."""
    chosen: dict[str, list[int]] = {}
    for row in rows:
        chosen.setdefault(row.job.id, []).append(row.place)
    commands = [reproduction(row.experiment, row.job.facts.continues) for row in rows]
    title = rows[0].job.facts.title if len(chosen) == 1 else f"{len(rows)} runs"
    _menu(chosen, [row.experiment for row in rows], commands, title)


def _menu(chosen: Chosen, experiments: Sequence[Experiment], commands: Sequence[str], title: str) -> None:
    with st.popover("Export", icon=":material/download:", disabled=not chosen):
        if not chosen:
            return
        address = _address(experiments)
        _files(chosen, title, address)
        lines = list(dict.fromkeys(commands))
        st.caption("From a terminal:" if len(lines) == 1 else "From a terminal, a line each:")
        st.code("\n".join(lines), language="bash", height=min(40 + 22 * len(lines), HIGHEST))
        if address:
            copy_button("Copy link", address, key="export.link")


def _address(experiments: Sequence[Experiment]) -> str:
    """What opens these experiments in the app; nothing where no page shows them all."""
    if len(experiments) == 1:
        return state.link_to("", experiment=encode(experiments[0]))
    try:
        require_raceable(experiments)
    except InvalidExperiment:
        return ""
    if not 2 <= len(set(experiments)) == len(experiments) <= race.MOST:
        return ""
    return state.link_to("compare", race=race.SEPARATOR.join(map(encode, experiments)))


@st.fragment
def _files(chosen: Chosen, title: str, address: str) -> None:
    """A button for each file; it is made when the button is pressed, of what there is then."""
    asked = None
    for caption, formats in FILES.items():
        st.caption(caption)
        with st.container(horizontal=True):
            for format in formats:
                if st.button(format.title, key=f"export.{format.what}.{format.suffix}"):
                    asked = format
    if asked is None:
        return
    try:
        with st.spinner("Writing the file"):
            content = asked.write(comparison(JOBS, chosen, address))
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
    else:
        hand_over(content, file_name(title, asked), asked.mime)
