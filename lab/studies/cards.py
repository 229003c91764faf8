"""What a board shows of a study: published figures and ours, and the differences that the verdicts are about."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lab.boards.across import Measure
from lab.figures.board import Card, Chart
from lab.figures.differences import Difference, difference_chart
from lab.figures.reproduction import OURS, Reproduced, reproduction_chart
from lab.figures.tradeoff import Line, tradeoff_chart
from lab.studies.base import REFERENCE, RULE, WIDE, Along, Row, Study
from lab.studies.comparison import Compared, sources_of
from lab.studies.tables import cells


def cards(study: Study, found: Sequence[Compared]) -> list[Card]:
    """For each measure: ours beside theirs, and where there are both, how far they are apart. Before them, what the
    study varies.

    Args:
        study: which it is.
        found: every figure of its rows.
    """
    by_measure: dict[Measure, list[Compared]] = {}
    for each in found:
        by_measure.setdefault(each.measure, []).append(each)
    shown = [card for measure, own in by_measure.items() for card in _cards(measure, own)]
    return [*([] if study.along is None else _along(study.along, found)), *shown]


def _along(along: Along, found: Sequence[Compared]) -> list[Card]:
    """Our figures over the number that was varied; none before two rows of a family are measured."""
    lines = lines_along(along, found)
    if not lines:
        return []
    named = {name for rows in along.families.values() for name in rows.values()}
    measure = next(each for each in found if each.row.name in named).measure
    caption = "Measured here, mean ± standard error over the seeds."
    ends = (
        f"{line.name} from {line.y[0]:.4g} at {line.x[0]:g} to {line.y[-1]:.4g} at {line.x[-1]:g}" for line in lines
    )
    chart = Chart(tradeoff_chart(lines, along.x_title, measure.title))
    return [Card("along", f"{measure.title} over {along.name}", chart, caption, alt="; ".join(ends), wide=True)]


def lines_along(along: Along, found: Sequence[Compared]) -> list[Line]:
    """Each family over the number that was varied; those of which less than two rows are measured are left out."""
    first = {each.row.name: each for each in reversed(found)}
    return [line for title, rows in along.families.items() if len((line := _line(title, rows, first)).x) > 1]


def _line(title: str, rows: Mapping[float, str], found: Mapping[str, Compared]) -> Line:
    """The rows of a family from the first to the last that is measured; NaN of those between that are not."""
    there = [place for place, name in enumerate(rows.values()) if found[name].values]
    known = list(rows.items())[there[0] : there[-1] + 1] if there else []
    spreads = [(found[name].spread, found[name].measure.factor) for _, name in known]
    means = [float(spread.mean) * factor for spread, factor in spreads]
    errors = [float(spread.error) * factor for spread, factor in spreads]
    return Line(title, [x for x, _ in known], means, errors)


def _cards(measure: Measure, found: Sequence[Compared]) -> list[Card]:
    factor, log = measure.factor, measure.factor == 1
    rows = [
        Reproduced(
            each.row.name,
            each.published.value * factor if each.published is not None else math.nan,
            [value * factor for value in each.values],
            float(each.spread.mean) * factor,
            float(each.spread.error) * factor,
        )
        for each in found
    ]
    told = zip(found, cells(found), strict=True)
    alt = "; ".join(f"{each.row.name}: published {line.published}, ours {line.ours}" for each, line in told)
    caption = (
        f"Open diamonds: {_of_whom(found)}. Dots with bars: measured here, mean ± standard error; faint: single seeds."
    )
    chart = Chart(reproduction_chart(rows, measure.title, log_x=log))
    beside = Card(f"{measure.name}.beside", measure.title, chart, caption, alt=alt, wide=True)
    apart, over = _apart(measure, found), _over_rivals(measure, found)
    return [beside, *_differences(measure, "apart", apart), *_differences(measure, "over", over)]


class _Apart(NamedTuple):
    """Differences, and what is said of them."""

    title: str
    rows: Sequence[Difference]
    unit: str
    said: str


def _apart(measure: Measure, found: Sequence[Compared]) -> _Apart:
    """How far ours are from theirs: accuracies in percentage points; losses, of very different size, in % of theirs."""
    percent = measure.factor == 1
    rows = []
    for each in found:
        if each.published is not None and math.isfinite(each.difference):
            theirs = each.published
            apart = [value - theirs.value for value in each.values]
            interval = theirs.resolution + WIDE * each.standard_error if each.is_judged else math.nan
            factor = 100 / theirs.value if percent else measure.factor
            rows.append(_difference(each.row, apart, each.difference, interval, factor))
    said = f"Ours less theirs; where a bar covers 0, they are not told apart. {RULE}"
    return _Apart("ours less theirs", rows, "% of theirs" if percent else measure.unit, said)


def _over_rivals(measure: Measure, found: Sequence[Compared]) -> _Apart:
    """How far rows are from those of ours that they are to beat, seed by seed."""
    rows = [
        _difference(each.row, over.seeds.differences, over.mean, WIDE * over.error, measure.factor)
        for each in found
        if (over := each.over_rival) is not None and over.count
    ]
    said = f"Each row less the one that it is to beat, over the seeds of both; bars: {WIDE:g} standard errors."
    return _Apart("against the rival", rows, measure.unit, said)


def _difference(row: Row, values: Iterable[float], mean: float, interval: float, factor: float) -> Difference:
    """One row of a chart of differences, in the unit that the factor leads to."""
    return Difference(row.name, [value * factor for value in values], mean * factor, interval * factor, OURS)


def _differences(measure: Measure, name: str, apart: _Apart) -> list[Card]:
    """A chart of differences; none where there are none."""
    title, rows, unit, said = apart
    if not rows:
        return []
    better = "right" if measure.higher_is_better else "left"
    alt = "; ".join(f"{row.name}: {row.mean:.3g}{_reach(row)} {unit}".rstrip() for row in rows)
    chart = Chart(difference_chart(rows, f"difference, {unit}" if unit else "difference"))
    caption = f"{said} Further {better} is better."
    return [Card(f"{measure.name}.{name}", f"{measure.title}: {title}", chart, caption, alt=alt, wide=True)]


def _reach(row: Difference) -> str:
    return f" ± {row.interval:.2g}" if math.isfinite(row.interval) else ""


def _of_whom(found: Sequence[Compared]) -> str:
    """Where the figures are from that ours are compared with."""
    sources = sources_of(found)
    if sources == {REFERENCE}:
        return "of reference runs, which nobody published"
    return "published, or of a reference run" if REFERENCE in sources else "published"
