"""Tables of results: exact where programs read them, escaped where people's texts meet a markup language."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lab.experiment import Experiment
from lab.exports import TABLES, Comparison, Entry
from lab.exports.markup import FORMULA, LATEX, html_table, latex, latex_text, markdown, one_line
from lab.exports.readable import Readable, readable
from lab.exports.tables import curves, results
from lab.links import decode
from tests.results import entry, renamed, scored

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


RESULTS, CURVES = TABLES["results"], TABLES["curves"]


def compared(*entries: Entry) -> Comparison:
    """A comparison without figures."""
    return Comparison(entries, lambda _: [])


def both() -> Comparison:
    return compared(entry(), entry(name='the "other", one', shape={"hidden": [8, 4]}, slope=2.5))


def test_results_are_those_of_the_runs_and_come_back_exactly() -> None:
    comparison = both()
    table = results(comparison.entries)
    first = comparison.entries[0]
    report = first.snapshot.report
    assert report is not None
    assert table.loc[0, "test_loss"] == report.test.loss
    assert table.loc[0, "test_accuracy"] == report.test.accuracy
    assert table.loc[0, "reported_step"] == report.reported_step
    assert table.loc[0, "last_validation_accuracy"] == first.snapshot.evaluations["accuracy"][-1]
    assert table.loc[0, "best_validation_loss"] == first.snapshot.evaluations["loss"].min()
    assert table["architecture.hidden"].tolist() == ["[16]", "[8, 4]"]
    assert table["slope.value"].tolist() == [1, 2.5]
    assert "optimizer.lr.value" not in table  # in which they do not differ
    csv = pd.read_csv(io.BytesIO(RESULTS["csv"].write(comparison)))
    pd.testing.assert_frame_equal(csv, table, check_dtype=False, check_exact=True)
    parquet = pd.read_parquet(io.BytesIO(RESULTS["parquet"].write(comparison)))
    pd.testing.assert_frame_equal(parquet, table, check_exact=True, check_dtype=False)


def test_curves_are_all_there_and_come_back_exactly() -> None:
    comparison = both()
    table = curves(comparison.entries)
    for contestant in comparison.entries:
        mine = table[table["contestant"] == contestant.name]
        loss = mine[mine["curve"] == "training loss"]
        np.testing.assert_array_equal(loss["value"], contestant.snapshot.steps["loss"])
        np.testing.assert_array_equal(loss["step"], contestant.snapshot.steps["step"])
        (layer, columns) = next(iter(contestant.snapshot.health.layers.items()))
        np.testing.assert_array_equal(mine[mine["curve"] == f"{layer} gradient"]["value"], columns["gradient"])
    csv = pd.read_csv(io.BytesIO(CURVES["csv"].write(comparison)))
    pd.testing.assert_frame_equal(csv, table, check_exact=True, check_dtype=False)
    parquet = pd.read_parquet(io.BytesIO(CURVES["parquet"].write(comparison)))
    pd.testing.assert_frame_equal(parquet, table, check_exact=True, check_dtype=False)


def test_a_loss_that_is_no_number_is_a_point_and_an_accuracy_that_nobody_measured_is_none() -> None:
    table = curves([scored(0, math.nan, None)])
    found = table.set_index("curve")["value"]
    assert np.isnan(found[["training loss", "validation loss"]]).all()
    assert "training accuracy" not in found
    assert "validation accuracy" not in found
    assert b",NaN\n" in CURVES["csv"].write(compared(scored(0, math.nan, None)))


def test_nothing_that_has_not_begun_is_lost() -> None:
    waiting = scored(0, 1.0, steps=0)
    assert len(curves([waiting])) == 0
    assert results([waiting]).loc[0, "steps"] == 0
    for format in (format for formats in TABLES.values() for format in formats.values()):
        assert format.write(compared(waiting)) is not None


@settings(max_examples=60)
@given(st.text(), st.sampled_from([*FORMULA, "\t", "\r", "\n", "\r\n=", " =", "a\r=", ""]))
def test_no_text_of_a_csv_file_is_a_formula_or_a_further_row(text: str, beginning: str) -> None:
    title = beginning + text
    content = RESULTS["csv"].write(compared(renamed(title)))
    assert b"\r" not in content
    (row,) = csv.DictReader(io.StringIO(content.decode()))
    assert row["title"].removeprefix("'") == one_line(title or "A run").removeprefix("'")
    assert not row["title"].startswith(FORMULA)


def test_numbers_of_a_csv_file_stay_numbers_and_parquet_has_texts_as_they_are() -> None:
    two = compared(renamed("=1+1"), scored(1, -2.5))
    table = pd.read_csv(io.BytesIO(RESULTS["csv"].write(two)))
    assert table["last_validation_loss"].tolist() == [1, -2.5]
    assert table["title"].tolist() == ["'=1+1", "A run"]
    assert pd.read_parquet(io.BytesIO(RESULTS["parquet"].write(two)))["title"].tolist() == ["=1+1", "A run"]


def test_what_all_rows_share_is_told_once_and_long_headings_are_stacked() -> None:
    (table,) = readable(compared(scored(0, 1.0), scored(0, 2.0, kind="another", id="ffff0000")))
    assert table.caption == "Results. All have title A run, state done, seed 0, steps 1, epochs 0.25, reported step 1."
    assert table.columns[:3] == ["run", "contestant", "last validation loss"]
    assert r"\shortstack[r]{last\\validation\\loss}" in latex([table])
    assert "3 & -1 & $-$1.5 \\ldots{} 2-3" in latex(
        [Readable("", [""] * 3, [["3", "-1", "-1.5 … 2-3"]], ["left", "left", "right"])]
    )
    (alone,) = readable(compared(scored(0, 1.0)))
    assert {"title", "seed", "steps"} <= set(alone.columns)


@given(st.text())
def test_latex_gives_any_text_back(text: str) -> None:
    escaped = latex_text(text)
    tokens = {token: character for character, token in LATEX.items()}
    pattern = "|".join(map(re.escape, sorted(tokens, key=len, reverse=True)))
    plain = re.sub(pattern, lambda match: tokens[match[0]], escaped.replace("-{}", "-"))
    assert plain == one_line(text)
    assert "--" not in escaped
    assert not re.search(r"(?<!\\)[&%#_]", escaped)  # what ends a cell, or begins a comment


@given(st.text(), st.text(alphabet=r"|`*_\<>[]()!~$&a; "))
def test_markdown_shows_any_text_in_its_own_cell(first: str, second: str) -> None:
    texts = [one_line(first), one_line(second)]
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown([row_of(texts)]))
    assert cells(shown) == texts


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")), min_size=1))
def test_html_shows_any_text_in_its_own_cell(texts: list[str]) -> None:
    assert cells(html_table(row_of(texts))) == texts


def row_of(texts: list[str]) -> Readable:
    return Readable("", ["column"] * len(texts), [texts], ["left"] * len(texts))


def cells(html: str) -> list[str]:
    """The texts of a table's cells."""

    class Reader(HTMLParser):
        found: list[str] = []
        inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "td":
                self.inside = True
                self.found.append("")

        def handle_endtag(self, tag: str) -> None:
            self.inside = self.inside and tag != "td"

        def handle_data(self, data: str) -> None:
            if self.inside:
                self.found[-1] += data

    reader = Reader()
    reader.found = []
    reader.feed(html)
    reader.close()
    return reader.found


def test_experiments_and_commands_bring_back_what_was_trained() -> None:
    comparison = both()
    trained = [contestant.experiment for contestant in comparison.entries]
    assert [Experiment.parse(each) for each in json.loads(RESULTS["json"].write(comparison))] == trained
    one = compared(comparison.entries[0])
    assert Experiment.from_json(RESULTS["json"].write(one)) == trained[0]
    commands = RESULTS["command"].write(comparison).decode().splitlines()
    assert [decode(command.removeprefix("python -m lab train --link ")) for command in commands] == trained


def test_a_run_that_goes_on_from_another_is_trained_by_going_on() -> None:
    longer = scored(0, 1.0, continues="ffff0000")
    assert longer.command == f"python -m lab resume ffff0000 --budget {longer.experiment.budget:g}"
