"""The address of a page: what a person asks for by it, and what the page says there for reloads and links."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

SEEN = "address"
LONGEST = 9
"""Digits of a number."""
SHOWN = 40
"""Characters of what makes no sense, where that is said."""
MOMENT = "at"
"""The parameter of every page with a run that names the step which is looked back to."""

_mount = st.components.v2.component("lab_address", js=(Path(__file__).parent / "address.js").read_text("utf-8"))


def keep_one_place() -> None:
    """Let the browser remember a visit of a page as one place, though the page says its address only at its end."""
    _mount(key="address.one_place")


def asked(what: str, *names: str) -> dict[str, str | None] | None:
    """What the address says under some names, where a person asks by it: in a new tab, and by Back and Forward.

    None in any other run: what the browser sends then may be older than what this tab has written meanwhile.

    Args:
        what: is asked for, once in a new tab.
        names: of parameters.
    """
    seen = st.session_state.setdefault(SEEN, [])
    if what in seen and not _through_history():
        return None
    st.session_state[SEEN] = list({*seen, what})
    return {name: st.query_params.get(name) for name in names}


def write(**parameters: str | None) -> None:
    """Say something in the address; None is not there. Each time is a place that Back returns to, so do it at once."""
    _say(st.query_params.to_dict() | parameters)


def write_whole(*others: str, **parameters: str | None) -> None:
    """Say all that the address of this page has: these parameters, and others where parts of the page said them.

    What another page said is gone: one that a person left before it was whole may have said it here.
    """
    there = st.query_params.to_dict()
    _say({name: there[name] for name in others if name in there} | parameters)


def whole(text: str | None) -> int | None:
    """The number that a text is, if it is one from 0 on."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > LONGEST:
        return None
    return int(text)


def quoted(text: str) -> str:
    """What the address says, to be told where it makes no sense."""
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _say(parameters: Mapping[str, str | None]) -> None:
    said = {name: value for name, value in parameters.items() if value is not None}
    if said != st.query_params.to_dict() or _through_history():
        st.query_params.from_dict(said)


def _through_history() -> bool:
    """Whether this run comes from Back or Forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation
