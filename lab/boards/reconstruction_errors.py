"""Errors over test images: the best and the worst, and class by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lab.boards.net_cards import lacking, maker, placed
from lab.boards.reconstruction_answers import Pair, Tested
from lab.boards.reconstruction_pictures import MSE, NOT_FINITE, finite, not_finite, originals
from lab.boards.seen import Seen, answers_there, said_instead, told_moment
from lab.boards.wording import fixed, number
from lab.figures.board import Card, Chart, Numbers, Pictures, Tile
from lab.figures.class_bars import Bars, class_bars

ENDS = ("best", "worst", "ends")
"""Kinds of cards on which a test image is picked by its number."""
TITLES = {"best": "Best rebuilt", "worst": "Worst rebuilt", "ends": "Of each class the best and the worst"}
CLASSES = "classes"
SMALL = 72
"""Side of a picture of which there are many, in pixels of the page at most."""


def error_cards(seen: Sequence[Seen[Tested | str]]) -> list[Card]:
    """The best, the worst and the classes, of each net; their places where they are not there.

    Args:
        seen: what each answered, or what is said in the place of that.
    """
    alone = len(seen) == 1
    cards = [card for each in answers_there(seen) for card in _of_net(each, alone)]
    return [*placed([*cards, *lacking(seen, alone, TITLES, ("ends",))], seen), _classes(seen)]


def _of_net(seen: Seen[Tested], alone: bool) -> list[Card]:
    found = seen.answer
    if not finite(found.errors):
        return [not_finite(seen, alone, kind, title, kind == "ends") for kind, title in TITLES.items()]
    names = seen.run.experiment.dataset.class_name
    count, mean = len(found.errors), number(float(found.errors.mean()))
    over = f"over {count} test images, whose mean error is {mean}"
    cards = [
        maker(seen, alone)(
            kind,
            TITLES[kind],
            Pictures([*_sheet(pairs, names), *_rebuilt(pairs, names)], columns=len(pairs)),
            f"The {len(pairs)} {what} errors {over}: above the test images with their numbers, below "
            "what the net gives back, with the error. Click one to look at it.",
        )
        for kind, pairs, what in (("best", found.best, "smallest"), ("worst", found.worst, "largest"))
    ]
    lines = [[best for best, _ in found.ends], [worst for _, worst in found.ends]]
    sheet = [tile for line in lines for tile in (*_sheet(line, names), *_rebuilt(line, names))]
    caption = (
        f"Two lines of the best of each class, {over}, and two of the worst: the test image with its "
        "number, and what the net gives back, with the error. Click one to look at it."
    )
    return [
        *cards,
        maker(seen, alone)("ends", TITLES["ends"], Pictures(sheet, len(lines[0]), SMALL), caption, wide=True),
    ]


def _sheet(pairs: Sequence[Pair], names: Callable[[int], str]) -> list[Tile]:
    said = [f"Look at test image {pair.image}, class {names(pair.label)}" for pair in pairs]
    numbers = [str(pair.image) for pair in pairs]
    return originals([pair.original for pair in pairs], numbers, help=said, picks=numbers)


def _rebuilt(pairs: Sequence[Pair], names: Callable[[int], str]) -> list[Tile]:
    said = [f"test image {pair.image}, class {names(pair.label)}: error {number(pair.error)}" for pair in pairs]
    return originals([pair.rebuilt for pair in pairs], [fixed(pair.error, 3) for pair in pairs], help=said)


def _classes(seen: Sequence[Seen[Tested | str]]) -> Card:
    there = answers_there(seen)
    sound = [each for each in there if finite(each.answer.errors)]
    unsound = [NOT_FINITE] if not sound and there else []
    without = " ".join([*unsound, *said_instead(seen)])
    if not sound:
        return Card(CLASSES, "Error by class", Numbers([]), without, alt=without, wide=True)
    bars = [_bars(each) for each in sound]
    of = [f" of {bar.name}" if len(bars) > 1 else "" for bar in bars]
    hardest = [f"{bar.labels[int(np.argmax(bar.means))]}{whose}" for bar, whose in zip(bars, of, strict=True)]
    easiest = [f"{bar.labels[int(np.argmin(bar.means))]}{whose}" for bar, whose in zip(bars, of, strict=True)]
    classes = list(dict.fromkeys(name for each in sound for name in each.run.experiment.dataset.classes))
    caption = (
        "Mean error of the test images of each class; the lines reach one standard deviation of its pictures up and "
        f"down. Easiest class: {', '.join(easiest)}; hardest: {', '.join(hardest)}. "
        f"{_moments(there)} {without}"
    ).strip()
    means = ((bar.name, zip(bar.labels, np.asarray(bar.means), strict=True)) for bar in bars)
    alt = "; ".join(f"{name}: {', '.join(f'{label} {mean:.3g}' for label, mean in each)}" for name, each in means)
    return Card(CLASSES, "Error by class", Chart(class_bars(bars, classes, MSE)), caption, alt=alt, wide=True)


def _moments(there: Sequence[Seen[Tested]]) -> str:
    """Of which step the answers are; whose each step is, where they differ."""
    told = list(dict.fromkeys(map(told_moment, there)))
    if len(told) == 1:
        return told[0]
    return " ".join(f"{seen.run.name}: {told_moment(seen)[0].lower()}{told_moment(seen)[1:]}" for seen in there)


def _names(seen: Seen[Tested]) -> list[str]:
    """Of the classes that there are, in the order of their numbers."""
    return [seen.run.experiment.dataset.class_name(row.label) for row in seen.answer.classes]


def _bars(seen: Seen[Tested]) -> Bars:
    rows = seen.answer.classes
    means, deviations = [row.mean for row in rows], [row.deviation for row in rows]
    return Bars(seen.run.name, seen.run.color, _names(seen), means, deviations)
