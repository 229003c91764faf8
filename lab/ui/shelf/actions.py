"""What can be done with the runs that are ticked: opened on any page, trained further, pinned, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from lab.experiment import InvalidExperiment
from lab.jobs import JOBS, Job
from lab.jobs.continuing import continued, jumps, with_budget
from lab.jobs.owners import WATCHED, NotTheOwner, may_decide
from lab.jobs.shelf import Shelved, rewrite
from lab.store import StoreError
from lab.ui import archive, race, state
from lab.ui.inside.ways import INSIDE, look_into
from lab.ui.plain import plain
from lab.ui.shelf.rows import Row, jobs_of, rows_of_job
from lab.ui.transport import SECONDS_TO_ACT

FAILED, PAGE, DELETED, OPENED = "shelf.failed", "shelf.page", "shelf.deleted", "shelf.open"
SHOWS = {
    "board": "Curves and pictures",
    "health": "Is anything learning?",
    "batch": "Same batch, many estimators",
    **INSIDE,
}
"""What a run may be opened on: the page that fits it, sections of the Gradients page, and those that look inside."""


def actions(ticked: list[Row]) -> None:
    """Buttons for the ticked rows; those that cannot be used say so by being gray."""
    jobs = jobs_of(ticked)
    one = jobs[0] if len(jobs) == 1 else None
    watched = [f"{plain(job.title)} {WATCHED}" for job in jobs if not may_decide(job.facts.owner)]
    with st.container(horizontal=True, key="shelf-actions"):
        st.button(
            *("Open", "shelf.board"),
            icon=":material/open_in_new:",
            disabled=one is None,
            on_click=_open,
            args=(one, _show),
            help="On the Train page, or on Compare if it is a race",
        )
        shows = {name: title for name, title in SHOWS.items() if name != "batch" or len(ticked) == 1}
        st.menu_button(
            *("Open on", list(shows)),
            format_func=shows.__getitem__,
            icon=":material/arrow_forward:",
            key=OPENED,
            disabled=one is None,
            on_click=_open_on,
            args=(one, ticked[0].place if ticked else 0),
        )
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            disabled=one is None or not one.goes_on or bool(watched),
            on_click=_go_on,
            args=(one,),
            help="Train from where it was: the result is that of a run that never stopped",
        )
        _hold(jobs, bool(watched))
        pinned = bool(jobs) and all(job.about.pinned for job in jobs)
        st.button(
            *("Unpin" if pinned else "Pin", "shelf.pin"),
            icon=":material/keep_off:" if pinned else ":material/keep:",
            disabled=not jobs or bool(watched),
            on_click=_pin,
            args=(jobs, not pinned),
            help="Pinned runs stand before others",
        )
        what = f" the race of {len(rows_of_job(one))}" if one is not None and ticked[0].is_of_race else ""
        forbidden = not jobs or bool(watched)
        st.button(f"Delete{what}", icon=":material/delete:", disabled=forbidden, on_click=_delete, args=(jobs,))
    _say_of_races(jobs)
    for told in watched:
        st.caption(f":material/visibility: {told}")
    if (page := st.session_state.pop(PAGE, None)) is not None:
        st.switch_page(page)


def _hold(jobs: list[Shelved], watched: bool) -> None:
    """Buttons that hold or end what trains in this process."""
    here = [job for job in map(JOBS.get, (job.id for job in jobs)) if job is not None and not job.ended]
    st.button(
        *("Pause", "shelf.pause"),
        icon=":material/pause:",
        disabled=watched or not any(job.playing for job in here),
        on_click=_ask,
        args=(here, Job.pause),
        help="Go on plays it again",
    )
    st.button(
        *("Stop", "shelf.stop"),
        icon=":material/stop:",
        disabled=watched or not here,
        on_click=_ask,
        args=(here, Job.stop),
        help="What was recorded is kept",
    )


def _say_of_races(jobs: list[Shelved]) -> None:
    """Say what else is done to, where only some contestants of a race may be ticked."""
    for rows in map(rows_of_job, jobs):
        if len(rows) > 1:
            names = plain(", ".join(row.name for row in rows))
            st.caption(
                f":material/groups: {plain(rows[0].job.title)} is one run, a race of {len(rows)}: {names}. All that is "
                "done or said here, but Export, is of the whole race."
            )


def longer(ticked: list[Row]) -> None:
    """A way to train a finished run on, and what its schedules do then."""
    jobs = jobs_of(ticked)
    if len(jobs) != 1 or jobs[0].standing != "finished" or not may_decide(jobs[0].facts.owner):
        return
    job = jobs[0]
    diverged = [row.name for row in rows_of_job(job) if row.contestant.ended == "diverged"]
    if diverged:
        st.caption(f"It cannot be trained on: {plain(', '.join(diverged))} diverged.")
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


def problems() -> list[str]:
    """What could not be done the last time."""
    return st.session_state.pop(FAILED, [])


def attempt(act: Callable[[str], Any], ids: list[str], undoable: bool = False) -> None:
    """Do something with each job. The page that is drawn next tells why not, where it could not be done.

    Args:
        act: does it.
        ids: the jobs.
        undoable: whether that page offers to bring them back.
    """
    done, failed = [], []
    for id in ids:
        try:
            act(id)
            done.append(id)
        except (StoreError, InvalidExperiment, NotTheOwner) as error:
            failed += str(error).splitlines()
    st.session_state[FAILED] = failed
    if undoable:
        st.session_state[DELETED] = done


def _open(job: Shelved, then: Callable[[Job], None]) -> None:
    def bring_back(id: str) -> None:
        if job.standing == "archived":
            archive.fetch(id)
        opened = JOBS.find(id, again=True)
        if opened is not None:
            then(opened)

    attempt(bring_back, [job.id])


def _go_on(job: Shelved) -> None:
    attempt(lambda id: _show(JOBS.go_on(id)), [job.id])


def _open_on(job: Shelved, place: int) -> None:
    section = st.session_state[OPENED]

    def look(opened: Job) -> None:
        if section in INSIDE:
            look_into(opened, place)
            st.session_state[PAGE] = f"views/{section}.py"
            return
        st.session_state["section"], st.session_state[PAGE] = section, "views/gradients.py"
        st.session_state["same.chosen" if section == "batch" else "health.chosen"] = opened.id
        st.session_state[f"health.contestant.{opened.id}"] = place

    _open(job, _show if section == "board" else look)


def _show(job: Job) -> None:
    """Let the page that fits show the run."""
    single = len(job.experiments) == 1
    st.session_state[state.RUN if single else race.RACE] = job.id
    (state.edit if single else race.edit)(job)
    st.session_state[PAGE] = f"views/{'train' if single else 'compare'}.py"


def _continue(job: Shelved, budget: float) -> None:
    attempt(lambda id: _show(continued(JOBS, id, budget)), [job.id])


def _ask(jobs: list[Job], act: Callable[[Job], None]) -> None:
    by_id = {job.id: job for job in jobs}

    def decide(id: str) -> None:
        act(by_id[id])
        by_id[id].settle(SECONDS_TO_ACT)

    attempt(decide, list(by_id))


def _pin(jobs: list[Shelved], pinned: bool) -> None:
    attempt(lambda id: rewrite(JOBS, id, pinned=pinned), [job.id for job in jobs])


def _delete(jobs: list[Shelved]) -> None:
    archived = {job.id for job in jobs if job.standing == "archived"}
    attempt(lambda id: (archive if id in archived else JOBS).delete(id), [job.id for job in jobs], undoable=True)
