"""Whether speed is bought with results: the same nets trained by both ways, over several seeds, on test images."""

from __future__ import annotations

import itertools
import statistics
import sys
from collections.abc import Callable, Mapping
from functools import partial

import torch

from lab.bench import plain
from lab.bench.contestants import PLAIN, Case, experiment
from lab.events import Finished
from lab.training import Training

Way = Callable[..., float]


def compare_results(cases: Mapping[str, Case], seeds: int, epochs: float) -> dict[str, dict[str, dict[str, float]]]:
    """Train every case to the end: its test accuracy in percent, or mean squared error, by how it was trained."""
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name, case in cases.items():
        ways: dict[str, Way] = {precision: partial(of_engine, precision=precision) for precision in case.bars}
        ways[PLAIN] = of_plain
        results[name] = {}
        for way, run in ways.items():
            values = []
            for seed in range(seeds):
                values.append(run(case, seed=seed, epochs=epochs))
                print(f"{name}, {way}, seed {seed}: {values[-1]:.4f}", file=sys.stderr, flush=True)
            results[name][way] = _summary(values)
    return results


def of_engine(case: Case, seed: int, epochs: float, precision: str) -> float:
    """Test accuracy in percent, or mean squared error, after the lab's engine has trained."""
    changes = [f"seed={seed}", f"budget={epochs}", "budget_unit=epochs", "report=last"]
    for event in Training(experiment(case, precision, *changes)).events():
        if isinstance(event, Finished) and event.report:
            scores = event.report.test
            return scores.loss if scores.accuracy is None else 100 * scores.accuracy
    raise RuntimeError(f"{case.preset} ended without a result")


def of_plain(case: Case, seed: int, epochs: float) -> float:
    """The same after the source's loop has trained, on the same training images, in an order of its own."""
    lab = experiment(case, "float32", f"seed={seed}", f"budget={epochs}", "budget_unit=epochs")
    indices = Training(lab).indices.train
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = case.net()
    optimizer = case.optimizer(net.parameters())
    batches = plain.loader(True, case.scale, indices, seed)
    steps, _ = lab.length()
    endless = itertools.chain.from_iterable(plain.train(net, optimizer, case.loss, batches) for _ in itertools.count())
    for _ in itertools.islice(endless, steps):
        pass
    return plain.test(net, plain.loader(False, case.scale, None, seed))


def _summary(values: list[float]) -> dict[str, float]:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 5), "standard_deviation": round(spread, 5), "runs": len(values)}
