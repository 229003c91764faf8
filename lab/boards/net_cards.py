"""Cards of what nets answer: how each tells of which net and moment it is, and how those of several stand in rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from lab.boards.contestants import Contestant
from lab.boards.seen import Seen, told_moment
from lab.figures.board import Card, Content, Numbers

SEPARATOR = " · "
"""Between the title of a card and the run that it is of."""


class MakeCard(Protocol):
    """Makes a card of one net."""

    def __call__(self, kind: str, title: str, content: Content, caption: str, wide: bool = False) -> Card:
        """The card.

        Args:
            kind: tells it from the other cards of the net.
            title: what it shows.
            content: that.
            caption: sentences, to which the moment is added.
            wide: whether it has a line for itself where no other net stands beside it.
        """


def maker(seen: Seen[Any], alone: bool) -> MakeCard:
    """What makes the cards of a net.

    Args:
        seen: the net, and the moment.
        alone: no other one stands beside it.
    """

    def make(kind: str, title: str, content: Content, caption: str, wide: bool = False) -> Card:
        return _card(seen.run, alone, kind, title, content, f"{caption} {told_moment(seen)}", wide)

    return make


def instead(run: Contestant, alone: bool, kind: str, title: str, said: str, wide: bool = False) -> Card:
    """Holds the place of a card whose content is not there, and says why."""
    return _card(run, alone, kind, title, Numbers([]), said, wide)


def lacking(
    sides: Sequence[Seen[Any]], alone: bool, titles: Mapping[str, str], wide: Collection[str] = ()
) -> list[Card]:
    """Hold the places of cards of nets in the place of whose answers a sentence is.

    Args:
        sides: all nets.
        alone: there is only one.
        titles: of the cards by their kinds.
        wide: those kinds that have a line for themselves.
    """
    without = [seen for seen in sides if isinstance(seen.answer, str)]
    return [
        instead(seen.run, alone, kind, title, seen.answer, kind in wide)
        for kind, title in titles.items()
        for seen in without
    ]


def named(cards: Iterable[Card], run: Contestant) -> list[Card]:
    """Cards of a net that stands alone where there were to be two: their titles say which it is."""
    return [replace(card, title=f"{card.title}{SEPARATOR}{run.name}") for card in cards]


def placed(cards: Iterable[Card], sides: Sequence[Seen[Any]]) -> list[Card]:
    """Cards of one net as they come; of several in rows, with a place in every row for each net."""
    return list(cards) if len(sides) == 1 else in_rows(list(cards), [seen.run for seen in sides])


def in_rows(cards: Sequence[Card], runs: Sequence[Contestant]) -> list[Card]:
    """Cards of several runs row by row, a place in every row for each run: columns match also where nets differ.

    What only one of the nets has stands by itself.
    """
    rows: dict[str, dict[str, Card]] = {}
    for card in cards:
        rows.setdefault(card.row, {})[card.id] = card
    found: list[Card] = []
    for kind, row in rows.items():
        if len(row) == 1 < len(runs):
            found += [replace(card, row="") for card in row.values()]
        else:
            found += [row.get(f"{kind}.{run.id}") or _nothing(row, kind, run) for run in runs]
    return found


def _nothing(row: Mapping[str, Card], kind: str, run: Contestant) -> Card:
    title = next(iter(row.values())).title.partition(SEPARATOR)[0]
    return _card(run, False, kind, title, Numbers([]), f"The net of {run.name} has none.", False)


def _card(run: Contestant, alone: bool, kind: str, title: str, content: Content, caption: str, wide: bool) -> Card:
    return Card(
        f"{kind}.{run.id}",
        title if alone else f"{title}{SEPARATOR}{run.name}",
        content,
        caption,
        alt=f"{title} of {run.name}. {caption}",
        wide=wide and alone,
        row="" if alone else kind,
    )
