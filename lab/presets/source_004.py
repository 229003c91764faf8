"""Source 004: a gist that trains binary weights without latent weights."""

from lab.models.binary_mlp import PLUS_MINUS
from lab.presets.base import BEST, CORRECTED, Preset

SOURCE = "source 004: Binary MLP for MNIST, after Shibuya et al. (gist)"
NET = {"name": "binary-mlp", "hidden": 1024, "depth": 4}

PRESETS = [
    Preset(
        name="source-004",
        title="Binary-weight MLP, hypermask",
        summary="784 – 3×1024 – 10, every weight and every unit one bit, 0 or 1, and no latent weights.",
        wrong=(
            "Its output is binarized too, so the loss cannot fall below 1.4612; weights of pixels that are always "
            "black drift to 1; and with a constant δ of 0.1 about a twentieth of all weights flips in every step, for "
            "ever."
        ),
        look="Flip rate: it does not fall. Accuracy: it jumps from one evaluation to the next.",
        source=SOURCE,
        fields={
            "architecture": {**NET, "output": "binarized"},
            "estimator": "identity",
            "optimizer": {
                "name": "hypermask",
                "delta": 0.1,
                "zero_gradient": "to-one",
                "real": {"name": "sgd", "lr": 0.01, "momentum": 0.0},
            },
            "batch_size": 16384,
            "budget": 200,
            "report": "last",
        },
    ),
    Preset(
        name=f"source-004{CORRECTED}",
        title="Binary-weight MLP, hypermask with a fading δ",
        summary=(
            "As in the paper's own code, weights and units are -1 or +1, and the logits are those of batch norm. A "
            "weight without a gradient keeps its bit, and δ falls to 0, so that flips end."
        ),
        look="Flip rate: it follows δ down to 0, and accuracy settles.",
        source=SOURCE,
        fields={
            "architecture": {**NET, **PLUS_MINUS},
            "estimator": "saturated",
            "optimizer": {
                "name": "hypermask",
                "delta": {"name": "cosine", "start": 0.002, "end": 0.0},
                "real": {"name": "adam", "lr": 0.01},
            },
            "batch_size": 1024,
            "budget": 20,
        },
    ),
    Preset(
        name=f"source-004{BEST}",
        title="Binary-weight MLP, gradient-proportional flips",
        summary=(
            "The corrected net, still one bit per weight and no latent weights: flips proportional to the fourth "
            "power of their gradient, in units of its size, from batches of 13 500 images that are moved by up to one "
            "pixel; ApproxSign, and a δ that falls to 0."
        ),
        look="Flip rate and accuracy: each flip has to be right, because nothing remembers the last batches.",
        source=SOURCE,
        fields={
            "architecture": {**NET, **PLUS_MINUS},
            "estimator": "approx-sign",
            "optimizer": {
                "name": "proportional",
                "delta": {"name": "cosine", "start": 0.01, "end": 0.0},
                "in_units_of": "unit and input",
                "real": {"name": "adam", "lr": {"name": "cosine", "start": 0.07, "end": 0.0}},
            },
            "batch_size": 13500,
            "budget": 60,
            "evaluate_every": 1.0,
            "shift": 1,
            "report": "best-validation-accuracy",
        },
    ),
]
