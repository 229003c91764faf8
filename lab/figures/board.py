"""What the live board shows: an ordered list of cards, each with a chart, pictures, numbers or a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lab.figures.theme import Figure


class Tile(NamedTuple):
    """One picture of a sheet: its label, a PNG data URL, and a CSS color that marks it."""

    label: str
    image: str
    color: str | None = None


class Readout(NamedTuple):
    """One big number: what it is, its value as text, a unit or explanation, and a CSS color that marks it."""

    label: str
    value: str
    help: str = ""
    color: str | None = None


@dataclass(frozen=True)
class Chart:
    """A plotly figure. Charts of the same non-empty `link` share their horizontal range and their hover."""

    figure: Figure
    link: str = ""

    def payload(self) -> dict[str, Any]:
        """The content as JSON values."""
        return {"kind": "chart", "figure": self.figure, "link": self.link}


@dataclass(frozen=True)
class Pictures:
    """A labeled sheet of small pictures, at most `columns` to a line, enlarged without blurring."""

    tiles: Sequence[Tile]
    columns: int = 8

    def payload(self) -> dict[str, Any]:
        """The content as JSON values."""
        return {"kind": "pictures", "tiles": [tile._asdict() for tile in self.tiles], "columns": self.columns}


@dataclass(frozen=True)
class Numbers:
    """A line of big readouts."""

    readouts: Sequence[Readout]

    def payload(self) -> dict[str, Any]:
        """The content as JSON values."""
        return {"kind": "numbers", "readouts": [readout._asdict() for readout in self.readouts]}


class Head(NamedTuple):
    """What a column of a table is called, what that means, and whether it has numbers."""

    title: str
    help: str = ""
    number: bool = True


class Row(NamedTuple):
    """One line of a table, a text for each column, and a CSS color that marks it."""

    cells: Sequence[str]
    color: str | None = None


@dataclass(frozen=True)
class Table:
    """Texts in columns."""

    heads: Sequence[Head]
    rows: Sequence[Row]

    def payload(self) -> dict[str, Any]:
        """The content as JSON values."""
        heads, rows = ([each._asdict() for each in part] for part in (self.heads, self.rows))
        return {"kind": "table", "heads": heads, "rows": rows}


@dataclass(frozen=True)
class Card:
    """One titled piece of the board.

    `id` is unique on the board and stays the same over versions, so that the card keeps its place, zoom and legend.
    `caption` says in one sentence what is shown, `alt` tells its current values to those who cannot see it. A `wide`
    card fills a line of its own; cards of the same non-empty `row` stand side by side in equal columns.
    """

    id: str
    title: str
    content: Chart | Pictures | Numbers | Table
    caption: str = ""
    alt: str = ""
    wide: bool = False
    row: str = ""

    def payload(self) -> dict[str, Any]:
        """The card as JSON values."""
        facts = {"id": self.id, "title": self.title, "caption": self.caption, "alt": self.alt}
        return {**facts, "wide": self.wide, "row": self.row, **self.content.payload()}


@dataclass(frozen=True)
class Board:
    """All cards, in order. The page redraws only when `version` changes: it must name the content.

    Two runs both count 1, 2, 3: where one board may show either, put the run's name into the version.
    """

    version: int | str
    cards: Sequence[Card]
    subject: str = ""
    """What is shown, and at which step: for the names of files that are saved from it."""

    def __post_init__(self) -> None:
        names = [card.id for card in self.cards]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the card ids {', '.join(map(repr, twice))} are used more than once on one board.")

    def payload(self) -> dict[str, Any]:
        """The board as JSON values."""
        return {"version": self.version, "subject": self.subject, "cards": [card.payload() for card in self.cards]}
