"""Gradient health: checkups against closed forms, no trace in the run, and alarms exactly where nothing arrives."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

import lab.training
from lab.alarms import no_gradient
from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.events import Health, Step
from lab.experiment import Experiment, InvalidExperiment
from lab.models import Architecture, Rollout
from lab.presets import PRESETS
from lab.probes.health import Checkup, LayerHealth, SiteHealth, checkup_steps, passed_back
from lab.recorder import Recorder
from lab.training import Training, train
from tests.small import checkups, clockless, small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

NARROW = {"mlp": {"hidden": [12]}, "convnet": {}, "autoencoder": {"code_bits": 6}, "binary-mlp": {"hidden": 6}}
"""Nets that rules which try out every unit or code allow, where a net of the architecture can be so small."""


def health_of(experiment: Experiment, net: Any = None, batch: int = 8) -> Health:
    """A checkup of the first gradient of a run, without the run."""
    rule, architecture = experiment.estimator, experiment.architecture
    net = (architecture.build(experiment.seed) if net is None else net).train()
    net.stage.step = rule.step
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 1, 28, 28, generator=generator)
    rollout = Rollout(net, images, torch.arange(batch) % 10, rule, 1.0, generator)
    rule.loss(rollout, rule.new_state(architecture.shapes)).backward()
    checkup = Checkup(net, rollout, architecture.site_names)
    return Health(1, 0.25, checkup.layers(), checkup.sites)


def alarm_of(experiment: Experiment, *found: Health) -> str | None:
    recorder = Recorder()
    for health in found:
        recorder.add(health)
    return no_gradient(experiment, recorder.snapshot().health)


def in_front_of_the_bits(net: nn.Module) -> list[str]:
    """The layers with weights before the last layer of binary units, by walking through the net."""
    last = max(index for index, module in enumerate(net.modules()) if module in set(net.sites))  # type: ignore[operator]
    front = itertools.islice(net.named_modules(), last)
    return [name for name, module in front if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]


class TestCheckup:
    def test_closed_form_on_three_weights(self) -> None:
        """Two units with identity behind them: gradients, zeros and the update are known by hand."""
        experiment = small("mlp", {"hidden": [2]}, estimator={"name": "saturated-step", "gate": 1.0})
        net = experiment.architecture.build(0)
        net.stage.step = experiment.estimator.step
        first, last = net.layer_weights().values()
        with torch.no_grad():
            first.zero_()
            first[0, :2] = torch.tensor([0.25, 2.0])  # unit 1 sees 0.25 and 2: beyond the gate in the second example
            net.layers[1].bias.copy_(torch.tensor([0.0, -5.0]))  # unit 2 is always off, and beyond the gate
        images = torch.zeros(2, 1, 28, 28)
        images[0, 0, 0, 0] = images[1, 0, 0, 1] = 1.0
        rollout = Rollout(net, images, torch.tensor([0, 1]), experiment.estimator, 1.0, torch.Generator())
        experiment.estimator.loss(rollout, None).backward()
        checkup = Checkup(net, rollout, experiment.architecture.site_names)
        with torch.no_grad():
            last.mul_(0.75)
        front, back = checkup.layers()
        assert checkup.sites == (SiteHealth("hidden 1", active=0.25, dead=0.5, stuck=0.5),)
        gradient = first.grad
        assert gradient is not None
        assert int((gradient != 0).sum()) == 1, "one weight alone: one unit, one pixel, one example within the gate"
        assert front == LayerHealth("layers.1", 1 - 1 / 1568, abs(gradient[0, 0]).item(), 0.0)
        assert back.zeros == 0.5, "nothing reaches the weights of a unit that is always 0"
        assert back.update == pytest.approx(0.25)

    @pytest.mark.parametrize("name", Estimator.members)
    def test_what_is_passed_back_is_what_arrives(self, name: str) -> None:
        """Against the gradient that a sum of logits really sends to the pre-activations, on either levels."""
        experiment = small("mlp", NARROW["mlp"], estimator=name)
        rule = experiment.estimator
        net = experiment.architecture.build(1)
        net.stage.step = rule.step
        generator = torch.Generator().manual_seed(1)
        rollout = Rollout(net, 9 * torch.randn(6, 1, 28, 28), torch.arange(6), rule, 2.0, generator)
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
        weight = net.layer_weights()["layers.1"]
        weight.grad = torch.zeros_like(weight)
        weight.grad[0, 0] = 1e-30
        assert Checkup(net, rollout, ()).layers()[0].zeros == 1 - 1 / weight.numel() < 1


class TestInARun:
    @pytest.mark.parametrize("name", ["convnet", "binary-mlp"])
    def test_changes_no_number(self, name: str) -> None:
        experiment = small(name, estimator="stochastic-hard-sigmoid", evaluate_every=0.5)
        runs = [list(Training(experiment, checkups=on).events()) for on in (True, False)]
        assert clockless(runs[0]) == clockless(runs[1])
        assert (len(checkups(runs[0])), len(checkups(runs[1]))) == (4, 0)

    def test_every_checkup_stands_right_before_its_step(self) -> None:
        events = list(itertools.islice(train(small(budget=30)), 60))
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
        clock = itertools.count()
        monkeypatch.setattr(lab.training, "perf_counter", lambda: next(clock))
        training = Training(small(budget=1))
        next(training.events())
        looked = training.looking_seconds
        (step,) = steps(itertools.islice(training.events(), 3))
        assert training.looking_seconds - looked > 0
        assert step.seconds > 0
        assert step.seconds + training.looking_seconds <= next(clock)

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


class TestAlarm:
    @pytest.mark.parametrize("architecture", Architecture.members)
    @pytest.mark.parametrize("name", Estimator.members)
    def test_sounds_exactly_where_the_rule_sends_nothing_back(self, name: str, architecture: str) -> None:
        try:
            experiment = small(architecture, NARROW.get(architecture), estimator=name)
        except InvalidExperiment:
            pytest.skip("this rule refuses this net")
        net = experiment.architecture.build(0)
        text = alarm_of(experiment, health_of(experiment, net, batch=4))
        if not experiment.estimator.zero_gradient:
            assert text is None
            return
        assert text is not None
        start, _, cause = text.partition(": ")
        named = start.removeprefix("No gradient reaches ").replace(" and ", ", ").split(", ")
        assert named == in_front_of_the_bits(net)
        title, last = experiment.estimator.title, experiment.architecture.site_names[-1]
        assert cause == f"{title} sends nothing back through {last}. What gets no gradient stays as it was drawn."

    @pytest.mark.parametrize("name", PRESETS)
    def test_of_the_presets(self, name: str) -> None:
        experiment = PRESETS[name].experiment(Digits()).with_changes(["batch_size=16"])
        net = experiment.architecture.build(experiment.seed)
        assert (alarm_of(experiment, health_of(experiment, net)) is None) == (not experiment.estimator.zero_gradient)

    def test_is_there_with_the_first_step_of_a_run(self) -> None:
        experiment = small("convnet", estimator="detached-sample", optimizer={"name": "sgd", "weight_decay": 0.1})
        recorder = Recorder()
        for event in itertools.takewhile(lambda event: not isinstance(event, Step), train(experiment)):
            recorder.add(event)
        text = no_gradient(experiment, recorder.snapshot().health)
        assert text is not None
        assert text.startswith("No gradient reaches conv1 and conv2: Detached sample")

    def test_says_that_weights_stay_only_where_they_do(self) -> None:
        experiment = small("mlp", estimator="zero-gradient")
        found = health_of(experiment)
        moved = found._replace(layers=(found.layers[0]._replace(update=0.1), *found.layers[1:]))
        assert "stays as it was drawn" in str(alarm_of(experiment, found))
        assert "stays as it was drawn" not in str(alarm_of(experiment, moved))

    @pytest.mark.parametrize(
        ("rule", "architecture", "helps"),
        [
            ({"name": "hard-sigmoid"}, "mlp", "a smaller slope or a net with batch norm."),
            ({"name": "saturated"}, "mlp", "a wider gate or a net with batch norm."),
            ({"name": "relu-backward"}, "convnet", "another estimator."),
            ({"name": "stochastic-hard-sigmoid", "gate": 2.0}, "convnet", "a smaller slope or a wider gate."),
        ],
    )
    def test_all_pre_activations_outside_the_window(self, rule: Any, architecture: str, helps: str) -> None:
        experiment = small(architecture, estimator=rule)
        net = experiment.architecture.build(0)
        shift = net.norm2.bias if architecture == "convnet" else net.layers[1].bias
        with torch.no_grad():
            shift.fill_(-1e4)
        text = str(alarm_of(experiment, health_of(experiment, net)))
        site, title = experiment.architecture.site_names[-1], experiment.estimator.title
        assert f"every pre-activation of {site} lies where {title} sends nothing back. What helps: {helps}" in text
        after = "classifier" if architecture == "convnet" else "layers.3"
        dead = f"No gradient reaches {after}: every unit of {site} is dead"
        assert (dead in text) == (experiment.architecture.levels == "0/1")  # type: ignore[attr-defined]

    def test_a_relu_that_gives_nothing_but_0(self) -> None:
        experiment = small("autoencoder", estimator="identity")
        net = experiment.architecture.build(0)
        with torch.no_grad():
            net.encoder[9].bias.fill_(-1e4)
        text = str(alarm_of(experiment, health_of(experiment, net)))
        assert "reaches encoder.0, encoder.2, encoder.5 and encoder.8: the ReLU in front of code gives 0" in text
        assert "No gradient reaches decoder.0: every unit of code is dead" in text
        other = small("autoencoder", {"relu": False}, estimator="identity")
        assert alarm_of(other, health_of(other)) is None

    def test_weights_outside_the_window_of_their_own_rule(self) -> None:
        shape = {"weight_rule": "hard-sigmoid", "weight_levels": "-1/+1"}
        experiment = small("binary-mlp", shape, estimator="identity")
        net = experiment.architecture.build(0)
        with torch.no_grad():
            net.layer_weights()["layers.4"].sign_()  # as an optimizer without latent weights keeps them
        text = alarm_of(experiment, health_of(experiment, net))
        assert text is not None
        assert text.startswith("No gradient reaches layers.4: the gradient is exactly 0 there. Hard-sigmoid")

    def test_since_when_and_until_when(self) -> None:
        experiment = small("mlp", estimator="hard-sigmoid")
        well, net = health_of(experiment), experiment.architecture.build(0)
        with torch.no_grad():
            net.layers[1].bias.fill_(1e4)
        ill = health_of(experiment, net)
        assert ill.sites[0].stuck == 1
        found = [well, ill, well._replace(step=4), ill._replace(step=8), ill._replace(step=12)]
        assert str(alarm_of(experiment, *found)).startswith("Since step 8 no gradient reaches layers.1: ")
        assert "a smaller learning rate" in str(alarm_of(experiment, *found))
        assert alarm_of(experiment, *found, well._replace(step=16)) is None, "it arrives again"
        assert str(alarm_of(experiment, ill)).startswith("No gradient reaches layers.1: ")
        assert alarm_of(experiment) is None

    def test_a_net_without_bits_is_never_alarmed_about(self) -> None:
        experiment = small("mlp", {"binary_layers": []}, estimator="zero-gradient")
        assert alarm_of(experiment, health_of(experiment)) is None
