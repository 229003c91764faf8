"""Source 003: a small convolutional net with binary layers, stochastic or deterministic, in thirteen variants."""

from __future__ import annotations

from typing import Any

from lab.presets.base import BEST, CORRECTED, Preset

SOURCE = "source 003: Pytorch_CNN_vanilla_binary_weights (repository)"
UNITS = {"det": "deterministic", "stoch": "stochastic"}
ESTIMATORS = {
    ("det", "st"): "hard-sigmoid",
    ("det", "detached"): "detached-round",
    ("stoch", "st"): "stochastic-hard-sigmoid",
    ("stoch", "detached"): "detached-sample",
}
LAYERS = {"conv1": (1,), "conv2": (2,), "both": (1, 2)}
NAMES = {"conv1": "conv 1", "conv2": "conv 2", "both": "both layers"}
DETACHED = {
    "det": "It rounds and detaches. A bit that is not drawn has no log-probability, so there is no score to use.",
    "stoch": "It is a detached sample: its log-probability is defined and never used.",
}
NEVER_ANNEALED = (
    "Slope annealing is switched on in the notebook and never took effect: the slope that it printed is 1 throughout."
)
HIGHEST = "the most accurate on the validation images after an epoch, each with a learning rate of its own"
RECIPE: dict[str, Any] = {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, "batch_size": 64, "budget": 10}


def _float() -> Preset:
    return Preset(
        name="source-003-float",
        title="Conv net, real-valued",
        summary="The yardstick of source 003: hard-sigmoid units throughout, 29 034 parameters.",
        look="Accuracy: what the binary nets are measured against.",
        source=SOURCE,
        fields={"architecture": {"name": "convnet", "binary_layers": ()}, **RECIPE},
    )


def _binary(units: str, rule: str, layers: str) -> Preset:
    where = _where(layers)
    if rule == "st":
        title, wrong = "straight-through", NEVER_ANNEALED
        story = "the gradient goes through a hard sigmoid of slope 1."
        look = "Channels: two values each, and yet the digit is still there."
    else:
        title, story = "'REINFORCE'", "what the source calls REINFORCE."
        kept = "So no gradient reaches anything in front of the bits, and those layers stay as they were drawn."
        wrong = f"{DETACHED[units]} {kept}"
        look = "First-layer weights: not one of them changes."
    return Preset(
        name=f"source-003-{units}-{rule}-{layers}",
        title=f"Conv net, {UNITS[units]} bits, {title}, {NAMES[layers]}",
        summary=f"{UNITS[units].capitalize()} binary units after {where}; {story}",
        wrong=wrong,
        look=look,
        source=SOURCE,
        fields={
            "architecture": {"name": "convnet", "binary_layers": LAYERS[layers]},
            "estimator": ESTIMATORS[units, rule],
            **RECIPE,
        },
    )


def _annealed(units: str, layers: str) -> Preset:
    as_written = _binary(units, "st", layers)
    return Preset(
        name=f"{as_written.name}{CORRECTED}",
        title=f"{as_written.title}, annealed",
        summary=(
            f"{UNITS[units].capitalize()} binary units after {_where(layers)}, and slope annealing as the source asks "
            "for it, at the rate of its parent project: times 1.005 in every epoch, for real units too."
        ),
        look="Slope: 1.046 in the tenth epoch, too little to tell from none; it takes 100 epochs to 1.64.",
        source=SOURCE,
        fields={**as_written.fields, "slope": {"name": "exponential", "start": 1.0, "rate": 1.005}},
    )


def score_function_net(layers: str, estimator: dict[str, Any], rate: float) -> dict[str, Any]:
    """The fields of the net with stochastic units that learns by an estimator, at a learning rate of its own."""
    return {
        "architecture": {"name": "convnet", "binary_layers": LAYERS[layers]},
        "estimator": estimator,
        **RECIPE,
        "optimizer": {"name": "sgd", "lr": rate, "momentum": 0.9},
        "evaluate_every": 1.0,
        "report": "best-validation",
    }


def _score_function(layers: str) -> Preset:
    return Preset(
        name=f"source-003-stoch-detached-{layers}{CORRECTED}",
        title=f"Conv net, true REINFORCE, {NAMES[layers]}",
        summary=(
            f"Stochastic binary units after {_where(layers)}, trained by their score function: four samples, each with "
            "the loss of the others as its baseline, and a learning rate of its own."
        ),
        look="First-layer weights: they change now. A step evaluates the loss four times, and its gradient is noisy.",
        source=SOURCE,
        fields=score_function_net(layers, {"name": "rloo", "samples": 4, "units": "hard-sigmoid"}, 0.03),
    )


def _best_score_function(layers: str, rule: str, rate: float, title: str, chosen: str) -> Preset:
    return Preset(
        name=f"source-003-stoch-detached-{layers}{BEST}",
        title=f"Conv net, {title}, {NAMES[layers]}",
        summary=f"The same net, bits and epochs, trained by {title}: of ten score-function rules {chosen}.",
        look="First-layer weights: they change. Reproduce has what it comes to, and what a step of it costs.",
        source=SOURCE,
        fields=score_function_net(layers, {"name": rule, "units": "hard-sigmoid"}, rate),
    )


def _where(layers: str) -> str:
    return "both convolutions" if layers == "both" else f"convolution {LAYERS[layers][0]}"


def _best(units: str, title: str, summary: str, **fields: Any) -> Preset:
    return Preset(
        name=f"source-003-{units}-st-both{BEST}",
        title=f"Conv net, {title}",
        summary=(
            f"The same net, bits and epochs; {summary}, Adam with a learning rate that makes one cycle up to 0.01, and "
            "training images moved by up to one pixel."
        ),
        look="Validation accuracy: it levels off from the eighth epoch on, while the learning rate goes to 0.",
        source=SOURCE,
        fields={
            "architecture": {"name": "convnet", "binary_layers": (1, 2)},
            **RECIPE,
            "optimizer": {"name": "adam", "lr": {"name": "one-cycle", "peak": 0.01}},
            "shift": 1,
            **fields,
        },
    )


PRESETS = [
    _float(),
    *(_binary(units, rule, layers) for units, rule in ESTIMATORS for layers in LAYERS),
    *(_annealed(units, layers) for units in UNITS for layers in LAYERS),
    *map(_score_function, LAYERS),
    _best_score_function("conv1", "muprop", 0.03, "MuProp", f"one of two that were level and {HIGHEST}"),
    _best_score_function("conv2", "rebar", 0.01, "REBAR", f"the one that was {HIGHEST}"),
    _best_score_function("both", "rebar", 0.03, "REBAR", f"the one that was {HIGHEST}"),
    _best(
        *("det", "ApproxSign and one-cycle Adam", "ApproxSign in place of the hard sigmoid"),
        estimator="approx-sign",
    ),
    _best(
        *("stoch", "mean of 16 samples, one-cycle Adam", "predictions averaged over 16 samples of the bits"),
        estimator="stochastic-hard-sigmoid",
        evaluation="mean",
    ),
]
