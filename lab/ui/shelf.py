"""The table of all runs, and what can be done with those that are ticked."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from lab.experiment import Experiment, InvalidExperiment, differences
from lab.jobs import JOBS, Job
from lab.jobs.continuing import continued, jumps, with_budget
from lab.jobs.owners import WATCHED, NotTheOwner, may_decide
from lab.jobs.shelf import Shelf, Shelved, Standing, shelf
from lab.limits import BeyondLimits
from lab.store import Contestant, RunFolder, StoreError
from lab.ui import race, state
from lab.ui.contestants import labels
from lab.ui.live import WORDS

STANDINGS: dict[Standing, str] = {
    **WORDS,  # type: ignore[dict-item]
    "elsewhere": "Training in another process",
    "interrupted": "Interrupted",
}
DELETED, FAILED = "shelf.deleted", "shelf.failed"
COLUMNS = {
    "started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
    "epochs": st.column_config.NumberColumn(format="%.2f"),
    "validation": st.column_config.LineChartColumn(
        "curve", help="Accuracy, or loss of what rebuilds pictures", width="small"
    ),
    **{name: st.column_config.NumberColumn(format="%.4f") for name in ("last", "best", "test")},
}


class Row(NamedTuple):
    """One contestant of a job, as a row of the table."""

    job: Shelved
    place: int
    name: str
    contestant: Contestant

    @property
    def experiment(self) -> Experiment:
        """What it is."""
        return self.contestant.experiment


def rows_of(all_jobs: Shelf, words: str, standing: Standing | None) -> list[Row]:
    """The rows that have all words in their titles, names and parts, of jobs that do what is asked for."""
    rows = []
    for job in all_jobs.jobs:
        experiments = [contestant.experiment for contestant in job.facts.contestants]
        names = labels(experiments) if len(experiments) > 1 else [experiments[0].estimator.title]
        numbered = zip(itertools.count(), names, job.facts.contestants)
        rows += [Row(job, *told) for told in numbered]
    wanted = words.casefold().split()
    return [row for row in rows if standing in (None, row.job.standing) and all(word in _text(row) for word in wanted)]


def table(rows: list[Row]) -> list[Row]:
    """The table; returns the rows that are ticked."""
    # A key for each set of rows: those that are ticked are known by their number.
    key = "shelf." + ".".join(f"{row.job.id}-{row.place}" for row in rows)
    ticked = st.dataframe(
        pd.DataFrame([_cells(row) for row in rows]),
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=COLUMNS,
    )
    return [rows[index] for index in ticked.selection.rows if index < len(rows)]


def actions(ticked: list[Row]) -> None:
    """What can be done with the ticked rows."""
    jobs = list({row.job.id: row.job for row in ticked}.values())
    with st.container(horizontal=True):
        one = jobs[0] if len(jobs) == 1 else None
        watched = [f"{job.facts.title} {WATCHED}" for job in jobs if not may_decide(job.facts.owner)]
        st.button("Open", icon=":material/open_in_new:", disabled=one is None, on_click=_open, args=(one, False))
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            disabled=one is None or not one.goes_on or bool(watched),
            on_click=_open,
            args=(one, True),
            help="Train from where it was: the result is that of a run that never stopped",
        )
        forbidden = not jobs or bool(watched)
        st.button("Delete", icon=":material/delete:", disabled=forbidden, on_click=_delete, args=(jobs,))
    for told in watched:
        st.caption(f":material/visibility: {told}")
    if (page := st.session_state.pop("shelf.page", None)) is not None:
        st.switch_page(page)


def longer(ticked: list[Row]) -> None:
    """A way to train a finished run on, and what its schedules do then."""
    jobs = {row.job.id: row.job for row in ticked}
    (job,) = jobs.values() if len(jobs) == 1 else (None,)
    if job is None or job.standing != "finished" or not may_decide(job.facts.owner):
        return
    experiments = [contestant.experiment for contestant in job.facts.contestants]
    before = experiments[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        budget = st.number_input(
            f"Train on, up to so many {before.budget_unit}",
            min_value=float(before.budget),
            value=2.0 * before.budget,
            key=f"shelf.longer.{job.id}",
            width=260,
        )
        try:
            after = with_budget(experiments, budget)
        except InvalidExperiment as error:
            st.caption(" ".join(error.problems))
            return
        st.button(
            "Continue", icon=":material/fast_forward:", key="shelf.continue", on_click=_continue, args=(job, budget)
        )
    told = list(dict.fromkeys(text for pair in zip(experiments, after, strict=True) for text in jumps(*pair)))
    if told:
        st.warning(
            "Schedules are functions of the whole budget, so these jump where the run goes on: " + " ".join(told),
            icon=":material/trending_up:",
        )
    st.caption("It becomes a run of its own, whose curves begin with those of this one; this one stays as it is.")


def undo() -> None:
    """A way back from the last deletion."""
    deleted = st.session_state.get(DELETED)
    if deleted:
        what = "1 job was deleted" if len(deleted) == 1 else f"{len(deleted)} jobs were deleted"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(what, width="content")
            st.button("Undo", icon=":material/undo:", on_click=_recover)


def compared(ticked: list[Row]) -> None:
    """The fields in which the ticked runs differ, as a table."""
    if len(ticked) < 2:
        return
    fields = differences([row.experiment for row in ticked])
    if not fields:
        st.info("These runs are of the same experiment, to the last field.")
        return
    names = [f"{row.job.facts.title} · {row.name}" for row in ticked]
    names = [f"{index}. {name}" if names.count(name) > 1 else name for index, name in enumerate(names, 1)]
    told = {field: ["–" if value is None else str(value) for value in values] for field, values in fields.items()}
    st.markdown(f"**In {len(fields)} field{'s' if len(fields) > 1 else ''} they differ**")
    st.dataframe(pd.DataFrame.from_dict(told, orient="index", columns=names), key="shelf.differences")


def problems() -> list[str]:
    """What could not be done the last time."""
    return st.session_state.pop(FAILED, [])


def everything() -> Shelf:
    """All runs as they are now."""
    return shelf(JOBS)


def _text(row: Row) -> str:
    experiment = row.experiment
    parts = (experiment.dataset, experiment.architecture, experiment.estimator, experiment.optimizer)
    words = [row.job.id, row.job.facts.title, row.name, STANDINGS[row.job.standing]]
    return "\n".join([*words, *(word for part in parts for word in (part.name, part.title))]).casefold()


def _cells(row: Row) -> dict[str, Any]:
    contestant, experiment = row.contestant, row.experiment
    return {
        "run": row.job.facts.title,
        "contestant": row.name,
        "state": STANDINGS[row.job.standing],
        "validation": [value for value in contestant.curve if value is not None],
        "last": contestant.last,
        "best": contestant.best,
        "test": contestant.test,
        "measure": contestant.metric,
        "epochs": contestant.epochs,
        "images": experiment.dataset.title,
        "net": experiment.architecture.title,
        "seed": experiment.seed,
        "started": row.job.facts.created.astimezone().replace(tzinfo=None),
        "id": row.job.id,
    }


def _open(job: Shelved, playing: bool) -> None:
    """Let the page that fits show the run."""
    try:
        opened = JOBS.find(job.id) if JOBS.runs_folder is None else JOBS.open(RunFolder(JOBS.runs_folder / job.id))
        if opened is not None and playing:
            opened.play()
    except (StoreError, BeyondLimits, NotTheOwner) as error:
        st.session_state[FAILED] = str(error).splitlines()
        return
    if opened is None:
        return
    _show(opened)


def _show(job: Job) -> None:
    single = len(job.experiments) == 1
    st.session_state[state.RUN if single else race.RACE] = job.id
    (state.edit if single else race.edit)(job)
    st.session_state["shelf.page"] = f"views/{'train' if single else 'compare'}.py"


def _continue(job: Shelved, budget: float) -> None:
    try:
        _show(continued(JOBS, job.id, budget))
    except (StoreError, InvalidExperiment, NotTheOwner) as error:
        st.session_state[FAILED] = [str(error)]


def _delete(jobs: list[Shelved]) -> None:
    deleted, failed = [], []
    for job in jobs:
        try:
            JOBS.delete(job.id)
            deleted.append(job.id)
        except (StoreError, NotTheOwner) as error:
            failed.append(str(error))
    st.session_state[DELETED], st.session_state[FAILED] = deleted, failed


def _recover() -> None:
    failed = []
    for id in st.session_state.pop(DELETED, []):
        try:
            JOBS.recover(id)
        except StoreError as error:
            failed.append(str(error))
    st.session_state[FAILED] = failed
