"""The cards of a board that show what is inside a net: heatmaps, filters, codes and reconstructions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lab.boards.contestants import Contestant
from lab.boards.heatmap_card import from_to
from lab.boards.net_cards import MakeCard, in_rows, maker
from lab.boards.scales import Scale, extents, shared_scale
from lab.boards.seen import Seen
from lab.data.base import SIDE
from lab.figures.board import Card, Chart, Numbers, Pictures, Tile
from lab.figures.histograms import bar_chart
from lab.figures.pictures import tiles
from lab.figures.theme import GRAY, VIRIDIS
from lab.probes import Frame
from lab.probes.compact import Array
from lab.probes.feature_maps import mean_maps

Shown = Sequence[tuple[Contestant, Frame]]
"""The runs that there is something to see of."""

BINS = np.linspace(0, 1, 21)
COUNTED_EARLIER = 128
"""Validation images over which bits are counted in frames that an earlier lab has kept."""
LARGE_TILES = 4
"""Pictures to a line where each should be easy to see."""


def inside_cards(runs: Sequence[Contestant], picture: int) -> list[Card]:
    """Everything there is to see inside the nets; in a race, the same card of each run side by side.

    All of a row are drawn on one scale, and in a race a run that has nothing to show there says so in its place.

    Args:
        runs: one run, or the contestants of a race.
        picture: which of the probed pictures the single channels are shown for, from 0.
    """
    shown = [(run, run.snapshot.frame) for run in runs if run.snapshot.frame is not None]
    cards = [card for run, frame in shown for card in _of_run(run, frame, picture, shown)]
    return cards if len(runs) == 1 else in_rows(cards, [run for run, _ in shown])


def _of_run(run: Contestant, frame: Frame, picture: int, shown: Shown) -> Iterator[Card]:
    card = maker(Seen(run, frame.step, frame.step, frame), len(shown) == 1)
    yield from _heatmaps(card, frame, picture, shown)
    if _rebuilds(frame):
        yield card(
            "rebuilt",
            "Reconstructions",
            Pictures(_pairs(frame), columns=LARGE_TILES),
            "Validation images, and below each what its code is decoded to.",
        )
    for site, rates in frame.on_rates.items():
        dead, stuck = int((rates == 0).sum()), int((rates == 1).sum())
        most = max(_counts(other.on_rates[site]).max() for _, other in shown if site in other.on_rates)
        x_title = "on-rate over the images"
        chart = bar_chart(BINS, _counts(rates), x_title, "bits", run.color, y_range=(0, 1.05 * most))
        yield card(
            f"codes {site}",
            f"Code histogram, {site}",
            Chart(chart),
            f"{len(rates)} bits over {_counted(run, frame, site)}; {dead} never on, {stuck} always on.",
        )
    yield from _filters(card, frame, shown)


def _counted(run: Contestant, frame: Frame, site: str) -> str:
    """The images over which the bits of a layer are counted."""
    if site in frame.codes:
        return f"{len(frame.codes[site].images)} test images"
    return f"{min(COUNTED_EARLIER, run.experiment.dataset.validation)} validation images"


def _filters(card: MakeCard, frame: Frame, shown: Shown) -> Iterator[Card]:
    if not len(frame.filters):
        return
    title = "First-layer weights"
    filters = frame.filters.array()
    scale = shared_scale(extents((run, np.abs(other.filters.array())) for run, other in shown if _has_filters(other)))
    if scale is None or not _has_filters(frame):
        yield card("filters", title, Numbers([]), "Some of these weights are no finite numbers any more.")
        return
    scale = scale._replace(low=-scale.high)
    sheet = tiles(filters, [""] * len(filters), scale.low, scale.high, VIRIDIS)
    kind = "units" if filters.shape[-1] == SIDE else "filters"
    caption = f"The weights of the first {len(sheet)} {kind}; ±{scale.high:.2g} is yellow and dark.{scale.cut}"
    yield card("filters", title, Pictures(sheet, columns=8), caption)


def _counts(rates: Array) -> Array:
    return np.histogram(rates, BINS)[0]


def _has_filters(frame: Frame) -> bool:
    return len(frame.filters) > 0 and bool(np.isfinite(frame.filters.array()).all())


def _heatmaps(card: MakeCard, frame: Frame, picture: int, shown: Shown) -> Iterator[Card]:
    seen = {run.id: shown_maps(other) for run, other in shown}
    own = shown_maps(frame)
    if not own:
        return
    rows, ranges, cut = picture_tiles(frame)[:LARGE_TILES], [], ""
    for layer, maps in own.items():
        scale = _scale((run, mean_maps(seen[run.id][layer])) for run, _ in shown if layer in seen[run.id])
        rows += tiles(mean_maps(maps)[:LARGE_TILES], [layer, *[""] * (LARGE_TILES - 1)], scale.low, scale.high, VIRIDIS)
        ranges.append(f"{from_to(scale.low, scale.high)} in {layer}")
        cut = cut or scale.cut
    yield card(
        "heatmaps",
        "Heatmaps",
        Pictures(rows, columns=LARGE_TILES),
        "Validation images, and the mean over all channels after the units; dark to yellow is "
        f"{', '.join(ranges)}.{cut}",
    )
    for layer, maps in own.items():
        channels = maps[picture]
        scale = _scale((run, seen[run.id][layer]) for run, _ in shown if layer in seen[run.id])
        scale = scale._replace(high=max(1.0, scale.high))
        labels = [str(channel) for channel in range(1, len(channels) + 1)]
        yield card(
            f"channels {layer}",
            f"Channels, {layer}",
            Pictures(
                tiles(channels, labels, scale.low, scale.high, VIRIDIS), LARGE_TILES if len(channels) <= 16 else 8
            ),
            f"Every channel after the units, for validation image {picture + 1}; {scale.low:.3g} dark, "
            f"{scale.high:.3g} yellow.{scale.cut}",
        )


def _scale(values: Iterable[tuple[Contestant, Array]]) -> Scale:
    """One that begins at 0, or below; from 0 to 1 where no value is finite."""
    scale = shared_scale(extents(values))
    return Scale(0.0, 1.0, ()) if scale is None else scale._replace(low=min(0.0, scale.low))


def shown_maps(frame: Frame) -> dict[str, Array]:
    """What comes out of the units behind each convolution, (pictures, channels, height, width); not of a net that
    rebuilds its input, of which the reconstructions tell more."""
    return {} if _rebuilds(frame) else {layer: maps.after.array() for layer, maps in frame.maps.items()}


def _rebuilds(frame: Frame) -> bool:
    return len(frame.reconstructions) > 0


def picture_tiles(frame: Frame) -> list[Tile]:
    """The images that the net is probed with."""
    return tiles(frame.pictures, [str(i) for i in range(1, len(frame.pictures) + 1)], 0, 255, GRAY)


def _pairs(frame: Frame) -> list[Tile]:
    """Originals and reconstructions in alternating lines."""
    originals = picture_tiles(frame)
    rebuilt = tiles(frame.reconstructions.array(), [""] * len(frame.reconstructions), -1.0, 1.0, GRAY)
    lines = range(0, len(originals), LARGE_TILES)
    return [tile for i in lines for sheet in (originals, rebuilt) for tile in sheet[i : i + LARGE_TILES]]
