"""One row of a study: what was published, what is known to differ, the runs behind our figure, a way to train it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import streamlit as st

from lab.boards.wording import score
from lab.data import Dataset
from lab.jobs import JOBS
from lab.jobs.shelf import Shelved
from lab.limits import BeyondLimits
from lab.links import command
from lab.store import StoreError
from lab.studies import Computed, Row, Study, Trained
from lab.studies.base import IMAGES, REFERENCE
from lab.studies.comparison import Compared, of_row, sources_of
from lab.studies.results import Measured
from lab.studies.results import command as command_of
from lab.studies.shown import Here
from lab.studies.tables import published
from lab.ui import address, seeds, state
from lab.ui.plain import plain

MOST = 20
"""Seeds that are started at once."""
ASKED, PAGE = "study.asked", "study.page"
LAB, HERE = "lab", "here"
"""Whose figures are shown: those that came with the lab, or those of this machine."""
STUDY, ROW = "study", "row"
"""What they are called in the address."""


def row_details(study: Study, found: Sequence[Compared], there: Here, of_this_machine: bool) -> None:
    """The row that is chosen.

    Args:
        study: of the row.
        found: the figures that are shown of all rows.
        there: what this machine has.
        of_this_machine: whether these figures are its.
    """
    row = _chosen(study)
    own = of_row(found, row)
    _told(row, own)
    here = there.runs.get(row, {})
    ids = {job.id for job in here.values()}
    for each in own[0].seeds:
        _seed(row, each, ids)
    if of_this_machine:
        _unfinished(row, here, {each.seed for each in own[0].seeds})
    _train(study, row, here)
    if (page := st.session_state.pop(PAGE, None)) is not None:
        st.switch_page(page)


def which_key(study: Study) -> str:
    """Where the session keeps whose figures of a study are shown."""
    return f"study.{study.name}.which"


def asked() -> bool:
    """Whether a button has just asked for something that the rest of the page is to show."""
    return bool(st.session_state.pop(ASKED, False))


def _chosen(study: Study) -> Row:
    """The row that a person picks; a new tab starts with the one that its address names."""
    titles = {row.name: row.title for row in study.rows}
    key = f"study.{study.name}.row"
    linked = address.asked(key, STUDY, ROW)
    if linked is not None and linked[STUDY] == study.name:
        asked_for = linked[ROW]
        if asked_for is not None and asked_for not in titles:
            st.error(f"The address asks for row {address.quoted(asked_for)}; this study has {', '.join(titles)}.")
        st.session_state[key] = asked_for if asked_for in titles else next(iter(titles))
    name = st.selectbox(
        "Row", list(titles), format_func=lambda name: f"{name}: {titles[name]}", key=key, persist_state="session"
    )
    address.write(**{ROW: name if name != next(iter(titles)) else None})
    return study.row(name)


def _told(row: Row, own: Sequence[Compared]) -> None:
    figures = [f"{each.measure.title} {published(each)}" for each in own if each.published is not None]
    head = "Reference run" if REFERENCE in sources_of(own) else "Published"
    st.markdown(f"**{head}:** {plain('; '.join(figures) or 'nothing')}. {plain(row.meaning)}")
    if row.differs:
        st.markdown(f"**Known to differ:** {plain(row.differs)}")
    for each in own:
        st.markdown(f"**{plain(each.measure.title)}:** {plain(each.told)}")


def _seed(row: Row, each: Measured, ids: set[str]) -> None:
    """What a seed came to, with its run where that is here, else what trains it."""
    said = [score(each.figures.get(of.name), of.name) for of in row.measures]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Seed {each.seed}: {', '.join(said) if each.figures else 'diverged'}", width="content")
        if each.run in ids:
            _open_button(str(each.run))
        elif each.experiment is not None:
            with st.popover("Train it again", icon=":material/terminal:"):
                st.code(command(each.experiment), language="bash", wrap_lines=True)


def _unfinished(row: Row, here: Mapping[int, Shelved], measured: set[int]) -> None:
    """Runs that did not come to their end yet."""
    for seed, job in here.items():
        if seed in measured:
            continue
        contestant = job.facts.contestants[0]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"Seed {seed}: {seeds.stands(job.standing)}, epoch {contestant.epochs:.2f} of "
                f"{contestant.experiment.budget:g}",
                width="content",
            )
            _open_button(job.id)


def _open_button(id: str) -> None:
    st.button(
        "Open on Train", icon=":material/open_in_new:", key=f"study.open.{id}", on_click=_open, args=(id,), help=id
    )


def _train(study: Study, row: Row, here: Mapping[int, Shelved]) -> None:
    """A way to measure the row on this machine."""
    if isinstance(row, Trained):
        key = f"study.{study.name}.{row.name}"
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input("Seeds to train", 1, MOST, 1, key=f"{key}.count", width=130)
            st.button(
                "Train this row here",
                icon=":material/rocket_launch:",
                key=f"{key}.train",
                help="Each seed is a run like any other: it is kept, and waits in line where others train.",
                on_click=_start,
                args=(study, row, sorted(here), f"{key}.count"),
            )
    if isinstance(row, Computed):
        st.caption("It is computed, not trained; from a terminal:")
    else:
        st.caption("Or from a terminal, with three seeds:")
    st.code(command_of(study, [row.name], 3, Dataset.members[IMAGES](), None), language="bash", wrap_lines=True)


def _start(study: Study, row: Trained, taken: Sequence[int], count: str) -> None:
    """Train seeds that are not there yet, and show what this machine has, where they will appear."""
    free = (seed for seed in itertools.count() if seed not in taken)
    experiment = row.experiment(Dataset.members[IMAGES]())
    chosen = list(itertools.islice(free, st.session_state[count]))
    seeds.start_seeds([experiment], chosen, lambda seed: study.run_title(row, seed))
    st.session_state[which_key(study)] = HERE
    st.session_state[ASKED] = True


def _open(id: str) -> None:
    try:
        job = JOBS.find(id, again=True)
    except (StoreError, BeyondLimits) as error:
        st.session_state[state.PROBLEMS] = str(error).splitlines()
        st.session_state[ASKED] = True
        return
    if job is not None:
        st.session_state[state.RUN], st.session_state[PAGE] = job.id, "views/train.py"
        state.edit(job)
