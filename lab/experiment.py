"""Experiment: everything a run depends on, one frozen value, the same in a file, a link and on the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from lab.data import Dataset
from lab.estimators import Estimator
from lab.estimators.copies import Identity
from lab.estimators.surrogates import HardSigmoid
from lab.models import Architecture
from lab.models.convnet import ConvNet
from lab.optimizers import Optimizer
from lab.optimizers.gradient import SGD
from lab.parts import Part, Value, sentences, whole
from lab.schedules import Constant, Schedule, Within, extremes

EPOCHS_ASSUMED_FOR_SECONDS = 1000
"""A budget in seconds may make any number of epochs; schedules that go on by the epoch are checked over this many."""

LONGEST = 1e7
"""Epochs, steps or seconds of a budget."""

Report = Literal["last", "best-validation", "best-validation-accuracy"]

DEEPEST = 16
"""Parts, lists and numbers of an experiment lie in each other at most half so deep."""


class InvalidExperiment(ValueError):
    """An experiment that cannot be: `problems` says why, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class Experiment(Value):
    """Everything a run depends on. Two runs of equal experiments on one machine give the same numbers."""

    dataset: Dataset
    """The images."""
    architecture: Architecture = ConvNet()
    """The net."""
    estimator: Estimator = HardSigmoid()
    """How gradients get through its binary units."""
    slope: Annotated[Schedule, Within(0, 1000, open_low=True)] = Constant(value=1.0)
    """Slope of the units: how steep the surrogate, the probability, or a real hard sigmoid is at 0."""
    optimizer: Optimizer = SGD()
    """How gradients change the weights."""
    batch_size: int = Field(64, ge=1, le=65536)
    """Images per update."""
    budget: float = Field(10, gt=0, le=LONGEST)
    """How long to train."""
    budget_unit: Literal["epochs", "steps", "seconds"] = "epochs"
    """What the budget counts."""
    subset: int | None = Field(None, ge=1, title="Subset (images)")
    """Train on so many images only; None takes all that are not held out."""
    shift: int = Field(0, ge=0, le=14, title="Shift (pixels)")
    """Augmentation: the most pixels by which each training image is moved, at random, up or down and left or right. It
    is moved anew in every epoch, and leaves background behind."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Where all randomness comes from: initial weights, split, data order, noise."""
    evaluate_every: float = Field(0.5, gt=0, le=1e4)
    """Epochs between two evaluations on the validation images."""
    evaluation: Literal["threshold", "sample", "mean"] = "sample"
    """How stochastic units are evaluated: by threshold at p = 1/2, by one sample, or by the mean prediction of many."""
    evaluation_samples: int = Field(16, ge=2, le=1024)
    """Samples whose predicted probabilities are averaged, where evaluation is by the mean."""
    report: Report = "best-validation"
    """Which weights the test set is reported for: the last, those of the lowest loss on the validation images, or those
    of the highest accuracy there, the first of several."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Arithmetic of the layers; bfloat16 is PyTorch's autocast, with weights kept in float32."""
    threads: int = Field(2, ge=1, le=256)
    """CPU threads. Part of the experiment, because sums depend on it to the last bit."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; auto takes a GPU where there is one."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.optimizer.needs_binary_weights and not self.architecture.has_binary_weights:
            fitting = [name for name, member in Optimizer.members.items() if not member.needs_binary_weights]
            could = "binary_weights" in type(self.architecture).model_fields
            raise whole(
                f"optimizer {self.optimizer.name!r} flips binary weights, and architecture {self.architecture.name!r} "
                f"has none; allowed: {', '.join(fitting)}"
                + (", or architecture.binary_weights with at least one layer" if could else "")
            )
        if self.optimizer.needs_binary_weights and self.architecture.weights is not None:
            bits = self.architecture.weights
            if bits.scale != "none":
                raise whole(f"{self._keeper()}, whose scale is 1; set architecture.weight_scale to none")
            if bits.stochastic:
                raise whole(f"{self._keeper()}, and none is drawn; set architecture.stochastic_weights to false")
            if bits.rule != Identity():
                raise whole(f"{self._keeper()} and needs no rule; set architecture.weight_rule to plain identity")
        if not self.architecture.site_names and not self.estimator.binarizes_only:
            raise whole(
                f"estimator {self.estimator.name!r} needs binary units to sample, and the architecture has none; "
                "give architecture.binary_layers at least one layer"
            )
        refusal = self.estimator.refusal(self.architecture.shapes) if self._rule_may_refuse() else None
        if refusal:
            raise whole(f"estimator {self.estimator.name!r} {refusal}")
        if self.architecture.ends_in_bits and self.estimator.zero_gradient:
            fitting = [name for name, member in Estimator.members.items() if not member().zero_gradient]
            raise whole(
                f"estimator {self.estimator.name!r} sends no gradient through bits, and the output is bits, so nothing "
                f"could learn; allowed: {', '.join(fitting)}, or architecture.output=real"
            )
        available = self.dataset.training_images - self.dataset.validation
        if self.subset is not None and self.subset > available:
            raise whole(
                f"subset is {self.subset}; allowed is 1 to {available}, the training images of {self.dataset.name!r} "
                "that are not held out for validation"
            )
        if self.report == "best-validation-accuracy" and self.architecture.task != "classification":
            raise whole(f"report is {self.report!r}, and a net for {self.architecture.task} has no accuracy")
        if self.architecture.has_batch_norm and min(self.batch_size, self.subset or available) < 2:
            field = "batch_size" if self.batch_size < 2 else "subset" if self.subset else "training images left over"
            raise whole(f"{field} is 1, and batch norm needs at least 2 images")
        return self

    def _keeper(self) -> str:
        return f"optimizer {self.optimizer.name!r} keeps the bits themselves"

    def _rule_may_refuse(self) -> bool:
        # The shapes of a net take a moment to find out, and few rules look at them.
        return bool(self.architecture.site_names) and type(self.estimator).refusal is not Estimator.refusal

    @model_validator(mode="after")
    def _schedules_stay_within(self) -> Self:
        steps, epochs = self.length()
        for path, schedule, within in scheduled(self):
            low, high = extremes(schedule, steps, epochs)
            if not (within.allows(low) and within.allows(high)):
                course = f"is {low:g}" if low == high else f"goes from {low:g} to {high:g}"
                raise whole(f"{path} {course}; allowed is {within}")
        return self

    def length(self) -> tuple[int, float]:
        """Steps and epochs of the run; the epochs are a bound where the budget is in seconds."""
        images = self.subset or self.dataset.training_images - self.dataset.validation
        per_epoch = max(1, -(-images // self.batch_size))
        if self.budget_unit == "steps":
            return max(1, round(self.budget)), self.budget / per_epoch
        epochs = self.budget if self.budget_unit == "epochs" else EPOCHS_ASSUMED_FOR_SECONDS
        return max(1, round(epochs * per_epoch)), epochs

    @property
    def key(self) -> str:
        """A short identifier that equal experiments share."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    @classmethod
    def parse(cls, data: Any) -> Experiment:
        """An experiment from plain data.

        Raises:
            InvalidExperiment: something is unknown, missing or out of bounds.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidExperiment(sentences(error)) from None

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """An experiment from JSON.

        Raises:
            InvalidExperiment: it is not JSON, has a key twice, or does not describe an experiment.
        """
        return cls.parse(read_json(text))

    def with_changes(self, changes: Sequence[str]) -> Experiment:
        """A copy with `path=value` changes, as `--set` takes them. Naming a part resets its other fields.

        Raises:
            InvalidExperiment: a change is malformed, or the result cannot be.
        """
        data = self.model_dump()
        for change in changes:
            _fill(data, _apply(data, change))
        return self.parse(data)


def scheduled(value: Value, path: str = "") -> Iterator[tuple[str, Schedule, Within]]:
    """Every scheduled field below a value: its dotted path, the schedule, and what it may be."""
    for name, field in type(value).model_fields.items():
        inner = getattr(value, name)
        if isinstance(inner, Schedule):
            for within in (item for item in field.metadata if isinstance(item, Within)):
                yield f"{path}{name}", inner, within
        elif isinstance(inner, Value):
            yield from scheduled(inner, f"{path}{name}.")


def read_json(text: str | bytes) -> Any:
    """JSON whose objects have no key twice, and that is not nested deeper than anything of this lab.

    Raises:
        InvalidExperiment: it is not that.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        _require_shallow(value)
        return value
    except (ValueError, RecursionError) as error:
        raise InvalidExperiment([f"This is not an experiment: not readable as JSON ({error})."]) from None


def _require_shallow(value: Any, room: int = DEEPEST) -> None:
    if isinstance(value, dict | list):
        if room == 0:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        for item in value.values() if isinstance(value, dict) else value:
            _require_shallow(item, room - 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique: dict[str, Any] = {}
    for key, value in pairs:
        if key in unique:
            raise ValueError(f"the key {key!r} is there twice")
        unique[key] = value
    return unique


def _apply(data: dict[str, Any], change: str) -> str:
    """Make a change; returns the name of the field that it is made in."""
    path, equals, text = change.partition("=")
    if not equals or not path.strip():
        raise InvalidExperiment([f"{change!r} is not a change; write path=value, such as optimizer.lr=0.01."])
    *parents, last = path.strip().split(".")
    holder = data
    for parent in parents:
        data, holder = holder, holder.setdefault(parent, {})
        if not isinstance(holder, dict):
            raise InvalidExperiment([f"{path.strip()!r} leads nowhere: {parent!r} has no fields to set."])
    value = _literal(text.strip())
    if isinstance(holder.get(last), list | tuple):
        value = _listed(text.strip(), value)
    if last == "name" and parents:
        data[parents[-1]] = {"name": value}
    elif isinstance(holder.get(last), dict) and isinstance(value, str):
        holder[last] = {"name": value}  # a part, whether or not there is one of that name
    else:
        holder[last] = value
    return (*parents, last)[0]


def _fill(data: dict[str, Any], name: str) -> None:
    """Give a part that was just named all of its fields, so that a later change finds them."""
    field = Experiment.model_fields.get(name)
    if field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, Part):
        with suppress(ValidationError):  # told with all others, unless a later change puts it right
            data[name] = field.annotation.model_validate(data[name]).model_dump()


def _listed(text: str, value: Any) -> Any:
    """A list as one writes it on a command line: 1,2 is [1, 2], and 1 is [1]."""
    if isinstance(value, list):
        return value
    return [_literal(item.strip()) for item in text.split(",")] if text else []


def _literal(text: str) -> Any:
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return float(text)  # for the field to refuse as the number that it is
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        _require_shallow(value)
        return value
    except (ValueError, RecursionError):
        return text
