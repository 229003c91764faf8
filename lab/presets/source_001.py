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
        title="Binary autoencoder, sigmoid-adjusted",
        summary=(
            "The same net and epochs without the ReLU; a sigmoid of slope 2 stands in for the step, and the learning "
            "rate of Adam makes one cycle up to 0.003."
        ),
        look="Loss: on validation images it still falls in the last epochs, while the learning rate goes to 0.",
        source=SOURCE,
        fields={
            **RECIPE,
            "architecture": OPEN,
            "estimator": "sigmoid-adjusted",
            "slope": 2.0,
            "optimizer": {"name": "adam", "lr": {"name": "one-cycle", "peak": 0.003}},
        },
    ),
]
