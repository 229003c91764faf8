"""Handing a file to the reader's browser, which saves it like any download.

`st.download_button` makes a file on demand, too, but Streamlit forgets such files at the end of the second run of any
script or fragment: beside a live page, often before the browser has come for them.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import orjson
import streamlit as st

_mount = st.components.v2.component(
    "lab_hand_over", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def hand_over(content: bytes, name: str, mime: str) -> None:
    """Let the browser save a file, once. To be called in the run that a press of a button has caused."""
    id = secrets.token_hex(8)
    _mount(key=f"file.{id}", data=orjson.dumps({"id": id, "name": name, "type": mime}) + b"\n" + content)
