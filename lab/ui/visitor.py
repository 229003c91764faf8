"""Which browser asks. One that is not surely of this machine keeps a secret, and is known by that."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lab.jobs.owners import Person, key_of

COOKIE = "lab-browser"
KEY = "visitor"
TOKEN = re.compile(r"[0-9a-f]{64}")
PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
"""What a server adds that stands in front of this one. It may change the Host to that of this machine, too."""

_mount = st.components.v2.component("lab_visitor", js=(Path(__file__).parent / "visitor.js").read_text("utf-8"))


def know_visitor() -> None:
    """Let a browser that is new here make its secret and tell it; nothing where it is one of this machine."""
    if (known := visitor()) is not None:
        _mount(key=KEY, data={"cookie": COOKIE, "known": bool(known)}, on_token_change=lambda: None)


def visitor() -> Person:
    """The key of the browser that this thread works for; None where it works for someone at this machine.

    In doubt it is a stranger, and in a thread that no browser has asked for anything it is nobody.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    if not open_to_others() and from_this_machine(headers()):
        return None
    told = st.session_state.get(KEY) or {}
    token = st.context.cookies.get(COOKIE) or told.get("token") or ""
    return key_of(token) if TOKEN.fullmatch(token) else ""


def open_to_others() -> bool:
    """Whether browsers of other machines reach this server, by itself or through another one in front of it."""
    names = [st.get_option("server.address"), *st.get_option("server.allowedHosts")]
    trusted = st.get_option("server.corsAllowedOrigins") or not st.get_option("server.enableCORS")
    return bool(trusted) or not all(map(_is_this_machine, names))


def headers() -> Mapping[str, str]:
    """What the browser said when it connected; nothing where it has gone."""
    return st.context.headers


def from_this_machine(said: Mapping[str, str]) -> bool:
    """Whether a browser runs on this machine, as far as the headers of its connection can tell.

    It says so by the names under which it knows this server, and no other server has passed its request on.
    """
    names = [urlsplit(f"//{said.get('Host', '')}"), urlsplit(said.get("Origin", ""))]
    return not any(name in said for name in PASSED_ON) and all(_is_this_machine(name.hostname) for name in names)


def _is_this_machine(name: str | None) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
