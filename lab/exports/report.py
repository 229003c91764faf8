"""A comparison as one HTML file that opens anywhere, also without a network: it asks nobody for anything.

Its figures are the boards of the app, drawn by the same scripts; its content policy lets it load nothing.
"""

from __future__ import annotations

import html
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import torch

import lab
from lab.alarms import no_bits, no_gradient
from lab.exports.comparison import Comparison
from lab.exports.entry import Entry
from lab.exports.markup import html_table
from lab.exports.readable import readable
from lab.facts import remarks
from lab.figures.board import Board
from lab.figures.drawing import PLOTLY_SOURCE, script, style
from lab.links import encode

HERE = Path(__file__).resolve().parent
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def report(comparison: Comparison) -> str:
    """The file: results, figures, and for each run its experiment, what to know of it, and how to reproduce it."""
    title = html.escape(comparison.title)
    boards = comparison.boards(comparison)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{style()}{_own('report.css')}</style></head><body>",
            f"<h1>{title}</h1>",
            f"<p class=facts>{_when(datetime.now(UTC))}</p>",
            "<h2>Results</h2>",
            *map(html_table, readable(comparison)),
            "<h2>Figures</h2>",
            f"<p class=facts>{html.escape(_moment(comparison))}</p>",
            "<noscript>The figures need JavaScript, which is off; nothing else does.</noscript>",
            *(_board(board, index, len(boards) > 1) for index, board in enumerate(boards)),
            *_said(comparison),
            "<h2>Runs</h2>",
            *map(_run, comparison.entries),
            _address(comparison.address),
            f"<footer>Made with {html.escape(versions())}.</footer>",
            f"<script>{PLOTLY_SOURCE.read_text(encoding='utf-8')}</script>",
            f'<script type="module">{script()}\n{_own("report.js")}</script>',
            "</body></html>\n",
        ]
    )


def versions() -> str:
    """Of what made the file."""
    python = f"Python {platform.python_version()}"
    return f"Binary Neuron Lab {lab.__version__}, PyTorch {torch.__version__}, {python}, {platform.platform()}"


def _own(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _board(board: Board, index: int, titled: bool) -> str:
    data = orjson.dumps({"plotly": "", **board.payload()}, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    content = data.replace("<", "\\u003c")  # so that no text in it ends the script
    place = f"board-{index}"
    title = f"<h3>{html.escape(board.subject)}</h3>" if titled else ""
    script_tag = f'<script type="application/json" id="{place}">{content}</script>'
    return f'{title}<div data-board="{place}"></div>\n{script_tag}'


def _moment(comparison: Comparison) -> str:
    """Which moment the figures show, and of what."""
    step = comparison.view.moment
    when = "as it was last looked into" if step is None else f"as it was after step {step}"
    only = f" of run {comparison.view.run} alone" if comparison.view.run and len(comparison.jobs) > 1 else ""
    return f"Pictures, heatmaps and codes show the inside of each net{only} {when}; curves and numbers are of now."


def _said(comparison: Comparison) -> Iterator[str]:
    """What people say about the jobs of whom they say something."""
    noted = [job for job in comparison.jobs if job.about.note or job.about.tags]
    if noted:
        yield "<h2>Notes</h2>"
    for job in noted:
        yield f"<h3>{html.escape(job.title)}</h3>"
        tags = "".join(f"<li>{html.escape(tag)}</li>" for tag in job.about.tags)
        yield f"<p class=facts>Run {job.id}</p>" + (f"<ul class=tags>{tags}</ul>" if tags else "")
        if job.about.note:
            yield f"<p class=note>{html.escape(job.about.note)}</p>"


def _run(entry: Entry) -> str:
    experiment, job = entry.experiment, entry.job
    alarms = no_gradient(experiment, entry.snapshot), no_bits(experiment, entry.snapshot)
    said = [("alarm", alarm) for alarm in alarms if alarm is not None]
    said += [(remark.level, remark.text) for remark in remarks(experiment)]
    finished = entry.snapshot.finished
    if finished is not None and finished.reason == "diverged":
        said.insert(0, ("alarm", finished.message))
    facts = f"Run {job.id} ({job.title}) · {entry.state} · step {entry.steps} · begun {_when(job.facts.created)}"
    return "\n".join(
        [
            f"<article><h3>{html.escape(entry.name)}</h3>",
            f"<p class=facts>{html.escape(facts)}</p>",
            "<ul>",
            *(f"<li class={level}>{html.escape(text)}</li>" for level, text in said),
            "</ul>",
            f"<p class=facts>{_way(entry)}</p>",
            f"<pre>{html.escape(entry.command)}</pre>",
            f"<details><summary>Link</summary><pre>?experiment={encode(experiment)}</pre></details>",
            f"<details><summary>Experiment</summary><pre>{html.escape(experiment.model_dump_json(indent=2))}</pre>",
            "</details></article>",
        ]
    )


def _way(entry: Entry) -> str:
    continues = entry.job.facts.continues
    if continues is None:
        return "The command that trains it from the start:"
    return f"It continues run {continues}. Where that run is kept, this goes on from its end again:"


def _address(address: str) -> str:
    if not address:
        return ""
    return f"<p class=facts>In the app, these experiments are:</p><pre>{html.escape(address)}</pre>"


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
