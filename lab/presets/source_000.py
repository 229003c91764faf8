"""Source 000: a forum's question for a step forward and a ReLU backward, and the answer that works."""

from lab.presets.base import BEST, CORRECTED, Preset

SOURCE = "source 000: Binary Activation Function with PyTorch (forum)"
# Net, optimizer and length are this lab's: the forum has a module and no training.
RECIPE = {"architecture": "mlp", "optimizer": {"name": "sgd", "lr": 0.01}, "budget": 10}

PRESETS = [
    Preset(
        name="source-000",
        title="Forum net",
        summary="784-64-10 with a step as activation, trained by the last answer: a module copied from source 001.",
        wrong=(
            "It copies the gradient after clipping its value to [-1, 1], which never acts on an averaged loss. The "
            "question had asked for ReLU's gradient, and its own code sends none."
        ),
        look="Accuracy: it learns all the same. The question's own code is among the presets, as a defect.",
        source=SOURCE,
        fields={**RECIPE, "estimator": "value-clipped"},
    ),
    Preset(
        name=f"source-000{CORRECTED}",
        title="Forum net, as it was asked for",
        summary="784-64-10, a step forward and ReLU's gradient backward: r - r.detach() + b.",
        wrong="Nothing but the wish: a unit that is off gets no gradient, so that it may stay off for ever.",
        look="Code histogram: how many units are never on.",
        source=SOURCE,
        fields={**RECIPE, "estimator": "relu-backward"},
    ),
    Preset(
        name=f"source-000{BEST}",
        title="Forum net, sigmoid-adjusted",
        summary=(
            "784-64-10, the same bits and epochs: a sigmoid of slope 2 stands in for the step, the learning rate of "
            "Adam makes one cycle up to 0.005, and training images are moved by up to one pixel."
        ),
        look="Validation accuracy: after the first epoch it is above what the version as written ends with.",
        source=SOURCE,
        fields={
            **RECIPE,
            "estimator": "sigmoid-adjusted",
            "slope": 2.0,
            "optimizer": {"name": "adam", "lr": {"name": "one-cycle", "peak": 0.005}},
            "shift": 1,
        },
    ),
]
