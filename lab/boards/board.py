"""Boards: all that a page shows of a job, as cards."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.contestants import Contestant, contestants
from lab.boards.curve_cards import accuracy_card, classifies, loss_card, readouts, schedule_cards
from lab.boards.flip_cards import flip_cards
from lab.boards.health_cards import compared_health_cards, gradient_card, unit_card
from lab.boards.inside_cards import inside_cards
from lab.boards.moment import as_of, marked
from lab.boards.standings import standings
from lab.figures.board import Board, Card
from lab.jobs import JobView


def board(view: JobView, picture: int, moment: int | None = None) -> Board:
    """The board of a run, or of a race.

    Args:
        view: the job as it is now.
        picture: which of the probed pictures single channels are shown for, from 0.
        moment: the step after which the nets are looked into; None for now.
    """
    runs = contestants(view.experiments, as_of(view.snapshots, moment))
    leaders = [standings(runs, view.status)] if len(runs) > 1 else []
    cards = leaders + marked(cards_of(runs, picture), view.snapshots, moment)
    return Board(f"{view.id}:{view.version}:{picture}:{moment}", cards, name_of(view.title, runs))


def name_of(title: str, runs: Sequence[Contestant]) -> str:
    """What to call a file with a picture of some runs, which are together called `title`."""
    return f"{title} step {max(int(run.snapshot.steps['step'].max(initial=0)) for run in runs)}"


def cards_of(runs: Sequence[Contestant], picture: int) -> list[Card]:
    """All there is to see of some runs."""
    cards = [readouts(runs[0])] if len(runs) == 1 else []
    cards.append(loss_card(runs))
    if all(classifies(run) for run in runs):
        cards.append(accuracy_card(runs))
    cards += schedule_cards(runs) + flip_cards(runs)
    cards += gradient_card(runs)
    if len(runs) == 1:
        cards += unit_card(runs[0])
    else:
        cards += compared_health_cards(runs)
    return cards + inside_cards(runs, picture)
