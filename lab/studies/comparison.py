"""Ours beside theirs: what the seeds of a row come to, and whether that is what was published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from lab.boards.across import Measure
from lab.boards.wording import NOTHING, decimals, fixed
from lab.data import Dataset
from lab.facts import passes_of_a_step
from lab.statistics import FEWEST, Spread, paired_by_seed, spread
from lab.studies.base import IMAGES, WIDE, Origin, Published, Row, Trained
from lab.studies.certainty import in_errors, perhaps
from lab.studies.results import Measured, Results
from lab.studies.rivals import OverRival

Verdict = Literal["within", "better", "worse", "too few", "unpublished", "unmeasured", "diverged", "incomparable"]


class Compared(NamedTuple):
    """One figure of a row, ours and theirs."""

    row: Row
    measure: Measure
    seeds: tuple[Measured, ...]
    """All there are, those that diverged among them."""
    rivals: tuple[Measured, ...] = ()
    """The seeds of the row that it is to beat."""
    other: str = ""
    """Under which other conditions it was measured; empty where it was as the row says."""

    @property
    def published(self) -> Published | None:
        """What was published."""
        return self.row.figure(self.measure)

    @property
    def values(self) -> list[float]:
        """What each seed came to, as measured."""
        return list(_by_seed(self.seeds, self.measure).values())

    @property
    def spread(self) -> Spread:
        """Over the seeds."""
        return spread(self.values)

    @property
    def difference(self) -> float:
        """Our mean less the published figure; NaN where there are not both, or they are of other things."""
        if self.published is None or self.other:
            return math.nan
        return float(self.spread.mean) - self.published.value

    @property
    def passes(self) -> int | None:
        """Evaluations of the loss that one step of its training costs; None where nothing is trained."""
        if not isinstance(self.row, Trained):
            return None
        return passes_of_a_step(self.row.experiment(Dataset.members[IMAGES]()))

    @property
    def over_rival(self) -> OverRival | None:
        """Ours less those of the rival; None where the row has none."""
        if self.row.rival is None:
            return None
        seeds = paired_by_seed(_by_seed(self.seeds, self.measure), _by_seed(self.rivals, self.measure))
        return OverRival(self.row.rival, self.measure, seeds)

    @property
    def standard_error(self) -> float:
        """Of the difference. Theirs is one run, which is taken to be spread over seeds as ours are."""
        return float(self.spread.deviation) * math.sqrt(1 + 1 / max(len(self.values), 1))

    @property
    def beyond(self) -> float:
        """How far the difference goes beyond what the last digit of the published figure leaves open."""
        return max(0.0, abs(self.difference) - (self.published.resolution if self.published is not None else 0.0))

    @property
    def errors(self) -> float:
        """How many standard errors of the difference that is."""
        return self.beyond / self.standard_error

    @property
    def is_judged(self) -> bool:
        """Whether there are enough seeds for a verdict."""
        return len(self.values) >= FEWEST

    @property
    def verdict(self) -> Verdict:
        """Whether our figure is the published one."""
        if not self.values:
            return "diverged" if self.seeds else "unmeasured"
        if self.published is None:
            return "unpublished"
        if self.other:
            return "incomparable"
        if not self.is_judged:
            return "too few"
        if self.beyond <= WIDE * self.standard_error:
            return "within"
        return "better" if (self.difference > 0) == self.measure.higher_is_better else "worse"

    @property
    def word(self) -> str:
        """The verdict in a word or two, for a table."""
        judged = self.verdict in ("within", "better", "worse")
        far = f", {in_errors(self.errors, len(self.values))}" if judged and self.beyond and self.standard_error else ""
        words = {
            "within": "not told apart" if self.beyond else "the same",
            "too few": "too few seeds",
            "unpublished": self.over_rival.word if self.over_rival is not None else NOTHING,
            "incomparable": "not compared",
            "unmeasured": "not measured",
        }
        return words.get(self.verdict, self.verdict) + far

    @property
    def told(self) -> str:
        """The verdict as a sentence."""
        diverged = sum(each.ended == "diverged" for each in self.seeds)
        more = f" {diverged} diverged and {'counts' if diverged == 1 else 'count'} in no mean." if diverged else ""
        over = self.over_rival if self.values else None
        return self._told() + more + (f" {over.told}" if over is not None else "")

    def _told(self) -> str:
        count = len(self.values)
        if self.verdict == "unmeasured":
            return "Not measured yet."
        if self.verdict == "diverged":
            return "No seed came to its end."
        if self.verdict == "unpublished":
            return "Nothing was published to compare with."
        if self.verdict == "incomparable":
            return f"Not compared: {self.other}."
        if self.verdict == "too few":
            return f"{'1 seed is' if count == 1 else f'{count} seeds are'} too few to tell; {FEWEST} are enough."
        if self.verdict == "within" and not self.beyond:
            return "The same to the last digit."
        if self.verdict == "within":
            allowed = self._told_as(WIDE * self.standard_error)
            return f"Not told apart: {WIDE:g} standard errors of the difference are {allowed}."
        far, chance = "", ""
        if self.standard_error:
            far, chance = f", {self.errors:.1f} standard errors", perhaps(self.errors, len(self.values))
        return f"{self.verdict.capitalize()}, by {self._told_as(abs(self.difference))}{far}.{chance}"

    def _told_as(self, apart: float) -> str:
        apart *= self.measure.factor
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        return fixed(apart, max(decimals([apart / 10], self.measure.decimals), 1)) + unit


def compared(rows: Sequence[Row], results: Results | None) -> list[Compared]:
    """Every figure of some rows, in their order; a row that has changed since it was measured has none of ours."""
    return [
        Compared(row, measure, _seeds(row, results), _seeds(row.rival, results), _other_conditions(row, results))
        for row in rows
        for measure in row.measures
    ]


def _other_conditions(row: Row, results: Results | None) -> str:
    if results is None:
        return ""
    told = [] if results.dataset.name == IMAGES else [f"measured on {results.dataset.title}"]
    if isinstance(row, Trained) and results.epochs is not None:
        own = row.experiment(results.dataset)
        if (own.budget, own.budget_unit) != (results.epochs, "epochs"):
            long = f"{results.epochs:g} epoch{'' if results.epochs == 1 else 's'}"
            told.append(f"trained for {long} in place of {own.budget:g} {own.budget_unit}")
    return " and ".join(told)


def _seeds(row: Row | None, results: Results | None) -> tuple[Measured, ...]:
    if results is None or row is None:
        return ()
    return tuple(sorted(results.of_row(row), key=lambda each: each.seed))


def _by_seed(seeds: Sequence[Measured], measure: Measure) -> dict[int, float]:
    """The figure of each seed that has one."""
    return {each.seed: each.figures[measure.name] for each in seeds if measure.name in each.figures}


def sources_of(found: Sequence[Compared]) -> set[Origin]:
    """Where the figures are from that ours are compared with."""
    return {each.published.source for each in found if each.published is not None}


def of_row(found: Sequence[Compared], row: Row) -> list[Compared]:
    """The figures of one row, the one that it is judged by first."""
    return [each for each in found if each.row is row]
