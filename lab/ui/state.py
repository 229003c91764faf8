"""What a browser tab holds beside its drafts: the runs it watches, and the copy of all that in the address.

A session keeps JSON values, and answers that are worked out for it. Of runs it keeps the ids, by which jobs are found
again in `lab.jobs`; only the comparison on one batch holds its job, until the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lab.data import DataError, Dataset, default_dataset
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs import JOBS, Job, with_seed
from lab.jobs.owners import NotTheOwner
from lab.limits import BeyondLimits
from lab.links import decode, encode
from lab.presets import PRESETS
from lab.store import StoreError
from lab.ui import address, archive
from lab.ui.draft import TRAIN
from lab.ui.plain import plain

FIRST_PRESET = "source-003-det-st-both"

RUN, OWN, PROBLEMS, GONE = "train", "own", "problems", "gone"


def images() -> Dataset:
    """The images of a new experiment: MNIST where it is, else the embedded digits."""
    try:
        return default_dataset()
    except DataError:
        return Dataset.members["digits"]()


def chosen_images() -> Dataset:
    """The images that the Train page is set to, or those of a new experiment where that cannot be."""
    try:
        return Experiment.parse({"dataset": TRAIN.data["dataset"]}).dataset
    except InvalidExperiment:
        return images()


def load() -> None:
    """Have an experiment to edit: that of the newest run under way, else of a first preset."""
    if TRAIN.exists:
        return
    job = next((job for job in JOBS.runs() if not job.ended), None)
    if job is not None:
        st.session_state[RUN] = job.id
    TRAIN.replace(job.experiments[0] if job is not None else PRESETS[FIRST_PRESET].experiment(images()))


def follow_address() -> None:
    """Edit the experiment and watch the run that the address of the Train page asks for."""
    linked = address.asked(RUN, "experiment", "run")
    if linked is None:
        return
    link, id = linked.values()
    job, problems = linked_job(id, race=False)
    if link:
        try:
            TRAIN.replace(decode(link))
        except InvalidExperiment as error:
            problems += [f"The link could not be opened. {problem}" for problem in error.problems]
    elif job is not None:
        edit(job)
    if job is not None:
        st.session_state[RUN] = job.id
    elif link and id is None:
        st.session_state.pop(RUN, None)
    st.session_state[PROBLEMS] = problems


def linked_job(id: str | None, race: bool) -> tuple[Job | None, list[str]]:
    """The job that an address names, brought back from disk where need be; None, and why, where it cannot be shown.

    Args:
        id: of the job; None where the address names none.
        race: whether the page shows races, or single runs.
    """
    job, problems = looked_up(id, again=True)
    if problems:
        return None, problems
    if job is None:
        return None, [] if id is None else [f"The address asks for run {address.quoted(id)}. {archive.whereabouts(id)}"]
    if (len(job.experiments) > 1) == race:
        return job, []
    what, page = ("a single run", "Train") if race else ("a race", "Compare")
    return None, [f"The address asks for run {id!r}, which is {what}: the {page} page shows it."]


def looked_up(id: str | None, again: bool = False) -> tuple[Job | None, list[str]]:
    """The job of an id, wherever it is, if there is one; and why it cannot be looked at, a sentence a line.

    Args:
        id: of the job.
        again: whether to read once more what could not be read.
    """
    try:
        return JOBS.find(id, again), []
    except (StoreError, BeyondLimits) as error:
        return None, str(error).splitlines()


def watched(key: str = RUN) -> Job | None:
    """The run this tab looks at, as it is now: perhaps another process went on with it, or deleted it."""
    return found(st.session_state.get(key))


def found(id: str | None) -> Job | None:
    """The job of an id, wherever it is; None, and a notice, where it cannot be looked at."""
    job, problems = looked_up(id)
    if problems:
        st.session_state[PROBLEMS] = problems
        return None
    gone = id if job is None else None
    st.session_state[GONE] = [f"Run {gone} is no longer here. {archive.whereabouts(gone)}"] if gone else []
    return job


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


def write_address(experiment: Experiment | None, seeds: Mapping[str, str | None]) -> None:
    """Keep the experiment as it is edited, the run, and what is said of its seeds in the address."""
    job = watched()
    edited = [experiment] if experiment is not None else []
    address.write_whole(
        address.MOMENT,
        experiment=encode(experiment) if experiment is not None else st.query_params.get("experiment"),
        run=job.id if job is not None else None,
        **(seeds if are_of(edited, job) else dict.fromkeys(seeds)),
    )


def are_of(edited: Sequence[Experiment], job: Job | None) -> bool:
    """Whether what is edited is what a job is of, but for its seed: what is compared by seeds, then, is both."""
    return job is None or with_seed(edited, 0) == with_seed(job.experiments, 0)


def link_to(page: str, **parameters: str) -> str:
    """The address that opens a page of this app with these parameters."""
    base = (st.context.url or "http://localhost:8501/").split("?")[0].rstrip("/")
    for known in ("/compare", "/runs", "/heatmaps", "/codes", "/reconstructions", "/gradients", "/reproduce"):
        base = base.removesuffix(known)
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return f"{base}/{page}?{query}" if page else f"{base}/?{query}"


def session() -> str:
    """This tab's own name among all that are open; the same for all where no server runs the script."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def problems() -> list[str]:
    """What is wrong with the address of this tab, with what it last wanted to start, or with what it watches."""
    return [*st.session_state.get(PROBLEMS, []), *st.session_state.pop(GONE, [])]


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
