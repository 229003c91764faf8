"""What a browser may ask of this machine. A person at the command line is no stranger to it, and not bound."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field, ValidationError

from lab.experiment import Experiment, InvalidExperiment
from lab.limits.demands import demands, memory
from lab.parts import Value, sentences

VARIABLES = "LAB_MAX_"
"""What the environment calls a limit begins with this."""
GB = 1e9


class BeyondLimits(InvalidExperiment):
    """An experiment that could be, and that this machine is not there for."""


class Limits(Value):
    """The most of everything. Each is set by a variable, such as LAB_MAX_EPOCHS."""

    epochs: float = Field(1_000, gt=0, le=1e7)
    """Budget of a run that is given in epochs."""
    steps: float = Field(1_000_000, ge=1, le=1e12)
    """Updates in a run whose budget is in steps or in epochs."""
    seconds: float = Field(86_400, gt=0, le=1e7)
    """Budget of a run that is given in seconds."""
    parameters: int = Field(100_000_000, ge=1)
    """Weights and biases of a net."""
    memory: float = Field(8, gt=0)
    """Gigabytes of all runs that have not ended, together, as they are estimated: two to four times what they take."""
    threads: int = Field(16, ge=1, le=256)
    """Threads in which a run computes."""
    running: int = Field(2, ge=1, le=64)
    """Runs that train at the same time; more wait in line."""
    unfinished: int = Field(64, ge=1)
    """Contestants of all runs that have not ended: they train, wait in line or are held."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The limits that the variables set; those that are not set, or are wrong, have their defaults."""
        return cls.model_validate({name: text for name, text in _given(environment) if not _wrong(name, text)})

    def require(self, experiments: Sequence[Experiment], others: Sequence[Sequence[Experiment]] | None) -> None:
        """Refuse a job that is too large, or for which there is no room beside others that have not ended.

        Args:
            experiments: of the job.
            others: the experiments of each other job; None where this one is only looked at.

        Raises:
            BeyondLimits: says which limit it is beyond, and what raises it.
        """
        problems = [problem for experiment in experiments for problem in self._too_large(experiment)]
        if others is not None:
            problems += [problem for experiment in experiments for problem in self._too_long(experiment)]
            problems = problems or self._no_room(experiments, others)
        if problems:
            raise BeyondLimits(list(dict.fromkeys(problems)))

    def _too_large(self, experiment: Experiment) -> list[str]:
        return self._refused({"parameters": (demands(experiment).parameters, "The net has {} weights")})

    def _too_long(self, experiment: Experiment) -> list[str]:
        steps, _ = experiment.length()
        unit, budget = experiment.budget_unit, experiment.budget
        asked: dict[str, tuple[float, str]] = {}
        if unit != "seconds":
            asked["steps"] = steps, "The run has {} steps"
        asked["threads"] = experiment.threads, "The run has {} threads"
        asked[unit] = budget, f"The budget is {{}} {unit}"
        return self._refused(asked)

    def _refused(self, asked: Mapping[str, tuple[float, str]]) -> list[str]:
        return [
            _refusal(told.format(_written(value)), name, getattr(self, name))
            for name, (value, told) in asked.items()
            if value > getattr(self, name)
        ]

    def _no_room(self, experiments: Sequence[Experiment], others: Sequence[Sequence[Experiment]]) -> list[str]:
        waiting, taken = sum(map(len, others)), sum(map(memory, others)) / GB
        count, needed = len(experiments), memory(experiments) / GB
        problems = []
        if waiting + count > self.unfinished:
            told = f"There are {waiting} contestants in runs that have not ended, and this run has {count}"
            problems.append(_refusal(told, "unfinished", self.unfinished))
        if taken + needed > self.memory:
            told = f"This run may take {needed:.2g} GB of memory, and others that have not ended take {taken:.2g} GB"
            problems.append(_refusal(told, "memory", self.memory))
        return problems


def variable(limit: str) -> str:
    """What the environment calls a limit."""
    return f"{VARIABLES}{limit.upper()}"


def wrong_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The variables that are no limits: one sentence each, that says its value, what is allowed, and what holds."""
    known = {variable(name) for name in Limits.model_fields}
    others = sorted(name for name in environment if name.startswith(VARIABLES) and name not in known)
    unknown = [f"{name} is no limit of this lab; there are {', '.join(sorted(known))}." for name in others]
    return [problem for name, text in _given(environment) if (problem := _wrong(name, text))] + unknown


def _given(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in Limits.model_fields:
        if text := environment.get(variable(name), ""):
            yield name, text


def _wrong(name: str, text: str) -> str:
    """Why a text is no value of a limit; empty where it is one."""
    try:
        Limits.model_validate({name: text})
    except ValidationError as error:
        told = sentences(error)[0].removeprefix(name)
        return f"{variable(name)}{told} Until then it is {_written(getattr(Limits(), name))}, as usual."
    return ""


def _refusal(told: str, limit: str, most: float) -> str:
    return f"{told}; this lab allows {_written(most)}. Whoever runs it raises that with {variable(limit)}."


def _written(number: float) -> str:
    """Thousands apart, and no more digits than it has."""
    return f"{number:,.0f}".replace(",", " ") if number >= 10 else f"{number:.3g}"
