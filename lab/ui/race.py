"""Setting up a race: what all contestants share is edited in the sidebar, what they differ in side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lab.estimators import Estimator
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs import JOBS, SHARED_IN_A_RACE, Job, require_raceable
from lab.links import decode, encode
from lab.ui import state
from lab.ui.copy_button import copy_button
from lab.ui.draft import COMPARE, TRAIN
from lab.ui.editor import FAMILIES, TITLES, experiment_editor, show_remarks
from lab.ui.notices import show_problems
from lab.ui.parts import field_editor, part_editor

RACE, FIELDS, OVERRIDES, EDITION = "race", "race_fields", "race_overrides", "race_edition"
MOST = 4
FIRST_FIELDS = ["estimator"]
FIRST_ESTIMATORS = ["identity", "hard-sigmoid", "bernoulli", "rloo"]
SEPARATOR = "~"

Overrides = list[dict[str, Any]]


def load() -> None:
    """Fill a new tab from its address: the linked race, else the newest one, else a first proposal."""
    state.load()
    if not COMPARE.exists:
        COMPARE.take_over(TRAIN)
    if OVERRIDES in st.session_state:
        return
    linked = st.query_params.get("race")
    experiments = _opened(linked) if linked else []
    job = _found(experiments, anything=not linked)
    if job is not None:
        st.session_state[RACE] = job.id
        experiments = experiments or list(job.experiments)
    if experiments:
        _take(experiments)
    else:
        _edit(FIRST_FIELDS, [{"estimator": {"name": name}} for name in FIRST_ESTIMATORS[:3]])


def _found(experiments: list[Experiment], anything: bool) -> Job | None:
    """The race that the address names, else the newest of these contestants, or of any."""
    races = JOBS.races()
    named = state.linked_job()
    if named is not None and len(named.experiments) > 1:
        return named
    return next((job for job in races if anything or list(job.experiments) == experiments), None)


def edit(job: Job) -> None:
    """Edit the contestants of a race."""
    _take(list(job.experiments))


def write_address() -> None:
    """Keep the contestants as they are edited, and the race, in the address."""
    edited = experiments()
    link = link_of(edited) if edited else st.query_params.get("race", "")
    if link and st.query_params.get("race") != link:
        st.query_params["race"] = link
    state.write_run(RACE)


def experiments() -> list[Experiment]:
    """The contestants as they are edited; none where they cannot be."""
    try:
        return [Experiment.parse(COMPARE.data | override) for override in st.session_state[OVERRIDES]]
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
    differing = st.session_state.get(_fields_key(), st.session_state[FIELDS])
    first = st.session_state[OVERRIDES][0]
    COMPARE.take(COMPARE.data | {name: first[name] for name in differing if name in first})
    with st.sidebar:
        st.caption("What all contestants share")
        return experiment_editor(COMPARE, st.container(), leave_out=differing)


def contestant_editor(base: Experiment | None) -> None:
    """What the contestants differ in, the link to their race, and the button that starts it."""
    before: Overrides = st.session_state[OVERRIDES]
    key = f"race.{st.session_state[EDITION]}"
    choices = [name for name in Experiment.model_fields if name not in SHARED_IN_A_RACE]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fields = st.multiselect(
            "They differ in", choices, default=st.session_state[FIELDS], key=_fields_key(), width=420
        )
        counts = range(2, MOST + 1)
        count = st.segmented_control("Contestants", counts, default=len(before), required=True, key=f"{key}.count")
        start_slot = st.container(width=150)
        share_slot = st.container(width=170)
    if base is None:
        return
    shared = base.model_dump(mode="json")
    overrides: Overrides = []
    experiments, problems = [], []
    for index, column in enumerate(st.columns(count), 1):
        old = before[index - 1] if index <= len(before) else _newcomer(overrides)
        with column.container(border=True, height="stretch"):
            st.markdown(f"**Contestant {index}**")
            override = {name: _editor(name, old.get(name, shared[name]), f"{key}.{index}") for name in fields}
            overrides.append(override)
        try:
            experiments.append(Experiment.parse(shared | override))
            with column:
                show_remarks(experiments[-1])
        except InvalidExperiment as error:
            problems += [f"Contestant {index}: {problem}" for problem in error.problems]
    st.session_state[OVERRIDES], st.session_state[FIELDS] = overrides, fields
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


def _newcomer(others: Overrides) -> dict[str, Any]:
    """What one more contestant differs in: an estimator that none of the others has."""
    taken = {other["estimator"]["name"] for other in others if "estimator" in other}
    free = [name for name in FIRST_ESTIMATORS if name not in taken]
    return {"estimator": Estimator.members[free[0]]().model_dump(mode="json")} if free else {}


def _fields_key() -> str:
    return f"race.{st.session_state[EDITION]}.fields"


def _editor(name: str, value: Any, key: str) -> Any:
    if name not in FAMILIES:
        return field_editor(name, Experiment.model_fields[name], value, f"{key}.{name}")
    family = FAMILIES[name]
    full = family.model_validate(value).model_dump(mode="json")
    return part_editor(family.choices(), full, f"{key}.{name}", TITLES.get(name, name.capitalize()))


def _unraceable(experiments: list[Experiment]) -> list[str]:
    try:
        require_raceable(experiments)
    except InvalidExperiment as error:
        return error.problems
    if len({experiment.key for experiment in experiments}) < len(experiments):
        return ["Two contestants are the same experiment; let them differ in something."]
    return []


def _start(experiments: list[Experiment]) -> None:
    state.start(experiments, f"Race of {len(experiments)}", RACE)


def _share(experiments: list[Experiment], slot: Any) -> None:
    with slot:
        copy_button("Copy link", state.link_to("compare", race=link_of(experiments)), key="copy")


def link_to(experiments: Sequence[Experiment], seeds: str) -> str:
    """The address of the comparison of these contestants over such seeds."""
    return state.link_to("compare", race=link_of(experiments), seeds=seeds)


def link_of(experiments: Sequence[Experiment]) -> str:
    """The contestants as text for a link."""
    return SEPARATOR.join(encode(experiment) for experiment in experiments)


def _opened(linked: str) -> list[Experiment]:
    """The contestants of a link; none, and a notice, where they cannot be."""
    try:
        experiments = [decode(text) for text in linked.split(SEPARATOR)[: MOST + 1]]
        if not 2 <= len(experiments) <= MOST:
            raise InvalidExperiment([f"A race has 2 to {MOST} contestants; this link has {len(experiments)}."])
        require_raceable(experiments)
    except InvalidExperiment as error:
        st.session_state[state.PROBLEMS] = [f"The link could not be opened. {text}" for text in error.problems]
        return []
    return experiments


def _take(experiments: Sequence[Experiment]) -> None:
    """Edit these contestants: the fields in which they differ, each as it is."""
    COMPARE.replace(experiments[0])
    dumps = [experiment.model_dump(mode="json") for experiment in experiments]
    fields = [name for name in dumps[0] if any(dump[name] != dumps[0][name] for dump in dumps)]
    _edit(fields, [{name: dump[name] for name in fields} for dump in dumps])


def _edit(fields: list[str], overrides: Overrides) -> None:
    st.session_state[FIELDS], st.session_state[OVERRIDES] = fields, overrides
    st.session_state[EDITION] = st.session_state.get(EDITION, 0) + 1  # every widget starts anew
