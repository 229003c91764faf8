"""What a board shows of a study: published figures and ours, and the differences that the verdicts are about."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.boards.across import Measure
from lab.figures.board import Card, Chart
from lab.figures.differences import Difference, difference_chart
from lab.figures.reproduction import OURS, Reproduced, reproduction_chart
from lab.studies.base import WIDE
from lab.studies.comparison import Compared
from lab.studies.tables import cells


def cards(found: Sequence[Compared]) -> list[Card]:
    """For each measure: ours beside theirs, and where there are both, how far they are apart."""
    by_measure: dict[Measure, list[Compared]] = {}
    for each in found:
        by_measure.setdefault(each.measure, []).append(each)
    return [card for measure, own in by_measure.items() for card in _cards(measure, own)]


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
    caption = "Open diamonds: published. Dots with bars: measured here, mean ± standard error; faint: single seeds."
    beside = Chart(reproduction_chart(rows, measure.title, log_x=log))
    shown = [Card(f"{measure.name}.beside", measure.title, beside, caption, alt=alt, row=measure.name)]
    return [*shown, *_apart(measure, [each for each in found if math.isfinite(each.difference)])]


def _apart(measure: Measure, found: Sequence[Compared]) -> list[Card]:
    """How far ours are from theirs."""
    factor = measure.factor
    rows = [
        Difference(
            each.row.name,
            [(value - each.published.value) * factor for value in each.values],
            each.difference * factor,
            WIDE * each.standard_error * factor,
            OURS,
        )
        for each in found
        if each.published is not None
    ]
    if not rows:
        return []
    unit = f", {measure.unit}" if measure.unit else ""
    better = "right" if measure.higher_is_better else "left"
    caption = (
        "Ours less theirs. A bar is 2 standard errors of the difference to either side, our spread over seeds standing "
        f"for theirs: where it covers 0, the figure is reproduced. Further {better} is better."
    )
    alt = "; ".join(f"{row.name}: {row.mean:.3g} ± {row.interval:.2g}" for row in rows)
    chart = Chart(difference_chart(rows, f"difference{unit}"))
    return [
        Card(f"{measure.name}.apart", f"{measure.title}: ours less theirs", chart, caption, alt=alt, row=measure.name)
    ]
