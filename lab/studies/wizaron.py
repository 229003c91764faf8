"""The ten rows of the parent project of source 003: a multilayer perceptron 784-100-10 with binary hidden units."""

from __future__ import annotations

from typing import Any

from lab.studies.base import Row, Study, Trained, accuracy

BEST_ON_TEST = (
    "The highest of 100 accuracies on the test images, one after each epoch: the epoch ({epoch}) was chosen by the "
    "test set, so it is too high by what luck gives. One run, seed 1, all 60 000 training images."
)
DIFFERS = (
    "Here the epoch is chosen by the accuracy on 6 000 validation images, and the 54 000 others are trained on: the "
    "test images choose nothing. The stochastic rows are tested with one sample, as theirs were."
)
FROZEN = "100 frozen random features: no gradient reaches the hidden layer, and only the classifier learned."
RECIPE: dict[str, Any] = {
    "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
    "batch_size": 64,
    "budget": 100,
    "evaluate_every": 1.0,
    "report": "best-validation-accuracy",
    "threads": 1,  # so small a net is faster with one than with two
}
ANNEALED = {"name": "exponential", "start": 1.0, "rate": 1.005}
NET = {
    "name": "mlp",
    "hidden": (100,),
    "activation": "hard-sigmoid",
    "weight_init": "kaiming-uniform",
    "pixels": "standardized",
}


def _row(name: str, title: str, estimator: str | None, annealed: bool, epoch: int, percent: str) -> Row:
    """A row; without an estimator the hidden units are real."""
    told: dict[str, Any] = {
        "name": f"{name}-annealed" if annealed else name,
        "title": f"{title}, slope {'1.005 per epoch' if annealed else '1'}",
        "published": (accuracy(percent),),
        "meaning": " ".join([*([FROZEN] if "detached" in name else []), BEST_ON_TEST.format(epoch=epoch)]),
    }
    net = NET | ({"binary_layers": ()} if estimator is None else {})
    rule = {} if estimator is None else {"estimator": estimator}
    slope = {"slope": ANNEALED} if annealed else {}
    return Trained(**told, differs=DIFFERS, fields={"architecture": net, **rule, **slope, **RECIPE})


STUDY = Study(
    name="wizaron",
    title="Wizaron: ten multilayer perceptrons",
    summary="784-100-10 with binary hidden units, with and without slope annealing.",
    source="Wizaron/binary-stochastic-neurons (repository), the parent of source 003",
    story=(
        "784-100-10 with a hard sigmoid, rounded or sampled. SGD of learning rate 0.1 and momentum 0.9, batches of "
        "64, 100 epochs, with and without slope annealing: 1.005 per epoch, up to 1.64.\n\n"
        "- **Every figure is the best of 100 test accuracies.** The test set chose the epoch. Here the validation "
        "images choose it, so a figure that is a little lower is no failure; that of the frozen "
        "stochastic row with annealing is lower by 1.1 points and more than that.\n"
        "- **The REINFORCE rows are 100 frozen random features** and a classifier, as in source 003.\n"
        "- **Slope annealing hurts or ties in all three rows that learn.** In the frozen stochastic rows it helps, "
        "because a larger slope makes the sampled units less noisy; rounded bits are the same at any slope, so the two "
        "deterministic ones are equal here to the last digit.\n"
        "- All rows are noisy: one run each, and one standard error of 10 000 test images is 0.17 points at 97 % and "
        "0.4 to 0.5 points in the frozen rows."
    ),
    rows=(
        _row("det-detached", "Deterministic, “REINFORCE” (frozen)", "detached-round", False, 41, "80.86"),
        _row("det-detached", "Deterministic, “REINFORCE” (frozen)", "detached-round", True, 33, "81.28"),
        _row("det-st", "Deterministic, ST", "hard-sigmoid", False, 94, "97.20"),
        _row("det-st", "Deterministic, ST", "hard-sigmoid", True, 63, "97.09"),
        _row("stoch-detached", "Stochastic, “REINFORCE” (frozen)", "detached-sample", False, 19, "59.37"),
        _row("stoch-detached", "Stochastic, “REINFORCE” (frozen)", "detached-sample", True, 97, "70.95"),
        _row("stoch-st", "Stochastic, ST", "stochastic-hard-sigmoid", False, 59, "97.48"),
        _row("stoch-st", "Stochastic, ST", "stochastic-hard-sigmoid", True, 89, "97.17"),
        _row("float", "Not binary", None, False, 76, "97.34"),
        _row("float", "Not binary", None, True, 50, "97.14"),
    ),
)
