"""A film in the page: cards at several moments of training, which the browser scrubs and plays by itself.

Everything is sent once. Python is told when a reader has come to rest at a moment, and what he picks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from lab.figures.film import Film, Instant
from lab.ui import address, in_vain
from lab.ui.live_board import Encoded, Marked, show_encoded
from lab.ui.moment import linked_moment, moment_key
from lab.ui.picked import Picked, picked_on


class Shown(NamedTuple):
    """What a reader sees of a film."""

    moment: Instant
    """At which he rests."""
    newest: bool
    """Whether that is the newest one, so that he will see those that come."""


class _Asked(NamedTuple):
    """Where the page is to go, and how often it was asked to."""

    step: int | None
    times: int


def show_film(
    key: str, film: Film, on_pick: Callable[[Picked], None] | None = None, marked: Marked | None = None
) -> Shown:
    """Show a film, or bring the one of this key up to date; what the reader rests at is said in the address.

    New moments leave him where he is, unless that is the newest.

    Args:
        key: names the film on the page. Where it shows one job, the job's id: its board looks back to the same moment.
        film: what to show. Make it once for each version: to encode it takes time.
        on_pick: called for everything that is picked, also where it was picked already.
        marked: points that stand out.
    """
    steps = [moment.step for moment in film.moments]
    _follow_link(key, steps)
    step, asked = _where(key)
    st.session_state[moment_key(key)] = step
    in_vain.say(moment_key(key), step)

    cards = [card.at(0).id for card in film.cards]

    def picked() -> None:
        pick = picked_on(_name(key), cards)
        if pick is not None and on_pick is not None:
            on_pick(pick)

    encoded = Encoded(film.version, film.encoded)
    show_encoded(_name(key), encoded, on_step=_nothing, on_pick=picked, marked=marked, asked=asked._asdict())
    place = len(steps) - 1 if step is None else max((i for i, each in enumerate(steps) if each <= step), default=0)
    address.write(**{address.MOMENT: None if step is None else str(film.moments[place].step)})
    return Shown(film.moments[place], step is None)


def rests_at(key: str, steps: list[int]) -> int | None:
    """The step that the reader of a film rests at, before the film is shown; None for the newest.

    Args:
        key: as that of the film.
        steps: of its moments.
    """
    _follow_link(key, steps)
    return _where(key)[0]


def go_to(key: str, step: int | None) -> None:
    """Let a film go to a step, or to its newest moment for None, when it is shown next."""
    times = st.session_state[_asking(key)].times if _asking(key) in st.session_state else 0
    st.session_state[_asking(key)] = _Asked(step, times + 1)
    st.session_state[moment_key(key)] = step


def _name(key: str) -> str:
    return f"{key}.film"


def _asking(key: str) -> str:
    return f"{key}.asked"


def _nothing() -> None:
    """For Streamlit, which tells nothing where nobody listens."""


def _follow_link(key: str, steps: list[int]) -> None:
    """Go where the address says, where a person asks by it."""
    linked = address.asked(_asking(key), address.MOMENT)
    if linked is None:
        return
    text = linked[address.MOMENT]
    # Where this tab has not shown the film yet, an address without a moment asks for none.
    if text is not None or _asking(key) in st.session_state:
        go_to(key, linked_moment(moment_key(key), text, steps))


def _where(key: str) -> tuple[int | None, _Asked]:
    """The step that the reader rests at, and where the page was asked to go."""
    step: int | None = st.session_state.get(moment_key(key))
    told = _told(st.session_state.get(_name(key)))
    asked: _Asked | None = st.session_state.get(_asking(key))
    if asked is None or (told is None and asked.step != step):  # the board is new, and begins where the reader was
        go_to(key, step)
        return step, st.session_state[_asking(key)]
    return (told.step if told is not None and told.times == asked.times else asked.step), asked


def _told(state: Any) -> _Asked | None:
    """What the page has said; None where it said nothing, or nothing that makes sense."""
    said = state.get("step") if state is not None else None
    step, times = (said.get("step"), said.get("times")) if isinstance(said, dict) else (None, None)
    return _Asked(step, times) if isinstance(times, int) and isinstance(step, int | None) else None
