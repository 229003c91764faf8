"""A pad of 28x28 pixels to draw on, with mouse, finger, pen or keys; strokes are soft and round as MNIST's.

The browser keeps the picture, its history and the brush by the pad's key, and sends pixels while one draws. Python's
picture is shown only where its version is another: whoever changes it counts that up.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lab.data.base import SIDE

Pixels = NDArray[np.uint8]

HERE = Path(__file__).resolve().parent
TOOLS = {
    "draw": ("brush", "Draw"),
    "erase": ("ink_eraser", "Erase"),
    "undo": ("undo", "Undo"),
    "redo": ("redo", "Redo"),
    "clear": ("delete", "Clear"),
}
"""What the buttons are called, by their classes, each with its icon."""
LABEL = f"Drawing pad of {SIDE} by {SIDE} pixels"
KEYS = (
    "With keys: arrows move, Space draws while it is held, Enter puts the pen down and lifts it, E changes to the "
    "eraser and back, Ctrl+Z undoes, Delete clears."
)


def _html() -> str:
    tools = "".join(
        f'<button type="button" class="{name}"><span class="icon" aria-hidden="true">{icon}</span>{title}</button>'
        for name, (icon, title) in TOOLS.items()
    )
    return f"""
<div class="pad" data-place="same">
  <div class="field" tabindex="0" role="application" aria-describedby="keys" aria-label="{LABEL}">
    <canvas width="{SIDE}" height="{SIDE}"></canvas>
    <span class="empty" aria-hidden="true">Draw here</span>
    <div class="cursor" hidden></div>
  </div>
  <div class="side">
    <div class="tools" role="toolbar" aria-label="Drawing tools">{tools}</div>
    <label>Brush <input class="width" type="range" min="1" max="5" step="0.5" aria-label="Width of the brush in pixels">
    </label>
    <div class="group">
      <p class="caption" id="begin">Or begin with a sample, and change it:</p>
      <div class="samples" role="group" aria-labelledby="begin"></div>
    </div>
    <p class="caption" id="keys">{KEYS}</p>
  </div>
  <div class="said" role="status" aria-live="polite"></div>
</div>
"""


_mount = st.components.v2.component(
    "lab_pad",
    html=_html(),
    css=(HERE / "pad.css").read_text(encoding="utf-8"),
    js=(HERE / "pad.js").read_text(encoding="utf-8"),
)


class Sample(NamedTuple):
    """A picture to begin with, and what it is called."""

    title: str
    pixels: Pixels


class Drawn(NamedTuple):
    """What the browser tells: a picture (28, 28), and the version of Python's picture that it grew from."""

    version: int
    pixels: Pixels


def pad(key: str, pixels: Pixels, version: int, samples: Sequence[Sample], drawn: Callable[[], None]) -> None:
    """Show the pad.

    Args:
        key: of the pad, under which `drawn_on` finds what was drawn.
        pixels: Python's picture (28, 28).
        version: another number than before where Python's picture shall replace the one on the pad.
        samples: pictures to begin with.
        drawn: is called before the page runs again, because something was drawn.
    """
    offered = [{"title": title, "pixels": encoded(picture)} for title, picture in samples]
    data = {"key": key, "version": version, "pixels": encoded(pixels), "samples": offered}
    _mount(key=key, data=data, on_drawn_change=drawn)


def drawn_on(key: str) -> Drawn | None:
    """What the browser last told of a pad; None where it told nothing that can be."""
    told: Any = (st.session_state.get(key) or {}).get("drawn")
    version, text = (told.get("version"), told.get("pixels")) if isinstance(told, dict) else (None, None)
    pixels = decoded(text) if isinstance(text, str) else None
    return Drawn(version, pixels) if isinstance(version, int) and pixels is not None else None


def encoded(pixels: Pixels) -> str:
    """A picture (28, 28) as text."""
    return base64.b64encode(pixels.astype(np.uint8).tobytes()).decode("ascii")


def decoded(text: str) -> Pixels | None:
    """The picture of such a text; None where it is of none."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return np.frombuffer(content, dtype=np.uint8).reshape(SIDE, SIDE) if len(content) == SIDE * SIDE else None
