"""Alarms sound exactly where no gradient arrives, and name the cause."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

from lab.alarms import no_gradient
from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.events import Health, Step
from lab.experiment import Experiment, InvalidExperiment
from lab.models import Architecture, Net
from lab.presets import PRESETS
from lab.recorder import Recorder
from lab.training import train
from tests.checkups import fresh, health_of
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

NARROW = {"mlp": {"hidden": [12]}, "convnet": {}, "autoencoder": {"code_bits": 4}, "binary-mlp": {"hidden": 6}}
"""Nets that rules which try out every unit or code allow, where a net of the architecture can be so small."""


def alarm_of(experiment: Experiment, *found: Health | Step) -> str | None:
    recorder = Recorder()
    for event in found:
        recorder.add(event)
    return no_gradient(experiment, recorder.snapshot())


def step_of(loss: float) -> Step:
    """The second step of a run."""
    return Step(2, 0.5, loss, 0.5, 1.0, {}, None, 0.1)


def in_front_of_the_bits(net: Net) -> list[str]:
    """The layers with weights before the last layer of binary units, by walking through the net."""
    last = max(index for index, module in enumerate(net.modules()) if module in net.sites)
    front = itertools.islice(net.modules(), last)
    weighted = [module for module in front if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    return list(net.layer_weights())[: len(weighted)]


@pytest.mark.parametrize("architecture", Architecture.members)
@pytest.mark.parametrize("name", Estimator.members)
def test_sounds_exactly_where_the_rule_sends_nothing_back(name: str, architecture: str) -> None:
    try:
        experiment = small(architecture, NARROW.get(architecture), estimator=name)
    except InvalidExperiment:
        pytest.skip("this rule refuses this net")
    net = fresh(experiment.architecture)
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
def test_of_the_presets(name: str) -> None:
    narrow = ["architecture.hidden=512"] if name.startswith("source-002") else []
    experiment = PRESETS[name].experiment(Digits()).with_changes(["batch_size=16", *narrow])
    net = experiment.architecture.build(experiment.seed)
    assert (alarm_of(experiment, health_of(experiment, net)) is None) == (not experiment.estimator.zero_gradient)


def test_is_there_with_the_first_step_of_a_run() -> None:
    experiment = small("convnet", estimator="detached-sample", optimizer={"name": "sgd", "weight_decay": 0.1})
    recorder = Recorder()
    for event in itertools.takewhile(lambda event: not isinstance(event, Step), train(experiment)):
        recorder.add(event)
    text = no_gradient(experiment, recorder.snapshot())
    assert text is not None
    assert text.startswith("No gradient reaches layer 1 (conv) and layer 2 (conv): Detached sample")


def test_says_that_weights_stay_only_where_they_do() -> None:
    experiment = small("mlp", estimator="zero-gradient")
    found = health_of(experiment)
    moved = found._replace(layers=(found.layers[0]._replace(update=0.1), *found.layers[1:]))
    assert "stays as it was drawn" in str(alarm_of(experiment, found))
    assert "stays as it was drawn" not in str(alarm_of(experiment, moved, found))


@pytest.mark.parametrize(
    ("rule", "architecture", "helps"),
    [
        ({"name": "hard-sigmoid"}, "mlp", "a smaller slope or a net with batch norm."),
        ({"name": "saturated"}, "mlp", "a wider gate or a net with batch norm."),
        ({"name": "relu-backward"}, "convnet", "another estimator."),
        ({"name": "stochastic-hard-sigmoid", "gate": 2.0}, "convnet", "a smaller slope or a wider gate."),
    ],
)
def test_all_pre_activations_outside_the_window(rule: Any, architecture: str, helps: str) -> None:
    experiment = small(architecture, estimator=rule)
    net = experiment.architecture.build(0)
    shift = net.norm2.bias if architecture == "convnet" else net.layers[1].bias
    with torch.no_grad():
        shift.fill_(-1e4)
    text = str(alarm_of(experiment, health_of(experiment, net)))
    site, title = experiment.architecture.site_names[-1], experiment.estimator.title
    assert f"every pre-activation of {site} lies where {title} sends nothing back. What helps: {helps}" in text
    after = "layer 3 (linear)" if architecture == "convnet" else "layer 2 (linear)"
    dead = f"No gradient reaches {after}: every unit of {site} is dead"
    assert (dead in text) == (experiment.architecture.levels == "0/1")  # type: ignore[attr-defined]


def test_a_relu_that_gives_nothing_but_0() -> None:
    experiment = small("autoencoder", estimator="identity")
    net = experiment.architecture.build(0)
    with torch.no_grad():
        net.encoder[9].bias.fill_(-1e4)
    text = str(alarm_of(experiment, health_of(experiment, net)))
    encoder = "layer 1 (conv), layer 2 (conv), layer 3 (conv) and layer 4 (conv)"
    assert f"reaches {encoder}: the ReLU in front of code gives 0" in text
    assert "No gradient reaches layer 5 (transposed conv): every unit of code is dead" in text
    other = small("autoencoder", {"relu": False}, estimator="identity")
    assert alarm_of(other, health_of(other)) is None


def test_weights_outside_the_window_of_their_own_rule() -> None:
    shape = {"weight_rule": "hard-sigmoid", "weight_levels": "-1/+1", "levels": "-1/+1"}
    experiment = small("binary-mlp", shape, estimator="identity")
    net = experiment.architecture.build(0)
    with torch.no_grad():
        net.layer_weights()["layer 2 (linear)"].sign_()  # as an optimizer without latent weights keeps them
        net.layers[2].bias.fill_(-1e4)  # units that are always -1 still give gradient to the weights after them
    text = alarm_of(experiment, health_of(experiment, net))
    assert text is not None
    assert text.startswith("No gradient reaches layer 2 (linear): the gradient is exactly 0 there. Hard-sigmoid")


def test_sums_that_all_lie_beyond_a_htanh() -> None:
    experiment = small("binary-mlp", {"htanh": True, "levels": "-1/+1"}, estimator="identity")
    net = experiment.architecture.build(0)
    with torch.no_grad():
        net.get_parameter("layers.5.bias").fill_(1e4)  # the norm of the second layer
    text = str(alarm_of(experiment, health_of(experiment, net)))
    told = "every pre-activation of hidden 2 lies where Identity straight-through behind a Htanh sends nothing back"
    assert f"No gradient reaches layer 1 (linear) and layer 2 (linear): {told}" in text


def test_outputs_that_all_lie_beyond_a_htanh() -> None:
    signs = {"levels": "-1/+1", "weight_levels": "-1/+1", "pixels": "standardized", "hidden": 200, "bias": True}
    shape = {**signs, "htanh": True, "head": "none", "depth": 2, "batch_norm": False}
    experiment = small("binary-mlp", shape, estimator="identity")
    net = experiment.architecture.build(0)
    assert alarm_of(experiment, health_of(experiment, net)) is None
    net.zero_grad()
    with torch.no_grad():
        net.get_parameter("layers.4.bias").fill_(1e4)
    text = str(alarm_of(experiment, health_of(experiment, net)))
    told = "every output lies beyond ±1, where its Htanh sends nothing back."
    assert text == f"No gradient reaches layer 1 (linear) and layer 2 (linear): {told}"


def test_real_weights_are_not_said_to_have_a_window() -> None:
    shape = {"binary_weights": ["conv2"], "weight_rule": "hard-sigmoid", "binary_layers": [2], "levels": "-1/+1"}
    experiment = small("convnet", shape, estimator="identity")
    found = health_of(experiment)
    blocked = found._replace(layers=tuple(layer._replace(zeros=1.0) for layer in found.layers[:2]) + found.layers[2:])
    text = str(alarm_of(experiment, blocked))
    assert "No gradient reaches layer 1 (conv): the gradient is exactly 0 there. No" in text
    assert "No gradient reaches layer 2 (conv): the gradient is exactly 0 there. Hard-sigmoid" in text


def test_since_when_and_until_when() -> None:
    experiment = small("mlp", estimator="hard-sigmoid")
    well, net = health_of(experiment), experiment.architecture.build(0)
    with torch.no_grad():
        net.layers[1].bias.fill_(1e4)
    ill = health_of(experiment, net)
    assert ill.sites[0].stuck == 1
    found = [well, ill, well._replace(step=4), ill._replace(step=8), ill._replace(step=12)]
    assert str(alarm_of(experiment, *found)).startswith("Since step 8 no gradient reaches layer 1 (linear): ")
    assert "a smaller learning rate" in str(alarm_of(experiment, *found))
    assert alarm_of(experiment, *found, well._replace(step=16)) is None, "it arrives again"
    assert str(alarm_of(experiment, ill)).startswith("No gradient reaches layer 1 (linear): ")
    assert alarm_of(experiment) is None


def test_a_net_without_bits_is_never_alarmed_about() -> None:
    experiment = small("mlp", {"binary_layers": []}, estimator="zero-gradient")
    assert alarm_of(experiment, health_of(experiment)) is None


@pytest.mark.parametrize(("rule", "expected"), [("identity", None), ("zero-gradient", ["layer 1 (linear)"])])
def test_a_batch_that_is_answered_to_the_last_digit_is_no_alarm(rule: str, expected: list[str] | None) -> None:
    experiment = small("mlp", estimator=rule)
    net = experiment.architecture.build(0)
    before, last = health_of(experiment, net, batch=2), net.layers[3]
    with torch.no_grad():
        net.zero_grad()
        last.bias.fill_(-1e4)
        last.bias[0] = 1e4  # and the only picture of the batch has the label 0
    solved = health_of(experiment, net, batch=1)._replace(step=2)
    assert all(layer.zeros == 1 for layer in solved.layers)
    text = alarm_of(experiment, before, solved)
    assert alarm_of(experiment, solved) is None
    assert alarm_of(experiment, step_of(0.0), solved) is None
    assert alarm_of(experiment, step_of(2.3), solved) is not None, "that batch is not answered"
    if expected is None:
        assert text is None
    else:
        assert str(text).startswith(f"No gradient reaches {', '.join(expected)}: ")
        assert "layer 2 (linear)" not in str(text)


def test_each_layer_since_its_own_step() -> None:
    experiment = small("convnet", estimator="hard-sigmoid")
    well = health_of(experiment)
    first, second, last = well.layers
    active, silent = well.sites[0], well.sites[0]._replace(active=0.0)
    one = well._replace(step=2, layers=(first._replace(zeros=1.0), second, last), sites=(silent, well.sites[1]))
    blocked = (first._replace(zeros=1.0), second._replace(zeros=1.0), last)
    both = well._replace(step=3, layers=blocked, sites=(active, well.sites[1]._replace(active=0.0)))
    text = str(alarm_of(experiment, well, one, both))
    assert text.startswith("Since step 2 no gradient reaches layer 1 (conv): every pre-activation of conv 1 ")
    assert "Since step 3 no gradient reaches layer 2 (conv): every pre-activation of conv 2 " in text
