"""A moment of a run: what was seen inside its nets after some step, under curves that go on to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lab.boards.curve_cards import TIME
from lab.figures.board import Card, Chart
from lab.probes import Frame
from lab.recorder import Snapshot

MARK = {"color": "rgba(128,128,128,0.9)", "width": 1.5, "dash": "dot"}


def kept_steps(snapshots: Sequence[Snapshot]) -> list[int]:
    """The steps after which some contestant was looked into, in order."""
    return sorted({frame.step for snapshot in snapshots for frame in snapshot.frames})


def as_of(snapshots: Sequence[Snapshot], step: int | None) -> list[Snapshot]:
    """The snapshots with the look inside each net that was the newest at a step; the curves stay whole."""
    return [s if step is None else replace(s, frame=_frame(s, step)) for s in snapshots]


def marked(cards: Sequence[Card], snapshots: Sequence[Snapshot], step: int | None) -> list[Card]:
    """The cards with the moment of a step as a line in every chart over training time."""
    frames = [frame for s in snapshots for frame in s.frames if frame.step == step]
    if not frames:
        return list(cards)
    epoch = frames[0].epoch
    line = {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper", "line": MARK}
    return [_with_shape(card, line) for card in cards]


def _with_shape(card: Card, shape: dict[str, Any]) -> Card:
    if not isinstance(card.content, Chart) or card.content.link != TIME:
        return card
    figure = card.content.figure
    layout = {**figure["layout"], "shapes": [*figure["layout"].get("shapes", []), shape]}
    return replace(card, content=replace(card.content, figure={**figure, "layout": layout}))


def _frame(snapshot: Snapshot, step: int) -> Frame | None:
    return max((frame for frame in snapshot.frames if frame.step <= step), key=lambda f: f.step, default=None)
