"""What the live board shows: an ordered list of cards, each with a chart, pictures, numbers or a table."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from lab.figures.theme import Figure


class Picture(NamedTuple):
    """A small picture, one byte a value, row by row: gray values with the colors of all 256, or three bytes a color.

    It is sent as it is: the page makes a file of it that needs no unpacking, and no PNG is made here.
    """

    values: bytes
    width: int
    palette: bytes | None = None
    """Red, green and blue of each gray value (768 bytes); None where the values are colors."""

    def payload(self) -> list[str | int]:
        """The name of its palette, its width and its values, as JSON values."""
        return [palette_name(self.palette), self.width, b64encode(self.values).decode("ascii")]


@lru_cache(maxsize=64)
def palette_name(palette: bytes | None) -> str:
    """What these colors are called on a page; nothing where there are none."""
    return hashlib.sha256(palette).hexdigest()[:12] if palette is not None else ""


class Tick(NamedTuple):
    """A mark on both sides of a square picture: how far along it lies, from 0 to 1, and what is written there."""

    place: float
    text: str


class Tile(NamedTuple):
    """One picture of a sheet, with its label, and a CSS color that marks it."""

    label: str
    image: Picture
    color: str | None = None
    help: str = ""
    """Told of the tile that is pointed at."""
    pick: str = ""
    """What the tile is called where a person may pick it; nothing where nobody may."""
    ticks: Sequence[Tick] = ()
    """At the left, from the top down, and below, from the left to the right."""

    def payload(self) -> dict[str, Any]:
        """The tile as JSON values."""
        told = {name: value for name, value in self._asdict().items() if name != "ticks"}
        marks = {"ticks": [list(tick) for tick in self.ticks]} if self.ticks else {}
        return told | {"image": self.image.payload()} | marks


class Readout(NamedTuple):
    """One big number: what it is, its value as text, a unit or explanation, and a CSS color that marks it."""

    label: str
    value: str
    help: str = ""
    color: str | None = None


class Thumbnails(NamedTuple):
    """A small gray picture for each of some points of a chart, which the page shows of the one that is pointed at."""

    names: Sequence[str]
    """What the points are called in the `ids` of their traces."""
    values: bytes
    """One byte a pixel, row by row, picture after picture; all are of one size."""
    width: int

    def payload(self) -> dict[str, Any]:
        """The pictures as JSON values."""
        return self._asdict() | {"values": b64encode(self.values).decode("ascii")}


@dataclass(frozen=True)
class Chart:
    """A plotly figure. Charts of the same non-empty `link` share their horizontal range and their hover.

    Where a person `picks`, points and bars are picked by what their trace calls them in its `ids`, else by their index;
    where any trace has `ids`, only those that have.
    """

    figure: Figure
    link: str = ""
    picks: bool = False
    thumbnails: Thumbnails | None = None

    def payload(self) -> dict[str, Any]:
        """The content as JSON values."""
        shown = {"thumbnails": self.thumbnails.payload()} if self.thumbnails is not None else {}
        return {"kind": "chart", "figure": self.figure, "link": self.link, "picks": self.picks, **shown}


@dataclass(frozen=True)
class Pictures:
    """A labeled sheet of small pictures, at most `columns` to a line, enlarged without blurring."""

    tiles: Sequence[Tile]
    columns: int = 8
    widest: int = 112
    """Pixels of a tile at most."""
    least: int = 28
    """Pixels of a tile at least, for which fewer stand in a line; no more than the line has."""
    picked: str = ""
    """The `pick` of the tile that is picked now."""

    def payload(self) -> dict[str, Any]:
        """The content as JSON values, with the colors of its palettes by their names."""
        palettes = {tile.image.palette for tile in self.tiles if tile.image.palette is not None}
        return {
            "kind": "pictures",
            "tiles": [tile.payload() for tile in self.tiles],
            "columns": self.columns,
            "widest": self.widest,
            "least": self.least,
            "picked": self.picked,
            "palettes": {palette_name(each): b64encode(each).decode("ascii") for each in sorted(palettes)},
        }


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


Content = Chart | Pictures | Numbers | Table


@dataclass(frozen=True)
class Card:
    """One titled piece of the board.

    `id` is unique on the board and stays the same over versions, so that the card keeps its place, zoom and legend.
    `caption` says in one sentence what is shown, `alt` tells its current values to those who cannot see it. A `wide`
    card fills a line of its own; cards of the same non-empty `row` stand side by side in equal columns.
    """

    id: str
    title: str
    content: Content
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
