"""Taking results along: tables, curves and a report of some contestants, made when asked for, and their commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from lab.experiment import Experiment, InvalidExperiment
from lab.exports import TABLES, Format, View, file_name
from lab.exports.entry import reproduction
from lab.exports.gathering import Chosen, comparison
from lab.jobs import JOBS, Job, require_raceable, with_seed
from lab.jobs.siblings import Siblings
from lab.links import command
from lab.store import StoreError
from lab.ui import archive, race, seeds
from lab.ui.copy_button import copy_button
from lab.ui.hand_over import hand_over
from lab.ui.moment import chosen_moment
from lab.ui.notices import show_problems
from lab.ui.seeds_view import view_of
from lab.ui.shelf.rows import Row

HIGHEST = 130
"""Pixels of the commands."""
Files = Mapping[str, Sequence[Format]]
"""What can be exported, by what is said of it."""

FINAL: Files = {"Final figures over the seeds, as a table": list(TABLES["final"].values())}
DIFFERENCES: Files = {"Paired differences, seed by seed, as a table": list(TABLES["differences"].values())}
FILES: Files = {
    "Results as a table": [TABLES["results"][name] for name in ("csv", "parquet", "latex", "markdown")],
    "Curves as a table": list(TABLES["curves"].values()),
    "A report with figures that opens offline, and the experiments": [
        TABLES["results"][name] for name in ("html", "json")
    ],
}
"""Of all runs."""


def export_race(job: Job, there: Siblings) -> None:
    """The ways to take a race along, with all its seeds, as the page shows them."""
    others = [sibling for sibling in there.found if sibling.id != job.id]
    commands = [reproduction(experiment, job.origin.continues) for experiment in job.experiments]
    commands += [command(each) for sibling in others for each in with_seed(job.experiments, sibling.seed)]
    chosen = dict.fromkeys([job.id, *(sibling.id for sibling in others)])
    address = seeds.link_to(job.experiments, sorted({job.experiments[0].seed, *there.seeds}), view_of(race.RACE))
    over_seeds = {**FINAL, **DIFFERENCES} if len(there.found) > 1 else {}
    _menu(chosen, {**over_seeds, **FILES}, commands, address, lambda: _shown(job.id))


def export_runs(rows: Sequence[Row]) -> None:
    """The ways to take some rows of the shelf along."""
    chosen: dict[str, list[int]] = {}
    for row in rows:
        chosen.setdefault(row.job.id, []).append(row.place)
    commands = [reproduction(row.experiment, row.job.facts.continues) for row in rows]
    experiments = list(dict.fromkeys(row.experiment for row in rows))
    kinds = len(set(with_seed(experiments, 0)))
    over_seeds = {**FINAL, **(DIFFERENCES if kinds > 1 else {})} if kinds < len(experiments) else {}
    _menu(chosen, {**over_seeds, **FILES}, commands, _address(experiments) if rows else "", View)


def _shown(id: str) -> View:
    """What the Compare page shows of a race."""
    return View(id, chosen_moment(id), view_of(race.RACE))


def _menu(chosen: Chosen, files: Files, commands: Sequence[str], address: str, view: Callable[[], View]) -> None:
    with st.popover("Export", icon=":material/download:", disabled=not chosen):
        if not chosen:
            return
        _files(chosen, files, address, view)
        lines = list(dict.fromkeys(commands))
        st.caption("From a terminal:" if len(lines) == 1 else "From a terminal, a line each:")
        st.code("\n".join(lines), language="bash", height=min(40 + 22 * len(lines), HIGHEST))
        if address:
            copy_button("Copy link", address, key="export.link")


def _address(experiments: Sequence[Experiment]) -> str:
    """What opens these in the app, each with all seeds; nothing where no page shows them all, and no other."""
    numbers = sorted({experiment.seed for experiment in experiments})
    kinds = list(dict.fromkeys(with_seed(experiments, numbers[0])))
    try:
        require_raceable(kinds)
    except InvalidExperiment:
        return ""
    whole = len(kinds) <= race.MOST and len(kinds) * len(numbers) == len(experiments)
    return seeds.link_to(kinds, numbers) if whole else ""


@st.fragment
def _files(chosen: Chosen, files: Files, address: str, view: Callable[[], View]) -> None:
    """A button for each file; it is made when the button is pressed, of what there is then, here or in MLflow."""
    asked = None
    for caption, formats in files.items():
        st.caption(caption)
        with st.container(horizontal=True):
            for format in formats:
                key = f"export.{format.what}.{format.suffix}"
                if st.button(format.title, key=key, help=format.note or None):
                    asked = format
    if asked is None:
        return
    try:
        for job in archive.elsewhere():
            if job.id in chosen:
                archive.fetch(job.id)
        with st.spinner("Writing the file"):
            made = comparison(JOBS, chosen, view(), address)
            content, name = asked.write(made), file_name(made.title, asked)
    except StoreError as error:
        show_problems([str(error)])
    else:
        hand_over(content, name, asked.mime)
