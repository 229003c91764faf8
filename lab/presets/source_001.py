"""Source 001: an autoencoder whose code is binary."""

from lab.presets.base import Preset

PRESETS = [
    Preset(
        name="source-001",
        title="Binary autoencoder",
        summary=(
            "28×28 pixels to 512 bits and back. A ReLU stands in front of the binarizer, so a bit that is 0 gets no "
            "gradient; and the gradient clip it advertises never acts."
        ),
        source="source 001: Intuitive explanation of straight-through estimators with PyTorch (blog)",
        fields={
            "architecture": "autoencoder",
            "estimator": "value-clipped",
            "optimizer": {"name": "adam", "lr": 0.001, "beta1": 0.5},
            "budget": 5,
            "evaluate_every": 0.25,
            "report": "last",
        },
    )
]
