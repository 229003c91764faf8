"""A study on its page: its story, its table beside ours, and what moves while a row trains."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import chain, repeat

import pandas as pd
import streamlit as st

from lab.boards.across import Measure
from lab.boards.wording import NOTHING
from lab.figures.board import Board
from lab.jobs import JOBS
from lab.store import StoreError
from lab.studies import Study
from lab.studies.base import MARKED, RULE
from lab.studies.cards import cards
from lab.studies.comparison import Compared, compared
from lab.studies.results import Results, ResultsFolder, usual_place
from lab.studies.shown import Here, here, shipped
from lab.studies.tables import PASSES, cells, passes_of
from lab.ui.live import WHILE_TRAINING
from lab.ui.live_board import live_board
from lab.ui.notices import show_together
from lab.ui.plain import plain
from lab.ui.studies.export import export_results
from lab.ui.studies.row import HERE, LAB, asked, row_details, which_key

FIRST = "source-003"
SECONDS_BETWEEN_UPDATES = 2 * WHILE_TRAINING
WHICH = {LAB: "Measured for this lab", HERE: "On this machine"}
"""Whose figures are shown."""
OVER_RIVAL = "against its rival"
"""The column of rows that are to beat another one of ours."""
VERDICT = "verdict"
COLUMNS = ("title", "published", "ours, mean ± s.e.", VERDICT, "N", "ours − theirs")


def in_order(studies: Mapping[str, Study]) -> list[str]:
    """The names of the studies, the one first that a person should see first."""
    return sorted(studies, key=lambda name: (name != FIRST, name))


def story(study: Study) -> None:
    """What the table is, and what is wrong with it."""
    st.subheader(study.title, anchor=False)
    st.caption(f":material/article: {study.source}")
    st.markdown(study.story)


def results(study: Study) -> None:
    """Ours beside theirs, kept up to date while a row trains."""
    came = _shipped(study)
    key = which_key(study)
    st.session_state.setdefault(key, LAB if came is not None else HERE)
    st.segmented_control(
        *("Figures", list(WHICH)),
        format_func=WHICH.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
    )
    which: str = st.session_state[key]
    there = _look(study)
    looks = chain([there], (_look(study) for _ in repeat(None)))  # a timer looks again, the page need not
    pause = SECONDS_BETWEEN_UPDATES if there.under_way else None
    st.fragment(_live, run_every=pause, key=f"study-{study.name}")(study, which, came, looks, there.under_way)


def _live(study: Study, which: str, came: Results | None, looks: Iterator[Here], was_under_way: bool) -> None:
    there = next(looks)
    show_together([there.problem] if there.problem else [], "", "Some figures of this lab cannot be read.")
    shown = came if which == LAB else there.results
    found = compared(study.rows, shown)
    _say_how_much(study, which, shown)
    version = hashlib.sha256(f"{which} {shown.model_dump_json() if shown else ''}".encode()).hexdigest()
    for measure in dict.fromkeys(each.measure for each in found):
        _table(measure, [each for each in found if each.measure is measure])
    st.caption(f"{RULE} s.e.: standard error; of ours, of the mean over N seeds. {MARKED}")
    live_board(f"study.{study.name}.board", Board(f"{study.name}.{version}", cards(study, found), study.name))
    if shown is not None and shown.measured:
        export_results(study, shown)
    row_details(study, found, there, of_this_machine=which == HERE)
    if asked() or was_under_way != there.under_way:
        st.rerun()  # the timer is to begin, or no longer needed


def _say_how_much(study: Study, which: str, shown: Results | None) -> None:
    """Where the figures are from; where there are none, what to do."""
    if shown is not None and shown.measured:
        known = ", ".join(f"{package} {version}" for package, version in shown.versions.items())
        silent = sum(not each.versions for each in shown.measured)
        rest = f", of {silent} nobody noted the versions" if silent else ""
        count = "1 result" if len(shown.measured) == 1 else f"{len(shown.measured)} results"
        st.caption(f"{count}{f', with {known}' if known else ''}{rest}. What measures them once more:")
        st.code(shown.command, language="bash", wrap_lines=True)
        return
    where = "for this lab" if which == LAB else "on this machine"
    st.info(
        f"No run of this study has been trained to its end {where} yet. Train a row below, or all of them from a "
        f"terminal: `python -m lab reproduce {study.name}`",
        icon=":material/info:",
    )


def _table(measure: Measure, found: list[Compared]) -> None:
    st.markdown(f"**{plain(measure.title)}**")
    lines = cells(found)
    index = pd.Index([plain(line.name) for line in lines], name="row")
    rows = [
        (plain(line.title), line.published, line.ours, each.word, line.n, line.apart)
        for line, each in zip(lines, found, strict=True)
    ]
    table = pd.DataFrame(rows, index, COLUMNS)
    if passes := passes_of(found):
        table[PASSES] = passes
    over = [each.over_rival for each in found]
    if any(over):
        table[OVER_RIVAL] = [NOTHING if each is None else each.figure for each in over]
    said = [column for column in table if column == VERDICT or (table[column] != NOTHING).any()]
    with st.container(key=f"study-{measure.name}-final-figures"):
        st.table(table[said])


def _shipped(study: Study) -> Results | None:
    try:
        return shipped(study)
    except StoreError as error:
        show_together([str(error)], "", "The results that came with this lab cannot be read.")
        return None


def _look(study: Study) -> Here:
    runs = JOBS.runs_folder
    return here(JOBS, study, ResultsFolder(usual_place(runs, study)) if runs is not None else None)
