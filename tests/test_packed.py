"""Packed nets beside their nets: every bit the same, or a sentence that says why there is none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from lab.data import Dataset
from lab.estimators import Estimator
from lab.experiment import Experiment, InvalidExperiment
from lab.models import Architecture
from lab.models.weights import BinaryWeights
from lab.packed import Unpackable, agreement, changes_to_pack, pack, why_not
from lab.packed.runner import BitLayer, PixelLayer, opened, saved
from lab.presets import PRESETS
from tests.packed_nets import moved_net
from tests.small import small
from tests.specimens import left_as_it_was, specimen
from tests.strategies import fields_of

WITH_BITS = sorted(name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields)
OF_BITS = sorted(name for name, member in Estimator.members.items() if member().forward in ("bits", "soft"))
ALL = ["conv1", "conv2", "classifier"]
DIGITS = Dataset.members["digits"]()
TEST_IMAGES = DIGITS.images().test[:24]


def require_equal(experiment: Experiment) -> None:
    """A net and what is read from the file of its packed form agree."""
    net = moved_net(experiment)
    found = agreement(experiment, net, opened(saved(pack(experiment, net))), TEST_IMAGES)
    assert found.exact, found
    assert [layer.name for layer in found.layers] == list(experiment.architecture.site_names)
    if not any(layer.differing for layer in found.layers):
        assert found.same == len(TEST_IMAGES)
        assert found.logits <= 1e-5 * max(1.0, found.largest)


CONVNETS = [
    {"binary_weights": ALL, "levels": "-1/+1"},
    {"binary_weights": ALL, "levels": "0/1", "weight_levels": "0/1", "pooling": "stride"},
    {"binary_weights": ["conv2"], "levels": "-1/+1", "weight_scale": "max"},
    {"binary_weights": ["conv1", "conv2"], "levels": "0/1", "weight_scale": "mean", "pixels": "0..1"},
    {"binary_weights": ["conv2", "classifier"], "levels": "-1/+1", "weight_levels": "0/1", "pixels": "-1..1"},
]


@pytest.mark.parametrize("shape", CONVNETS, ids=str)
def test_conv_nets_keep_every_bit(shape: dict[str, Any]) -> None:
    require_equal(small("convnet", shape))


def drawn(data: st.DataObject, architecture: str, estimator: str, with_bits: bool = False) -> Experiment:
    """An experiment with any fields of its architecture, but for its width; if asked for, with layers of bits."""
    shape = data.draw(fields_of(Architecture.members[architecture]))
    shape = {name: value for name, value in shape.items() if name not in {"hidden", "binary_layers"}}
    if architecture in ("mlp", "binary-mlp"):
        width = data.draw(st.integers(10, 70))
        shape |= {"hidden": [width] if architecture == "mlp" else width}
    if with_bits and architecture == "convnet":
        shape["binary_weights"] = data.draw(st.sampled_from((ALL, ALL[:2], ALL[1:], ALL[1:2])))
    assume(not Estimator.members[estimator]().refusal(Architecture.members[architecture](**shape).shapes))
    try:
        return small(architecture, shape, estimator=estimator)
    except InvalidExperiment:
        return reject()


@settings(max_examples=50)
@given(st.sampled_from(WITH_BITS), st.sampled_from(OF_BITS), st.data())
def test_a_net_of_any_shape_keeps_every_bit(architecture: str, estimator: str, data: st.DataObject) -> None:
    experiment = drawn(data, architecture, estimator, with_bits=True)
    assume(not why_not(experiment))
    require_equal(experiment)


@settings(max_examples=50)
@given(st.sampled_from(sorted(Architecture.members)), st.sampled_from(sorted(Estimator.members)), st.data())
def test_what_is_not_packed_has_a_reason(architecture: str, estimator: str, data: st.DataObject) -> None:
    experiment = drawn(data, architecture, estimator)
    experiment = experiment.with_changes([f"precision={data.draw(st.sampled_from(('float32', 'bfloat16')))}"])
    reason = why_not(experiment)
    assume(reason)
    assert reason.endswith(".")
    assert all(len(sentence) < 200 for sentence in reason.split(". "))
    with pytest.raises(Unpackable) as refusal:
        pack(experiment, experiment.architecture.net())
    assert str(refusal.value) == reason
    assert why_not(experiment.with_changes(advised(reason))) == ""
    changes = changes_to_pack(experiment)
    assert bool(changes) != ("take architecture" in reason)
    if changes:
        assert why_not(experiment.with_changes(changes)) == ""


def advised(reason: str) -> list[str]:
    """What it says to set otherwise, as changes of an experiment."""
    settings = {
        # Few units, for some estimators run the net again for each.
        "take architecture": 'architecture={"name": "binary-mlp", "hidden": 3}',
        "architecture.binary_weights": f"architecture.binary_weights={json.dumps(ALL)}",
        "architecture.binary_layers": "architecture.binary_layers=[1,2]",
        "architecture.weight_rule": "architecture.weight_rule=identity",
        "stochastic_weights to false": "architecture.stochastic_weights=false",
        "precision": "precision=float32",
        "such as saturated": "estimator=saturated",
    }
    return [change for words, change in settings.items() if words in reason]


def test_all_that_is_in_the_way_is_told_at_once() -> None:
    shape = {"binary_weights": ["conv1"], "binary_layers": [1], "weight_rule": "sign-with-zero"}
    reason = why_not(small("convnet", shape, estimator="ternary", precision="bfloat16"))
    told = ("set architecture.weight_rule", "Estimator 'ternary'", "set precision", "weights of 'conv2'", "'units2'")
    assert [reason.count(words) for words in told] == [1] * len(told)
    assert len(reason.split(". ")) == len(told)


def test_what_would_be_in_the_way_next_is_told_too() -> None:
    reason = why_not(small("convnet", {"weight_rule": "sign-with-zero"}))
    assert [reason.count(f"set architecture.{name}") for name in ("binary_weights", "weight_rule")] == [1, 1]
    drawn_but_never = why_not(small("convnet", {"weight_rule": "sign-with-zero", "stochastic_weights": True}))
    assert "set architecture.weight_rule to identity and architecture.stochastic_weights to false" in drawn_but_never


def test_the_layers_that_must_have_bits_are_named() -> None:
    experiment = small("convnet", {"pixels": "0..1"})
    assert "set architecture.binary_weights to the layers that are to have bits, conv2 among them." in why_not(
        experiment
    )
    assert why_not(experiment.with_changes(['architecture.binary_weights=["conv2"]'])) == ""


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_packed_or_says_why_not(name: str) -> None:
    experiment = PRESETS[name].experiment(DIGITS)
    reason = why_not(experiment)
    if experiment.architecture.has_binary_weights:
        ternary = "ternary" in (experiment.estimator.forward, experiment.architecture.weights.rule.forward)
        assert bool(reason) == ternary
    else:
        assert "weights are real numbers" in reason
    assert bool(changes_to_pack(experiment)) <= bool(reason)
    if not reason:  # its net, but narrower: width is what no rule is about
        narrow = experiment.with_changes([f"architecture.hidden={min(experiment.architecture.hidden, 130)}"])
        require_equal(narrow)


@pytest.mark.parametrize(
    ("shape", "fields", "told"),
    [
        (
            {"binary_weights": ["conv1"]},
            {},
            "'conv2' are real numbers, between layers of bits; add it to architecture.",
        ),
        ({"binary_weights": ALL, "binary_layers": [1]}, {}, "'units2' (HardSigmoid) gives real numbers"),
        ({"binary_weights": ALL, "binary_layers": [1]}, {}, "set architecture.binary_layers to [1, 2]."),
        (
            {"binary_weights": ALL, "binary_layers": []},
            {},
            "no binary units; set architecture.binary_layers to [1, 2].",
        ),
        ({"binary_weights": ALL}, {"estimator": "ternary"}, "has a third value"),
        ({"binary_weights": ALL}, {"estimator": {"name": "dorefa", "bit_width": 2}}, "has more than two values"),
        ({"binary_weights": ALL, "weight_rule": "mean-field"}, {}, "'mean-field' trains on values between"),
        ({"binary_weights": ALL, "weight_rule": "sign-with-zero"}, {}, "set architecture.weight_rule to identity"),
        ({"binary_weights": ALL}, {"precision": "bfloat16"}, "set precision to float32"),
        ({}, {}, "set architecture.binary_weights to the layers"),
    ],
    ids=str,
)
def test_a_reason_says_what_to_switch_on(shape: dict[str, Any], fields: dict[str, Any], told: str) -> None:
    assert told in why_not(small("convnet", shape, **fields))


def test_units_that_are_drawn_are_packed_as_their_likelier_bits() -> None:
    experiment = small("binary-mlp", estimator="bernoulli")
    require_equal(experiment)
    assert "Units are drawn" in pack(experiment, moved_net(experiment)).notes[0]


@pytest.mark.parametrize("estimator", ["concrete", "mean-field"])
def test_units_that_train_between_the_levels_are_packed_as_they_are_evaluated(estimator: str) -> None:
    experiment = small("binary-mlp", estimator=estimator)
    require_equal(experiment)
    assert "bits of evaluations" in pack(experiment, moved_net(experiment)).notes[0]


@pytest.mark.parametrize(
    ("shape", "rounds"),
    [
        ({"binary_input": True, "bias": False}, False),
        ({"binary_input": True, "bias": False, "weight_scale": "max"}, True),
        ({"binary_input": True, "bias": True}, True),
        ({"binary_input": False, "bias": False}, True),
    ],
    ids=str,
)
def test_what_pytorch_rounds_is_noted(shape: dict[str, Any], rounds: bool) -> None:
    experiment = small("binary-mlp", {"weight_levels": "-1/+1", **shape})
    assert any("PyTorch rounds" in note for note in pack(experiment, moved_net(experiment)).notes) == rounds


def test_an_output_without_scale_is_what_batch_norm_makes_of_0() -> None:
    experiment = small("binary-mlp", {"weight_levels": "0/1", "weight_scale": "mean", "bias": False})
    net = moved_net(experiment)
    norm, weights = net.norms[0], next(each for each in net.modules() if isinstance(each, BinaryWeights))
    with torch.no_grad():
        weights.weight[:2] = -0.5  # so that its bits are all 0
        for tensor, value in ((norm.running_mean, 0), (norm.bias, 0), (norm.weight, 1)):
            assert tensor is not None
            tensor[:2] = value
        norm.weight[1] = -1
    found = agreement(experiment, net, opened(saved(pack(experiment, net))), TEST_IMAGES)
    assert found.layers[0].differing == 0


@pytest.mark.parametrize("scale", ["none", "max", "mean"])
def test_weights_that_are_drawn_are_packed_as_their_likelier_bits(scale: str) -> None:
    shape = {"weight_rule": "stochastic-sign", "stochastic_weights": True, "weight_scale": scale}
    experiment = small("binary-mlp", shape)
    require_equal(experiment)
    assert "Weights" in pack(experiment, moved_net(experiment)).notes[0]


@pytest.mark.parametrize("estimator", ["identity", "saturated", "dorefa"])
def test_ties_fall_as_those_of_the_net(estimator: str) -> None:
    # Without batch norm and bias a sum of 0 is common, and so is one at the threshold of 1/2 or 1.
    shape = {"batch_norm": False, "levels": "-1/+1", "weight_levels": "-1/+1", "binary_input": True}
    experiment = small("binary-mlp", {**shape, "hidden": 24, "depth": 4}, estimator=estimator)
    require_equal(experiment)
    layer = pack(experiment, moved_net(experiment)).layers[1]
    random = np.random.default_rng(0).integers(0, 2, (200, *layer.shape)).astype(bool)
    sums = layer.products(random)
    assert (sums == 0).any()
    rule = Estimator.members[estimator]()
    assert np.array_equal(layer.bits(random), rule.step(torch.from_numpy(sums).float()).numpy() > 0.5)


def test_packing_leaves_the_net_as_it_was() -> None:
    looked_at = specimen("convnet", {"binary_weights": ALL})
    with left_as_it_was(looked_at):
        packed = pack(looked_at.experiment, looked_at.net)
        agreement(looked_at.experiment, looked_at.net, packed, looked_at.images)
    assert [type(layer) for layer in packed.layers] == [PixelLayer, BitLayer, BitLayer]


def test_a_net_that_has_diverged_is_not_packed() -> None:
    experiment = small("binary-mlp")
    net = moved_net(experiment)
    with torch.no_grad():
        net.norms[0].weight[0] = torch.nan
    with pytest.raises(Unpackable, match="no finite number"):
        pack(experiment, net)


def test_a_difference_is_found() -> None:
    experiment = small("binary-mlp")
    net = moved_net(experiment)
    packed = pack(experiment, net)
    packed.layers[1].flip[3] ^= True
    found = agreement(experiment, net, packed, TEST_IMAGES)
    assert not found.exact
    assert [layer.differing for layer in found.layers] == [0, len(TEST_IMAGES)]
    assert found.same == 0


@pytest.mark.parametrize(("apart", "tied"), [(-4, False), (-0.25, True), (0, True), (0.25, True), (4, False)])
def test_a_bit_is_a_tie_where_rounding_can_turn_it(apart: float, tied: bool) -> None:
    experiment = small("binary-mlp", {"levels": "-1/+1", "weight_levels": "-1/+1", "bias": False})
    net, unit, image = moved_net(experiment), 3, TEST_IMAGES[:1]
    layer = pack(experiment, net).layers[0]
    sizes = np.abs(image.numpy() * layer.pixels.slope + layer.pixels.offset).sum()
    norm = net.norms[0]
    with torch.no_grad():  # a threshold so far from what the unit gets
        norm.running_mean[unit] = layer.products(image.numpy()[..., None])[0, 0, 0, unit] + apart * 2**-22 * sizes
        norm.running_var[unit] = norm.weight[unit] = 1
        norm.bias[unit] = 0
    packed = pack(experiment, net)
    if not agreement(experiment, net, packed, image).layers[0].differing:
        packed.layers[0].flip[unit] ^= True
    found = agreement(experiment, net, packed, image)
    assert (found.layers[0].differing, found.layers[0].ties) == (1, int(tied))
    assert found.exact == tied
