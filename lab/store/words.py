"""What MLflow is told of a run besides its curves: parameters, tags, and its word for how it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import ValidationError

from lab.experiment import Experiment, InvalidExperiment, read_json
from lab.paths import flattened
from lab.store.about import About, about_of
from lab.store.facts import Contestant, Facts
from lab.store.folder import RunFolder
from lab.store.values import StoreError

JOB, PLACE, DIGEST = "lab.job", "lab.place", "lab.experiments"
"""Tags by which runs are found: the job's id; a contestant's place in it; a digest of all contestants' experiments."""
TURN = "lab.turn"
"""The tag that names the last writing of a job, so that two folders that train the same one do not mix their courses.
"""
FACTS, CONTESTANT = "lab.facts", "lab.contestant"
"""Tags from which a list of runs is made, as JSON: what is told of the job, and of a contestant."""
PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"
"""MLflow's own."""
LONGEST_TAG, LONGEST_PARAMETER = 5000, 6000
"""Characters that MLflow has place for."""

Word = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
WORDS: dict[str, Word] = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}


class Told(NamedTuple):
    """What people say about a job."""

    title: str
    tags: dict[str, str]


def word(facts: Facts, trains: bool) -> Word:
    """MLflow's word for how a job goes; one that was interrupted was killed, until it goes on."""
    return WORDS.get(facts.status, "RUNNING" if trains else "KILLED")


def word_of_contestant(contestant: Contestant, job: Word) -> Word:
    """MLflow's word for how one contestant goes."""
    return {"done": "FINISHED", "diverged": "FAILED"}.get(contestant.ended or "", job)  # type: ignore[return-value]


def digest(facts: Facts) -> str:
    """What tells the experiments of a job from others."""
    experiments = [contestant.experiment.model_dump_json() for contestant in facts.contestants]
    return hashlib.sha256("\n".join(experiments).encode()).hexdigest()[:16]


def parameters(experiment: Experiment) -> dict[str, str]:
    """Every field by its dotted path."""
    return {path: str(value)[:LONGEST_PARAMETER] for path, value in flattened(experiment).items()}


def job_tags(id: str, facts: Facts) -> dict[str, str]:
    """What is told of a job."""
    told = facts.model_dump_json(exclude={"contestants"})
    versions = {f"version.{package}": version for package, version in facts.versions.items()}
    return {JOB: id, DIGEST: digest(facts), FACTS: told, "lab.status": facts.status, **versions}


def contestant_tags(id: str, facts: Facts, place: int) -> dict[str, str]:
    """What is told of a contestant."""
    contestant = facts.contestants[place]
    told = contestant.model_dump_json()
    if len(told) > LONGEST_TAG:
        told = contestant.model_dump_json(exclude={"curve"})
    parts = ("dataset", "architecture", "estimator", "optimizer")
    names = {f"lab.{part}": getattr(contestant.experiment, part).name for part in parts}
    return {JOB: id, DIGEST: digest(facts), PLACE: str(place), CONTESTANT: told, **names}


def facts_in(job: Mapping[str, str], contestants: Sequence[Mapping[str, str]]) -> Facts | None:
    """What a list of runs tells of a job, out of the tags of its runs in their order; None where it is not whole."""
    try:
        told = read_json(job[FACTS])
        return Facts.model_validate({**told, "contestants": [read_json(tags[CONTESTANT]) for tags in contestants]})
    except (KeyError, TypeError, InvalidExperiment, ValidationError):
        return None


def told_by_people(folder: RunFolder, facts: Facts) -> Told:
    """Title, note and tags in the words of people, as far as there are any."""
    try:
        said = about_of(folder)
    except StoreError:  # told where runs are listed
        said = About()
    tags = {
        NOTE: (said.note or facts.message)[:LONGEST_TAG],
        "tags": ", ".join(said.tags),
        "pinned": str(said.pinned).lower(),
    }
    return Told(said.title or facts.title, tags)
