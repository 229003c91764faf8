"""Results of studies as tables, files and boards."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from lab.figures.board import Board
from lab.studies import STUDIES, Study
from lab.studies.base import Along, accuracy
from lab.studies.cards import cards
from lab.studies.comparison import compared
from lab.studies.results import Measured, Results
from lab.studies.tables import plain, readable, written
from tests.studies import MNIST, TINY, results

ALL = list(STUDIES.values())


def named(study: Study) -> str:
    return study.name


def test_what_nobody_published_is_marked_in_every_table() -> None:
    blank = Results(study="tiny", dataset=MNIST)
    for source, mark in (("a publication", ""), ("a reference run", "†")):
        row = replace(TINY.rows[0], published=(accuracy("12.34", source),))  # type: ignore[arg-type]
        study = Study(**{**vars(TINY), "rows": (row,)})
        told = {suffix: content.decode() for suffix, content in written(study, blank).items()}
        assert f"12.34{mark} |" in told["md"]
        assert ("dag" in told["tex"] or "†" in told["tex"]) == bool(mark)
        assert f",{source}," in told["csv"]
        assert ("which nobody published" in cards(study, compared(study.rows, blank))[0].caption) == bool(mark)
        assert ("not published, but of a reference run" in told["md"]) == bool(mark)
        assert json.loads(told["json"])["rows"][0]["published_by"] == source


def test_versions_are_those_that_each_figure_was_measured_with() -> None:
    first, second, third = results(TINY, "published", [0.1, 0.2, 0.3]).measured
    older = first.model_copy(update={"versions": {"torch": "1.0"}})
    newer = second.model_copy(update={"versions": {"torch": "2.0"}})
    there = Results(study="tiny", dataset=MNIST).holding(TINY, [older, newer, third])
    assert there.versions == {"torch": "1.0 and 2.0"}
    assert Results.model_validate_json(there.model_dump_json()) == there


def test_results_of_an_earlier_lab_are_read_with_their_versions() -> None:
    there = json.loads(results(TINY, "published", [0.1, 0.2, 0.3]).model_dump_json())
    for each in there["measured"]:
        del each["versions"]
    there["versions"] = {"torch": "1.0"}
    read = Results.model_validate_json(json.dumps(there))
    assert [each.versions for each in read.measured] == [{"torch": "1.0"}] * 3
    assert read.versions == {"torch": "1.0"}


def test_the_command_asks_each_row_for_the_seeds_that_it_has() -> None:
    both = [*results(TINY, "published", [0.5] * 3).measured, *results(TINY, "computed", [0.5]).measured]
    there = Results(study="tiny", dataset=MNIST).holding(TINY, both)
    again = "python -m lab reproduce tiny --rows"
    assert there.command == f"{again} published --seeds 3 && {again} computed --seeds 1 --resume"


def test_the_command_trains_each_seed_on_the_threads_that_it_had() -> None:
    def on(threads: int, measured: Measured) -> Measured:
        assert measured.experiment is not None
        other = measured.experiment.model_copy(update={"threads": threads})
        return measured.model_copy(update={"experiment": other})

    seeds = results(TINY, "published", [0.5] * 5).measured
    assert seeds[0].experiment is not None
    own = seeds[0].experiment.threads
    mixed = [on(own + 1 if each.seed in (1, 2) else own, each) for each in seeds]
    there = Results(study="tiny", dataset=MNIST).holding(TINY, mixed)
    again = "python -m lab reproduce tiny --rows published --seeds"
    assert there.command == f"{again} 1 && {again} 3 --threads {own + 1} --resume && {again} 5 --resume"


@pytest.mark.parametrize("study", [study for study in ALL if study.along is not None], ids=named)
def test_curves_are_of_rows_of_the_study_that_rise_in_their_number(study: Study) -> None:
    assert study.along is not None
    for rows in study.along.families.values():
        assert list(rows) == sorted(rows)
        assert all(study.row(name).measures[0] is study.rows[0].measures[0] for name in rows.values())


def test_a_curve_has_the_means_and_errors_of_its_rows() -> None:
    along = Along("size", "size of a net", {"one": {1: "published", 8: "ours"}, "alone": {2: "computed"}})
    study = Study(**{**vars(TINY), "along": along})
    both = [*results(study, "published", [0.1, 0.2, 0.3]).measured, *results(study, "ours", [0.5]).measured]
    card = cards(study, compared(study.rows, Results(study="tiny", dataset=MNIST).holding(study, both)))[0]
    (line,) = card.payload()["figure"]["data"]
    assert (line["name"], line["x"]) == ("one", [1, 8])
    assert line["y"] == pytest.approx([20, 50])
    assert line["error_y"]["array"] == [pytest.approx(10 / math.sqrt(3), rel=1e-4), None]
    assert "one from 20 at 1 to 50 at 8" in card.alt
    assert cards(study, compared(study.rows, None))[0].id != "along"


def test_tables_say_the_same_in_every_format() -> None:
    found = results(TINY, "published", [0.12, 0.13, 0.14])
    content = {suffix: text.decode() for suffix, text in written(TINY, found).items()}
    assert set(content) == {"md", "csv", "tex", "json"}
    assert "python -m lab reproduce tiny --rows published --seeds 3" in content["md"]
    assert "12.34" in content["md"]
    assert "13.00 ± 0.58" in content["md"]
    assert "$\\pm$" in content["tex"]
    lines = content["csv"].splitlines()
    assert len(lines) == 1 + sum(len(row.measures) for row in TINY.rows)
    assert lines[1].startswith("tiny,published,As published,test_accuracy,1.0,0.1234,a publication,0.13,")
    rows = json.loads(content["json"])["rows"]
    assert [row["row"] for row in rows] == [row.name for row in TINY.rows]
    assert rows[0] | {"published": 0.1234, "n": 3, "verdict": "within"} == rows[0]
    assert rows[0]["mean"] == pytest.approx(0.13)
    assert rows[0]["stderr"] == pytest.approx(0.01 / math.sqrt(3))
    assert [seed["run"] for seed in rows[0]["seeds"]] == ["00000000", "00000001", "00000002"]
    assert rows[1]["mean"] is rows[1]["stderr"] is None


@pytest.mark.parametrize("study", [*ALL, TINY], ids=named)
def test_a_study_without_a_figure_is_shown(study: Study) -> None:
    blank = Results(study=study.name, dataset=MNIST)
    assert Board("empty", cards(study, compared(study.rows, blank))).payload()["cards"]
    assert all(len(table.rows) <= len(study.rows) for table in readable(study, blank))
    assert {row["n"] for row in plain(study, blank)["rows"]} == {0}


def test_bars_of_a_board_are_those_of_the_verdict() -> None:
    found = compared(TINY.rows, results(TINY, "published", [0.12, 0.13, 0.14]))
    by_id = {card.id: card.payload() for card in cards(TINY, found)}
    beside, apart = by_id["test_accuracy.beside"]["figure"], by_id["test_accuracy.apart"]["figure"]
    ours = next(trace for trace in beside["data"] if trace["name"].startswith("ours"))
    assert ours["x"][0] == pytest.approx(13.0)
    assert ours["error_x"]["array"][0] == pytest.approx(100 * 0.01 / math.sqrt(3), rel=1e-4)
    (mean,) = [trace for trace in apart["data"] if "error_x" in trace]
    assert mean["x"][0] == pytest.approx(13.0 - 12.34)
    digit = 0.005  # half of the last one that was published
    assert mean["error_x"]["array"][0] == pytest.approx(digit + 2 * 1.0 * math.sqrt(4 / 3), rel=1e-4)
