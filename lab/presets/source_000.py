"""Source 000: a forum's question for a step forward and a ReLU backward, and the answer it accepted."""

from lab.presets.base import Preset

PRESETS = [
    Preset(
        name="source-000",
        title="Forum net",
        summary=(
            "784-64-10 with a step as activation. The accepted answer copies the gradient after clipping its value to "
            "[-1, 1]; the question had asked for ReLU's gradient."
        ),
        source="source 000: Binary Activation Function with PyTorch (forum)",
        fields={
            "architecture": "mlp",
            "estimator": "value-clipped",
            "optimizer": {"name": "sgd", "lr": 0.01},
            "budget": 10,
        },
    )
]
