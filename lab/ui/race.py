"""Setting up a race: what all contestants share is edited in the sidebar, what they differ in side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lab.boards.titles import title_of_contestants
from lab.experiment import Experiment, InvalidExperiment
from lab.idle import effective
from lab.jobs import JOBS, Job, require_raceable
from lab.jobs.siblings import siblings
from lab.limits import BeyondLimits
from lab.links import decode, encode
from lab.store import StoreError
from lab.ui import address, state
from lab.ui.contestant_editor import ESTIMATORS, edited_contestants
from lab.ui.copy_button import copy_button
from lab.ui.differing import Override, choices, differing, merged, value_at, without_covered
from lab.ui.draft import COMPARE, TRAIN
from lab.ui.editor import experiment_editor, idle_in
from lab.ui.notices import show_problems

RACE, FIELDS, OVERRIDES, EDITION = "race", "race_fields", "race_overrides", "race_edition"
MOST = 6
FIRST_FIELDS = ["estimator"]
SEPARATOR = "~"


def load() -> None:
    """Have contestants to edit: those that the address asks for, else those of the newest race, else a proposal."""
    state.load()
    if not COMPARE.exists:
        COMPARE.take_over(TRAIN)
    linked = address.asked(RACE, "race", "run")
    if linked is not None:
        _follow(*linked.values())
    if OVERRIDES not in st.session_state:
        _edit(FIRST_FIELDS, [{"estimator": {"name": name}} for name in ESTIMATORS[:3]])


def _follow(link: str | None, id: str | None) -> None:
    """Edit the contestants and watch the race that the address asks for."""
    job, problems = state.linked_job(id, race=True)
    experiments: list[Experiment] = []
    try:
        experiments = _opened(link) if link else []
        if job is None:
            job = _found(experiments, anything=not link and OVERRIDES not in st.session_state)
    except InvalidExperiment as error:
        problems += [f"The link could not be opened. {problem}" for problem in error.problems]
    except (StoreError, BeyondLimits) as error:
        problems += str(error).splitlines()
    if job is not None:
        st.session_state[RACE] = job.id
    elif experiments and id is None:
        st.session_state.pop(RACE, None)
    if not experiments and job is not None:
        experiments = list(job.experiments)
    if experiments:
        _take(experiments)
    st.session_state[state.PROBLEMS] = problems


def _found(experiments: list[Experiment], anything: bool) -> Job | None:
    """The newest race of these contestants, or of any; else a finished one from disk.

    Raises:
        StoreError: there is one, and it cannot be brought back.
        BeyondLimits: it is too large for this lab, or there is no room for it now.
    """
    there = next((job for job in JOBS.races() if anything or list(job.experiments) == experiments), None)
    if there is None and experiments:
        for sibling in siblings(JOBS, experiments).found:
            if sibling.seed == experiments[0].seed and sibling.standing == "finished":
                return JOBS.find(sibling.id, again=True)
    return there


def edit(job: Job) -> None:
    """Edit the contestants of a race."""
    _take(list(job.experiments))


def write_address(seeds: Mapping[str, str | None]) -> None:
    """Keep the contestants as they are edited, the race, and what is said of their seeds in the address."""
    edited, job = experiments(), state.watched(RACE)
    address.write_whole(
        address.MOMENT,
        race=link_of(edited) if edited else st.query_params.get("race"),
        run=job.id if job is not None else None,
        **(seeds if state.are_of(edited, job) else dict.fromkeys(seeds)),
    )


def experiments() -> list[Experiment]:
    """The contestants as they are edited; none where they cannot be."""
    try:
        return [Experiment.parse(merged(COMPARE.data, override)) for override in st.session_state[OVERRIDES]]
    except InvalidExperiment:
        return []


def begin(experiments: Sequence[Experiment], title: str) -> None:
    """Start a race from another page, and let the Compare page edit its contestants.

    Raises:
        InvalidExperiment: the contestants cannot race each other.
    """
    require_raceable(experiments)
    _take(experiments)
    state.start(experiments, title, RACE)


def base_editor() -> Experiment | None:
    """The experiment that the contestants vary. In the fields in which they differ it is the first of them."""
    paths = st.session_state.get(_fields_key(), st.session_state[FIELDS])
    first = st.session_state[OVERRIDES][0]
    COMPARE.take(merged(COMPARE.data, {path: first[path] for path in paths if path in first}))
    with st.sidebar:
        st.caption("What all contestants share")
        return experiment_editor(COMPARE, st.container(), paths, st.session_state[OVERRIDES])


def contestant_editor(base: Experiment | None) -> None:
    """What the contestants differ in, the link to their race, and the button that starts it."""
    before: list[Override] = st.session_state[OVERRIDES]
    key = f"race.{st.session_state[EDITION]}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        paths = _paths()
        counts = range(2, MOST + 1)
        count = st.segmented_control("Contestants", counts, default=len(before), required=True, key=f"{key}.count")
        start_slot = st.container(width=150)
        share_slot = st.container(width=170)
    if base is None:
        return
    shared = base.model_dump(mode="json")
    overrides, experiments, problems = edited_contestants(shared, paths, before, count, key)
    st.session_state[OVERRIDES], st.session_state[FIELDS] = overrides, paths
    if [idle_in(shared, [each]) for each in overrides] != [idle_in(shared, [each]) for each in before]:
        st.rerun()  # everything has been asked for as the contestants were before
    problems = problems or _unraceable(experiments)
    show_problems(problems)
    with start_slot:
        st.button(
            "Race",
            icon=":material/flag:",
            type="primary",
            disabled=bool(problems),
            on_click=_start,
            args=(experiments,),
            width="stretch",
        )
    if not problems:
        _share(experiments, share_slot)


def _paths() -> list[str]:
    """The choice of what contestants differ in."""
    before = st.session_state.get(_fields_key(), st.session_state[FIELDS])
    idle = idle_in(COMPARE.data, st.session_state[OVERRIDES])
    there = [path for path in choices(COMPARE.data) if path not in idle or path in before]
    # Another optimizer, say, may not have the setting that was chosen.
    st.session_state[_fields_key()] = [path for path in before if path in there]
    chosen = st.multiselect(
        "They differ in",
        there,
        key=_fields_key(),
        help="A whole field, or by a dot a single setting of a part; all else is shared, and edited in the sidebar.",
        width=420,
    )
    return without_covered(chosen)


def _fields_key() -> str:
    return f"race.{st.session_state[EDITION]}.fields"


def _unraceable(experiments: list[Experiment]) -> list[str]:
    try:
        require_raceable(experiments)
    except InvalidExperiment as error:
        return error.problems
    told = [effective(experiment) for experiment in experiments]
    if any(one in told[:place] for place, one in enumerate(told)):
        return ["Two contestants are the same experiment; let them differ in something that changes something."]
    return []


def _start(experiments: list[Experiment]) -> None:
    state.start(experiments, title_of_contestants(experiments), RACE)


def _share(experiments: list[Experiment], slot: Any) -> None:
    with slot:
        copy_button("Copy link", state.link_to("compare", race=link_of(experiments)), key="copy")


def link_of(experiments: Sequence[Experiment]) -> str:
    """The contestants as text for a link."""
    return SEPARATOR.join(encode(experiment) for experiment in experiments)


def _opened(link: str) -> list[Experiment]:
    """The contestants of a link.

    Raises:
        InvalidExperiment: it cannot be read, or they cannot race each other.
    """
    experiments = [decode(text) for text in link.split(SEPARATOR)[: MOST + 1]]
    if not 2 <= len(experiments) <= MOST:
        raise InvalidExperiment([f"A race has 2 to {MOST} contestants; this link has {len(experiments)}."])
    require_raceable(experiments)
    return experiments


def _take(experiments: Sequence[Experiment]) -> None:
    """Edit these contestants: the fields in which they differ, each as it is."""
    COMPARE.replace(experiments[0])
    dumps = [experiment.model_dump(mode="json") for experiment in experiments]
    paths = differing(dumps)
    _edit(paths, [{path: value_at(dump, path) for path in paths} for dump in dumps])


def _edit(paths: list[str], overrides: list[Override]) -> None:
    st.session_state[FIELDS], st.session_state[OVERRIDES] = paths, overrides
    st.session_state[EDITION] = st.session_state.get(EDITION, 0) + 1  # every widget starts anew
