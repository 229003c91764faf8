"""The defects of the sources as experiments: each as it was written and as mended, on a net that shows it soon."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.data import Dataset
from lab.experiment import Experiment
from lab.presets import source_000, source_001, source_002, source_003, source_004
from lab.presets.base import Preset

Fields = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """A mistake in a source's code, with the experiments that show it."""

    name: str
    title: str
    source: str
    wrong: str
    """What is wrong with the code, and what would be right."""
    symptom: str
    """What to look for, and on which chart."""
    shared: Fields
    """What differs from a default experiment, on all sides alike."""
    as_written: Fields
    """What the code says."""
    mended: Fields
    """What it should have said."""
    witness: Fields = field(default_factory=dict)
    """Other code that gives the same curves as what is written, and so shows what that amounts to; none if empty."""
    witnessed: str = ""
    """What the witness is, in words."""

    def experiment(self, side: Fields, dataset: Dataset) -> Experiment:
        """One of the sides on some images."""
        return Experiment.parse({"dataset": dataset, **self.shared, **side})

    def race(self, dataset: Dataset) -> list[Experiment]:
        """As written, mended, and the witness where there is one."""
        sides = [self.as_written, self.mended, *([self.witness] if self.witness else [])]
        return [self.experiment(side, dataset) for side in sides]

    def preset(self, side: Fields, name: str, title: str) -> Preset:
        """One of the sides as a preset."""
        fields = {**self.shared, **side}
        return Preset(name, title, self.wrong, self.source, fields, self.source.split(":")[0], look=self.symptom)

    @property
    def as_preset(self) -> Preset:
        """What is written, as a preset of its own."""
        return self.preset(self.as_written, f"defect-{self.name}", f"Defect: {self.title}")


FEW_STEPS: Fields = {"budget_unit": "steps", "report": "last"}
SMALL_NET: Fields = {"optimizer": {"name": "sgd", "lr": 0.05}, "budget": 600, "evaluate_every": 0.2, **FEW_STEPS}
CODE_NET: Fields = {
    "optimizer": {"name": "adam", "lr": 0.001, "beta1": 0.5},
    "batch_size": 32,
    "budget": 100,
    "evaluate_every": 2,
    **FEW_STEPS,
}
BIT_NET: Fields = {"estimator": "identity", "budget": 400, "evaluate_every": 0.2, **FEW_STEPS}


def _code(**fields: Any) -> Fields:
    return {"name": "autoencoder", "code_bits": 64, **fields}


def _bits(**fields: Any) -> Fields:
    return {"name": "binary-mlp", "hidden": 128, "depth": 3, **fields}


def _flips(zero_gradient: str) -> Fields:
    delta = {"name": "cosine", "start": 0.02, "end": 0.0}
    real = {"name": "adam", "lr": 0.05}
    return {"name": "hypermask", "delta": delta, "zero_gradient": zero_gradient, "real": real}


DEFECTS = (
    Defect(
        name="in-place-alias",
        title="Two names for one tensor",
        source=source_000.SOURCE,
        wrong=(
            "The step is made in place, so the 'forward' and the 'backward' tensor of the detach trick are one and the "
            "same: binary, and without gradient. Mended, with a copy, it is r - r.detach() + b."
        ),
        symptom=(
            "First-layer weights: as written not one of them ever changes. Accuracy is no proof: it rises on fixed "
            "random features, too, on small images even further than with ReLU's gradient, which the question had "
            "asked for and which lets units die (Code histogram: never on)."
        ),
        shared={"architecture": "mlp", **SMALL_NET},
        as_written={"estimator": "in-place-alias"},
        mended={"estimator": "relu-backward"},
        witness={"estimator": "zero-gradient"},
        witnessed="no gradient at all",
    ),
    Defect(
        name="relu-of-sign",
        title="relu(sign(x)) and its gradient of 0",
        source=source_000.SOURCE,
        wrong=(
            "An answer proposes relu(sign(x)), as 'it can be backpropagated'. It can: its gradient is exactly 0. The "
            "last answer sends the gradient straight through instead."
        ),
        symptom=(
            "First-layer weights: they stay as they were drawn, and only the output layer learns. Accuracy: mended, "
            "the same net gets well past it."
        ),
        shared={"architecture": "mlp", **SMALL_NET},
        as_written={"estimator": "zero-gradient"},
        mended={"estimator": "value-clipped"},
    ),
    Defect(
        name="relu-before-binarizer",
        title="A ReLU right before the binarizer",
        source=source_001.SOURCE,
        wrong=(
            "The encoder ends in batch norm, ReLU and then the binarizer. The ReLU changes no bit, and blocks the "
            "gradient of every bit that is 0, whatever the estimator sends. Mended, the ReLU is gone."
        ),
        symptom=(
            "Loss: the curve as written is that of 'ReLU backward' without a ReLU, point for point, though the "
            "estimator is another."
        ),
        shared=CODE_NET,
        as_written={"architecture": _code(relu=True), "estimator": "value-clipped"},
        mended={"architecture": _code(relu=False), "estimator": "value-clipped"},
        witness={"architecture": _code(relu=False), "estimator": "relu-backward"},
        witnessed="'ReLU backward' without the ReLU",
    ),
    Defect(
        name="inert-clip",
        title="A gradient clip that never acts",
        source=source_001.SOURCE,
        wrong=(
            "hardtanh(grad_output) clips gradients to [-1, 1]. Those of a loss that is averaged over a batch and its "
            "pixels are a thousand times smaller, so not one is ever clipped. Mended, the bound is of their size."
        ),
        symptom=(
            "Loss: the curve as written is that of a net without a clip, point for point. With a bound of 0.0001 the "
            "clip acts, and the curve is another."
        ),
        shared={"architecture": _code(relu=False), **CODE_NET},
        as_written={"estimator": "value-clipped"},
        mended={"estimator": {"name": "value-clipped", "gradient_clip": 1e-4}},
        witness={"estimator": "identity"},
        witnessed="no clip",
    ),
    Defect(
        name="in-place-clamp",
        title="A clip that reaches into another branch",
        source=source_002.SOURCE,
        wrong=(
            "grad_output.clamp_() clips in place. A shortcut around the units has the same gradient, in the same "
            "memory, and finds it clipped. Mended, a copy is clipped. (The bound is 0.0001 on both sides: with the "
            "source's own, 1, the clip would never act.)"
        ),
        symptom=(
            "Loss: as written the curve falls much more slowly, for the first layer is sent ±0.0002 and next to "
            "nothing of what the shortcut should have brought. No error, no warning."
        ),
        shared={"architecture": {"name": "mlp", "shortcut": True}, **SMALL_NET},
        as_written={"estimator": {"name": "in-place-clamp", "gradient_clip": 1e-4}},
        mended={"estimator": {"name": "value-clipped", "gradient_clip": 1e-4}},
    ),
    Defect(
        name="sign-of-zero",
        title="sign(0) = 0, a silent third value",
        source=source_002.SOURCE,
        wrong=(
            "torch.sign(0) is 0, neither of the two levels. Behind a ReLU that is not rare: all that was negative is "
            "exactly 0 there. Mended, 0 counts as the lower level, and every value is a bit."
        ),
        symptom=(
            "Code histogram: both sides look binary, for it counts what is above 0. What tells is the warning over the "
            "curves: as written the code is 0 or +1 and never -1, so that another net is trained than can be packed."
        ),
        shared={"architecture": _code(relu=True, levels="-1/+1"), **CODE_NET},
        as_written={"estimator": "sign-with-zero"},
        mended={"estimator": "identity"},
    ),
    Defect(
        name="detached-reinforce",
        title="A 'REINFORCE' that is detached",
        source=source_003.SOURCE,
        wrong=(
            "What the source calls REINFORCE samples its bits and defines their log-probability, which nothing ever "
            "uses. Mended, it is multiplied by the loss: here with the other samples' loss as baseline."
        ),
        symptom=(
            "First-layer weights: as written not one of them changes. Accuracy: it stops at what the output layer "
            "makes of random features."
        ),
        shared={
            "architecture": {
                "name": "mlp",
                "hidden": (100,),
                "pixels": "standardized",
                "weight_init": "kaiming-uniform",
            },
            **SMALL_NET,
        },
        as_written={"estimator": "detached-sample"},
        mended={"estimator": {"name": "rloo", "units": "hard-sigmoid"}},
    ),
    Defect(
        name="binarized-output",
        title="Logits of 0 and 1",
        source=source_004.SOURCE,
        wrong=(
            "The binary activation stands after the last layer too. Ten logits of 0 or 1 cannot tell a class with more "
            "than a share of e / (e + 9) = 23 %. Mended, the logits are those of batch norm. (Weights are -1 or +1 on "
            "both sides: with the source's 0 and 1 either learns too slowly to tell them apart soon.)"
        ),
        symptom="Loss: as written it never falls below ln(e + 9) - 1 = 1.4612, on any batch. Mended it soon does.",
        shared={**BIT_NET, "optimizer": _flips("keep")},
        as_written={"architecture": _bits(weight_levels="-1/+1", output="binarized")},
        mended={"architecture": _bits(weight_levels="-1/+1", output="real")},
    ),
    Defect(
        name="zero-gradient-to-one",
        title="No gradient, and yet a target",
        source=source_004.SOURCE,
        wrong=(
            "target = (-g >= 0) takes a gradient of exactly 0 for a wish to be 1. The weights of pixels that are black "
            "in every image have no other gradient. Mended, they keep their bit."
        ),
        symptom=(
            "First-layer weights: as written the border of every unit's picture turns into one color, step by step; "
            "mended it stays the noise that was drawn. The loss does not tell: those weights are multiplied by 0."
        ),
        shared={**BIT_NET, "architecture": _bits(output="real")},
        as_written={"optimizer": _flips("to-one")},
        mended={"optimizer": _flips("keep")},
    ),
)
"""In the order of the sources."""

PRESETS = [defect.as_preset for defect in DEFECTS]
