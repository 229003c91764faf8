"""Tables of results: exact where programs read them, escaped where people's texts meet a markup language."""

from __future__ import annotations

import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lab.experiment import Experiment
from lab.exports import CURVES, RESULTS, Comparison, curves, results
from lab.exports.markup import LATEX, html_table, latex_text, markdown, one_line
from lab.exports.readable import Readable, readable
from lab.exports.tables import has_seeds, summary
from lab.links import decode
from tests.results import entry, scored

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def both() -> Comparison:
    return Comparison([entry(), entry(name='the "other", one', shape={"hidden": [8, 4]}, slope=2.5)], list)


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
    assert b",NaN\n" in CURVES["csv"].write(Comparison([scored(0, math.nan, None)], list))


def test_nothing_that_has_not_begun_is_lost() -> None:
    waiting = scored(0, 1.0, steps=0)
    assert len(curves([waiting])) == 0
    assert results([waiting]).loc[0, "steps"] == 0
    for format in [*RESULTS.values(), *CURVES.values()]:
        assert format.write(Comparison([waiting], list)) is not None


def test_means_are_over_different_seeds_with_the_error_of_the_mean() -> None:
    losses = [1.0, 2.0, 4.0]
    others = [scored(seed, loss) for seed, loss in enumerate(losses)]
    row = summary([*others, scored(3, math.nan), scored(0, 9.0, kind="another")]).iloc[0]
    assert row["seeds"] == 4
    assert row["last_validation_loss_n"] == 3
    assert row["last_validation_loss_mean"] == pytest.approx(7 / 3)
    deviation = math.sqrt(sum((loss - 7 / 3) ** 2 for loss in losses) / 2)
    assert row["last_validation_loss_standard_error"] == pytest.approx(deviation / math.sqrt(3))
    (means, _) = readable([*others, scored(3, math.nan)])
    assert means.rows[0][means.columns.index("last validation loss")] == "2.3333 ± 0.8819 (3)"


def test_seeds_that_are_not_at_their_end_or_diverged_count_in_no_mean() -> None:
    row = summary([scored(0, 1.0), scored(1, 3.0), scored(2, 50.0, end=None), scored(3, 60.0, end="diverged")]).iloc[0]
    assert (row["seeds"], row["last_validation_loss_n"], row["last_validation_loss_mean"]) == (4, 2, 2.0)


def test_the_same_experiment_again_is_no_further_seed() -> None:
    shorter, longer = scored(0, 1.0), scored(0, 2.0, steps=3)
    assert not has_seeds([longer, shorter])
    assert len(readable([longer, shorter])) == 1
    assert summary([longer, shorter]).loc[0, "last_validation_loss_mean"] == 2


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
    return Readable("", ["column"] * len(texts), [texts], [False] * len(texts))


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
    one = Comparison(comparison.entries[:1], list)
    assert Experiment.from_json(RESULTS["json"].write(one)) == trained[0]
    commands = RESULTS["command"].write(comparison).decode().splitlines()
    assert [decode(command.removeprefix("python -m lab train --link ")) for command in commands] == trained


def test_a_run_that_goes_on_from_another_is_trained_by_going_on() -> None:
    longer = entry()._replace(continues="ffff0000")
    assert longer.command == f"python -m lab resume ffff0000 --budget {longer.experiment.budget:g}"
