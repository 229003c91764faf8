"""What is exported: some contestants of some jobs, as they are at one moment, each with its name among the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lab.boards.across_cards import SeedsView
from lab.exports.entry import Entry, titled
from lab.exports.over_seeds import OverSeeds, over_seeds
from lab.figures.board import Board
from lab.jobs.shelf import Shelved


class View(NamedTuple):
    """What a page shows of a comparison. Where none does, all nets are shown, as they were last looked into."""

    run: str | None = None
    """The job whose nets are shown."""
    moment: int | None = None
    """The step after which they are looked into; None for now."""
    seeds: SeedsView = SeedsView()


NO_PAGE = View()


@dataclass(frozen=True)
class Comparison:
    """Contestants, and what the app shows of them."""

    entries: Sequence[Entry]
    boards: Callable[[Comparison], list[Board]]
    """Makes the figures, a board for each task that the nets have."""
    view: View = NO_PAGE
    address: str = ""
    """Opens their experiments in the app, where it is known."""

    @cached_property
    def over_seeds(self) -> list[OverSeeds]:
        """The contestants of each task over all their seeds; none where nobody has several."""
        return over_seeds(self.entries, self.view.seeds)

    @property
    def jobs(self) -> list[Shelved]:
        """The jobs of the contestants, each once."""
        return list({entry.job.id: entry.job for entry in self.entries}.values())

    @property
    def shown(self) -> list[Entry]:
        """Those whose nets are shown."""
        return [entry for entry in self.entries if self.view.run in (None, entry.job.id)]

    @property
    def title(self) -> str:
        """What to call it: as its only job, as people call the job that is shown, or by what differs."""
        if len({entry.job.title for entry in self.entries}) == 1 or not self.over_seeds:
            return titled(self.entries)
        called = next((entry.job.about.title for entry in self.shown if self.view.run), "")
        return called or " and ".join(over.title for over in self.over_seeds)
