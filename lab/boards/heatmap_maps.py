"""Cards of the maps of conv layers: their means over the channels, and every channel before and after its units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.boards.contestants import Contestant
from lab.boards.heatmap_card import (
    FEW,
    LARGE,
    LARGEST,
    Choice,
    Range,
    colors_of,
    columns,
    from_to,
    rising_range,
    short,
    signed_range,
)
from lab.boards.net_cards import MakeCard, maker, placed
from lab.boards.seen import Seen
from lab.boards.unit_words import draw_words, on_words, units_words
from lab.estimators import Estimator
from lab.figures.board import Card, Numbers, Pictures
from lab.figures.pictures import tiles
from lab.figures.theme import DIVERGING, GRAY, VIRIDIS
from lab.probes.feature_maps import LayerMaps, mean_maps
from lab.probes.sight import Sight

Sides: TypeAlias = Sequence[Seen[Sight]]
MEANS = "means"
BEFORE, AFTER, CHANNEL = "before", "after", "channel"


def mean_cards(sides: Sides, picture: NDArray[np.uint8], choice: Choice) -> list[Card]:
    """The picture, and the mean over the channels of every layer after its units, as source 003 shows it."""
    return placed((_means(each, sides, picture, choice) for each in sides), sides)


def channel_cards(sides: Sides, choice: Choice) -> list[Card]:
    """The chosen channel enlarged, and all around it, before and after the units of the chosen layer."""
    return placed((card for each in sides for card in _channels(each, sides, choice)), sides)


def _means(seen: Seen[Sight], sides: Sides, picture: NDArray[np.uint8], choice: Choice) -> Card:
    sheet, ranges, note = tiles(picture[None], ["picture"], 0, 255, GRAY), [], ""
    rule = seen.run.experiment.estimator
    for maps in seen.answer.maps:
        span = _mean_range(sides, maps.name)
        mean = mean_maps(maps.after)
        sheet += tiles(
            mean, [maps.name], span.low, span.high, VIRIDIS, help=[_look_into(maps, rule)], picks=[maps.name]
        )
        ranges.append((from_to(span.low, span.high), maps.name))
        note = note or span.note
    levels = next((maps.levels for maps in seen.answer.maps if maps.levels is not None), None)
    note += "".join(_of_single(maps) for maps in seen.answer.maps if _is_single(maps))
    note += draw_words(levels, seen.run.experiment, "means are of one draw of them")
    content = Pictures(sheet, columns=len(sheet) if len(sheet) < 6 else 5, widest=LARGE, picked=choice.layer.name)
    spans = _grouped(ranges)
    caption = f"The mean over all channels after the units; dark to yellow is {spans}.{note} Click one to look into it."
    return maker(seen, len(sides) == 1)(MEANS, "Channel means", content, caption)


def _grouped(ranges: Sequence[tuple[str, str]]) -> str:
    """Which layers have which range, a range once."""
    spans = list(dict.fromkeys(span for span, _ in ranges))
    if len(spans) == 1:
        return f"{spans[0]} in all"
    named = {span: [name for other, name in ranges if other == span] for span in spans}
    return "; ".join(f"{span} in {', '.join(names)}" for span, names in named.items())


def _look_into(maps: LayerMaps, rule: Estimator) -> str:
    _, channels, height, width = maps.after.shape
    return f"{channels} channels of {height} × {width}, whose units are {units_words(maps.levels, rule)}"


def _channels(seen: Seen[Sight], sides: Sides, choice: Choice) -> Iterator[Card]:
    make, layer = maker(seen, len(sides) == 1), choice.layer.name
    maps = seen.answer.of(layer)
    titles = {BEFORE: f"Before the units, {layer}", AFTER: f"After the units, {layer}"}
    if maps is None or choice.channel >= maps.before.shape[1]:
        said = _lacking(seen, choice)
        for kind, title in {CHANNEL: f"Channel {choice.number}, {layer}", **titles}.items():
            yield make(kind, title, Numbers([]), said)
        return
    spans = {BEFORE: before_range(sides, layer), AFTER: _after_range(sides, layer)}
    rule = seen.run.experiment.estimator
    draw = draw_words(maps.levels, seen.run.experiment, "this is one draw of them")
    yield _enlarged(make, maps, choice, (spans[BEFORE], spans[AFTER]), on_words(maps.levels, rule), draw)
    shown = slice(choice.block.start, min(choice.block.stop, maps.before.shape[1]))
    numbers = [str(channel + 1) for channel in range(shown.start, shown.stop)]
    which = f"channels {numbers[0]} to {numbers[-1]} of {maps.before.shape[1]}" if len(numbers) > 1 else "its channel"
    for kind, values, colors in ((BEFORE, maps.before, DIVERGING), (AFTER, maps.after, VIRIDIS)):
        span = spans[kind]
        sheet = tiles(values[0, shown], numbers, span.low, span.high, colors, picks=numbers)
        widest = LARGE if len(sheet) <= FEW else 112
        content = Pictures(sheet, columns(len(sheet), len(sides) == 1), widest, picked=str(choice.number))
        what = "What enters the units" if kind == BEFORE else "What comes out of them"
        units = f"; the units are {units_words(maps.levels, rule)}" if kind == AFTER else ""
        caption = (
            f"{what}, {which}; {colors_of(span, kind == BEFORE)}{units}.{span.note}{draw if kind == AFTER else ''}"
        )
        yield make(kind, titles[kind], content, f"{caption} Click one to choose it.")


def _enlarged(
    make: MakeCard, maps: LayerMaps, choice: Choice, spans: tuple[Range, Range], on_where: str, draw: str
) -> Card:
    before, after = spans
    one, other = maps.before[:, choice.channel], maps.after[:, choice.channel]
    sheet = tiles(one, ["before"], before.low, before.high, DIVERGING)
    sheet += tiles(other, ["after"], after.low, after.high, VIRIDIS)
    content = Pictures(sheet, columns=2, widest=LARGEST)
    on = int((other > (0.5 if maps.levels == "0/1" else 0.0)).sum())
    positions = f"{on} of {other.size} position{'s are' if other.size > 1 else ' is'} {on_where}"
    caption = f"Before the units, {colors_of(before, True)}; after them, {colors_of(after, False)}: {positions}."
    return make(
        CHANNEL, f"Channel {choice.number}, {maps.name}", content, f"{caption}{before.note or after.note}{draw}"
    )


def _lacking(seen: Seen[Sight], choice: Choice) -> str:
    maps = seen.answer.of(choice.layer.name)
    if maps is not None:
        count = maps.before.shape[1]
        return f"{choice.layer.name} of {seen.run.name} has {count} channels: choose one of 1 to {count}."
    names = ", ".join(each.name for each in seen.answer.maps)
    return f"{seen.run.name} has no layer {choice.layer.name}: choose one of {names} to see its channels."


def before_range(sides: Sides, layer: str) -> Range:
    """One for all nets, with 0 in the middle."""
    return signed_range((seen.run, maps.before) for seen in sides if (maps := seen.answer.of(layer)) is not None)


def _after_range(sides: Sides, layer: str) -> Range:
    """One for all nets: the levels of binary units, and what the values reach."""
    return rising_range((run, _reached(maps)) for run, maps in _of_all(sides, layer))


def _mean_range(sides: Sides, layer: str) -> Range:
    """One for all nets: what the means reach, which are far from the levels of units that are seldom on.

    Of a layer with a single position the mean is one number, which says something only beside what it is the mean of.
    """
    if any(_is_single(maps) for _, maps in _of_all(sides, layer)):
        return _after_range(sides, layer)
    return rising_range((run, mean_maps(maps.after)) for run, maps in _of_all(sides, layer))


def _is_single(maps: LayerMaps) -> bool:
    """Whether a layer has one position alone, as a code has."""
    return maps.after.shape[2:] == (1, 1)


def _of_single(maps: LayerMaps) -> str:
    units, mean = maps.after.shape[1], float(maps.after.mean())
    return (
        f" {maps.name[:1].upper()}{maps.name[1:]} has a single position: its square is the mean of its {units} units, "
        f"{short(mean)}, on the scale of one of them."
    )


def _of_all(sides: Sides, layer: str) -> list[tuple[Contestant, LayerMaps]]:
    """The maps of a layer, of the nets that have it."""
    return [(seen.run, maps) for seen in sides if (maps := seen.answer.of(layer)) is not None]


def _reached(maps: LayerMaps) -> NDArray[np.float32]:
    """Its values and, where these have levels, both of them."""
    levels = {"0/1": [0, 1], "-1/+1": [-1, 1]}[maps.levels] if maps.levels is not None else []
    return np.concatenate([maps.after.ravel(), np.array(levels, dtype=np.float32)])
