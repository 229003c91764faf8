"""Boards: all that a page shows of a job, as cards."""

from __future__ import annotations

from collections.abc import Sequence

from lab.figures.board import Board, Card
from lab.jobs import JobView
from lab.ui.contestants import Contestant, contestants
from lab.ui.curve_cards import accuracy_card, classifies, flip_cards, loss_card, readouts, schedule_cards
from lab.ui.health_cards import gradient_card, unit_card
from lab.ui.inside_cards import inside_cards


def board(view: JobView, picture: int) -> Board:
    """The board of a run, or of a race.

    Args:
        view: the job as it is now.
        picture: which of the probed pictures single channels are shown for, from 0.
    """
    runs = contestants(view.experiments, view.snapshots)
    return board_of(f"{view.id}:{view.version}:{picture}", view.title, runs, picture)


def board_of(version: str, title: str, runs: Sequence[Contestant], picture: int) -> Board:
    """The board of some runs, which are together called `title`."""
    steps = max(int(run.snapshot.steps["step"].max(initial=0)) for run in runs)
    return Board(version, _cards(runs, picture), f"{title} step {steps}")


def _cards(runs: Sequence[Contestant], picture: int) -> list[Card]:
    cards = [readouts(runs[0])] if len(runs) == 1 else []
    cards.append(loss_card(runs))
    if all(classifies(run) for run in runs):
        cards.append(accuracy_card(runs))
    cards += schedule_cards(runs) + flip_cards(runs)
    cards += gradient_card(runs)
    if len(runs) == 1:
        cards += unit_card(runs[0])
    return cards + inside_cards(runs, picture)
