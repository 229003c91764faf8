"""The contestants of a race side by side: a widget for each field in which they differ."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lab.estimators import Estimator
from lab.experiment import Experiment, InvalidExperiment
from lab.ui.differing import SETTINGS, Override, merged, value_at
from lab.ui.draft import Data
from lab.ui.editor import FAMILIES, TITLES, idle_in, show_remarks
from lab.ui.parts import below, field_editor, part_editor

ESTIMATORS = ("identity", "hard-sigmoid", "bernoulli", "rloo", "approx-sign", "reinmax")
"""Those that contestants are proposed with, in this order."""
TO_A_LINE = 3


def edited_contestants(
    shared: Data, paths: list[str], before: list[Override], count: int, key: str
) -> tuple[list[Override], list[Experiment], list[str]]:
    """So many contestants; returns what each has, the experiments, and what is wrong, with the contestant's number."""
    overrides: list[Override] = []
    experiments, problems = [], []
    for index, column in enumerate(_places(count), 1):
        old = before[index - 1] if index <= len(before) else _newcomer(overrides)
        with column.container(border=True, height="stretch"):
            st.markdown(f"**Contestant {index}**")
            hidden = idle_in(shared, [old])
            override = {path: _editor(path, shared, old, below(path, hidden), f"{key}.{index}") for path in paths}
            overrides.append(override)
            try:
                experiments.append(Experiment.parse(merged(shared, override)))
                show_remarks(experiments[-1])
            except InvalidExperiment as error:
                problems += [f"Contestant {index}: {problem}" for problem in error.problems]
    return overrides, experiments, problems


def _places(count: int) -> list[Any]:
    """Columns in lines that are equally long, or nearly."""
    lines = -(-count // TO_A_LINE)
    to_a_line = -(-count // lines)
    return [column for _ in range(lines) for column in st.columns(to_a_line)][:count]


def _newcomer(others: list[Override]) -> Override:
    """What one more contestant differs in: an estimator that none of the others has."""
    taken = {other["estimator"]["name"] for other in others if "estimator" in other}
    free = [name for name in ESTIMATORS if name not in taken]
    return {"estimator": Estimator.members[free[0]]().model_dump(mode="json")} if free else {}


def _editor(path: str, shared: Data, old: Override, hidden: list[str], key: str) -> Any:
    value = old.get(path, value_at(shared, path))
    name, dot, field = path.partition(".")
    if dot:
        member = SETTINGS[name].choices()[shared[name]["name"]]
        return field_editor(field, value, f"{key}.{name}.{member.name}.{field}", member, hidden)
    if name not in FAMILIES:
        return field_editor(name, value, f"{key}.{name}", Experiment)
    family = FAMILIES[name]
    full = family.model_validate(value).model_dump(mode="json")
    return part_editor(family.choices(), full, f"{key}.{name}", TITLES.get(name, name.capitalize()), hidden)
