"""Why a net cannot be packed, told by what its parts are; and what to switch on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

import torch
from torch import nn

from lab.estimators import Estimator, StraightThrough
from lab.experiment import Experiment
from lab.models import Architecture
from lab.models.layers import Around, BatchNorm1d, BatchNorm2d, BinaryUnits, Dropout, PixelBits
from lab.models.weights import BinaryWeights, WeightBits
from lab.packed.chain import Stage, Step, stages, steps

FRONT = (nn.Flatten, nn.Identity, PixelBits, Dropout)
"""May stand in front of all weights."""
ORDER = ((BatchNorm1d, BatchNorm2d), (nn.Hardtanh, nn.MaxPool2d), (BinaryUnits,))
"""May stand behind weights, in this order: the largest of some units is on where one of them is."""
BETWEEN = (*(kind for kinds in ORDER for kind in kinds), nn.Flatten, nn.Identity, Dropout)
"""May stand behind weights at all."""
BINARY_WEIGHTS, BINARY_LAYERS = "architecture.binary_weights", "architecture.binary_layers"
PROBED = torch.tensor([-1e6, -3.0, -1.0, -0.5, -0.04, -1e-6, 0.0, 1e-6, 0.04, 0.3, 0.5, 0.7, 1.0, 3.0, 1e6])
"""Pre-activations at which a rule has to give 0 or 1, and never less for more."""
FORWARD = {
    "soft": "trains on values between the two levels",
    "ternary": "has a third value between the two levels",
    "several bits": "has more than two values",
    "scaled bits": "multiplies its bits by the largest of the whole batch",
}
"""What rules give that give no bits."""


class Hurdle(NamedTuple):
    """What is in the way of a packed form."""

    field: str
    """Of the experiment, that is to be set otherwise."""
    sentence: str
    """Why, and how."""
    changes: tuple[str, ...] = ()
    """Of the experiment, as `with_changes` takes them, that take it away; none where it takes another kind of net."""


def why_not(experiment: Experiment) -> str:
    """Why nets of an experiment cannot be packed and what to switch on, a sentence a hurdle; empty where they can."""
    return " ".join(hurdle.sentence for hurdle in _hurdles(experiment))


def changes_to_pack(experiment: Experiment) -> list[str]:
    """What to set otherwise, as `with_changes` takes it; nothing where nets can be packed, or are of another kind."""
    found = [hurdle.changes for hurdle in _hurdles(experiment)]
    return list(dict.fromkeys(chain.from_iterable(found))) if all(found) else []


def _hurdles(experiment: Experiment) -> list[Hurdle]:
    """All that is in the way, each field once."""
    told: list[Hurdle] = []
    architecture, rule = experiment.architecture, experiment.estimator
    for hurdles in (
        _of_weights(architecture),
        _of_units(architecture, rule),
        _of_sums(experiment.precision),
        _of_structure(architecture),
    ):
        told += [hurdle for hurdle in hurdles if not any(_covered(hurdle.field, known.field) for known in told)]
    return told


def _covered(field: str, known: str) -> bool:
    """Whether a field is another one or a part of it, and so is set otherwise with it."""
    return f"{field}.".startswith(f"{known}.")


def _of_weights(architecture: Architecture) -> Iterator[Hurdle]:
    if architecture.weights is None:
        if "binary_weights" in type(architecture).model_fields:
            between = _ran(architecture).between
            among = f", {' and '.join(between)} among them" if between else ""
            yield Hurdle(
                BINARY_WEIGHTS,
                f"Its weights are real numbers; set {BINARY_WEIGHTS} to the layers that are to have bits{among}.",
                _all_bits(architecture),
            )
        else:
            yield Hurdle(
                "architecture", f"Its weights are real numbers, and a packed net has bits; take {_with_bits()}."
            )
    # Of weights that are to have bits this is told, too, though nothing asks it as yet.
    rule = getattr(architecture, "weight_rule", None)
    if isinstance(rule, StraightThrough):
        drawn = getattr(architecture, "stochastic_weights", False)
        refused = WeightBits("-1/+1", rule, stochastic=drawn).refusal is not None
        if refused or not _two_valued(rule):
            why = _many(rule) if not _two_valued(rule) else "samples no bits" if drawn else "needs noise"
            also = " and architecture.stochastic_weights to false" if drawn else ""
            field, drawing = "architecture.weight_rule", ("architecture.stochastic_weights=false",) * drawn
            told = f"weight_rule {rule.name!r} {why}; set {field} to identity{also}."
            yield Hurdle(field, told, (f"{field}=identity", *drawing))


def _all_bits(architecture: Architecture) -> tuple[str]:
    names = [layer.weights.name for layer in _ran(architecture).layers]
    return (f"{BINARY_WEIGHTS}={json.dumps(names)}",)


def _with_bits() -> str:
    """Architectures that can have binary weights, in words."""
    able = [name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields]
    return " or ".join(
        f"architecture {name}"
        + (" with binary_weights" if "binary_weights" in Architecture.members[name].model_fields else "")
        for name in able
    )


def _of_units(architecture: Architecture, rule: Estimator) -> Iterator[Hurdle]:
    if not architecture.site_names:
        yield _without_bits(architecture, "It has no binary units")
    if rule.forward not in ("bits", "soft") or not _steps(rule):  # evaluations threshold soft ones, too
        yield Hurdle(
            "estimator",
            f"Estimator {rule.name!r} {_many(rule)}, and a packed unit is one bit; take another one, "
            "such as saturated.",
            ("estimator=saturated",),
        )


def _of_sums(precision: str) -> Iterator[Hurdle]:
    if precision != "float32":
        yield Hurdle(
            "precision",
            f"Its sums are rounded to {precision} in front of every threshold, and those of a packed net are exact; "
            "set precision to float32.",
            ("precision=float32",),
        )


def _many(rule: Estimator) -> str:
    return FORWARD.get(rule.forward, FORWARD["several bits"])


def _two_valued(rule: Estimator) -> bool:
    """Whether it gives bits also while it trains."""
    return rule.forward == "bits" and _steps(rule)


def _steps(rule: Estimator) -> bool:
    """Whether its evaluation gives 0 or 1, and never less for more."""
    bits = rule.step(PROBED)
    return bool(((bits == 0) | (bits == 1)).all() and (bits.diff() >= 0).all())


class _Ran(NamedTuple):
    """What a net does, one thing after the other."""

    front: list[Step]
    layers: list[Stage]
    shortcuts: bool

    @property
    def between(self) -> list[str]:
        """The names of the layers that read bits and give some."""
        return [layer.weights.name for layer in self.layers[1:-1]]


@lru_cache(maxsize=64)
def _ran(architecture: Architecture) -> _Ran:
    with torch.device("meta"):
        net = architecture.net()
        net.prepare()
        ran = steps(net, torch.zeros(1, 1, 28, 28))
    return _Ran(*stages(ran), any(isinstance(module, Around) for module in net.modules()))


def _of_structure(architecture: Architecture) -> Iterator[Hurdle]:
    front, layers, shortcuts = _ran(architecture)
    if shortcuts:
        field = "architecture.shortcut"
        yield Hurdle(field, f"Shortcuts add a real number to every bit; set {field} to false.", (f"{field}=false",))
    yield from _of_steps(architecture, front, FRONT)
    for i, layer in enumerate(layers):
        last = i == len(layers) - 1
        yield from islice(_of_weighted(architecture, layer, between=i > 0 and not last), 1)
        yield from islice(_of_following(architecture, layer, last), 1)  # of one layer all others follow from the first


def _of_weighted(architecture: Architecture, layer: Stage, between: bool) -> Iterator[Hurdle]:
    name, module = layer.weights.name, layer.weights.module
    if not isinstance(module, nn.Linear | nn.Conv2d) or not _plain(module):
        kind = type(module).__name__
        yield Hurdle("architecture", f"{name!r} is a {kind} of a kind that has no packed form; take {_with_bits()}.")
    if between and not isinstance(module, BinaryWeights):
        able = "binary_weights" in type(architecture).model_fields
        hint = f"add it to {BINARY_WEIGHTS}" if able else f"take {_with_bits()}"
        yield Hurdle(
            BINARY_WEIGHTS if able else "architecture",
            f"The weights of {name!r} are real numbers, between layers of bits; {hint}.",
            _all_bits(architecture) if able else (),
        )


def _of_following(architecture: Architecture, layer: Stage, last: bool) -> Iterator[Hurdle]:
    name, modules = layer.weights.name, [step.module for step in layer.following]
    yield from _of_steps(architecture, layer.following, BETWEEN)
    pools, units = (sum(isinstance(module, kind) for module in modules) for kind in (nn.MaxPool2d, BinaryUnits))
    if not units and not last:
        yield _without_bits(architecture, f"Nothing makes bits of what {name!r} gives")
    places = [place for module in modules for place, kinds in enumerate(ORDER) if isinstance(module, kinds)]
    if places != sorted(places) or pools > units or units > 1:
        yield Hurdle(
            "architecture",
            f"What follows {name!r} has no packed form: it is not batch norm, Htanh, pooling and units in this order.",
        )


def _of_steps(architecture: Architecture, ran: list[Step], allowed: tuple[type[nn.Module], ...]) -> Iterator[Hurdle]:
    for step in ran:
        if not isinstance(step.module, allowed) or not _plain(step.module):
            kind = type(step.module).__name__
            why = f"{step.name!r} ({kind}) gives real numbers, and a packed unit is one bit"
            yield _without_bits(architecture, why)


def _without_bits(architecture: Architecture, why: str) -> Hurdle:
    """Where bits are missing, all layers are to have binary units, as they have where nothing else is chosen."""
    field = type(architecture).model_fields.get("binary_layers")
    if field is None:
        return Hurdle("architecture", f"{why}.")
    layers = json.dumps(field.get_default())
    return Hurdle(BINARY_LAYERS, f"{why}; set {BINARY_LAYERS} to {layers}.", (f"{BINARY_LAYERS}={layers}",))


def _plain(module: nn.Module) -> bool:
    """Whether windows are squares with zeros around the picture, and nothing rarer."""
    if isinstance(module, nn.MaxPool2d):
        return not module.ceil_mode and module.dilation == 1 and not module.return_indices
    if isinstance(module, nn.Hardtanh):
        return (module.min_val, module.max_val) == (-1, 1)
    if isinstance(module, nn.Conv2d):
        squares = (module.kernel_size, module.stride, module.padding)
        usual = module.groups == 1 and module.dilation == (1, 1) and module.padding_mode == "zeros"
        # What is wider than half a kernel would only add places where all is padding.
        usual = usual and all(isinstance(pair, tuple) and pair[0] == pair[1] for pair in squares)
        return usual and 2 * int(module.padding[0]) <= module.kernel_size[0]
    return True
