"""What a browser tab holds beside its drafts: the runs it watches, and the copy of all that in the address.

Only JSON values are kept in the session; jobs live in `lab.jobs` and are found again by their id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lab.data import DataError, Dataset, default_dataset
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs import JOBS, Job
from lab.jobs.owners import NotTheOwner
from lab.limits import BeyondLimits
from lab.links import decode, encode
from lab.presets import PRESETS
from lab.store import StoreError
from lab.ui.draft import TRAIN
from lab.ui.plain import plain

FIRST_PRESET = "source-003-det-st-both"

RUN, OWN, PROBLEMS, LINKED = "train", "own", "problems", "linked"


def images() -> Dataset:
    """The images of a new experiment: MNIST where it is, else the embedded digits."""
    try:
        return default_dataset()
    except DataError:
        return Dataset.members["digits"]()


def load() -> None:
    """Fill a new tab from its address: the linked experiment and run, else the newest run, else a first preset."""
    linked = st.query_params.get("experiment")
    if TRAIN.exists and linked in (None, st.session_state.get(LINKED)):
        return
    st.session_state[PROBLEMS] = []
    runs = JOBS.runs()
    job = linked_job()
    if job is not None and len(job.experiments) > 1:
        job = None
    if linked:
        try:
            TRAIN.replace(decode(linked))
        except InvalidExperiment as error:
            st.session_state[PROBLEMS] = [f"The link could not be opened. {problem}" for problem in error.problems]
    elif job is None and RUN not in st.session_state:
        job = next((job for job in runs if not job.ended), None)
    if job is not None:
        st.session_state[RUN] = job.id
    if not TRAIN.exists:
        TRAIN.replace(job.experiments[0] if job is not None else PRESETS[FIRST_PRESET].experiment(images()))


def linked_job() -> Job | None:
    """The job that the address names."""
    return found(st.query_params.get("run"))


def watched(key: str = RUN) -> Job | None:
    """The run this tab looks at, if it is still there; one that was let go of meanwhile is brought back."""
    id = st.session_state.get(key)
    return JOBS.get(id) or found(id)


def found(id: str | None) -> Job | None:
    """The job of an id, wherever it is; None, and a notice, where it cannot be looked at."""
    try:
        return JOBS.find(id)
    except (StoreError, BeyondLimits) as error:
        st.session_state[PROBLEMS] = str(error).splitlines()
        return None


def start(experiments: Sequence[Experiment], title: str, key: str = RUN, playing: bool = True) -> None:
    """Start a run or a race and watch it. What this tab started before makes room; runs of other tabs go on.

    What may not be started is told as a problem, and changes nothing.
    """
    before, own = watched(key), st.session_state.get(OWN, [])
    leaving = before if before is not None and before.id in own and not before.ended else None
    try:
        job = JOBS.start(experiments, title, playing, in_place_of=leaving)
    except (BeyondLimits, NotTheOwner) as error:
        st.session_state[PROBLEMS] = str(error).splitlines()
        return
    st.session_state[PROBLEMS] = []
    if leaving is not None:
        st.toast(f"{plain(leaving.title)} was stopped to make room; what it recorded is kept.", icon=":material/info:")
    st.session_state[OWN] = [*own, job.id]
    st.session_state[key] = job.id
    if key == RUN:
        edit(job)


def go_on(job: Job) -> Job:
    """Train a job from where it was left; what may not go on is told as a problem, and stays as it is."""
    try:
        st.session_state[PROBLEMS] = []
        return JOBS.go_on(job.id)
    except (StoreError, BeyondLimits, NotTheOwner) as error:
        st.session_state[PROBLEMS] = str(error).splitlines()
        return job


def write_address(experiment: Experiment | None) -> None:
    """Keep the whole experiment and the run in the address, for reloads and for links."""
    if experiment is not None:
        link = encode(experiment)
        st.session_state[LINKED] = link
        if st.query_params.get("experiment") != link:
            st.query_params["experiment"] = link
    write_run(RUN)


def write_run(key: str) -> None:
    """Keep the run that a page looks at in the address."""
    job = watched(key)
    if job is not None and st.query_params.get("run") != job.id:
        st.query_params["run"] = job.id


def link_to(page: str, **parameters: str) -> str:
    """The address that opens a page of this app with these parameters."""
    base = (st.context.url or "http://localhost:8501/").split("?")[0].rstrip("/")
    for known in ("/compare", "/runs", "/gradients"):
        base = base.removesuffix(known)
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return f"{base}/{page}?{query}" if page else f"{base}/?{query}"


def session() -> str:
    """This tab's own name among all that are open; the same for all where no server runs the script."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def problems() -> list[str]:
    """What was wrong with the address this tab was opened with, or with what it last wanted to start."""
    return st.session_state.get(PROBLEMS, [])


def choose_run(jobs: list[Job], edit: Callable[[Job], None], key: str = RUN) -> None:
    """A choice among some runs of this process, where there is one that is not shown; `edit` lets the panel follow."""
    by_id = {job.id: job for job in jobs}
    current = st.session_state.get(key)
    if all(id == current for id in by_id):
        return
    chosen = st.selectbox(
        "Run",
        list(by_id),
        index=list(by_id).index(current) if current in by_id else None,
        format_func=lambda id: named(by_id[id]),
        label_visibility="collapsed",
        placeholder="Runs in this process",
        key=f"choose.{key}.{current}",
        width=320,
    )
    if chosen is not None and chosen != current:
        st.session_state[key] = chosen
        edit(by_id[chosen])
        st.rerun()


def named(job: Job) -> str:
    """What to call a job among others. No word of its state: a choice is told by its label, which must not change."""
    return f"{job.number}. {job.title}"


def edit(job: Job) -> None:
    """Edit the experiment of a run."""
    TRAIN.replace(job.experiments[0])
