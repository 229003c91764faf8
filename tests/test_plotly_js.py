"""The plotly.js that pages load."""

from __future__ import annotations

from pathlib import Path

import plotly

from lab.figures.drawing import PLOTLY_SOURCE
from lab.ui.live_board import PLOTLY_URL, ensure_plotly_js


def test_plotly_is_copied_once_and_replaced_when_it_differs(tmp_path: Path) -> None:
    file = ensure_plotly_js(tmp_path / "static")
    assert file.stat().st_size == PLOTLY_SOURCE.stat().st_size
    born = file.stat().st_mtime_ns
    assert ensure_plotly_js(tmp_path / "static").stat().st_mtime_ns == born
    file.write_text("old")
    assert ensure_plotly_js(tmp_path / "static").stat().st_size == PLOTLY_SOURCE.stat().st_size
    assert [entry.name for entry in file.parent.iterdir()] == ["plotly.min.js"]
    assert PLOTLY_URL.endswith(f"?v={plotly.__version__}")
