"""Which browser asks, where the lab is open to others: it keeps a secret, and is known by that."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lab.jobs.owners import Person, key_of

COOKIE = "lab-browser"
KEY = "visitor"
TOKEN = re.compile(r"[0-9a-f]{64}")

_mount = st.components.v2.component("lab_visitor", js=(Path(__file__).parent / "visitor.js").read_text("utf-8"))


def know_visitor() -> None:
    """Let a browser that is new here make its secret and tell it; nothing on a lab that is for its machine alone."""
    if open_to_others():
        _mount(key=KEY, data={"cookie": COOKIE, "known": bool(visitor())}, on_token_change=lambda: None)


def visitor() -> Person:
    """The key of the browser that this thread works for; None where it works for someone at this machine."""
    if get_script_run_ctx(suppress_warning=True) is None or not open_to_others():
        return None
    told = st.session_state.get(KEY) or {}
    token = st.context.cookies.get(COOKIE) or told.get("token") or ""
    return key_of(token) if TOKEN.fullmatch(token) else ""


def open_to_others() -> bool:
    """Whether browsers of other machines reach this server, by itself or through another one in front of it."""
    names = [st.get_option("server.address"), *st.get_option("server.allowedHosts")]
    trusted = st.get_option("server.corsAllowedOrigins") or not st.get_option("server.enableCORS")
    return bool(trusted) or not all(map(_is_this_machine, names))


def _is_this_machine(name: str | None) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
