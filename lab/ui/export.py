"""Taking results along: tables, curves and a report of some contestants, made when asked for, and their commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from lab.experiment import Experiment, InvalidExperiment
from lab.exports import CURVES, RESULTS, Format, file_name
from lab.exports.comparison import reproduction
from lab.jobs import JOBS, Job, require_raceable
from lab.links import encode
from lab.ui import race, state
from lab.ui.comparison import Chosen, comparison
from lab.ui.copy_button import copy_button
from lab.ui.shelf import Row

TABLES = ("csv", "parquet", "latex", "markdown")


def export_race(job: Job | None) -> None:
    """The ways to take a race along; none where there is none."""
    if job is not None:
        _menu(
            {job.id: None},
            job.experiments,
            [reproduction(run, job.origin.continues) for run in job.experiments],
            job.title,
        )


def export_runs(rows: Sequence[Row]) -> None:
    """The ways to take some rows of the shelf along."""
    chosen: dict[str, list[int]] = {}
    for row in rows:
        chosen.setdefault(row.job.id, []).append(row.place)
    commands = [reproduction(row.experiment, row.job.facts.continues) for row in rows]
    _menu(
        chosen, [row.experiment for row in rows], commands, rows[0].job.id if len(chosen) == 1 else f"{len(rows)} runs"
    )


def _menu(chosen: Chosen, experiments: Sequence[Experiment], commands: Sequence[str], title: str) -> None:
    with st.popover("Export", icon=":material/download:", disabled=not chosen):
        if not chosen:
            return
        address = _address(experiments)

        def written(format: Format) -> Callable[[], bytes]:
            return lambda: format.write(comparison(JOBS, chosen, address))

        tables = {name: RESULTS[name] for name in TABLES}
        for what, formats in {"Results": tables, "Curves": CURVES}.items():
            st.caption(f"{what} as a table")
            _buttons(what.lower(), formats, written, title)
        st.caption("A page with results, figures and experiments, which opens offline; and the experiments themselves")
        _buttons("runs", {name: RESULTS[name] for name in ("html", "json")}, written, title)
        lines = list(dict.fromkeys(commands))
        st.caption("From a terminal:" if len(lines) == 1 else "From a terminal, a line each:")
        st.code(
            "\n".join(lines), language="bash", height=90 if len(lines) > 1 else "content", wrap_lines=len(lines) == 1
        )
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


def _buttons(
    what: str, formats: Mapping[str, Format], written: Callable[[Format], Callable[[], bytes]], title: str
) -> None:
    with st.container(horizontal=True):
        for name, format in formats.items():
            st.download_button(
                format.title,
                written(format),
                file_name(title, what, format.suffix),
                format.mime,
                on_click="ignore",
                key=f"export.{what}.{name}",
            )
