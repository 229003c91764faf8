"""Going on after the budget was used up: a new job from where another has ended, which stays as it is."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from lab import checkpoints
from lab.experiment import Experiment, InvalidExperiment, scheduled
from lab.jobs import Job, Jobs
from lab.jobs.owners import new_owner, require_owner
from lab.jobs.restoring import state_is_lost
from lab.run_state import State
from lab.schedules import Progress
from lab.store import Contestant, Facts, Origin, RunFolder, StoreError, title_of


def with_budget(experiments: Sequence[Experiment], budget: float) -> list[Experiment]:
    """The same experiments, for longer.

    Raises:
        InvalidExperiment: the budget is no larger than theirs, or they cannot have it.
    """
    before = experiments[0]
    if budget <= before.budget:
        unit = before.budget_unit
        raise InvalidExperiment([f"budget is {budget:g} {unit}; allowed is more than {before.budget:g}, which it had."])
    return [Experiment.parse(experiment.model_dump() | {"budget": budget}) for experiment in experiments]


def jumps(before: Experiment, after: Experiment) -> list[str]:
    """What schedules do where one budget ends and a larger one goes on, a sentence for each that jumps.

    They are functions of the whole budget: one that had ended is somewhere in its course again.
    """
    steps, epochs = before.length()
    longer = after.budget / before.budget
    end, again = Progress(steps, steps, epochs, epochs), Progress(steps, steps * longer, epochs, epochs * longer)
    told = []
    for path, schedule, _ in scheduled(before):
        had, has = schedule.at(end), schedule.at(again)
        if abs(had - has) > 1e-6 * max(abs(had), abs(has)):
            told.append(f"{path} ({schedule.title}) had ended at {had:.3g}, and goes on from {has:.3g}.")
    return told


def continued(jobs: Jobs, id: str, budget: float) -> Job:
    """A new job that trains on, up to a larger budget in the unit of the old one. The old job is left as it is.

    Raises:
        InvalidExperiment: the budget cannot be, or is beyond the limits.
        StoreError: the job is not kept, has not ended by itself, or cannot be read.
        NotTheOwner: the job belongs to someone else.
    """
    if jobs.runs_folder is None:
        raise StoreError("Runs are not kept here, so none can be continued.")
    old, new = (RunFolder(jobs.runs_folder / name) for name in (id, secrets.token_hex(4)))
    facts, states = old.facts(), old.state()
    require_owner(facts.owner, facts.title)
    if state_is_lost(old, facts):
        raise StoreError(
            f"Run {id} cannot be continued: the file with its state is missing from its folder. A new run of the same "
            "experiment brings it back."
        )
    if facts.status != "finished" or states is None:
        raise StoreError(f"Run {id} has not used up its budget: it can go on as it is.")
    if any(contestant.ended != "done" for contestant in facts.contestants):
        raise StoreError(f"Run {id} diverged, and cannot be continued.")
    experiments = with_budget([contestant.experiment for contestant in facts.contestants], budget)
    jobs.require_room(experiments)
    new.copy_frames(old, len(states))
    new.write_state(checkpoints.copied({"contestants": [_not_ended(state) for state in states]}))
    contestants = [
        Contestant(**{**dict(contestant), "experiment": experiment, "ended": None, "test": None})
        for contestant, experiment in zip(facts.contestants, experiments, strict=True)
    ]
    origin = Origin(datetime.now(UTC), continues=id, owner=new_owner())
    new.write_facts(Facts(title=title_of(old, facts), **origin._asdict(), contestants=tuple(contestants)))
    return jobs.go_on(new.id)


def _not_ended(state: State) -> State:
    return {**state, "record": {**state["record"], "finished": None}}
