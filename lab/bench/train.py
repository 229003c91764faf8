"""`python -m lab bench train`: how much faster the engine trains the sources' nets than the sources' own loops."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from lab.bench.accuracy import compare_results
from lab.bench.alternating import Rates, alternate, as_json
from lab.bench.contestants import CASES, PLAIN, Case, engine_steps, experiment, plain_steps
from lab.bench.memory import STEPS, recorder_bytes
from lab.bench.plain import require_mnist
from lab.bench.processor import bfloat16_in_hardware, disturbance
from lab.bench.telling import tell
from lab.experiment import Experiment
from lab.recorder import Recorder
from lab.training import Training

UNRECORDED = "float32, unrecorded"
WITHOUT_HEALTH = "float32, without health"


@dataclass(frozen=True)
class Length:
    """How long to measure."""

    rounds: int = 9
    """In each of them every contestant has one turn."""
    seconds: float = 2.0
    """Of a turn."""
    seeds: int = 3
    """Runs by each contestant, where results are compared."""
    epochs: float = 1.0
    """Of each such run."""


def main(json: bool = False, accuracy: bool = False, length: Length | None = None) -> None:
    """Measure, and print tables or one line of JSON.

    Args:
        json: print JSON.
        accuracy: also train by both ways, and compare the results on the test images.
        length: how long to measure.

    Raises:
        DataError: MNIST is not there.
    """
    require_mnist()
    result = measure(CASES, accuracy, length or Length())
    tell(result, json, _print_tables)


def measure(cases: Mapping[str, Case], accuracy: bool, length: Length) -> dict[str, Any]:
    """All figures of some cases as plain data. Ratios are of images per second."""
    before = torch.get_num_threads()
    torch.set_num_threads(experiment(CASES["conv"], "float32").threads)
    try:
        with disturbance() as others:
            rates = {name: _rates(name, case, length) for name, case in cases.items()}
        return {
            **_figures(cases, rates),
            "recorder_bytes": {name: recorder_bytes(case) for name, case in cases.items()},
            "recorder_steps": STEPS,
            "rounds": length.rounds,
            "seconds_a_turn": length.seconds,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "python": platform.python_version(),
            "bfloat16_in_hardware": bfloat16_in_hardware(),
            "processors_taken_by_others": others.share,
            **({"results": compare_results(cases, length.seeds, length.epochs)} if accuracy else {}),
        }
    finally:
        torch.set_num_threads(before)


def _rates(name: str, case: Case, length: Length) -> Rates:
    print(f"{name}: {length.rounds} rounds", file=sys.stderr, flush=True)
    trainings = {precision: _under_way(experiment(case, precision)) for precision in case.bars}
    contestants = {precision: engine_steps(training, Recorder()) for precision, training in trainings.items()}
    contestants[PLAIN] = plain_steps(case, trainings["float32"].indices.train)
    contestants[UNRECORDED] = engine_steps(_under_way(experiment(case, "float32")), None)
    contestants[WITHOUT_HEALTH] = engine_steps(_under_way(experiment(case, "float32"), checkups=False), Recorder())
    return alternate(contestants, length.rounds, length.seconds)


def _under_way(experiment: Experiment, checkups: bool = True) -> Training:
    """A run at its second epoch: its first steps have a frame and a checkup each, and the few that fit into turns of
    seconds are nearly all of those for a large net."""
    training = Training(experiment, checkups=checkups)
    training.step = training.evaluated_at = training.batches.steps_per_epoch
    return training


def _figures(cases: Mapping[str, Case], rates: dict[str, Rates]) -> dict[str, Any]:
    spread = {
        name: {precision: as_json(rates[name].ratio(precision, PLAIN)) for precision in case.bars}
        for name, case in cases.items()
    }
    return {
        "ratios": {name: {of: ratio["median"] for of, ratio in ratios.items()} for name, ratios in spread.items()},
        "spread": spread,
        "bars": {name: case.bars for name, case in cases.items()},
        "images_per_second": {
            name: {contestant: round(each.typical(contestant)) for contestant in each.rounds}
            for name, each in rates.items()
        },
        "recorded_to_unrecorded": {name: as_json(each.ratio("float32", UNRECORDED)) for name, each in rates.items()},
        "health_to_none": {name: as_json(each.ratio("float32", WITHOUT_HEALTH)) for name, each in rates.items()},
    }


def _print_tables(result: dict[str, Any]) -> None:
    console = Console()
    speed = Table("Net", "Arithmetic", "Images/s", "Plain loop", "Ratio", "Low … high", "Bar", title="Training")
    for name, ratios in result["spread"].items():
        rates = result["images_per_second"][name]
        for precision, ratio in ratios.items():
            low_high = f"{ratio['low']:.2f} … {ratio['high']:.2f}"
            figures = (f"{rates[precision]:,}", f"{rates[PLAIN]:,}", f"{ratio['median']:.2f}", low_high)
            speed.add_row(name, precision, *figures, f"{result['bars'][name][precision]:.2f}")
    console.print(speed)
    recording = Table("Net", "Recorded", "Rate, with / without", "Low … high", "MB", title="Recording")
    for what, ratios in (("everything", "recorded_to_unrecorded"), ("gradient health", "health_to_none")):
        for name, ratio in result[ratios].items():
            low_high = f"{ratio['low']:.2f} … {ratio['high']:.2f}"
            megabytes = f"{result['recorder_bytes'][name] / 1e6:.2f}" if what == "everything" else ""
            recording.add_row(name, what, f"{ratio['median']:.3f}", low_high, megabytes)
    recording.caption = f"Memory is that of {STEPS:,} steps."
    console.print(recording)
    if "results" in result:
        console.print(_results_table(result["results"]))
    console.print(_conditions(result), soft_wrap=True)


def _results_table(results: dict[str, Any]) -> Table:
    table = Table("Net", "Trained by", "Mean", "Standard deviation", "Runs", title="Test accuracy (%), or MSE")
    for name, ways in results.items():
        for way, summary in ways.items():
            table.add_row(name, way, *(f"{value:.4g}" for value in summary.values()))
    return table


def _conditions(result: dict[str, Any]) -> str:
    turns = f"{result['rounds']} rounds of {result['seconds_a_turn']} s each"
    words = [f"{result['threads']} threads, PyTorch {result['torch']}, {turns}."]
    if result["bfloat16_in_hardware"] is False:
        words.append("This processor does no bfloat16 arithmetic itself, so bfloat16 cannot be fast here.")
    if result["processors_taken_by_others"] is not None:
        words.append(f"Other processes took {result['processors_taken_by_others']:.0%} of the processors meanwhile.")
    return " ".join(words)
