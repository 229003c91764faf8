"""The benchmarks: fair turns, both ways train the same net, and results that a script can read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from lab.__main__ import app
from lab.bench import live, serving
from lab.bench.accuracy import compare_results
from lab.bench.alternating import Ratio, alternate, as_json
from lab.bench.contestants import CASES, Case, engine_steps
from lab.bench.headless import Work, train_headless
from lab.bench.live import Length as LiveLength
from lab.bench.live import Round, Watched, figures
from lab.bench.processor import below, counted, of_processes
from lab.bench.train import Length, measure
from lab.data import DataError, Dataset
from lab.experiment import Experiment
from lab.links import encode
from lab.models import Net, Rollout
from lab.optimizers import split
from lab.presets import PRESETS
from lab.recorder import Recorder
from lab.schedules import Progress
from lab.training import Training
from tests.small import small


def has_mnist() -> bool:
    try:
        return Dataset.members["mnist"]().present()
    except DataError:
        return False


needs_mnist = pytest.mark.skipif(not has_mnist(), reason="LAB_DATA holds no MNIST")
needs_proc = pytest.mark.skipif(not counted(), reason="this system does not tell who uses its processors")
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
TINY = Length(rounds=2, seconds=0.01, seeds=2, epochs=0.002)


class Clock:
    """Time that passes only when a contestant works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def __call__(self) -> float:
        return self.now

    def contestant(self, name: str, seconds: float, images: int = 10) -> Iterator[int]:
        while True:
            self.order.append(name)
            self.now += seconds * self.slowness()
            yield images

    def slowness(self) -> float:
        """Other work makes the machine ten times slower for a while."""
        return 10.0 if 6 <= self.now < 30 else 1.0


class TestAlternating:
    def test_rates_are_images_by_time(self) -> None:
        clock = Clock()
        rates = alternate({"a": clock.contestant("a", 0.25), "b": clock.contestant("b", 0.5)}, 2, 1.0, clock)
        assert rates.rounds == {"a": [40, 40], "b": [20, 20]}
        assert rates.ratio("a", to="b") == Ratio(2, 2, 2)

    def test_a_turn_ends_with_the_step_that_fills_it(self) -> None:
        clock = Clock()
        rates = alternate({"a": clock.contestant("a", 0.75)}, 1, 1.0, clock)
        assert rates.rounds["a"] == [20 / 1.5]

    def test_the_first_to_go_changes_from_round_to_round(self) -> None:
        clock = Clock()
        alternate({name: clock.contestant(name, 1.0) for name in "abc"}, 3, 1.0, clock)
        warm_up, rounds = clock.order[:3], clock.order[3:]
        assert warm_up == ["a", "b", "c"]
        assert rounds == [*"abc", *"bca", *"cab"]

    def test_a_busy_machine_moves_rates_but_not_the_median_ratio(self) -> None:
        clock = Clock()
        rates = alternate({"a": clock.contestant("a", 0.1), "b": clock.contestant("b", 0.2)}, 12, 1.0, clock)
        assert min(rates.rounds["a"]) == pytest.approx(10)
        assert max(rates.rounds["a"]) == pytest.approx(100)
        assert rates.ratio("a", to="b").median == pytest.approx(2)

    def test_a_ratio_tells_its_median_and_its_extremes(self) -> None:
        ratio = Ratio.of([2.0, 1.0, 4.00049])
        assert ratio == Ratio(2.0, 1.0, 4.00049)
        assert as_json(ratio) == {"median": 2.0, "low": 1.0, "high": 4.0}
        assert str(ratio) == "2.00 (1.00 … 4.00)"


def twins(case: Case) -> tuple[nn.Module, Net, Experiment]:
    """A source's net and the lab's with the same weights, and the experiment that the latter is of."""
    torch.manual_seed(0)
    theirs = case.net()
    experiment = PRESETS[case.preset].experiment(Dataset.members["digits"]())
    ours = Training(experiment).net
    with torch.no_grad():
        for source, parameter in zip(theirs.parameters(), ours.parameters(), strict=True):
            parameter.copy_(source)
    return theirs.train(), ours.train(), experiment


def batch() -> tuple[Tensor, Tensor]:
    """Pictures with edges, as pixels in [-1, 1], and labels."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(16, 1, 7, 7, generator=generator)
    pictures = nn.functional.interpolate(coarse, size=(28, 28), mode="bilinear", align_corners=False)
    return pictures * 2 - 1, torch.randint(0, 10, (16,), generator=generator)


class TestBothTrainTheSameNet:
    @each_case
    def test_as_many_parameters_of_the_same_shapes_in_the_same_order(self, case: Case) -> None:
        theirs, ours, _ = twins(case)
        assert [p.shape for p in theirs.parameters()] == [p.shape for p in ours.parameters()]

    @each_case
    def test_the_same_loss_and_gradients(self, case: Case) -> None:
        theirs, ours, experiment = twins(case)
        inputs, targets = batch()
        expected = case.loss(theirs, inputs, targets)
        expected.backward()
        rollout = Rollout(ours, inputs, targets, experiment.estimator, 1.0, torch.Generator())
        loss = experiment.estimator.loss(rollout, None)
        loss.backward()
        torch.testing.assert_close(loss, expected)
        scale = max(float(p.grad.norm()) for p in theirs.parameters())
        for theirs_p, ours_p in zip(theirs.parameters(), ours.parameters(), strict=True):
            difference = float((ours_p.grad - theirs_p.grad).norm())
            # A bias in front of batch norm has no gradient but rounding errors, hence the second bound.
            assert difference < max(1e-3 * float(theirs_p.grad.norm()), 1e-5 * scale)

    @each_case
    def test_the_same_updates(self, case: Case) -> None:
        theirs, ours, experiment = twins(case)
        optimizer = case.optimizer(theirs.parameters())
        updates = experiment.optimizer.start(split(ours), torch.Generator())
        generator = torch.Generator().manual_seed(2)
        for step in range(3):
            for theirs_p, ours_p in zip(theirs.parameters(), ours.parameters(), strict=True):
                theirs_p.grad = torch.randn(theirs_p.shape, generator=generator)
                ours_p.grad = torch.empty_like(ours_p).copy_(theirs_p.grad)  # laid out as autograd does
            optimizer.step()
            updates.step(Progress(step, 3, step, 3), measure=False)
            updates.load_state_dict(as_from_a_file(updates.state_dict()))
        for theirs_p, ours_p in zip(theirs.parameters(), ours.parameters(), strict=True):
            torch.testing.assert_close(ours_p, theirs_p)

    def test_bars_are_set_for_what_scripts_rely_on(self) -> None:
        both = ["float32", "bfloat16"]
        assert {name: list(case.bars) for name, case in CASES.items()} == {
            "conv": both, "mlp": ["float32"], "autoencoder": both,
        }  # fmt: skip


def as_from_a_file(state: Any) -> Any:
    """A saved state whose tensors have their rows in order, however they lay in memory before."""
    if isinstance(state, dict):
        return {key: as_from_a_file(value) for key, value in state.items()}
    return state.clone(memory_format=torch.contiguous_format) if isinstance(state, Tensor) else state


class TestEngineSteps:
    @pytest.mark.parametrize("recorded", [True, False])
    def test_every_image_is_counted_once(self, recorded: bool) -> None:
        training = Training(small("mlp", subset=40, batch_size=16, budget=2, budget_unit="epochs"))
        recorder = Recorder() if recorded else None
        assert list(engine_steps(training, recorder)) == [16, 16, 8, 16, 16, 8]
        if recorder is not None:
            assert len(recorder.snapshot().steps["step"]) == 6
            assert recorder.snapshot().finished is not None

    def test_a_process_of_its_own_trains_what_a_link_says(self) -> None:
        endless = small("mlp", budget=10_000_000)
        work = train_headless([encode(endless)], warm_up=0.0, seconds=0.05)
        assert work.images > 0
        assert work.images % 16 == 0
        assert work.rate == work.images / work.seconds


@needs_mnist
class TestFigures:
    def test_a_short_measurement_has_every_figure(self, threads_kept: None) -> None:
        some = {name: CASES[name] for name in ("conv", "mlp")}
        result = json.loads(json.dumps(measure(some, False, TINY), allow_nan=False))
        assert {name: set(ratios) for name, ratios in result["ratios"].items()} == {
            "conv": {"float32", "bfloat16"}, "mlp": {"float32"},
        }  # fmt: skip
        for name, ratios in result["ratios"].items():
            assert set(result["images_per_second"][name]) == {
                *ratios, "plain", "float32, unrecorded", "float32, without health",
            }  # fmt: skip
            for precision, ratio in ratios.items():
                spread = result["spread"][name][precision]
                assert 0 < spread["low"] <= ratio == spread["median"] <= spread["high"]
            assert result["recorded_to_unrecorded"][name]["median"] > 0
            assert result["health_to_none"][name]["median"] > 0
            assert 1_000_000 < result["recorder_bytes"][name] < 50_000_000
        assert (result["rounds"], result["threads"], result["recorder_steps"]) == (2, 2, 20_000)
        assert "results" not in result

    def test_results_are_compared_over_seeds(self) -> None:
        results = compare_results({"mlp": CASES["mlp"]}, seeds=2, epochs=TINY.epochs)
        assert set(results["mlp"]) == {"float32", "plain"}
        for summary in results["mlp"].values():
            assert 0 < summary["mean"] < 60
            assert summary["standard_deviation"] > 0
            assert summary["runs"] == 2


def work(rate: float, processors: float) -> Work:
    return Work(10 * rate, 10, 10 * processors)


class TestLive:
    @needs_proc
    def test_the_browser_is_stated_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        rounds = [Round(work(100, 2.0), Watched(work(75, 1.5), browser=0.5, others=0.25))] * 3
        result = figures(rounds, LiveLength(3, 10, 0))
        assert result["ratio"]["median"] == 0.75
        assert result["images_per_second"] == {"alone": 100, "live": 75}
        assert result["processors_used"] == {"alone": 2.0, "app": 1.5, "browser": 0.5, "others": 0.25}
        assert result["ratio_on_processors_left"]["median"] == 1.0
        assert result["ratio_per_processor_second"]["median"] == 1.0

    def test_without_playwright_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
        with pytest.raises(serving.NotStarted, match=r"requirements-test\.txt"), serving.running_browser():
            pass

    @needs_mnist
    def test_without_an_app_it_ends_with_a_message(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(live, "APP", tmp_path / "app.py")
        answer = CliRunner().invoke(app, ["bench", "live", "--json"], catch_exceptions=False)
        assert answer.exit_code == 2
        assert "app.py is missing" in answer.stderr
        assert answer.stdout == ""


class TestProcessors:
    @needs_proc
    def test_a_process_and_those_below_it(self) -> None:
        script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
        with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as child:
            try:
                found: set[int] = set()
                while len(found) < 2:
                    assert child.poll() is None
                    found = below(os.getpid())
                assert child.pid in found
                assert below(child.pid) < found
            finally:
                child.communicate(b"\n")
        assert child.pid not in below(os.getpid())
        assert of_processes({child.pid}) == 0
        assert of_processes({os.getpid()}) > 0


@pytest.mark.parametrize("command", ["train", "live"])
def test_without_mnist_nothing_is_downloaded(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    answer = CliRunner().invoke(app, ["bench", command, "--json"], catch_exceptions=False)
    assert answer.exit_code == 2
    assert "MNIST" in answer.stderr
    assert "LAB_DATA" in answer.stderr
    assert answer.stdout == ""
    assert list(tmp_path.iterdir()) == []
