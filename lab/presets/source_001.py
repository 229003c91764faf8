"""Source 001: an autoencoder whose code is binary."""

from lab.presets.base import BEST, CORRECTED, Preset

SOURCE = "source 001: Intuitive explanation of straight-through estimators with PyTorch (blog)"
RECIPE = {"budget": 5, "evaluate_every": 0.25, "report": "last"}
ADAM = {"name": "adam", "lr": 0.001, "beta1": 0.5}
OPEN = {"name": "autoencoder", "relu": False}

PRESETS = [
    Preset(
        name="source-001",
        title="Binary autoencoder",
        summary="28×28 pixels to 512 bits and back.",
        wrong=(
            "A ReLU stands in front of the binarizer, so a bit that is 0 gets no gradient; and the gradient clip it "
            "advertises never acts."
        ),
        look="Reconstructions, and under each code histogram how many bits are never on.",
        source=SOURCE,
        fields={**RECIPE, "architecture": "autoencoder", "estimator": "value-clipped", "optimizer": ADAM},
    ),
    Preset(
        name=f"source-001{CORRECTED}",
        title="Binary autoencoder without the ReLU",
        summary="28×28 pixels to 512 bits and back; the gradient reaches every bit as the article says it does.",
        look="Validation error, against the version as written.",
        source=SOURCE,
        fields={**RECIPE, "architecture": OPEN, "estimator": "identity", "optimizer": ADAM},
    ),
    Preset(
        name=f"source-001{BEST}",
        title="Binary autoencoder, by Muon",
        summary=(
            "The same net and epochs without the ReLU, with bits of -1 and +1; the derivative of a sigmoid stands in "
            "for that of the step, and Muon moves the weights of every layer as far in every direction."
        ),
        look="Loss: on validation images it is lower after two epochs than that of the version as written after five.",
        source=SOURCE,
        fields={
            **RECIPE,
            "architecture": {**OPEN, "levels": "-1/+1", "weight_init": "xavier-normal"},
            "estimator": "sigmoid-adjusted",
            "optimizer": {
                "name": "muon",
                "lr": {"name": "one-cycle", "peak": 0.04},
                "others": {"name": "adam", "beta2": 0.99, "lr": {"name": "one-cycle", "peak": 0.04}},
            },
        },
    ),
]
