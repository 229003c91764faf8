"""Where the contestants of a race stand, as a table."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from lab.boards.contestants import Contestant, contestants
from lab.boards.curve_cards import WINDOW, classifies
from lab.facts import passes_of_a_step
from lab.figures.downsample import recent_mean
from lab.jobs import JobView
from lab.ui.plain import plain

LARGE = 1e5
"""From here on a loss is told by its order alone."""
PLACE = "Place: by the last validation loss, the lowest first; who diverged comes last."


def standings(view: JobView) -> None:
    """The table, the leader on the validation images first."""
    runs = contestants(view.experiments, view.snapshots)
    rows = [_row(run) for run in runs]
    if not any(row["step"] for row in rows):
        return
    table = pd.DataFrame(rows).sort_values("validation loss", na_position="last", kind="stable")
    table = table.sort_values("state", key=lambda state: state == "diverged", kind="stable")
    table = table.dropna(axis="columns", how="all")
    table.insert(0, "place", range(1, len(table) + 1))
    for name in table.columns:
        table[name] = [_told(name, value) for value in table[name]]
    with st.container(key="standings"):
        st.table(table, hide_index=True, alt="Where the contestants stand")
    st.caption(PLACE)


def _told(column: str, value: Any) -> Any:
    """A cell as it is read; what a styled table would write costs a training run more than it gives a reader."""
    if column == "contestant":
        return plain(value)
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return "–"
    if "accuracy" in column:
        return f"{value:.2f} %"
    return f"{value:.4f}" if abs(value) < LARGE else f"{value:.3g}"


def _state(run: Contestant) -> str:
    finished = run.snapshot.finished
    return "under way" if finished is None else finished.reason


def _row(run: Contestant) -> dict[str, float | str | None]:
    steps, scores, report = run.snapshot.steps, run.snapshot.evaluations, run.snapshot.report
    row: dict[str, float | str | None] = {
        "contestant": run.name,
        "state": _state(run),
        "step": int(steps["step"][-1]) if len(steps["step"]) else 0,
        "training loss": recent_mean(steps["loss"], WINDOW),
        "validation loss": float(scores["loss"][-1]) if len(scores["loss"]) else None,
    }
    if classifies(run):
        row["validation accuracy"] = 100 * float(scores["accuracy"][-1]) if len(scores["loss"]) else None
        row["best validation accuracy"] = 100 * float(scores["accuracy"].max()) if len(scores["loss"]) else None
    if report is not None:
        row["test loss"] = report.test.loss
        if report.test.accuracy is not None:
            row["test accuracy"] = 100 * report.test.accuracy
    row["images a second"] = round(run.snapshot.images_per_second(run.experiment.batch_size))
    row["passes a step"] = passes_of_a_step(run.experiment)
    return row
