"""Boards: all that a page shows of a job, as cards."""

from __future__ import annotations

from lab.figures.board import Board
from lab.jobs import JobView
from lab.ui.contestants import contestants
from lab.ui.curve_cards import accuracy_card, classifies, flip_cards, loss_card, readouts, schedule_cards
from lab.ui.health_cards import compared_health_cards, gradient_card, unit_card
from lab.ui.inside_cards import inside_cards
from lab.ui.moment import as_of, marked


def board(view: JobView, picture: int, moment: int | None = None) -> Board:
    """The board of a run, or of a race.

    Args:
        view: the job as it is now.
        picture: which of the probed pictures single channels are shown for, from 0.
        moment: the step after which the nets are looked into; None for now.
    """
    runs = contestants(view.experiments, as_of(view.snapshots, moment))
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
    cards += inside_cards(runs, picture)
    return Board(f"{view.id}:{view.version}:{picture}:{moment}", marked(cards, view.snapshots, moment))
