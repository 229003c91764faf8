"""The experiment as a panel of widgets, with its schedules drawn and its estimator explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lab.boards.titles import title_of_contestants
from lab.data import Dataset
from lab.estimators import Estimator
from lab.experiment import Experiment, InvalidExperiment, scheduled
from lab.facts import remarks
from lab.figures.estimators import TwoCurves, forward_backward_chart
from lab.figures.schedules import schedule_chart
from lab.idle import idle
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.paths import differences
from lab.probes.response import response
from lab.schedules import Constant, Schedule
from lab.ui import state
from lab.ui.differing import Override, merged
from lab.ui.draft import Data, Draft
from lab.ui.formulas import show_formula
from lab.ui.notices import show_problems
from lab.ui.parts import below, field_editors, part_editor

SECTIONS: dict[str, tuple[str, ...]] = {
    "Budget": ("batch_size", "budget", "budget_unit", "subset", "shift", "seed"),
    "Evaluation": ("evaluate_every", "evaluation", "evaluation_samples", "report"),
    "Machine": ("precision", "threads", "device"),
}
FAMILIES: dict[str, type[Part]] = {
    "dataset": Dataset,
    "architecture": Architecture,
    "estimator": Estimator,
    "slope": Schedule,
    "optimizer": Optimizer,
}
TITLES = {"dataset": "Images", "architecture": "Architecture", "estimator": "Gradient estimator", "slope": "Slope"}


def experiment_editor(
    draft: Draft, told: DeltaGenerator, leave_out: Sequence[str] = (), variants: Sequence[Override] = ({},)
) -> Experiment | None:
    """All fields of a draft that change anything; returns the experiment, or None after saying what is wrong with it.

    Args:
        draft: what is edited.
        told: where to say what is wrong: where the person looks for the button that does not work.
        leave_out: fields, by dotted path, that get no widget here and keep their values.
        variants: what the experiments that are made of the draft have in place of its own.
    """
    before, key = draft.data, draft.edition
    hidden = idle_in(before, variants)
    leave_out = [*leave_out, *hidden]
    data: Data = {name: before[name] for name in leave_out if name in before}
    for name, family in FAMILIES.items():
        if name in leave_out:
            continue
        with st.container(border=True):
            title = TITLES.get(name, name.capitalize())
            kept = below(name, leave_out)
            data[name] = part_editor(family.choices(), before[name], f"{key}.{name}", title, kept)
            if name == "estimator":
                _explain(family.choices()[data[name]["name"]], data)
    for title, fields in SECTIONS.items():
        with st.expander(title):
            data |= field_editors(Experiment, before, key, fields, leave_out)
    draft.take(data)
    if idle_in(data, variants) != hidden:
        st.rerun()  # with the widgets that the new values call for
    try:
        experiment = Experiment.parse(data)
    except InvalidExperiment as error:
        with told:
            show_problems(error.problems)
        return None
    _draw_schedules(experiment)
    return experiment


def idle_in(data: Data, variants: Sequence[Override]) -> frozenset[str]:
    """What need not be asked for, since it changes none of the variants; nothing where one of them cannot be.

    Args:
        data: of an experiment.
        variants: what each of one or more experiments has in place of it.
    """
    try:
        return frozenset.intersection(*(idle(Experiment.parse(merged(data, variant))) for variant in variants))
    except InvalidExperiment:
        return frozenset()


def show_remarks(experiment: Experiment) -> None:
    """What must be known about this experiment."""
    for remark in remarks(experiment):
        if remark.level == "warning":
            st.warning(remark.text, icon=":material/warning:")
        else:
            st.caption(f":material/info: {remark.text}")


def show_changes(running: Experiment, draft: Experiment | None) -> None:
    """Say in which fields the panel is ahead of the run."""
    changed = differences([running, draft]) if draft is not None else {}
    if changed:
        fields = ", ".join(dict.fromkeys(path.split(".")[0].replace("_", " ") for path in changed))
        st.caption(f":material/edit: The panel differs from this run in {fields}. Press Train for a run of its own.")


def train_button(experiment: Experiment | None) -> None:
    """Start the experiment of the panel."""
    st.button(
        "Train",
        icon=":material/rocket_launch:",
        type="primary",
        width="stretch",
        disabled=experiment is None,
        on_click=state.start,
        args=() if experiment is None else ([experiment], title_of_contestants([experiment])),
    )


def _explain(member: type[Part], data: Data) -> None:
    """Formula, names, paper and picture of the estimator, and what it is not."""
    assert issubclass(member, Estimator)
    try:
        rule = member.model_validate(data["estimator"])
    except ValueError:
        rule = None
    show_formula((rule or member()).equation)
    lines = [member.summary]
    if member.is_not:
        lines.append(f":material/block: {member.is_not}")
    if member.aliases:
        lines.append(f":material/label: Also called {', '.join(member.aliases)}")
    st.caption("  \n".join([*lines, f":material/article: {member.paper}"]))
    if rule is None:
        return
    curves = response(rule, slope=1.0)
    if curves.backward is not None:
        drawn = TwoCurves(member.title, curves.x, curves.forward, curves.backward, member.color, member.dash)
        figure = forward_backward_chart([drawn], height=170)
        _still(figure, f"estimator.{data['estimator']}", f"Forward and backward curve of {member.title} at slope 1")


def _draw_schedules(experiment: Experiment) -> None:
    """Each schedule that changes, over the run to come."""
    steps, epochs = experiment.length()
    for path, schedule, _ in scheduled(experiment):
        if isinstance(schedule, Constant):
            continue
        x, y = schedule.curve(steps, epochs)
        st.caption(f"**{path}** over the run")
        figure = schedule_chart([path], x, [y], [schedule.color], "epoch", height=150)
        _still(figure, f"schedule.{path}", f"{path} goes from {y[0]:.3g} to {y[-1]:.3g}")


def _still(figure: dict[str, Any], key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)
