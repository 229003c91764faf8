"""Files that are saved from a board in a real browser: what they are called, and what other programs read in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from lab import figures

NAMES = """([code, message]) => {
    const fileName = new Function(`${code}; return fileName`)()
    return message.cards.map(card => fileName({ message }, { card }))
}"""


@pytest.mark.parametrize(
    ("nets", "subject"),
    [
        (["Imaginary, layers 1, 2", "layers 1, 2, 3"], "the picture" + " so long" * 9),
        (["slope -0.5", "slope 0.5"], "test image 1"),
        (["slope -0.5" * 20, "slope 0.5" * 20], "the picture" + " so long" * 20),
    ],
    ids=["too long", "a sign apart", "both"],
)
def test_no_file_of_a_card_takes_the_place_of_that_of_another_net(
    browser: BrowserContext, nets: list[str], subject: str
) -> None:
    code = (Path(figures.__file__).parent / "board_saving.js").read_text("utf-8")
    cards = [{"id": f"filters.{place}", "title": f"Filters · {net}"} for place, net in enumerate(nets)]
    cards.append({"id": "other.0", "title": "Maps"})
    page = browser.new_page()
    one, other, alone = page.evaluate(NAMES, [code, {"cards": cards, "subject": f"{subject}, run 2 beside run 3"}])
    page.close()
    assert one.startswith("filters-")
    assert one.endswith("-run-2-beside-run-3-net-1-of-2")
    assert other.endswith("-run-2-beside-run-3-net-2-of-2")
    assert alone.endswith("-run-2-beside-run-3")
    assert max(map(len, (one, other, alone))) <= 120
