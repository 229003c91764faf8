"""The report: one file that asks nobody for anything, escapes what people wrote, and shows what the app shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
import torch
from playwright.sync_api import BrowserContext, Page, expect

import lab
from lab.boards.board import board
from lab.boards.moment import kept_steps
from lab.experiment import Experiment
from lab.exports import View
from lab.exports.gathering import comparison, with_seeds
from lab.exports.readable import readable
from lab.exports.report import report
from lab.facts import remarks
from lab.jobs import Jobs, with_seed
from lab.jobs.shelf import rewrite
from lab.links import command
from tests.browser import new_page
from tests.job_waits import PATIENCE
from tests.pages import until
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder")

NASTY = "</script><img src=x onerror=alert(1)> & \"quoted\" 'title'"
LIMIT = 6_000_000


class Read(HTMLParser):
    """The tags of a page with their attributes, and the text within each kind of tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.tags[-1][0] if self.tags else "", []).append(data)


@pytest.fixture(scope="module")
def experiments() -> list[Experiment]:
    return [small("convnet"), small("convnet", estimator="bernoulli")]


@pytest.fixture(scope="module")
def html(experiments: list[Experiment]) -> Iterator[str]:
    threads, jobs = torch.get_num_threads(), Jobs()
    job = jobs.start(experiments, NASTY)
    assert job.wait(PATIENCE)
    yield report(comparison(jobs, {job.id: None}, address="compare?race=both"))
    jobs.stop_all()
    torch.set_num_threads(threads)


def test_it_is_one_file_of_bounded_size_that_refers_to_nothing_outside(html: str) -> None:
    assert len(html.encode()) < LIMIT
    page = Read(html)
    refer = [attributes for _, attributes in page.tags if {"src", "href", "srcset", "data", "action"} & set(attributes)]
    assert refer == []
    assert not {"link", "iframe", "img", "object", "base"} & {tag for tag, _ in page.tags}
    styles = "".join(page.texts["style"])
    assert "@import" not in styles
    assert "url(" not in styles
    (policy,) = (str(a["content"]) for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy


def test_what_people_wrote_is_text(html: str) -> None:
    page = Read(html)
    assert page.texts["h1"][0] == page.texts["title"][0] == NASTY
    boards = [text for text in page.texts["script"] if text.startswith('{"plotly"')]
    assert json.loads(boards[0])["subject"].startswith(NASTY)


def test_it_says_all_of_every_run(html: str, experiments: list[Experiment]) -> None:
    texts = Read(html).texts
    for experiment in experiments:
        assert command(experiment) in texts["pre"]
        assert experiment in [Experiment.from_json(text) for text in texts["pre"] if text.startswith("{")]
        assert {remark.text for remark in remarks(experiment)} <= set(texts["li"])
    assert "compare?race=both" in texts["pre"]
    assert f"Binary Neuron Lab {lab.__version__}, PyTorch {torch.__version__}" in texts["footer"][0]


def test_it_tells_runs_of_several_jobs_and_tasks_apart(jobs: Jobs) -> None:
    started = [jobs.start([small(name)], f"The {name}") for name in ("mlp", "autoencoder")]
    assert all(job.wait(PATIENCE) for job in started)
    found = comparison(jobs, {job.id: None for job in started})
    assert [entry.job.title for entry in found.entries] == ["The mlp", "The autoencoder"]
    assert len({entry.name for entry in found.entries}) == 2
    first, second = found.boards(found)
    assert first.subject == "The mlp step 4"
    assert {card.title for card in second.cards} - {card.title for card in first.cards} >= {"Reconstructions"}


def test_it_shows_all_seeds_what_people_say_and_the_moment_that_is_asked_for(jobs: Jobs, tmp_path: Path) -> None:
    jobs.runs_folder = tmp_path
    contestants = [small(budget=8), small(budget=8, slope=2)]
    first, other = (jobs.start(with_seed(contestants, seed), "A race") for seed in (0, 1))
    assert first.wait(PATIENCE)
    assert other.wait(PATIENCE)
    rewrite(jobs, first.id, title="Slopes & more", tags=["a <tag>"], note="First line,\nsecond line.")
    step = kept_steps(first.view().snapshots)[0]
    found = comparison(jobs, dict.fromkeys(with_seeds(jobs, first.id)), View(first.id, step))
    assert found.title == "Slopes & more"
    text = report(found)
    texts = Read(text).texts
    assert "Slopes & more" in texts["h3"]
    assert "a <tag>" in texts["li"]
    assert "First line,\nsecond line." in texts["p"]
    assert f"of run {first.id} alone as it was after step {step}" in " ".join(texts["p"])
    tables = [table for table in readable(found) if "N" in table.columns]
    assert [table.rows[0][-1] for table in tables] == [
        "⚠ 2 seeds are too few to tell. From 3 on there is an interval."
    ] * 4
    boards = [json.loads(text) for text in texts["script"] if text.startswith('{"plotly"')]
    assert [card["id"] for card in boards[0]["cards"]][:2] == ["seeds.accuracy", "seeds.loss"]
    shown = board(first.view(), 0, step).payload()["cards"][1:]  # its tables stand in place of the leader board
    assert json.loads(orjson.dumps(shown, option=orjson.OPT_SERIALIZE_NUMPY)) == boards[1]["cards"]


@pytest.fixture
def page(html: str, tmp_path: Path, browser: BrowserContext) -> Iterator[Page]:
    """The report in a browser, light."""
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    page = new_page(browser, 1200)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: problems.append(request.url) if is_outside(request.url) else None)
    page.goto(file.as_uri())
    page.wait_for_selector(f"{LOSS} .main-svg")
    yield page
    page.close()
    assert [problem for problem in problems if problem != file.as_uri()] == []


LOSS = "[data-card=loss] .lab-chart"


def is_outside(address: str) -> bool:
    return not address.startswith(("data:", "blob:"))


def saved(page: Page, card: str, format: str) -> tuple[str, bytes]:
    """Name and content of a figure's file."""
    with page.expect_download() as download:
        page.locator(f"[data-card='{card}'] button", has_text=format).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_its_figures_are_alive_and_are_saved_as_they_are_shown(page: Page) -> None:
    charts = page.locator(".lab-chart").count()
    assert page.locator(".lab-chart .main-svg:first-child").count() < charts  # those out of sight are not drawn yet
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".lab-chart .svg-container")).to_have_count(charts)
    page.evaluate(f"Plotly.relayout(document.querySelector('{LOSS}'), {{'xaxis.range': [0.31, 0.62]}})")
    page.locator(f"{LOSS} .legendtoggle").first.click()
    until(lambda: page.evaluate(f"document.querySelector('{LOSS}')._fullData[0].visible === 'legendonly'"))
    page.emulate_media(color_scheme="dark")
    until(lambda: page.evaluate("getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 23)'"))
    until(lambda: page.evaluate(f"document.querySelector('{LOSS}').layout.font.color === '#e6edf3'"))
    shown = page.evaluate(f"[...document.querySelectorAll('{LOSS} .xtick text')].map(tick => tick.textContent)")
    name, svg = saved(page, "loss", "SVG")
    assert name.startswith("loss-of-script-img-src-x-onerror-alert-1-")
    assert name.endswith("-step-4.svg")
    drawn = svg.decode()
    assert all(f">{tick}</text>" in drawn for tick in shown)
    assert drawn.count('<g class="trace scatter') == 2  # training and validation of one; the other is hidden
    assert "rgb(14, 17, 23)" in drawn
    name, png = saved(page, "loss", "PNG")
    assert name.endswith("-step-4.png")
    assert png.startswith(b"\x89PNG")
    name, svg = saved(page, "heatmaps.0", "SVG")
    count = page.locator("[data-card='heatmaps.0'] .lab-frame img").count()
    assert svg.count(b'href="data:image/png;base64,') == count > 0
    assert b">conv 1</text>" in svg
    assert saved(page, "heatmaps.0", "PNG")[1].startswith(b"\x89PNG")
