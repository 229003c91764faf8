"""Legends in a real browser: above the plot at any width, also when curves come and the names take more lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser import new_page, run_script

SCRIPT = """
import streamlit as st

from lab.figures.board import Board, Card, Chart
from lab.figures.curves import Curve, line_chart
from lab.ui.live_board import live_board

count = st.number_input("Curves", 2, 9, 2)
curves = [Curve(f"a curve of some length, number {n}", [0, 1], [n, 2 * n], "#0072B2") for n in range(count)]
live_board("board", Board(count, [Card("chart", "Chart", Chart(line_chart(curves, "x", "y", height=400)))]))
"""
PLACES = """() => {
    const node = document.querySelector(".lab-chart"), of = node.getBoundingClientRect()
    const legend = node.querySelector(".legend").getBoundingClientRect()
    return [legend.top - of.top, legend.bottom - of.top, node._fullLayout._size.t]
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_script(tmp_path_factory.mktemp("legend"), SCRIPT) as address:
        yield address


@pytest.mark.parametrize("width", [1200, 420])
def test_a_legend_lies_above_the_plot(browser: BrowserContext, app: str, width: int) -> None:
    page = new_page(browser, width)
    page.goto(app)
    for count in (2, 7):
        page.get_by_label("Curves").fill(str(count))
        page.get_by_label("Curves").press("Enter")
        expect(page.locator(".legend .traces")).to_have_count(count)
        top, bottom, plot = page.evaluate(PLACES)
        assert 0 <= top < bottom <= plot
    page.close()
