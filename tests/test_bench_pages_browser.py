"""The benchmark of the pages that look inside nets: it times what a browser shows, and when."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from lab.bench import pages, stopwatch
from lab.bench.contestants import CASES
from lab.bench.pages import Length, Measured, figures, look_at
from lab.bench.stopwatch import Scrubbed, Took, at_rest, scrub, timed
from lab.bench.watching import NothingShown
from lab.data import Dataset
from lab.experiment import Experiment
from lab.presets import PRESETS
from lab.probes.frame import frame_due
from tests.browser import new_page, run_script

SCRIPT = """
import time

import numpy as np
import streamlit as st

from lab.figures.board import Card, Chart, Pictures
from lab.figures.film import Film, FilmCard, Instant
from lab.figures.histograms import bar_chart
from lab.figures.pictures import tiles
from lab.ui.film import show_film

SLOW = 0.5

def home():
    st.text("Nothing to see.")

def film():
    image = st.session_state.setdefault("image", 0)
    bit = st.session_state.setdefault("bit", "0")
    names = [str(number) for number in range(6)]
    def scene(moment):
        shades = [np.full((9, 9), 40 * int(bit) + 5 * image + moment) for _ in names]
        return Card("code", "Code", Pictures(tiles(shades, names, 0, 255, picks=names), 6))
    def chart(moment):
        return Card("bars", "Bars", Chart(bar_chart([1, 2, 3], [moment, 1, 2], "x", "y", "red", y_range=(0, 40))))
    moments = [Instant(step, 0.0) for step in range(20)]
    cards = [FilmCard([make(moment) for moment in range(20)]) for make in (scene, chart)]
    shown = Film(f"{image} {bit}", moments, cards)
    show_film("film", shown, lambda pick: st.session_state.update(bit=pick.name))

def slow():
    time.sleep(SLOW)
    if st.button("Next"):
        st.session_state["image"] += 1
    st.button("Nothing")
    typed = st.number_input("Bit, 0 to 5", 0, 5)
    if typed != st.session_state.get("typed"):
        st.session_state.update(typed=typed, bit=str(typed))
    film()

st.set_page_config(layout="wide")
made = [st.Page(home, title="Home", default=True), st.Page(slow, title="Codes", url_path="codes")]
st.navigation(made).run()
"""
SLOW, PROMPT = 0.5, 10.0
"""Seconds: what the page sleeps, and what is still no accident on a busy machine."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_script(tmp_path_factory.mktemp("bench"), SCRIPT) as address:
        yield address


@pytest.fixture
def page(browser: BrowserContext, app: str) -> Iterator[Page]:
    tab = new_page(browser, 1200)
    tab.goto(f"{app}/codes")
    tab.wait_for_selector("[data-card=bars] .main-svg")
    at_rest(tab)
    yield tab
    tab.close()


def test_a_page_is_measured_with_everything_that_is_asked(browser: BrowserContext, app: str) -> None:
    assert browser.browser
    measured = look_at(browser.browser, app, "autoencoder", "Codes", Length(2, 1, 1, 0.5))
    assert {what: len(times) for what, times in measured.times.items()} == {"first view": 2, "image": 1, "bit": 1}
    for times in measured.times.values():
        assert all(SLOW <= took.first <= took.whole < PROMPT for took in times)
    result = figures([measured])
    assert json.loads(json.dumps(result)) == result
    assert set(result["pages"][0]) == {"page", "net", "first view", "image", "bit", "scrubbing"}


def test_scrubbing_shows_moment_after_moment(page: Page) -> None:
    scrubbed = scrub(page, 2.0)
    assert scrubbed.moments > 4
    assert scrubbed.charts > 1


def test_what_changes_nothing_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopwatch, "PATIENCE", 2)
    with pytest.raises(NothingShown, match=r"the wrong button: no picture and no chart .* 2 s"):
        timed(page, page.get_by_role("button", name="Nothing").click, "the wrong button")


def test_a_page_without_a_scrubber_is_told(browser: BrowserContext, app: str) -> None:
    tab = new_page(browser, 1200)
    tab.goto(app)
    tab.get_by_text("Nothing to see").wait_for()
    with pytest.raises(NothingShown, match="no moments"):
        scrub(tab, 0.1)
    tab.close()


class TestFigures:
    def measured(self) -> dict[str, Any]:
        times = {"first view": [Took(0.5, 0.75), Took(2.0, 3.0), Took(0.25, 0.5)], "bit": [Took(0.125, 0.25)]}
        return figures([Measured("conv", "Codes", times, [Scrubbed(30, 8), Scrubbed(20, 2), Scrubbed(10, 4)])])

    def test_the_median_stands_beside_the_worst(self) -> None:
        page = self.measured()["pages"][0]
        assert page["first view"] == {"median": 0.5, "worst": 2.0, "whole": 0.75, "seconds": [0.5, 2.0, 0.25]}
        assert page["scrubbing"] == {"median": 20, "worst": 10, "charts": 4}

    def test_the_table_says_what_is_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        pages._print_table(self.measured() | {"dataset": "digits"})
        said = capsys.readouterr().out
        for word in ("500 ms", "2000 ms", "1000 ms", "125 ms", "300 ms", "20 / s", "10 / s"):
            assert word in said


@pytest.mark.parametrize("net", pages.SHOWN)
def test_a_net_has_about_as_many_moments_as_a_run_of_its_usual_length(net: str) -> None:
    dataset = Dataset.members["mnist"]()
    usual = PRESETS[CASES[net].preset].experiment(dataset)
    short = pages._experiment(net, dataset, pages.EPOCHS[net])
    assert short.budget / short.evaluate_every == pytest.approx(usual.budget / usual.evaluate_every)
    assert moments(short) > 0.7 * moments(usual)


def moments(experiment: Experiment) -> int:
    """Frames of a run on 54000 images."""
    epoch = math.ceil(54000 / experiment.batch_size)
    every = max(1, round(experiment.evaluate_every * epoch))
    return sum(frame_due(step, every) for step in range(1, round(experiment.budget * epoch) + 1))


def test_every_net_is_looked_at_on_pages_that_can_be_measured() -> None:
    assert {title for titles in pages.SHOWN.values() for title in titles} == set(pages.PAGES)
    assert set(pages.SHOWN) == set(pages.EPOCHS)
