"""`python -m lab bench xnor`: how much faster nets of bits run on packed words than in float32, and where they do not.

Both ways give the same, which is checked before they are timed, take turns in one process, and have one thread.
"""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from lab.bench.alternating import alternate, as_json
from lab.bench.processor import disturbance
from lab.bench.telling import tell
from lab.bench.xnor_cases import FLOATS, PACKED, SMALL, SOURCE, WIDTH, Built, Pair, experiment_of, layer_pair, pictures
from lab.devices import computing_with
from lab.packed import PackedNet
from lab.probes.processors import numpy_on_one_processor

THREADS = 1
ASKED: dict[str, float] = {"layer_batch1": 50, "layer_batch256": 20, "net_batch1": 30, "net_batch256": 12, "disk": 30}
"""Times as fast, or as small, as it should be at least."""
BATCHES = (1, 256)
SMALL_BATCHES = (1, 16, 256)


@dataclass(frozen=True)
class Length:
    """How long to measure, and what."""

    rounds: int = 9
    """In each of them both ways have one turn."""
    seconds: float = 1.0
    """Of a turn."""
    small_seconds: float = 0.15
    """Of a turn of the small nets."""
    width: int = WIDTH
    """Of the layer."""
    preset: str = SOURCE
    """Whose net is measured end to end."""
    small: tuple[str, ...] = tuple(SMALL)
    """Nets of which it is measured whether it pays."""


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print tables or one line of JSON.

    Args:
        json: print JSON.
        length: how long to measure.
    """
    result = measured(length or Length())
    tell(result, json, _print_tables)


def measured(length: Length) -> dict[str, Any]:
    """All figures as plain data."""
    numpy_on_one_processor()
    with computing_with(THREADS), disturbance() as others:
        figures = {f"layer_batch{batch}": _layer(batch, length) for batch in BATCHES}
        net, sizes, packed = _net(length)
        small = {name: _small(name, length) for name in length.small}
    return {
        "ratios": {
            **{name: round(each["ratio"]["median"], 1) for name, each in (figures | net).items()},
            "disk": round(sizes[0] / sizes[1], 1),
        },
        "asked": ASKED,
        "figures": figures | net,
        "bytes": dict(zip((FLOATS, PACKED), sizes, strict=True)),
        "small": small,
        "titles": _titles(length, packed),
        "rounds": length.rounds,
        "seconds_a_turn": length.seconds,
        "threads": THREADS,
        "torch": torch.__version__,
        "numkong": version("numkong"),
        "processor": platform.machine(),
        "processors_taken_by_others": others.share,
    }


def timed(pair: Pair, rounds: int, seconds: float) -> dict[str, Any]:
    """Milliseconds that a go of each way takes, in the middle, and how many times as fast packed words are."""
    rates = alternate(pair.contestants(), rounds, seconds)
    milliseconds = {name: round(1e3 * pair.images / rates.typical(name), 4) for name in (FLOATS, PACKED)}
    return {"milliseconds": milliseconds, "ratio": as_json(rates.ratio(PACKED, FLOATS))}


def _layer(batch: int, length: Length) -> dict[str, Any]:
    _tell(f"a layer, batch {batch}")
    return timed(layer_pair(batch, length.width), length.rounds, length.seconds)


def _titles(length: Length, net: PackedNet) -> dict[str, str]:
    """What was measured, with the sizes that it had."""
    sizes = [math.prod(net.layers[0].shape), *(layer.outputs for layer in net.layers)]
    return {
        "layer_batch1": f"A layer of {length.width}×{length.width} with its units, batch 1",
        "layer_batch256": "The same, batch 256",
        "net_batch1": f"{length.preset}, {' – '.join(map(str, sizes))}, pixels to logits, batch 1",
        "net_batch256": "The same, batch 256",
        "disk": "The same on disk",
    }


def _net(length: Length) -> tuple[dict[str, Any], tuple[int, int], PackedNet]:
    _tell(f"{length.preset} with random weights")
    built = Built(experiment_of({"preset": length.preset}))
    found = {}
    for batch in BATCHES:
        _tell(f"{length.preset}, batch {batch}")
        found[f"net_batch{batch}"] = timed(built.forms.pair(pictures(batch)), length.rounds, length.seconds)
    return found, built.bytes, built.forms.packed


def _small(name: str, length: Length) -> dict[str, Any]:
    _tell(name)
    built = Built(experiment_of(SMALL[name]))
    pairs = {batch: built.forms.pair(pictures(batch)) for batch in SMALL_BATCHES}
    return {f"batch{batch}": timed(pair, length.rounds, length.small_seconds) for batch, pair in pairs.items()}


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _print_tables(result: Mapping[str, Any]) -> None:
    console = Console()
    table = Table(
        "", FLOATS, PACKED, "Times", "Asked for", title="Packed words against float32, weights as bits in both"
    )
    for name, title in result["titles"].items():
        asked = f"{result['asked'][name]:g}"
        if name == "disk":
            sizes = (f"{result['bytes'][way] / 1e6:.1f} MB" for way in (FLOATS, PACKED))
            table.add_row(title, *sizes, f"{result['ratios'][name]:g}", asked)
        else:
            table.add_row(title, *_cells(result["figures"][name]), asked)
    console.print(table)
    table = Table("Net", "Batch", FLOATS, PACKED, "Times", title="Where it pays less, or does not")
    for name, batches in result["small"].items():
        for batch, figures in batches.items():
            table.add_row(name, batch.removeprefix("batch"), *_cells(figures))
    console.print(table)
    console.print(_words(result), soft_wrap=True)


def _cells(figures: Mapping[str, Any]) -> list[str]:
    times, ratio = figures["milliseconds"], figures["ratio"]
    spread = f"{ratio['median']:.1f} ({ratio['low']:.1f} … {ratio['high']:.1f})"
    return [*(f"{times[way]:.3g} ms" for way in (FLOATS, PACKED)), spread]


def _words(result: Mapping[str, Any]) -> str:
    lost = [
        f"{name} at {batch.replace('batch', 'batch ')} ({figures['ratio']['median']:.1f})"
        for name, batches in result["small"].items()
        for batch, figures in batches.items()
        if figures["ratio"]["median"] < 1
    ]
    words = [
        f"Threads: {result['threads']}. Weights are random, which changes no time, and packed, or made to bits in "
        "float32, before. All else is timed, also what makes bits of activations and puts these into words.",
        f"It does not pay for: {'; '.join(lost)}." if lost else "It pays for all nets that were measured, if little.",
    ]
    if result["processors_taken_by_others"] is not None:
        words.append(f"Other processes took {result['processors_taken_by_others']:.0%} of the processors meanwhile.")
    return " ".join(words)
