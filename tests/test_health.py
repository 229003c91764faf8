"""Gradient health: checkups against closed forms, without a trace in the run, and in little memory."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

import lab.training
from lab.estimators import Estimator
from lab.events import Health, Step
from lab.models import Rollout
from lab.probes.health import Checkup, LayerHealth, SiteHealth, checkup_steps, passed_back
from lab.recorder import Recorder
from lab.training import Training, train
from tests.checkups import health_of
from tests.small import checkups, clockless, fitting, small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


class TestCheckup:
    def test_closed_form_on_three_weights(self) -> None:
        """Four units, two examples of one pixel each: what is within the gate and what is on are known by hand."""
        experiment = small("mlp", {"hidden": [4]}, estimator={"name": "saturated-step", "gate": 1.0})
        net = experiment.architecture.build(0)
        net.stage.step = experiment.estimator.step
        first, last = net.layer_weights().values()
        with torch.no_grad():
            first.zero_()
            first[0, :2] = torch.tensor([0.25, 2.0])  # unit 1 sees 0.25 and 2: beyond the gate in the second example
            net.layers[1].bias.copy_(torch.tensor([0.0, -5.0, -5.0, -5.0]))  # the others are always off
        images = torch.zeros(2, 1, 28, 28)
        images[0, 0, 0, 0] = images[1, 0, 0, 1] = 1.0
        rollout = Rollout(net, images, torch.tensor([0, 1]), experiment.estimator, 1.0, torch.Generator())
        experiment.estimator.loss(rollout, None).backward()
        checkup = Checkup(net, rollout, experiment.architecture.site_names)
        with torch.no_grad():
            last.mul_(0.75)
        front, back = checkup.layers()
        assert checkup.sites == (SiteHealth("hidden 1", active=1 / 8, dead=0.75, stuck=0.25),)
        gradient = first.grad
        assert gradient is not None
        assert int((gradient != 0).sum()) == 1, "one weight alone: one unit, one pixel, one example within the gate"
        assert front == LayerHealth("layer 1 (linear)", 1 - 1 / 3136, abs(gradient[0, 0]).item(), 0.0)
        assert back.zeros == 0.75, "nothing reaches the weights of units that are always 0"
        assert back.update == pytest.approx(0.25)

    @pytest.mark.parametrize("name", Estimator.members)
    def test_what_is_passed_back_is_what_arrives(self, name: str) -> None:
        """Against the gradient that the codes of a pass, or their log-probability, really send there."""
        experiment = fitting("mlp", name)
        rule = experiment.estimator
        net = experiment.architecture.build(1)
        net.stage.step = rule.step
        generator = torch.Generator().manual_seed(1)
        images = 9 * torch.randn(6, 1, 28, 28, generator=generator)
        rollout = Rollout(net, images, torch.arange(6), rule, 2.0, generator)
        site = rollout().sites[0]
        passed = passed_back(site)
        assert passed.shape == site.x.shape
        if site.codes.requires_grad:
            (arrived,) = torch.autograd.grad(site.codes.sum(), site.x)
            torch.testing.assert_close(passed, arrived)
        elif rule.zero_gradient:
            assert not passed.any()
        else:
            (slope,) = torch.autograd.grad(site.log_prob.sum(), site.x)
            assert torch.equal(passed != 0, slope != 0)

    def test_a_parameter_without_gradient_counts_as_all_zero(self) -> None:
        health = health_of(small("convnet", estimator="zero-gradient"))
        assert [layer[1:3] for layer in health.layers[:2]] == [(1.0, 0.0)] * 2
        assert 0 <= health.layers[2].zeros < 1

    def test_one_weight_of_very_many_is_not_rounded_away(self) -> None:
        experiment = small("mlp", {"hidden": [8192], "binary_layers": []})
        net = experiment.architecture.build(0)
        rollout = Rollout(
            net, torch.zeros(1, 1, 28, 28), torch.tensor([0]), experiment.estimator, 1.0, torch.Generator()
        )
        rollout()
        weight = net.layer_weights()["layer 1 (linear)"]
        weight.grad = torch.zeros_like(weight)
        weight.grad[0, 0] = 1e-30
        assert Checkup(net, rollout, ()).layers()[0].zeros == 1 - 1 / weight.numel() < 1


class TestInARun:
    @pytest.mark.parametrize("name", ["convnet", "binary-mlp"])
    def test_changes_no_number(self, name: str) -> None:
        experiment = small(name, estimator="stochastic-hard-sigmoid", evaluate_every=0.5)
        runs = [list(itertools.islice(Training(experiment, checkups=on).events(), 15)) for on in (True, False)]
        assert clockless(runs[0])[:6] == clockless(runs[1])[:6]
        assert (len(checkups(runs[0])), len(checkups(runs[1]))) == (4, 0)

    def test_every_checkup_stands_right_before_its_step(self) -> None:
        events = list(itertools.takewhile(lambda event: event.step < 30, train(small(budget=30))))
        seen = [(event, events[index + 1]) for index, event in enumerate(events) if isinstance(event, Health)]
        assert [health.step for health, _ in seen] == [1, 2, 3, 4, 6, 8, 11, 15, 20, 27]
        for health, step in seen:
            assert isinstance(step, Step)
            assert (health.step, health.epoch) == (step.step, step.epoch)

    def test_gradients_and_updates_are_those_of_the_step(self) -> None:
        """Plain gradient descent: the change of the weights is the learning rate times the gradient."""
        plain = {"name": "sgd", "lr": 0.5, "momentum": 0.0}
        training = Training(small(estimator="identity", optimizer=plain, budget=1))
        norms = {name: weight.norm().item() for name, weight in training.net.layer_weights().items()}
        (health,) = checkups(itertools.islice(training.events(), 3))
        for layer in health.layers:
            assert layer.update == pytest.approx(0.5 * layer.gradient / norms[layer.layer], rel=1e-4)

    def test_takes_no_training_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]

        class SlowCheckup(Checkup):
            def __init__(self, *of_the_step: Any) -> None:
                super().__init__(*of_the_step)
                now[0] += 3

            def layers(self) -> tuple[LayerHealth, ...]:
                now[0] += 4
                return super().layers()

        monkeypatch.setattr(lab.training, "perf_counter", lambda: now[0])
        monkeypatch.setattr(lab.training, "Checkup", SlowCheckup)
        training = Training(small(budget=1))
        (step,) = steps(itertools.islice(training.events(), 3))
        assert (step.seconds, training.looking_seconds) == (0, 7)

    def test_steps_are_few_and_at_least_twenty_an_epoch(self) -> None:
        for per_epoch, steps_made in ((844, 844 * 10), (22, 20_000), (4, 10_000_000)):
            made = list(itertools.takewhile(lambda step, end=steps_made: step <= end, checkup_steps(per_epoch)))
            gaps = [later - earlier for earlier, later in itertools.pairwise(made)]
            assert made[0] == 1
            assert gaps == sorted(gaps)
            assert len(made) < 4_000
        assert gaps[40] == 25
        late = list(itertools.takewhile(lambda step: step <= 8_440, checkup_steps(844)))
        assert sum(step > 844 * 9 for step in late) >= 20


class TestMemory:
    def test_every_checkup_is_kept(self) -> None:
        recorder, found = Recorder(), []
        for event in train(small("binary-mlp", budget=4)):
            recorder.add(event)
            found += checkups([event])
        curves = recorder.snapshot().health
        assert [curves.at(index) for index in range(len(curves))] == found
        assert list(curves.layers) == [layer.layer for layer in found[0].layers]
        assert list(curves.sites) == ["hidden 1", "hidden 2"]

    def test_a_run_without_any_has_empty_curves(self) -> None:
        curves = Recorder().snapshot().health
        assert (len(curves), curves.layers, curves.sites) == (0, {}, {})

    def test_is_counted_and_little(self) -> None:
        recorder = Recorder()
        layers = tuple(LayerHealth(f"layers.{i}", 0.0, 1.0, 0.001) for i in range(12))
        sites = tuple(SiteHealth(f"hidden {i}", 1.0, 0.0, 0.0) for i in range(11))
        empty = recorder.nbytes()
        for step in itertools.takewhile(lambda step: step <= 20_000, checkup_steps(22)):
            recorder.add(Health(step, step / 22, layers, sites))
        assert 100 * 70 * 8 < recorder.nbytes() - empty < 1_000_000
