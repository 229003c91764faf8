"""Source 004: a gist that trains binary weights without latent weights."""

from lab.presets.base import Preset

PRESETS = [
    Preset(
        name="source-004",
        title="Binary-weight MLP, hypermask",
        summary=(
            "Every weight and every unit is one bit. Its output is binarized too, so the loss cannot fall below "
            "1.4612; and weights of pixels that are always black drift to 1."
        ),
        source="source 004: Binary MLP for MNIST, after Shibuya et al. (gist)",
        fields={
            "architecture": {"name": "binary-mlp", "hidden": 1024, "depth": 4, "output": "binarized"},
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
    )
]
