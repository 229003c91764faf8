"""`python -m lab bench gradients`: how long the picture of bias and noise takes, against a loop over single draws."""

from __future__ import annotations

import sys
import time
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from lab.bench.alternating import Ratio, as_json
from lab.bench.telling import tell
from lab.estimators import Estimator
from lab.models import Rollout
from lab.oracle import bias_and_variance
from lab.toy import PICTURED, Toy, measure

BAR = 2.0
"""Seconds that the picture may take on two cores."""
DRAWS = 20_000
LOOPED = 20
"""Draws made one by one, from which their cost is known."""
THREADS = 2


def main(json: bool = False, rounds: int = 5) -> None:
    """Measure, and print a table or one line of JSON."""
    result = measured(rounds)
    tell(result, json, _print_table)


def measured(rounds: int, draws: int = DRAWS) -> dict[str, Any]:
    """Seconds for the picture of the first proposal, and how many times faster it is than single draws."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    toy, rules = Toy(), [Estimator.members[name]() for name in PICTURED]
    try:
        seconds: list[float] = []
        ratios: list[float] = []
        by_rule: dict[str, list[float]] = {rule.name: [] for rule in rules}
        for number in range(rounds):
            started = time.perf_counter()
            for rule in rules:
                begun = time.perf_counter()
                measure(toy, rule, 1.0, draws)
                by_rule[rule.name].append(time.perf_counter() - begun)
            seconds.append(time.perf_counter() - started)
            ratios.append(_seconds_one_by_one(toy, rules) * draws / LOOPED / seconds[-1])
            print(f"round {number + 1} of {rounds}: {seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    finally:
        torch.set_num_threads(before)
    return {
        "seconds": round(median(seconds), 3),
        "low": round(min(seconds), 3),
        "high": round(max(seconds), 3),
        "bar": BAR,
        "ratios": {"one_by_one": as_json(Ratio.of(ratios))},
        "seconds_by_rule": {name: round(median(taken), 4) for name, taken in by_rule.items()},
        "rules": len(rules),
        "units": len(toy.logits),
        "draws": draws,
        "rounds": rounds,
        "threads": THREADS,
        "torch": torch.__version__,
    }


def _seconds_one_by_one(toy: Toy, rules: list[Estimator]) -> float:
    started = time.perf_counter()
    for rule in (rule for rule in rules if rule.stochastic):
        net, generator = toy.net(), torch.Generator().manual_seed(0)
        rollout = Rollout(net, torch.zeros(1, 1), torch.zeros(1, dtype=torch.int64), rule, 1.0, generator)
        bias_and_variance(rollout, LOOPED, generator)
    return time.perf_counter() - started


def _print_table(result: dict[str, Any]) -> None:
    table = Table(title="Bias and noise of the first proposal of the Gradients page", show_header=False)
    size = f"{result['rules']} estimators, {result['units']} units, {result['draws']:,} draws"
    table.add_row(size, f"{result['seconds']:.2f} s ({result['low']:.2f} … {result['high']:.2f})")
    table.add_row("Asked for", f"at most {result['bar']:g} s on two cores")
    ratio = result["ratios"]["one_by_one"]
    table.add_row("Times as fast as single draws", f"{ratio['median']:.0f} ({ratio['low']:.0f} … {ratio['high']:.0f})")
    slowest = sorted(result["seconds_by_rule"].items(), key=lambda item: -item[1])[:3]
    table.add_row("Slowest", ", ".join(f"{name} {taken:.2f} s" for name, taken in slowest))
    Console().print(table)
