"""The live board in the page: charts, pictures and numbers that change in place, keeping zoom, hover and legend.

`st.plotly_chart` makes a new chart on every change; this component updates the one that is there. What draws is
in `lab.figures.drawing`, the content comes from `lab.figures.board`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lab.figures.board import Board, Card, Chart
from lab.figures.drawing import PLOTLY_SOURCE, PLOTLY_VERSION, script, style
from lab.figures.theme import Figure

HERE = Path(__file__).resolve().parent
PLOTLY_URL = f"app/static/plotly.min.js?v={PLOTLY_VERSION}"
Listener = Callable[[], None]
Marked = Mapping[str, str]
"""Of a card, by its id, the name of a point that stands out, as its trace calls it in its `ids`."""
SENT = "boards.sent"
"""Of a tab: the page that it shows, and the versions of what was sent to it."""
HEADER_BYTES = 256  # plotly.min.js names its version at its top

_mount = st.components.v2.component(
    "lab_live_board",
    css=style(),
    js=script(),
    isolate_styles=False,  # plotly puts its style sheet into the document's head, out of reach of a shadow root
)


class Encoded(NamedTuple):
    """A board or a film as the page takes it, in any number of sessions."""

    version: int | str
    """It names the content."""
    content: bytes


def live_board(key: str, board: Board) -> None:
    """Show the board, or bring the one of this key up to date. The page redraws only when its version changed."""
    show_encoded(key, encoded(board))


def encoded(board: Board) -> Encoded:
    """The board for `show_encoded`."""
    return Encoded(board.version, orjson.dumps(board.payload(), option=orjson.OPT_SERIALIZE_NUMPY))


def show_encoded(
    key: str,
    board: Encoded,
    on_step: Listener | None = None,
    on_pick: Listener | None = None,
    marked: Marked | None = None,
    **here: Any,
) -> None:
    """Show a board that is encoded already, as `live_board` does.

    Content that this tab has been sent is not sent again: that takes longer than all else, where it is large.

    Args:
        key: names it on the page; what the reader does to it is in the session's state under this name.
        board: or a film.
        on_step: called when a reader rests at a moment of a film.
        on_pick: called when he picks something.
        marked: points that stand out.
        **here: what else is to be known of it at this place, as JSON values.
    """
    with contextlib.suppress(OSError):  # a folder that cannot be written: the page says that plotly.js is missing
        ensure_plotly_js()
    sent = _sent_to_this_page()
    line = orjson.dumps({"plotly": PLOTLY_URL, "version": board.version, "marked": marked or {}, **here})
    content = b"" if sent.get(key) == board.version else board.content
    sent[key] = board.version

    def missing() -> None:
        _sent_to_this_page().pop(key, None)

    data = line + b"\n" + content
    _mount(key=key, data=data, on_step_change=on_step, on_picked_change=on_pick, on_missing_change=missing)


def _sent_to_this_page() -> dict[str, int | str]:
    """The versions of what was sent to the page that this tab shows, by their keys; another page forgets them."""
    context = get_script_run_ctx(suppress_warning=True)
    page = context.page_script_hash if context is not None else ""
    if SENT not in st.session_state or st.session_state[SENT][0] != page:
        st.session_state[SENT] = (page, {})
    versions: dict[str, int | str] = st.session_state[SENT][1]
    return versions


def single_chart(key: str, title: str, figure: Figure, alt: str) -> None:
    """Show one figure with what charts of a board have: a zoom that lasts, and files of it."""
    content = orjson.dumps([title, figure, alt], option=orjson.OPT_SERIALIZE_NUMPY)
    live_board(key, Board(hashlib.sha256(content).hexdigest(), [Card(key, title, Chart(figure), alt=alt)]))


def load_plotly_js() -> None:
    """Let the page load plotly.js while a person still reads, so that the first chart need not wait for it."""
    live_board("plotly", Board("", []))


def ensure_plotly_js(folder: Path | None = None) -> Path:
    """Put plotly.js where Streamlit serves it, unless it is there; returns the file.

    A real copy, because Streamlit refuses links that leave its static folder.

    Args:
        folder: the static folder; by default the one beside the running app's entry script.

    Raises:
        OSError: the folder cannot be written.
    """
    target = (folder or _static_folder()) / "plotly.min.js"
    if not (target.is_file() and _fingerprint(target) == _fingerprint(PLOTLY_SOURCE)):
        _copy_whole(PLOTLY_SOURCE, target)
    return target


def _static_folder() -> Path:
    context = get_script_run_ctx(suppress_warning=True)
    entry_folder = Path(context.main_script_path).parent if context else HERE.parents[1]
    return entry_folder / "static"


def _fingerprint(file: Path) -> tuple[int, bytes]:
    with file.open("rb") as stream:
        return file.stat().st_size, stream.read(HEADER_BYTES)


def _copy_whole(source: Path, target: Path) -> None:
    """Copy so that nobody ever reads half a file, also with several servers starting at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    os.close(handle)
    try:
        shutil.copyfile(source, part)
        os.chmod(part, 0o644)
        os.replace(part, target)
    except OSError:
        os.unlink(part)
        raise
