"""The look of every figure, in one place: colors, grids, margins, color maps. Knows nothing about what is drawn.

Nothing here depends on a light or dark page: backgrounds are transparent, grids a translucent gray. The live board
adds the page's text color and font size when it draws.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly.colors import sample_colorscale, unlabel_rgb

from lab.parts import DASHES, OKABE_ITO

Figure = dict[str, Any]  # {"data": [traces], "layout": {...}}, as plotly's JSON has it
Lookup = NDArray[np.uint8]  # (256, 3): the color of each gray value

COLORS = OKABE_ITO
LINE_STYLES = DASHES
CLEAR = "rgba(0,0,0,0)"
GRID_COLOR = "rgba(128,128,128,0.22)"
ZERO_COLOR = "rgba(128,128,128,0.55)"
FONT_SIZE = 11  # pixels; axis titles are 1.2 times as large
CHART_HEIGHT = 280  # pixels
MARGIN = {"l": 58, "r": 14, "t": 6, "b": 42, "pad": 0}  # fixed, so that nothing jumps when tick labels widen


def lookup(name: str) -> Lookup:
    """The colors (256, 3) of one of plotly's color scales, such as "Viridis" or "Cividis"."""
    colors = sample_colorscale(name, np.linspace(0, 1, 256).tolist())
    return np.array([unlabel_rgb(color) for color in colors]).round().astype(np.uint8)


VIRIDIS: Lookup = lookup("Viridis")
DIVERGING: Lookup = lookup("RdBu")[::-1]  # blue below the middle, red above
GRAY: Lookup = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def axis(title: str, **settings: Any) -> dict[str, Any]:
    """A plotly axis with its title (unit included) and the grid of the lab; `settings` override."""
    return {
        "title": {"text": title, "standoff": 8},
        "gridcolor": GRID_COLOR,
        "zerolinecolor": GRID_COLOR,
        "linecolor": ZERO_COLOR,
        "automargin": False,
        "nticks": 6,
        **settings,
    }


def layout(height: int = CHART_HEIGHT, **settings: Any) -> dict[str, Any]:
    """A plotly layout, `height` pixels high, with the legend in a row above the plot; `settings` override."""
    return {
        "height": height,
        "margin": dict(MARGIN),
        "font": {"size": FONT_SIZE},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "hovermode": "x unified",
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yref": "container",  # of the plot, whose height depends on the legend's, it would be there too late
            "yanchor": "top",
            "tracegroupgap": 0,  # every curve is a group, for what comes and goes with it
        },
        **settings,
    }


def uid(name: str) -> str:
    """An identity for the trace of that name, the same over updates; plotly makes it a CSS class, so letters only."""
    return "trace" + "".join(chr(ord("a") + byte % 16) for byte in hashlib.sha256(name.encode()).digest()[:12])
