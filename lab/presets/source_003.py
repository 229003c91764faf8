"""Source 003: a small convolutional net with binary layers, stochastic or deterministic, in thirteen variants."""

from __future__ import annotations

from lab.presets.base import Preset

SOURCE = "source 003: Pytorch_CNN_vanilla_binary_weights (repository)"
UNITS = {"det": "deterministic", "stoch": "stochastic"}
ESTIMATORS = {
    ("det", "st"): "hard-sigmoid",
    ("det", "detached"): "detached-round",
    ("stoch", "st"): "stochastic-hard-sigmoid",
    ("stoch", "detached"): "detached-sample",
}
LAYERS = {"conv1": (1,), "conv2": (2,), "both": (1, 2)}
RECIPE = {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, "batch_size": 64, "budget": 10}


def _float() -> Preset:
    return Preset(
        name="source-003-float",
        title="Conv net, real-valued",
        summary="The yardstick of source 003: hard-sigmoid units throughout, 29 034 parameters.",
        source=SOURCE,
        fields={"architecture": {"name": "convnet", "binary_layers": ()}, **RECIPE},
    )


def _binary(units: str, rule: str, layers: str) -> Preset:
    where = "both convolutions" if layers == "both" else f"convolution {LAYERS[layers][0]}"
    if rule == "st":
        title, story = "ST", "the gradient goes through a hard sigmoid of slope 1."
    else:
        title, story = (
            "'REINFORCE'",
            "what the source calls REINFORCE is a detached sample: no gradient reaches anything in front of the bits, "
            "so those layers stay as they were drawn.",
        )
    return Preset(
        name=f"source-003-{units}-{rule}-{layers}",
        title=f"Conv net, {units}. {title}, {layers}",
        summary=f"{UNITS[units].capitalize()} binary units after {where}; {story}",
        source=SOURCE,
        fields={
            "architecture": {"name": "convnet", "binary_layers": LAYERS[layers]},
            "estimator": ESTIMATORS[units, rule],
            **RECIPE,
        },
    )


PRESETS = [_float(), *(_binary(units, rule, layers) for units, rule in ESTIMATORS for layers in LAYERS)]
