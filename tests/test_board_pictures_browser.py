"""Pictures of a board as the browser is given them, against what another program reads in the same file."""

from __future__ import annotations

from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext

import lab.figures
from lab.figures.board import Picture

SCRIPT = (Path(lab.figures.__file__).parent / "board_pictures.js").read_text(encoding="utf-8")
PAINT = f"""([image, palettes]) => {{
    {SCRIPT}
    const node = new Image()
    paint(node, image, palettes)
    return node.src
}}"""


@pytest.mark.parametrize("colored", [False, True], ids=["palette", "red green blue"])
def test_what_the_browser_is_given_has_the_very_colors_of_the_picture(browser: BrowserContext, colored: bool) -> None:
    random = np.random.default_rng(3)
    page = browser.new_page()
    for height, width in [(1, 1), (2, 3), (7, 5), (28, 28), (3, 130)]:
        palette = random.integers(256, size=(256, 3), dtype=np.uint8)
        values = random.integers(256, size=(height, width, 3) if colored else (height, width), dtype=np.uint8)
        picture = Picture(values.tobytes(), width, None if colored else palette.tobytes())
        name, *_ = payload = picture.payload()
        file = page.evaluate(PAINT, [payload, {name: b64encode(palette.tobytes()).decode()}])
        assert file.startswith("data:image/bmp;base64,")
        with Image.open(BytesIO(b64decode(file.partition(",")[2]))) as read:
            shown = np.asarray(read.convert("RGB"))
        np.testing.assert_array_equal(shown, values if colored else palette[values])
    page.close()
