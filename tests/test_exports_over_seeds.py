"""What is exported of several seeds: one run for each, the tables of the app, and exact ones for programs."""

from __future__ import annotations

import io
import math
from typing import Any

import pandas as pd
import pytest

from lab.boards.across_cards import SeedsView
from lab.exports import TABLES, Comparison, Entry, View
from lab.exports.gathering import _boards as boards
from lab.exports.readable import readable
from lab.exports.report import report
from tests.results import scored

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

LOSSES = [1.0, 2.0, 4.0]


def compared(*entries: Entry, **view: Any) -> Comparison:
    return Comparison(entries, boards, View(seeds=SeedsView(**view)))


def race(others: list[float]) -> list[Entry]:
    """Two contestants over three seeds."""
    of = {"A": LOSSES, "another": others}
    return [scored(seed, loss, kind=kind) for kind, losses in of.items() for seed, loss in enumerate(losses)]


def read(comparison: Comparison, table: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(TABLES[table]["csv"].write(comparison)))


def test_means_are_over_seeds_at_their_end_and_the_table_has_every_spread() -> None:
    unfinished = [scored(3, 50.0, end=None, status="under way"), scored(4, math.nan, end="diverged")]
    comparison = compared(*(scored(seed, loss) for seed, loss in enumerate(LOSSES)), *unfinished)
    row = read(comparison, "final").set_index("figure").loc["last_validation_loss"]
    assert (row["n"], row["mean"]) == (3, pytest.approx(7 / 3))
    deviation = math.sqrt(sum((loss - 7 / 3) ** 2 for loss in LOSSES) / 2)
    assert row["standard_deviation"] == pytest.approx(deviation)
    assert row["standard_error"] == pytest.approx(deviation / math.sqrt(3))
    assert row["half_interval_95"] == pytest.approx(4.302653 * deviation / math.sqrt(3))
    (final, _) = readable(comparison)
    assert final.rows[0][final.columns.index("Last validation loss")] == "2.33 ± 0.88 (N = 3)"
    assert final.rows[0][final.columns.index("Test accuracy (%)")] == "50.00 ± 0.00 (N = 3)"
    assert "diverged with 1 seed (4), which its means leave out" in final.caption


def test_differences_are_to_the_reference_that_is_shown() -> None:
    comparison = compared(*race([0.5, 1.4, 3.6]), reference=1)
    table = read(comparison, "differences").set_index("figure")
    loss = table.loc["test_loss"]
    assert (loss["n"], loss["mean_difference"]) == (3, pytest.approx(0.5))
    assert loss["interval_95_low"] < 0.5 < loss["interval_95_high"]
    assert loss["reference"] == comparison.over_seeds[0].contestants[1].run.name
    assert loss["what_it_tells"].startswith("Worse than slope 8, by ")
    texts = [table for table in readable(comparison) if "paired differences to slope 8" in table.caption]
    assert [cells[-1] for cells in texts[2].rows] == [loss["what_it_tells"]]
    (board, _) = comparison.boards(comparison)
    assert [card.id for card in board.cards][3:] == [f"differences.{figure}" for figure in table.index]


def test_the_same_experiment_again_is_no_further_seed_and_is_told() -> None:
    older, newer = scored(0, 1.0, id="00000000"), scored(0, 2.0, id="11111111")
    assert readable(compared(newer, older))[0].caption.startswith("Results.")
    comparison = compared(older, newer, scored(1, 6.0), scored(2, 0.0, continues="ffff0000"))
    final, _ = readable(comparison)
    assert "Run 00000000 (seed 0) has the experiment and the seed of run 11111111, which counts." in final.caption
    assert "(seed 2) was trained on after its end" in final.caption
    assert read(comparison, "final").set_index("figure").loc["test_loss", "mean"] == 4


def test_programs_get_the_same_figures_in_the_same_units_from_every_table() -> None:
    comparison = compared(*(scored(seed, 1.0, accuracy) for seed, accuracy in enumerate((0.1, 0.2, 0.6))))
    single, final = read(comparison, "results"), read(comparison, "final").set_index("figure")
    for figure in final.index:
        assert final.loc[figure, "mean"] == pytest.approx(single[figure].mean(), rel=1e-15)


def test_those_that_see_other_batches_have_no_paired_differences() -> None:
    strangers = [scored(seed, 1.0 + seed, kind="another", batch_size=8) for seed in (0, 1)]
    comparison = compared(scored(0, 1.0), scored(1, 2.0), *strangers)
    assert read(comparison, "differences").empty
    assert "no paired differences. Contestants differ in batch_size (16 and 8)" in readable(comparison)[0].caption


def test_seeds_that_have_not_begun_are_reported() -> None:
    waiting = compared(*(scored(seed, 1.0, steps=0, end=None, status="under way") for seed in (0, 1)))
    assert "Final figures" in report(waiting)
    assert set(readable(waiting)[0].rows[0][1:]) == {"–"}


def test_it_is_called_by_what_differs_and_how_many_seeds_there_are() -> None:
    entries = [entry._replace(job=entry.job._replace(facts=told(entry))) for entry in race(LOSSES)]
    assert compared(*entries).title.startswith("slope 2 vs slope 8 · Multilayer perceptron")
    assert compared(*entries).title.endswith(", 3 seeds")


def told(entry: Entry) -> Any:
    return entry.job.facts.model_copy(update={"title": f"seed {entry.experiment.seed}"})
