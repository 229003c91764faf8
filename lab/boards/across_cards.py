"""What a board shows of several seeds: means with bands through training time, and differences to a reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lab.boards.across import Across, Measure
from lab.boards.curve_cards import TIME, WINDOW, classifies
from lab.figures.bands import Band, band_chart
from lab.figures.board import Card, Chart
from lab.figures.differences import Difference, difference_chart
from lab.statistics import Comparison, Width

WIDTHS: dict[Width, str] = {"deviation": "standard deviation", "error": "standard error", "interval": "95 % interval"}


class SeedsView(NamedTuple):
    """How several seeds are shown."""

    width: Width = "error"
    members: bool = False
    """Whether single seeds are drawn, too."""
    reference: int = 0
    """The contestant that the others are compared to, by its place."""


def band_cards(contestants: Sequence[Across], width: Width, members: bool) -> list[Card]:
    """Validation accuracy and loss, and training loss."""
    unit = "cross-entropy (nats)" if classifies(contestants[0].run) else "MSE, pixels in [-1, 1]"
    cards = []
    if all(classifies(contestant.run) for contestant in contestants):
        bands = [contestant.validation("accuracy", 100, width, members) for contestant in contestants]
        cards.append(_card("accuracy", "Validation accuracy", bands, "accuracy (%)", width, members, log_y=False))
    bands = [contestant.validation("loss", 1, width, members) for contestant in contestants]
    cards.append(_card("loss", "Validation loss", bands, unit, width, members, log_y=True))
    bands = [contestant.training("loss", 1, width, members) for contestant in contestants]
    said = f" Each run is a geometric mean over up to {WINDOW} steps."
    cards.append(_card("training", "Training loss", bands, unit, width, members, log_y=True, said=said))
    return cards


def difference_card(pairs: Sequence[tuple[Across, Comparison]], reference: Across, measure: Measure) -> list[Card]:
    """The differences of all others to the reference; none where there is no pair yet."""
    rows = [
        Difference(
            contestant.run.name,
            comparison.differences,
            float(comparison.spread.mean),
            float(comparison.spread.interval),
            contestant.run.color,
        )
        for contestant, comparison in pairs
        if len(comparison.differences)
    ]
    if not rows:
        return []
    unit = f", {measure.unit}" if measure.unit else ""
    chart = Chart(difference_chart(rows, f"difference{unit}"))
    better = "right" if measure.higher_is_better else "left"
    caption = (
        f"Each less {reference.run.name}. A dot is one seed, the bar their mean with its 95 % interval; "
        f"further {better} is better."
    )
    alt = "; ".join(f"{row.name}: {row.mean:.3g} ± {row.interval:.2g}" for row in rows)
    title = f"Paired differences, {measure.title}"
    return [Card(f"differences.{measure.name}", title, chart, caption, alt=alt, wide=True)]


def _card(
    id: str, title: str, bands: Sequence[Band], unit: str, width: Width, members: bool, log_y: bool, said: str = ""
) -> Card:
    chart = Chart(band_chart(bands, "epoch", unit, log_y=log_y), link=TIME)
    single = "; thin lines are single seeds" if members else ""
    numbers = sorted({int(count) for band in bands for count in band.count})
    size = f" (N = {numbers[0]}{f' to {numbers[-1]}' if len(numbers) > 1 else ''})" if numbers else ""
    caption = f"Mean over the seeds that got so far{size} ± {WIDTHS[width]}{single}.{said}"
    told = [
        (band.name, *(values[-1] for values in (band.mean, band.width, band.count))) for band in bands if len(band.x)
    ]
    alt = "; ".join(f"{name}: {mean:.4g} ± {reach:.2g} (N = {count})" for name, mean, reach, count in told)
    return Card(f"seeds.{id}", title, chart, caption, alt=f"{title} now: {alt or 'nothing yet'}")
