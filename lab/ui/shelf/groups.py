"""Runs put together: by what they are made of, by what was said of them, or as repetitions with other seeds."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from lab.boards.across_cards import WIDTHS
from lab.boards.across_tables import told
from lab.boards.contestants import labels
from lab.boards.wording import factor_of, with_unit
from lab.jobs import with_seed
from lab.jobs.repetitions import claim_of, one_for_each_seed
from lab.statistics import Spread, Width, spread
from lab.ui.plain import plain
from lab.ui.shelf.folds import unfolded
from lab.ui.shelf.rows import STANDINGS, Row
from lab.ui.shelf.table import table

GROUP = "runs.group"
"""Where the session keeps what is asked for."""
SEEDS = "Experiment but for the seed"
GROUPS: dict[str, Callable[[Row], Sequence[str]]] = {
    SEEDS: lambda row: [repetition_of(row)],
    "Architecture": lambda row: [row.experiment.architecture.title],
    "Estimator": lambda row: [row.experiment.estimator.title],
    "Images": lambda row: [row.experiment.dataset.title],
    "State": lambda row: [STANDINGS[row.job.standing]],
    "Tag": lambda row: row.job.about.tags or ["Without a tag"],
    "Day": lambda row: [f"{row.job.facts.created.astimezone():%Y-%m-%d}"],
}
"""The groups that a row belongs to, by what they are told apart by."""
ON_A_PAGE = 20
"""Groups."""
FEW = 3
"""So many groups are open from the start."""
WIDTH: Width = "error"
"""What a mean is told with."""


def grouped(rows: Iterable[Row], by: str) -> dict[str, list[Row]]:
    """The rows by group, in the order of their first rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        for name in GROUPS[by](row):
            groups.setdefault(name, []).append(row)
    return groups


def over_seeds(rows: Iterable[Row]) -> Spread:
    """The result on the test images over repetitions of one experiment, those at their end; accuracies in percent."""
    by_seed = one_for_each_seed(rows, lambda row: row.experiment.seed, lambda row: claim_of(row.job))
    done = [row.contestant for row in by_seed.values() if row.contestant.ended == "done"]
    return spread([math.nan if one.test is None else one.test * factor_of(one.metric) for one in done])


def chosen_group() -> str | None:
    """By what the rows are put together; None where they are not."""
    return st.selectbox(
        *("Group by", list(GROUPS)),
        index=None,
        key=GROUP,
        persist_state="session",
        placeholder="Nothing",
        width=240,
    )


def tables(rows: list[Row], by: str, there: list[Row]) -> dict[str, bool]:
    """A table for each group that is open.

    Args:
        rows: what to show.
        by: what groups are told apart by.
        there: all rows there are: means are over those of the group, whatever is shown of it.

    Returns:
        Of the rows that are drawn, by id, whether each is ticked.
    """
    groups, whole = list(grouped(rows, by).items()), grouped(there, by)
    place = st.container()
    pages = -(-len(groups) // ON_A_PAGE)
    page = st.pagination(pages, key=f"shelf.groups.{by}") if pages > 1 else 1
    shown = groups[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    titles = _titles([group for _, group in shown]) if by == SEEDS else [name for name, _ in shown]
    ticked: dict[str, bool] = {}
    with place:
        for (name, group), title in zip(shown, titles, strict=True):
            said = f"**{plain(title)}** · {_told(len(group), whole[name], by)}"
            with unfolded(said, f"{by}.{name}", len(groups) <= FEW) as opened:
                if opened.open:
                    drawn = table(group, f"{by}.{name}")
                    ticked |= {id: mark or ticked.get(id, False) for id, mark in drawn.items()}
    return ticked


def repetition_of(row: Row) -> str:
    """What names the experiment of a row whatever its seed."""
    return hashlib.sha256(row.experiment.model_dump_json(exclude={"seed"}).encode()).hexdigest()[:12]


def _titles(groups: list[list[Row]]) -> list[str]:
    """What to call experiments that differ in more than the seed."""
    firsts = [group[0].experiment for group in groups]
    names = labels(with_seed(firsts, 0))
    parts = [(first.architecture.title, first.dataset.title) for first in firsts]
    return [
        " · ".join([name, *(part for part in told if part not in name)])
        for name, told in zip(names, parts, strict=True)
    ]


def _told(shown: int, whole: list[Row], by: str) -> str:
    """How many runs of a group are shown, and what all of them come to."""
    part = "" if shown == len(whole) else f"{shown} of "
    count = f"{part}{len(whole)} run{'s' if len(whole) > 1 else ''}{' shown' if part else ''}"
    found = over_seeds(whole)
    if by != SEEDS or not found.size:
        return count
    figure = with_unit(whole[0].contestant.metric)
    (mean,) = told([found], WIDTH)
    return f"{count} · test {figure}{' of all' if part else ''}, mean ± {WIDTHS[WIDTH]}: {mean}"
