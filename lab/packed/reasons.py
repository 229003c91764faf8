"""Why a net cannot be packed, told by what its parts are; and what to switch on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import torch
from torch import nn

from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.models import Architecture
from lab.models.layers import Around, BatchNorm1d, BatchNorm2d, BinaryUnits, Dropout, PixelBits
from lab.models.weights import BinaryWeights
from lab.packed.chain import Stage, Step, stages, steps

FRONT = (nn.Flatten, nn.Identity, PixelBits, Dropout)
"""May stand in front of all weights."""
ORDER = ((BatchNorm1d, BatchNorm2d), (nn.Hardtanh, nn.MaxPool2d), (BinaryUnits,))
"""May stand behind weights, in this order: the largest of some units is on where one of them is."""
BETWEEN = (*(kind for kinds in ORDER for kind in kinds), nn.Flatten, nn.Identity, Dropout)
"""May stand behind weights at all."""
PROBED = torch.tensor([-1e6, -3.0, -1.0, -0.5, -0.04, -1e-6, 0.0, 1e-6, 0.04, 0.3, 0.5, 0.7, 1.0, 3.0, 1e6])
"""Pre-activations at which a rule has to give 0 or 1, and never less for more."""
FORWARD = {
    "soft": "trains on values between the two levels",
    "ternary": "has a third value between the two levels",
    "several bits": "has more than two values",
    "scaled bits": "multiplies its bits by the largest of the whole batch",
}
"""What rules give that give no bits."""


def why_not(experiment: Experiment) -> str:
    """Why nets of an experiment cannot be packed and what to switch on, a sentence; empty where they can."""
    return next(_reasons(experiment), "")


def _reasons(experiment: Experiment) -> Iterator[str]:
    yield from _of_weights(experiment.architecture)
    yield from _of_units(experiment.architecture, experiment.estimator)
    if experiment.precision != "float32":
        yield (
            f"Its sums are rounded to {experiment.precision} in front of every threshold, and those of a packed net "
            "are exact; set precision to float32."
        )
    if reason := _of_structure(experiment.architecture):
        yield reason


def _of_weights(architecture: Architecture) -> Iterator[str]:
    bits = architecture.weights
    if bits is None:
        if "binary_weights" in type(architecture).model_fields:
            yield "Its weights are real numbers; set architecture.binary_weights to the layers that are to have bits."
        else:
            yield f"Its weights are real numbers, and a packed net has bits; take {_with_bits()}."
    elif bits.stochastic:
        yield "Its weights are drawn in every step, not fixed; set architecture.stochastic_weights to false."
    elif bits.rule.forward != "bits" or not _two_valued(bits.rule):
        what = FORWARD.get(bits.rule.forward, FORWARD["several bits"])
        yield f"weight_rule {bits.rule.name!r} {what}; set architecture.weight_rule to identity."


def _with_bits() -> str:
    """Architectures that can have binary weights, in words."""
    able = [name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields]
    return " or ".join(
        f"architecture {name}"
        + (" with binary_weights" if "binary_weights" in Architecture.members[name].model_fields else "")
        for name in able
    )


def _of_units(architecture: Architecture, rule: Estimator) -> Iterator[str]:
    if not architecture.site_names:
        yield "It has no binary units; give architecture.binary_layers the layers that are to have some."
    elif rule.forward != "bits" or not _two_valued(rule):
        what = FORWARD.get(rule.forward, FORWARD["several bits"])
        yield f"Estimator {rule.name!r} {what}, and a packed unit is one bit; take another one, such as saturated."


def _two_valued(rule: Estimator) -> bool:
    bits = rule.step(PROBED)
    return bool(((bits == 0) | (bits == 1)).all() and (bits.diff() >= 0).all())


@lru_cache(maxsize=64)
def _of_structure(architecture: Architecture) -> str:
    with torch.device("meta"):
        net = architecture.net()
        net.prepare()
        ran = steps(net, torch.zeros(1, 1, 28, 28))
    if any(isinstance(module, Around) for module in net.modules()):
        return "Shortcuts add a real number to every bit; set architecture.shortcut to false."
    front, layers = stages(ran)
    reasons = [_of_step(architecture, step, FRONT) for step in front]
    for i, layer in enumerate(layers):
        reasons += _of_layer(architecture, layer, first=i == 0, last=i == len(layers) - 1)
    return next(filter(None, reasons), "")


def _of_layer(architecture: Architecture, layer: Stage, first: bool, last: bool) -> Iterator[str]:
    name, module = layer.weights.name, layer.weights.module
    if not isinstance(module, nn.Linear | nn.Conv2d) or not _plain(module):
        yield f"{name!r} is a {type(module).__name__} of a kind that has no packed form; take {_with_bits()}."
    if not isinstance(module, BinaryWeights) and not first and not last:
        able = "binary_weights" in type(architecture).model_fields
        hint = "add it to architecture.binary_weights" if able else f"take {_with_bits()}"
        yield f"The weights of {name!r} are real numbers, between layers of bits; {hint}."
    for step in layer.following:
        yield _of_step(architecture, step, BETWEEN)
    modules = [step.module for step in layer.following]
    places = [place for module in modules for place, kinds in enumerate(ORDER) if isinstance(module, kinds)]
    pools, units = (sum(isinstance(module, kind) for module in modules) for kind in (nn.MaxPool2d, BinaryUnits))
    if places != sorted(places) or pools > units or units > 1:
        yield f"What follows {name!r} has no packed form: it is not batch norm, Htanh, pooling and units in this order."
    if not units and not last:
        yield f"Nothing makes bits of what {name!r} gives{_hint(architecture)}."


def _of_step(architecture: Architecture, step: Step, allowed: tuple[type[nn.Module], ...]) -> str:
    if isinstance(step.module, allowed) and _plain(step.module):
        return ""
    kind = type(step.module).__name__
    return f"{step.name!r} ({kind}) gives real numbers, and a packed unit is one bit{_hint(architecture)}."


def _hint(architecture: Architecture) -> str:
    able = "binary_layers" in type(architecture).model_fields
    return "; add its layer to architecture.binary_layers" if able else ""


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
