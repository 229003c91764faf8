"""The address of the Runs page: which rows it asks for, in which order and groups, and which of them are ticked."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from lab.estimators import Estimator
from lab.ui import address, archive, state
from lab.ui.shelf.filters import ESTIMATORS, ORDER, ORDERS, PINNED, SEARCH, STATES, TAGS
from lab.ui.shelf.groups import GROUP, GROUPS
from lab.ui.shelf.rows import DIVERGED, STANDINGS, Row
from lab.ui.shelf.table import TICKED, tick

SEPARATOR = "\n"
"""Between several values; people's words have no line breaks."""
YES = "yes"
LONGEST, MOST = 200, 500
"""Characters of a value, and values of a parameter: browsers take addresses of some ten thousand characters."""


def follow_address(rows: Iterable[Row]) -> None:
    """Ask for what the address asks for; what it leaves out is as at first."""
    linked = address.asked("runs", "search", "state", "estimator", "tag", "pinned", "order", "group", "ticked")
    if linked is None:
        return
    search, states, estimators, tags, pinned, order, group, ticked = map(_values, linked.values())
    problems: list[str] = []
    if (linked["ticked"] or "").count(SEPARATOR) >= MOST:
        problems.append(f"The address ticks more than {MOST} runs; the first {MOST} of them are ticked.")

    def known(what: str, values: list[str], there: Iterable[str], told: bool = True) -> list[str]:
        allowed = f"allowed is {', '.join(there)}" if told else "this lab has none of that name"
        problems.extend(
            f"The address asks for the {what} {address.quoted(value)}; {allowed}."
            for value in values
            if value not in there
        )
        return [value for value in values if value in there]

    st.session_state[SEARCH] = " ".join(search)
    st.session_state[STATES] = known("state", states, [*STANDINGS.values(), DIVERGED])
    titles = [member.title for member in Estimator.members.values()]
    st.session_state[ESTIMATORS] = known("estimator", estimators, titles, told=False)
    st.session_state[TAGS] = tags
    st.session_state[PINNED] = bool(known("choice of pinned runs", pinned, [YES]))
    st.session_state[ORDER] = next(iter(known("order", order, ORDERS)), next(iter(ORDERS)))
    st.session_state[GROUP] = next(iter(known("group", group, GROUPS)), None)
    there = [row.id for row in rows]
    tick([id for id in ticked if id in there])
    problems += [
        f"The address asks for run {address.quoted(id)}. {archive.whereabouts(id.partition('-')[0])}"
        for id in ticked
        if id not in there
    ]
    st.session_state[state.PROBLEMS] = problems


def write_address() -> None:
    """Say what is asked for, for reloads and for links; what is as at first is left out."""
    said, order = st.session_state, st.session_state[ORDER]
    address.write_whole(
        search=said[SEARCH][:LONGEST] or None,
        state=_text(said[STATES]),
        estimator=_text(said[ESTIMATORS]),
        tag=_text(said[TAGS]),
        pinned=YES if said[PINNED] else None,
        order=order if order != next(iter(ORDERS)) else None,
        group=said[GROUP],
        ticked=_text(said.get(TICKED, [])),
    )


def _values(text: str | None) -> list[str]:
    return [value[:LONGEST] for value in (text or "").split(SEPARATOR)[:MOST] if value]


def _text(values: Iterable[str]) -> str | None:
    return SEPARATOR.join(values) or None
