"""Multilayer perceptrons of binary weights without latent ones, over how many may flip (δ). A row is a line."""

from __future__ import annotations

from typing import Any

from lab.models.binary_mlp import PLUS_MINUS
from lab.presets import PRESETS
from lab.studies.base import REFERENCE, TEST_ACCURACY, Along, Published, Row, Study, Trained, accuracy

LOOK = "Not from a paper: a first look, one run of one seed."
NONE = "No published figure was found."
FADING = {"name": "geometric", "start": 1e-3, "end": 1e-5}


def _row(
    name: str,
    title: str,
    optimizer: dict[str, Any],
    hidden: int = 1024,
    published: Published | None = None,
    rival: Row | None = None,
    **fields: Any,
) -> Row:
    net = {"name": "binary-mlp", "hidden": hidden, "depth": 4, **PLUS_MINUS}
    recipe = {"estimator": "saturated", "optimizer": optimizer, "batch_size": 128, "budget": 20, "evaluate_every": 1.0}
    return Trained(
        name=name,
        title=title,
        published=() if published is None else (published,),
        measures=(TEST_ACCURACY,),
        meaning=NONE if published is None else LOOK,
        rival=rival,
        fields={"architecture": net, **recipe, **fields},
    )


AS_WRITTEN = Trained(
    name="source-004",
    title="Source 004 as written, 20 epochs",
    published=(accuracy("33", REFERENCE),),
    meaning=(
        "The gist publishes no accuracy. After 20 epochs of one run; between epochs it went up and down between 9.8 "
        "and 33."
    ),
    differs="54 000 training images, so 4 steps an epoch as with 60 000. Its own 200 epochs are ten times as long.",
    fields={**PRESETS["source-004"].fields, "budget": 20},
)


def _delta(delta: Any, name: str, told: str) -> Row:
    return _row(f"rand-1024-{name}", f"Hypermask RAND, 3 × 1024, δ {told}", {"name": "hypermask", "delta": delta})


def _small(name: str, title: str, optimizer: dict[str, Any], percent: str | None = None, epochs: float = 6) -> Row:
    look = None if percent is None else accuracy(percent, REFERENCE)
    return _row(name, f"{title}, 3 × 256", optimizer, 256, look, budget=epochs)


def _bop(name: str, hidden: int, threshold: float, **fields: Any) -> Row:
    optimizer = {"name": "bop", "gamma": 1e-3, "threshold": threshold}
    return _row(name, f"Bop, 3 × {hidden}, γ 1e-3, τ {threshold:.0e}".replace("e-0", "e-"), optimizer, hidden, **fields)


BOP_1024 = _bop("bop-1024", 1024, 1e-7, published=accuracy("97.3", REFERENCE))
SECOND_ORDER = {"name": "second-order-bop", "gamma": 1e-3, "threshold": 1e-2}
SQUARED = {"name": "proportional", "power": 2, "delta": FADING}
TOP = {"name": "top-delta", "delta": FADING}
STEADIER_BOP: dict[str, Any] = {
    "optimizer": {
        "name": "bop",
        "gamma": {"name": "geometric", "start": 1e-3, "end": 1e-5},
        "threshold": 1e-7,
        "real": {"name": "adam", "lr": {"name": "cosine", "start": 0.01, "end": 0.0}},
    },
    "budget": 30,
    "shift": 1,
    "report": "best-validation-accuracy",
}


STUDY = Study(
    name="latent-free",
    title="Binary weights without latent ones",
    summary="Three hidden layers of binary weights that are flipped without latent weights, over the share that flips.",
    source="Shibuya et al. 2025, BinSFO, and source 004; Helwegen et al. 2019, Bop; the figures: see the rows",
    story=(
        "784 inputs, three hidden layers and ten logits, every weight and hidden unit one bit, and no latent weights: "
        "a rule flips the bits themselves.\n\n"
        "- **Bop keeps a number per weight**, the moving average of its gradient. **Hypermask keeps nothing**: each "
        "weight takes the bit that lowers the loss with probability δ.\n"
        "- **δ decides.** Where a gradient is noise, half of the bits that it asks for are other bits, so with a "
        "constant δ about δ/2 of all weights flip in every step for ever: too much of it, and little is ever "
        "learned. The rows go from 1e-1, which source 004 takes, to 1e-4, and to one that fades.\n"
        "- **Nothing remembers the last batches**, so each has to be large enough to tell signal from noise: "
        "`one-bit-best` takes 13 500 images for each step, and compares gradients in units of their size at a unit "
        "and at an input.\n"
        "- **What was tried for it**, in single runs of seed 0 that are not kept, validation accuracy after 60 epochs: "
        "flips proportional to the gradient's 4th power with batches of 2048 came to 95.6, of 4096 to 96.8, of 8192 to "
        "97.3 and of 27 000 to 94.9; the 8th power to 96.8. A larger learning rate of batch norm gave 97.4, and units "
        "of the gradient's size 97.9 with batches of 13 500 and 97.8 with 16 384. Flips that one batch of 8192 asks "
        "for did not lower the loss of another, which suggests that it is the signal that is scarce.\n"
        "- **Which weights may flip counts, too**: at 256 units flips proportional to the gradient's square, and WPM's "
        "mask, do better than the uniform one, and EWM's does worse.\n"
        "- **No published figures were found** for these nets on MNIST. Those in the table are first looks of one "
        "seed."
    ),
    rows=(
        _bop("bop-256", 256, 1e-6, published=accuracy("96.3", REFERENCE), budget=6),
        BOP_1024,
        _row(
            "bop-best",
            "Bop, 3 × 1024, γ 1e-3 to 1e-5, τ 1e-7, 30 epochs of shifted images",
            rival=BOP_1024,
            **STEADIER_BOP,
        ),
        _small("bop2-256", "Second-order Bop, γ 1e-3, τ 1e-2", SECOND_ORDER),
        _small("rand-256", "Hypermask RAND, δ 1e-3 to 1e-5", {"name": "hypermask", "delta": FADING}, "80.0"),
        _small("ewm-256", "BinSFO EWM, learning rate 1e-2", {"name": "binsfo-ewm", "lr": 1e-2}, "77.2"),
        _small("wpm-256", "BinSFO WPM, learning rate 100", {"name": "binsfo-wpm", "lr": 100.0}),
        _small("squared-256", "Flips proportional to the gradient's square, δ 1e-3 to 1e-5", SQUARED, "85.6"),
        _small("top-256", "Flips of the largest gradients, δ 1e-3 to 1e-5", TOP, "87.5", epochs=10),
        _delta(0.1, "1e-1", "0.1"),
        _delta(0.01, "1e-2", "0.01"),
        _delta(1e-3, "1e-3", "0.001"),
        _delta(1e-4, "1e-4", "0.0001"),
        _delta(FADING, "fading", "1e-3 to 1e-5"),
        AS_WRITTEN,
        Trained(
            name="one-bit-best",
            title="One bit per weight: gradient-proportional flips, 60 epochs of shifted images",
            rival=AS_WRITTEN,
            measures=(TEST_ACCURACY,),
            meaning=NONE,
            fields=PRESETS["source-004-best"].fields,
        ),
    ),
    along=Along(
        "δ",
        "δ, the chance to take the bit that is asked for",
        {
            "Hypermask RAND, 3 × 1024, constant δ": {
                1e-4: "rand-1024-1e-4",
                1e-3: "rand-1024-1e-3",
                1e-2: "rand-1024-1e-2",
                1e-1: "rand-1024-1e-1",
            },
        },
    ),
)
