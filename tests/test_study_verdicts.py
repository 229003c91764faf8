"""Verdicts of studies: arithmetic on seeds, and the same in word, sentence, bar and table."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lab.boards.wording import NOTHING
from lab.studies import Study
from lab.studies.base import Published, accuracy, loss
from lab.studies.cards import cards
from lab.studies.comparison import Compared, compared
from lab.studies.results import Measured, Results
from lab.studies.tables import plain
from tests.studies import DIGITS, MNIST, TINY, results


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
        assert one("published", [0.12, 0.13, 0.14]).word == "not told apart, 0.6 s.e."

    @pytest.mark.parametrize(
        "values",
        [[0.1234 + 4e-5 + i * 1e-6 for i in range(3)], [0.13, 0.131, 0.132], [0.12] * 3, [0.1234], [0.12, 0.13]],
    )
    def test_word_sentence_and_bar_say_the_same(self, values: list[float]) -> None:
        found = one("published", values)
        all_found = compared(TINY.rows, results(TINY, "published", values))
        apart = {card.id: card for card in cards(TINY, all_found)}["test_accuracy.apart"]
        means = [trace for trace in apart.payload()["figure"]["data"] if "error_x" in trace]
        if len(values) < 3:
            assert found.verdict == "too few"
            assert not means, "there is no bar where there is no verdict"
            assert "nan" not in apart.alt
            return
        (mean,) = means
        covers_0 = abs(mean["x"][0]) <= mean["error_x"]["array"][0]
        assert covers_0 == (found.verdict == "within") == found.told.startswith(("The same", "Not told apart"))
        far = [float(word.split(" s.e.")[0]) for word in found.word.split(", ")[1:]]
        assert all((errors <= 2) == covers_0 for errors in far)

    def test_what_few_seeds_cannot_be_sure_of_is_said(self) -> None:
        for count, sure in ((3, False), (30, True)):
            values = [0.1234 + 0.01 * (1.5 + (place % 3 - 1) * 0.42) for place in range(count)]
            found = one("published", values)
            assert found.verdict == "better"
            assert 2 < found.errors < 4.3
            assert ("chance" in found.told) == ("(t: " in found.word) == (not sure)
        assert "(t: 4.3)" in one("published", [0.1234 + 0.01 * (1.5 + place * 0.42) for place in (-1, 0, 1)]).word

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
            ([0.6, 0.6, 0.63], "+11.00 ± 1.00 percentage points: better by 11.0 standard errors, over 3 seeds"),
            ([0.5, 0.5, 0.56], "+2.00 ± 2.00 percentage points: not told apart by 2"),
            ([0.4, 0.4, 0.43], "−9.00 ± 1.00 percentage points: worse by 9.0"),
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
        charts = {card.id: card for card in cards(TINY, compared(TINY.rows, there))}
        assert ("test_accuracy.over" in charts) == bool(ours)
        if ours:
            drawn = charts["test_accuracy.over"].payload()["figure"]["data"][0]["x"]
            assert drawn == pytest.approx([100 * (each - 0.5) for each in ours])
        told = plain(TINY, there, TINY.chosen(["ours"]))["rows"][0]
        assert told["rival"] == "published"
        assert (told["over_rival"] is None) == (not ours)
        assert told["n_over_rival"] == len(ours)
        assert told["beaten"] == (None if len(ours) < 3 else "better" in words)
        ended = {"better": "beats its rival", "worse": "behind its rival", "not told": "level with its rival"}
        if words:
            assert own.word.startswith(next((word for end, word in ended.items() if end in words), NOTHING))

    def test_a_rival_that_is_not_measured_is_said(self) -> None:
        (own,) = compared(TINY.chosen(["ours"]), results(TINY, "ours", [0.5] * 3))
        assert "Its rival, “As published”, has no figure of these seeds." in own.told
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


def test_seeds_that_all_diverged_are_said_to_have() -> None:
    found = one("published", [math.nan] * 3)
    assert (found.verdict, found.word) == ("diverged", "diverged")
    assert found.told == "No seed came to its end. 3 diverged and count in no mean."


def test_a_small_difference_to_a_rival_has_the_digits_that_it_needs() -> None:
    rival = replace(TINY.row("computed"), name="rival")
    own = replace(TINY.row("computed"), rival=rival)
    study = Study(**{**vars(TINY), "rows": (rival, own), "along": None})
    both = [
        Measured(row=name, seed=seed, figures={"test_mse": value + seed / 1000})
        for name, value in (("rival", 0.02518), ("computed", 0.02514))
        for seed in range(3)
    ]
    _, found = compared(study.rows, Results(study="tiny", dataset=MNIST).holding(study, both))
    assert "−0.00004 ± 0.00000" in found.told
