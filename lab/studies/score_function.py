"""Source 003's stochastic nets trained by true score functions, against the frozen ones that it calls REINFORCE."""

from __future__ import annotations

from typing import Any, NamedTuple

from lab.boards.across import TEST_ACCURACY
from lab.presets.source_003 import LAYERS, NAMES, score_function_net
from lab.studies.base import Row, Study, Trained, accuracy
from lab.studies.source_003 import FIGURES

SHORT, LONG = 1, 10
"""Epochs of every rule, and of the best ones: as many as the source's."""


class Rule(NamedTuple):
    """What a net learns with."""

    title: str
    estimator: dict[str, Any]
    rates: dict[str, float]
    """The learning rate for each of the `LAYERS`: that of the highest validation accuracy, of those in the story."""


def _rates(conv1: float, conv2: float, both: float) -> dict[str, float]:
    return {"conv1": conv1, "conv2": conv2, "both": both}


def _hard(title: str, estimator: dict[str, Any], *rates: float) -> Rule:
    """With hard-sigmoid units, as the source has them."""
    return Rule(title, {**estimator, "units": "hard-sigmoid"}, _rates(*rates))


FROZEN = Rule("Frozen (detached sample)", {"name": "detached-sample"}, _rates(0.03, 0.01, 0.003))
LONG_FROZEN = FROZEN._replace(rates=_rates(0.03, 0.003, 0.003))
RULES = {
    "rloo": _hard("RLOO, 4 samples", {"name": "rloo", "samples": 4}, 0.03, 0.03, 0.03),
    "muprop": _hard("MuProp", {"name": "muprop"}, 0.03, 0.03, 0.03),
    "rebar": _hard("REBAR", {"name": "rebar"}, 0.03, 0.01, 0.03),
    "relax": _hard("RELAX", {"name": "relax"}, 0.03, 0.003, 0.01),
    "disarm": _hard("DisARM", {"name": "disarm"}, 0.03, 0.003, 0.003),
    "arm": Rule("ARM, logistic units", {"name": "arm", "units": "logistic"}, _rates(0.03, 0.03, 0.01)),
    "input-baseline": _hard("REINFORCE, learned baseline", {"name": "input-baseline"}, 0.03, 0.01, 0.03),
    "optimal-baseline": _hard("REINFORCE, optimal baseline", {"name": "optimal-baseline"}, 0.03, 0.003, 0.01),
    "reinforce": _hard("REINFORCE, moving average", {"name": "reinforce"}, 0.03, 0.003, 0.001),
    "score-function": _hard("REINFORCE, no baseline", {"name": "score-function"}, 0.03, 0.003, 0.01),
}
BEST = {"conv1": ("score-function", "muprop"), "conv2": ("rebar",), "both": ("rebar",)}
"""The rules of the highest validation accuracy after the first epoch; two where they are as good."""


def _row(name: str, rule: Rule, layers: str, epochs: int, rival: Row | None = None) -> Trained:
    long, rate, as_theirs = epochs == LONG, rule.rates[layers], rule is LONG_FROZEN
    length = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    return Trained(
        name=f"{name}-{layers}{'-long' if long else ''}",
        title=f"{rule.title}, {NAMES[layers]}, {length}",
        published=(accuracy(FIGURES[f"stoch-detached-{layers}"][1]),) if as_theirs else (),
        measures=(TEST_ACCURACY,),
        meaning="The source's frozen net, whose bits are sampled and detached." if as_theirs else "",
        differs=f"Learning rate {rate:g}, the source's is 0.1{'' if long else f'; {length}, the source has {LONG}'}.",
        rival=rival,
        fields={**score_function_net(layers, rule.estimator, rate), "budget": epochs},
    )


def _rows(layers: str) -> list[Row]:
    """What is frozen, and what is to beat it."""
    frozen, long = _row("frozen", FROZEN, layers, SHORT), _row("frozen", LONG_FROZEN, layers, LONG)
    best = [_row(name, RULES[name], layers, LONG, rival=long) for name in BEST[layers]]
    rules = [_row(name, rule, layers, SHORT, rival=frozen) for name, rule in RULES.items()]
    return [long, *best, frozen, *rules]


STUDY = Study(
    name="score-function",
    title="What source 003 calls REINFORCE, and true score functions",
    summary="Ten score-function rules on source 003's net, each against the frozen row of the same layers and epochs.",
    source="source 003: Pytorch_CNN_vanilla_binary_weights (repository): its stochastic rows called REINFORCE",
    story=(
        "The net of source 003 with sampled bits after conv 1, conv 2 or both: hard-sigmoid units, SGD with momentum "
        "0.9, batches of 64, 54 000 images. The source calls its rows REINFORCE and never uses the score function: "
        "everything in front of the bits is frozen. Here are rules that do use it.\n\n"
        "- **Every rule has a learning rate of its own**, the frozen rows too: the best validation accuracy of seed 0, "
        "of 0.0003, 0.001, 0.003, 0.01, 0.03 and 0.1, as far as they bracket it. In the long rows that of the frozen "
        "net was chosen after all its epochs, that of the rule beside it after the first.\n"
        "- **After conv 1 there is little to win**: frozen features come to 98 %. Two rules were as good as each other "
        "on the validation images after the first epoch, so both have a long row. MuProp beats the frozen row by more "
        "than 2 standard errors, and with three seeds that may still be chance; the rule without a baseline is level "
        "with it. After conv 2, and in both layers, REBAR leaves no doubt.\n"
        "- **After one epoch MuProp, REBAR and RLOO are ahead of frozen features everywhere**; where conv 2 alone is "
        "binary, six of the other seven rules are behind them.\n"
        "- **Passes are the cost, and not all of it.** A pass runs the net forward once. A step also goes back through "
        "all that learns, and RELAX differentiates its critic twice. Where both layers are binary, a step takes about "
        "1.4 times the processor time of a frozen one by the four rules called REINFORCE, 2 to 3 times by RELAX, "
        "DisARM, ARM and MuProp, 4 times by RLOO, and 6 to 7 times by REBAR (medians over steps of 64 images, rule by "
        "rule in turn, one thread). Epochs are equal here, work is not.\n"
        "- **Batch norm couples the images of a batch**, so none of these rules is exactly unbiased in this net: the "
        "score of each image is weighed by its own loss alone.\n"
        "- **ARM has logistic units**: it weighs the loss by the logit of each unit, and that of a hard-sigmoid unit "
        "has no bound. With those it learned little at conv 2 and nothing at both."
    ),
    rows=tuple(row for layers in LAYERS for row in _rows(layers)),
)
