"""Source 002: a blog's fully binarized MLP, weights, units and picture, as it is printed and as it was meant."""

from __future__ import annotations

from typing import Any

from lab.models.binary_mlp import PLUS_MINUS
from lab.presets.base import BEST, CORRECTED, Preset

SOURCE = "source 002: Binarized neural networks with PyTorch (blog)"
UNITS_OF_RATIO = 2048
"""Units of a hidden layer are so many times infl_ratio, which the source has at 3."""
WIDE: dict[str, Any] = {"budget": 100, "budget_unit": "steps", "evaluate_every": 1}
"""A step of the net with infl_ratio 3 takes about a second on two processors."""
NARROW: dict[str, Any] = {"budget": 2, "evaluate_every": 0.25}
BETTER = (
    "ApproxSign, Adam with a learning rate that makes one cycle up to 0.005, and training images moved by up to one "
    "pixel."
)
BITS = {"name": "binary-mlp", "htanh": True, **PLUS_MINUS}


def _as_written(ratio: int) -> dict[str, Any]:
    net = {"depth": 3, "head": "none", "batch_norm": False, "bias": True, "binary_input": True}
    return {
        "architecture": {**BITS, **net, "weight_rule": "sign-with-zero", "hidden": UNITS_OF_RATIO * ratio},
        "estimator": "sign-with-zero",
        "optimizer": {"name": "adam", "lr": 0.001, "latent_clip": None},
        "batch_size": 64,
        "report": "last",
    }


def _corrected(ratio: int) -> dict[str, Any]:
    return {
        "architecture": {**BITS, "depth": 4, "head": "real", "hidden": UNITS_OF_RATIO * ratio},
        "estimator": "saturated",
        "optimizer": {"name": "adam", "lr": 0.001, "latent_clip": 1.0},
        "batch_size": 64,
    }


def _best(ratio: int) -> dict[str, Any]:
    return {
        **_corrected(ratio),
        "estimator": "approx-sign",
        "optimizer": {"name": "adam", "lr": {"name": "one-cycle", "peak": 0.005}, "latent_clip": 1.0},
        "batch_size": 100,
        "shift": 1,
        "report": "best-validation-accuracy",
    }


PRESETS = [
    Preset(
        name="source-002",
        title="Fully binarized MLP",
        summary="784 – 3×6144: torch.sign binarizes picture, weights and units; the bias is real.",
        wrong=(
            "The net ends in 6 144 Htanh outputs, of which ten have a class; it has no batch norm, so nearly all sums "
            "lie where Htanh passes no gradient; and nothing clips the latent weights."
        ),
        look=(
            "Accuracy stays at chance. The loss cannot fall below 6.7243, and stays near ln 6144 = 8.72. Active units: "
            "about 1 %, ever fewer."
        ),
        source=SOURCE,
        fields={**_as_written(3), **WIDE},
    ),
    Preset(
        name=f"source-002{CORRECTED}",
        title="Fully binarized MLP, as meant",
        summary=(
            "784 – 3×6144 – 10: batch norm in front of every Htanh, a real-valued classifier behind the last bits, "
            "real-valued pixels, and latent weights clipped to [-1, 1], as the paper has it. A step takes about a "
            "second."
        ),
        look=(
            "The loss falls from the first steps on, in jumps: a learning rate of 0.001 flips many of 80 million bits "
            "at once."
        ),
        source=SOURCE,
        fields={**_corrected(3), **WIDE},
    ),
    Preset(
        name=f"source-002{BEST}",
        title="Fully binarized MLP, one-cycle Adam",
        summary=f"784 – 3×6144 – 10 as meant; {BETTER} An epoch takes minutes even on many processors.",
        look="Validation accuracy, against the version that is only corrected.",
        source=SOURCE,
        fields={**_best(3), "budget": 1, "evaluate_every": 0.25},
    ),
    Preset(
        name="source-002-infl-1",
        title="Fully binarized MLP, 2048 wide",
        summary="The net of source 002 with infl_ratio 1 in place of 3, 784 – 3×2048, at an eighth of the cost.",
        wrong=(
            "Of 2 048 Htanh outputs ten have a class; without batch norm nearly all sums lie where Htanh passes no "
            "gradient; and nothing clips the latent weights."
        ),
        look=(
            "Accuracy stays at chance; the loss cannot fall below 5.6277. Gradient norm: within 20 steps or so all "
            "outputs are at ±1, and from then on no gradient reaches a single weight."
        ),
        source=SOURCE,
        fields={**_as_written(1), **NARROW},
    ),
    Preset(
        name=f"source-002-infl-1{CORRECTED}",
        title="Fully binarized MLP, as meant, 2048 wide",
        summary=(
            "784 – 3×2048 – 10, infl_ratio 1: batch norm, a real-valued classifier, real-valued pixels and clipped "
            "latent weights."
        ),
        look="It learns within minutes. Each repair is a field: switch one back to see what it is for.",
        source=SOURCE,
        fields={**_corrected(1), **NARROW},
    ),
    Preset(
        name=f"source-002-infl-1{BEST}",
        title="Fully binarized MLP, 2048 wide, one-cycle Adam",
        summary=f"784 – 3×2048 – 10 as meant; {BETTER}",
        look="Validation accuracy, against the version that is only corrected, which has a fifth of the epochs.",
        source=SOURCE,
        fields={**_best(1), "budget": 10, "evaluate_every": 0.5},
    ),
]
