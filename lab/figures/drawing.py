"""What draws a board in a page, live or in a file: our scripts, their style, and the plotly.js that plotly brings.

The scripts are one JavaScript module. It exports `liveBoard({ data, parentElement, setStateValue, setTriggerValue })`,
which draws the JSON of a board or of a film, as bytes, or brings the board that is there up to date. Before that may
stand a line of JSON with its version and with what else is to be known of it at this place; then the content may be
left out, and the trigger `missing` tells that it is not there.
"""

from __future__ import annotations

from pathlib import Path

import plotly

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "board.js",
    "board_contents.js",
    "board_pictures.js",
    "board_charts.js",
    "board_picking.js",
    "board_hovering.js",
    "board_saving.js",
    "film.js",
)
STYLES = ("board.css", "film.css")
PLOTLY_SOURCE = Path(plotly.__file__).resolve().parent / "package_data" / "plotly.min.js"
PLOTLY_VERSION: str = plotly.__version__
"""Of the Python package, which changes with that of plotly.js."""


def script() -> str:
    """The module."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


def style() -> str:
    """Its style sheet, whose colors and font are Streamlit's variables, such as `--st-text-color`."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
