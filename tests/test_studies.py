"""Studies: every row trains what its table says, baselines are what they are called, verdicts are arithmetic."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lab.figures.board import Board
from lab.schedules import Progress
from lab.studies import BROKEN, STUDIES, Study, Trained
from lab.studies import baselines as base
from lab.studies.base import Along, Published, accuracy, loss
from lab.studies.cards import cards
from lab.studies.comparison import Compared, compared
from lab.studies.results import Results
from lab.studies.shown import shipped
from lab.studies.tables import plain, readable, written
from tests.studies import DIGITS, MNIST, TINY, results

ALL = list(STUDIES.values())


def named(study: Study) -> str:
    return study.name


def test_the_studies_are_those_that_were_promised() -> None:
    assert not BROKEN
    asked = {"source-003", "wizaron", "autoencoder", "binary-mlp", "latent-free"}
    assert set(STUDIES) == asked | {"best", "score-function"}
    assert len(STUDIES["source-003"].rows) == 13
    assert len(STUDIES["wizaron"].rows) == 10


@pytest.mark.parametrize("study", ALL, ids=named)
def test_every_row_has_an_experiment_that_can_be(study: Study) -> None:
    for row in study.rows:
        assert row.title
        assert row.measures
        assert all(0 < figure.value < 5 for figure in row.published)
        if row.published:
            assert row.meaning, f"{row.name} has a figure, and does not say what it measured"
        if isinstance(row, Trained):
            experiment = row.experiment(MNIST, 7)
            assert experiment.seed == 7
            assert row.is_of(experiment, MNIST)
            assert row.experiment(MNIST, 7, 0.5).budget == 0.5


def test_no_row_of_source_003_is_annealed_and_six_are_frozen() -> None:
    experiments = {row.name: row.experiment(MNIST) for row in STUDIES["source-003"].rows if isinstance(row, Trained)}
    assert {each.slope.at(Progress(0, 10, 9.0, 10)) for each in experiments.values()} == {1.0}
    frozen = {name for name, each in experiments.items() if each.estimator.zero_gradient}
    assert frozen == {f"{units}-detached-{where}" for units in ("det", "stoch") for where in ("conv1", "conv2", "both")}
    assert {(each.budget, each.evaluate_every, each.report) for each in experiments.values()} == {
        (10, 1, "best-validation")
    }


def test_slopes_of_wizaron_grow_after_every_epoch_up_to_1_64() -> None:
    slopes = {row.name: row.experiment(MNIST).slope for row in STUDIES["wizaron"].rows if isinstance(row, Trained)}
    for name, slope in slopes.items():
        last = slope.at(Progress(99, 100, 99.0, 100))
        assert last == pytest.approx(1.005**99 if name.endswith("annealed") else 1.0)


@pytest.mark.parametrize("study", ALL, ids=named)
def test_what_comes_with_the_lab_is_of_its_rows_as_they_are(study: Study) -> None:
    there = shipped(study)
    if there is None:
        return
    assert there.command.startswith(f"python -m lab reproduce {study.name}")
    rows = {row.name: row for row in study.rows}
    assert all(there.fits(rows[each.row], each) for each in there.measured)


class TestBaselines:
    def test_principal_components_are_those_of_scikit_learn(self) -> None:
        found = base.pictures(DIGITS, 3)
        for count in (1, 20):
            fitted = PCA(count).fit(found.train)
            rebuilt = fitted.inverse_transform(fitted.transform(found.test))
            assert base.pca(DIGITS, 3, count) == pytest.approx(np.square(found.test - rebuilt).mean(), rel=1e-4)
        assert base.mean_image(DIGITS, 3) == pytest.approx(np.square(found.test).mean(), rel=1e-5)
        np.testing.assert_allclose(found.train.mean(axis=0), 0, atol=1e-5)

    def test_a_rotation_is_one_and_brings_values_nearer_to_their_signs(self) -> None:
        found = base.pictures(DIGITS, 0)
        values = found.train @ found.directions[:, :8]
        turn = base.rotation(values, 0)
        np.testing.assert_allclose(turn @ turn.T, np.eye(8), atol=1e-5)

        def far(turned: np.ndarray) -> float:
            return float(np.square(base.signs(turned) - turned).sum())

        assert far(values @ turn) < far(values)

    def test_a_decoder_of_least_squares_is_better_than_any_scales_of_the_same_signs(self) -> None:
        errors = [base.itq(DIGITS, 0, bits) for bits in (4, 16)]
        assert base.mean_image(DIGITS, 0) > errors[0] > errors[1]
        assert all(error < base.sign_pca(DIGITS, 0, bits) for error, bits in zip(errors, (4, 16), strict=True))
        assert all(base.pca(DIGITS, 0, bits) < error for error, bits in zip(errors, (4, 16), strict=True))

    def test_more_components_than_pictures_have_are_no_error(self) -> None:
        assert base.pca(DIGITS, 0, 784) == pytest.approx(0, abs=1e-5)
        assert math.isfinite(base.sign_pca(DIGITS, 0, 512))


def one(row: str, values: list[float], **fields: object) -> Compared:
    found = compared(TINY.chosen([row]), results(TINY, row, values, **fields))  # type: ignore[arg-type]
    return found[0]


class TestVerdicts:
    def test_figures_are_as_they_were_printed(self) -> None:
        assert accuracy("98.79") == Published(accuracy("1").measure, 0.9879, 4)
        assert (loss(".0540").value, loss(".0540").digits, loss(".0540").resolution) == (0.054, 4, 5e-5)

    @pytest.mark.parametrize(
        ("shift", "verdict"), [(0, "within"), (1.99, "within"), (2.01, "better"), (-2.01, "worse")]
    )
    def test_it_is_two_standard_errors_of_the_difference(self, shift: float, verdict: str) -> None:
        spread = 0.01  # of -1, 0 and 1: the deviation is 1, and the error of the difference sqrt(1 + 1/3)
        # The last digit that was printed allows for a little more.
        middle = 0.1234 + math.copysign(5e-5, shift) + shift * spread * math.sqrt(1 + 1 / 3)
        found = one("published", [middle - spread, middle, middle + spread])
        assert found.verdict == verdict
        assert found.standard_error == pytest.approx(spread * math.sqrt(4 / 3))

    def test_a_figure_that_is_the_same_to_its_last_digit_is_so_however_small_the_spread(self) -> None:
        found = one("published", [0.12344, 0.12344, 0.12344])
        assert (found.verdict, found.told, found.word) == ("within", "The same to the last digit.", "the same")
        assert one("published", [0.1236, 0.1236, 0.1236]).word == "better"
        assert one("published", [0.12, 0.13, 0.14]).word == "the same, 0.6 s.e."

    @pytest.mark.parametrize("values", [[0.1234 + 4e-5 + i * 1e-6 for i in range(3)], [0.13, 0.131, 0.132], [0.12] * 3])
    def test_word_sentence_and_bar_say_the_same(self, values: list[float]) -> None:
        found = one("published", values)
        apart = {card.id: card for card in cards(TINY, results(TINY, "published", values))}["test_accuracy.apart"]
        (mean,) = [trace for trace in apart.payload()["figure"]["data"] if "error_x" in trace]
        covers_0 = abs(mean["x"][0]) <= mean["error_x"]["array"][0]
        assert covers_0 == (found.verdict == "within") == found.told.startswith("The same")
        far = [float(word.split(" s.e.")[0]) for word in found.word.split(", ")[1:]]
        assert all((errors <= 2) == covers_0 for errors in far)

    def test_a_smaller_loss_is_better(self) -> None:
        _, by_loss = compared(TINY.chosen(["published"]), results(TINY, "published", [0.1, 0.1, 0.1]))
        assert by_loss.verdict == "better"

    def test_what_cannot_be_told_is_said(self) -> None:
        nan = math.nan
        assert one("published", []).verdict == "unmeasured"
        assert one("published", [0.1234, 0.1234]).verdict == "too few"
        assert one("ours", [0.5, 0.5, 0.5]).verdict == "unpublished"
        assert one("published", [0.1, 0.2, nan, nan]).verdict == "too few"
        assert "2 diverged and count in no mean" in one("published", [0.1, 0.2, nan, nan]).told
        assert "Digits" in one("published", [0.1] * 3, dataset=DIGITS).told
        assert "trained for 2 epochs in place of 3 steps" in one("published", [0.1] * 3, epochs=2.0).told
        assert one("computed", [0.25] * 3, epochs=2.0).verdict == "within"

    @pytest.mark.parametrize(
        ("ours", "words"),
        [
            ([0.6, 0.6, 0.63], "+11.00 ± 1.00 percentage points: beaten by 11.0 standard errors, over 3 seeds"),
            ([0.5, 0.5, 0.56], "+2.00 ± 2.00 percentage points: not beaten by 2"),
            ([0.4, 0.4, 0.43], "−9.00 ± 1.00 percentage points: not beaten by 2"),
            ([0.6], "+10.00 percentage points, of 1 seed of both: too few"),
            ([], ""),
        ],
    )
    def test_a_rival_is_beaten_seed_by_seed(self, ours: list[float], words: str) -> None:
        both = [*results(TINY, "published", [0.5] * 3).measured, *results(TINY, "ours", ours).measured]
        there = Results(study="tiny", dataset=MNIST).holding(TINY, both)
        (own,) = compared(TINY.chosen(["ours"]), there)
        assert ("As published" in own.told) == bool(words)
        assert words in own.told
        told = plain(TINY, there, TINY.chosen(["ours"]))["rows"][0]
        assert told["rival"] == "published"
        assert (told["over_rival"] is None) == (not ours)
        assert told["n_over_rival"] == len(ours)
        assert told["beaten"] == (None if len(ours) < 3 else "not" not in words)

    def test_a_rival_that_is_not_measured_is_said(self) -> None:
        (own,) = compared(TINY.chosen(["ours"]), results(TINY, "ours", [0.5] * 3))
        assert "Its rival, “As published”, is not measured with these seeds yet." in own.told
        assert own.over_rival is not None
        assert own.over_rival.beaten is None

    def test_a_rival_is_a_row_of_the_study(self) -> None:
        with pytest.raises(ValueError, match="rival of ours"):
            replace(TINY, rows=TINY.rows[1:])

    def test_a_row_that_was_changed_since_has_no_figure(self) -> None:
        changed = results(TINY, "published", [0.5] * 3)
        other = results(TINY, "ours", [0.5] * 3).measured[0].experiment
        assert other is not None
        stale = changed.holding(TINY, [each.model_copy(update={"experiment": other}) for each in changed.measured])
        assert compared(TINY.chosen(["published"]), stale)[0].verdict == "unmeasured"


def test_what_nobody_published_is_marked_in_every_table() -> None:
    blank = Results(study="tiny", dataset=MNIST)
    for source, mark in (("a publication", ""), ("a reference run", "†")):
        row = replace(TINY.rows[0], published=(accuracy("12.34", source),))  # type: ignore[arg-type]
        study = Study(**{**vars(TINY), "rows": (row,)})
        told = {suffix: content.decode() for suffix, content in written(study, blank).items()}
        assert f"12.34{mark} |" in told["md"]
        assert ("not published, but of a reference run" in told["md"]) == bool(mark)
        assert json.loads(told["json"])["rows"][0]["published_by"] == source


def test_versions_are_those_that_each_figure_was_measured_with() -> None:
    first, second, third = results(TINY, "published", [0.1, 0.2, 0.3]).measured
    older = first.model_copy(update={"versions": {"torch": "1.0"}})
    newer = second.model_copy(update={"versions": {"torch": "2.0"}})
    there = Results(study="tiny", dataset=MNIST).holding(TINY, [older, newer, third])
    assert there.versions == {"torch": "1.0 and 2.0"}
    assert Results.model_validate_json(there.model_dump_json()) == there


def test_the_command_asks_each_row_for_the_seeds_that_it_has() -> None:
    both = [*results(TINY, "published", [0.5] * 3).measured, *results(TINY, "computed", [0.5]).measured]
    there = Results(study="tiny", dataset=MNIST).holding(TINY, both)
    again = "python -m lab reproduce tiny --rows"
    assert there.command == f"{again} published --seeds 3 && {again} computed --seeds 1 --resume"


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
    card = cards(study, Results(study="tiny", dataset=MNIST).holding(study, both))[0]
    (line,) = card.payload()["figure"]["data"]
    assert (line["name"], line["x"]) == ("one", [1, 8])
    assert line["y"] == pytest.approx([20, 50])
    assert line["error_y"]["array"] == [pytest.approx(10 / math.sqrt(3), rel=1e-4), None]
    assert "one from 20 at 1 to 50 at 8" in card.alt
    assert cards(study, None)[0].id != "along"


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
    assert Board("empty", cards(study, blank)).payload()["cards"]
    assert all(len(table.rows) <= len(study.rows) for table in readable(study, blank))
    assert {row["n"] for row in plain(study, blank)["rows"]} == {0}


def test_bars_of_a_board_are_those_of_the_verdict() -> None:
    by_id = {card.id: card.payload() for card in cards(TINY, results(TINY, "published", [0.12, 0.13, 0.14]))}
    beside, apart = by_id["test_accuracy.beside"]["figure"], by_id["test_accuracy.apart"]["figure"]
    ours = next(trace for trace in beside["data"] if trace["name"].startswith("ours"))
    assert ours["x"][0] == pytest.approx(13.0)
    assert ours["error_x"]["array"][0] == pytest.approx(100 * 0.01 / math.sqrt(3), rel=1e-4)
    (mean,) = [trace for trace in apart["data"] if "error_x" in trace]
    assert mean["x"][0] == pytest.approx(13.0 - 12.34)
    digit = 0.005  # half of the last one that was published
    assert mean["error_x"]["array"][0] == pytest.approx(digit + 2 * 1.0 * math.sqrt(4 / 3), rel=1e-4)
