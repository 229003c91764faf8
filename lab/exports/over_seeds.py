"""Contestants over all their seeds as they are exported: the means, bands and differences that the app shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lab.boards.across import Across, Measure, across, against, counted, measures
from lab.boards.across_cards import SeedsView, band_cards, difference_card
from lab.boards.titles import title_of_contestants
from lab.experiment import Experiment, InvalidExperiment
from lab.exports.entry import Entry
from lab.figures.board import Card
from lab.jobs import require_raceable, with_seed
from lab.jobs.repetitions import claim_of, one_for_each_seed
from lab.recorder import Snapshot
from lab.statistics import Comparison


class Differences(NamedTuple):
    """One final figure of all other contestants against that of the reference."""

    measure: Measure
    reference: Across
    pairs: list[tuple[Across, Comparison]]


class OverSeeds(NamedTuple):
    """Contestants whose nets have one task, each over all its seeds."""

    contestants: list[Across]
    view: SeedsView
    remarks: list[str]
    """Which runs count nowhere, and why there are no differences where there are none, a sentence each."""
    comparable: bool
    """Whether all see the same batches where they have the same seed."""

    @property
    def title(self) -> str:
        """What to call them."""
        seeds = {seed for contestant in self.contestants for seed in contestant.snapshots}
        title = title_of_contestants([contestant.run.experiment for contestant in self.contestants])
        return f"{title}, {counted(sorted(seeds))}"

    @property
    def measures(self) -> list[Measure]:
        """Their final figures."""
        return measures(self.contestants)

    @property
    def differences(self) -> list[Differences]:
        """Every final figure against that of the reference; none where they cannot be compared, or there is but one."""
        if not self.comparable or len(self.contestants) < 2:
            return []
        place = self.view.reference if self.view.reference < len(self.contestants) else 0
        reference = self.contestants[place]
        return [Differences(each, reference, against(self.contestants, reference, each)) for each in self.measures]

    def cards(self) -> list[Card]:
        """Bands through training time, and the differences of every final figure."""
        cards = band_cards(self.contestants, self.view.width, self.view.members)
        for measure, reference, pairs in self.differences:
            cards += difference_card(pairs, reference, measure)
        return cards


def over_seeds(entries: Sequence[Entry], view: SeedsView) -> list[OverSeeds]:
    """The contestants of each task over all their seeds; none where nobody has several."""
    by_task: dict[str, list[Entry]] = {}
    for entry in entries:
        by_task.setdefault(entry.experiment.architecture.task, []).append(entry)
    found = [_of_task(alike, view) for alike in by_task.values()]
    return [over for over in found if any(len(contestant.snapshots) > 1 for contestant in over.contestants)]


def _of_task(entries: Sequence[Entry], view: SeedsView) -> OverSeeds:
    counting: list[dict[int, Entry]] = []
    remarks: list[str] = []
    for kind in dict.fromkeys(entry.kind for entry in entries):
        alike = [entry for entry in entries if entry.kind == kind]
        by_seed = one_for_each_seed(alike, lambda entry: entry.experiment.seed, lambda entry: claim_of(entry.job))
        counting += [by_seed] if by_seed else []
        remarks += [_left_out(entry, by_seed) for entry in alike if by_seed.get(entry.experiment.seed) is not entry]
    experiments = [next(iter(by_seed.values())).experiment for by_seed in counting]
    contestants = across(with_seed(experiments, 0), [_snapshots(by_seed) for by_seed in counting])
    remarks += filter(None, (contestant.left_out for contestant in contestants))
    problem = _incomparable(experiments)
    remarks += [f"There are no paired differences. {problem}"] if problem else []
    return OverSeeds(contestants, view, remarks, not problem)


def _snapshots(by_seed: Mapping[int, Entry]) -> dict[int, Snapshot]:
    return {seed: entry.snapshot for seed, entry in by_seed.items()}


def _left_out(entry: Entry, by_seed: Mapping[int, Entry]) -> str:
    if claim_of(entry.job) is None:
        return f"Run {entry.job.id} ({entry.name}) was trained on after its end, and is left out of the means."
    counts = by_seed[entry.experiment.seed].job.id
    return f"Run {entry.job.id} ({entry.name}) has the experiment and the seed of run {counts}, which counts."


def _incomparable(experiments: Sequence[Experiment]) -> str:
    """Why figures of one seed are no pair; empty where they are."""
    try:
        require_raceable(with_seed(experiments, 0))
    except InvalidExperiment as error:
        return " ".join(error.problems) if len(experiments) > 1 else ""
    return ""
