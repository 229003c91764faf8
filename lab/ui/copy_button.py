"""A button that puts a text on the clipboard: one click, and it can be pasted."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent

_mount = st.components.v2.component(
    "lab_copy_button",
    html='<button type="button"><span class="icon">link</span><span class="label"></span></button>',
    css=(HERE / "copy_button.css").read_text(encoding="utf-8"),
    js=(HERE / "copy_button.js").read_text(encoding="utf-8"),
)


def copy_button(label: str, text: str, key: str) -> None:
    """A button of this label that copies the text, and says that it did."""
    _mount(key=key, data={"label": label, "text": text}, width="content")
