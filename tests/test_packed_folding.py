"""What is folded at its ends: units that turn at the last sum there is, filters without a scale, and nets that have no
packed form though their experiments have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab.data import Dataset
from lab.data.batches import normalized
from lab.experiment import Experiment
from lab.models import Net
from lab.models.layers import PixelBits
from lab.models.weights import BinaryWeights
from lab.packed import Unpackable, agreement, pack
from tests.packed_nets import moved_net
from tests.small import small

TEST_IMAGES = Dataset.members["digits"]().images().test[:16]
SHAPE: dict[str, Any] = {"hidden": 12, "depth": 3, "levels": "-1/+1", "weight_levels": "-1/+1"}


def built(**shape: Any) -> tuple[Experiment, Net]:
    experiment = small("binary-mlp", SHAPE | shape)
    return experiment, moved_net(experiment)


def weighted(net: Net) -> list[BinaryWeights]:
    return [module for module in net.modules() if isinstance(module, BinaryWeights)]


def test_units_that_turn_at_the_ends_of_all_sums_turn_there() -> None:
    experiment, net = built()
    length = 12
    at = np.array([-length - 1, -length, -length + 1, 0, length, length + 1])
    norm = net.norms[1]
    with torch.no_grad():
        norm.running_mean.copy_(torch.from_numpy(np.tile(at, 2) - 0.5))  # type: ignore[union-attr]
        norm.running_var.fill_(1)  # type: ignore[union-attr]
        norm.weight.copy_(torch.tensor([1.0] * 6 + [-1.0] * 6))
        norm.bias.zero_()
    layer = pack(experiment, net).layers[1]
    assert layer.length == length
    sums = np.arange(-length, length + 1)[:, None]
    expected = np.concatenate([sums >= at, ~(sums >= at)], axis=1)
    assert np.array_equal((sums >= layer.threshold) != layer.flip, expected)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("scale", ["none", "max", "mean"])
def test_outputs_whose_weights_are_all_0_are_packed(scale: str, batch_norm: bool) -> None:
    experiment, net = built(weight_levels="0/1", weight_scale=scale, batch_norm=batch_norm, bias=not batch_norm)
    with torch.no_grad():
        for module in weighted(net):
            module.weight[:3].neg_().clamp_(max=0).sub_(module.weight[:3].abs())
            if module.bias is not None:
                module.bias.zero_()  # what is always 0 is at the threshold
    packed = pack(experiment, net)
    for layer in packed.layers:
        assert not layer.weight_bits[:3].any()
        assert layer.weight_bits[3:].any(1).all()
        assert not np.isnan(layer.threshold).any()
    found = agreement(experiment, net, packed, TEST_IMAGES)
    assert found.exact, found


def test_weights_of_three_values_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, net = built()
    whole = BinaryWeights.binary_weight

    def with_zeros(module: BinaryWeights) -> Tensor:
        weight = whole(module).clone()
        weight[0, 0] = 0
        return weight

    monkeypatch.setattr(BinaryWeights, "binary_weight", with_zeros)
    with pytest.raises(Unpackable, match="neither of the two values"):
        pack(experiment, net)


def test_a_net_that_does_more_between_its_layers_is_not_packed() -> None:
    experiment, net = built()

    def doubled(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (2 * inputs[0],)

    weighted(net)[1].register_forward_pre_hook(doubled)
    with pytest.raises(Unpackable, match="more between its layers"):
        pack(experiment, net)


def test_logits_are_those_of_the_net_where_a_variance_is_tiny() -> None:
    experiment, net = built()
    with torch.no_grad():
        for norm in net.norms:
            norm.running_var.mul_(1e-6)  # type: ignore[union-attr]
    found = agreement(experiment, net, pack(experiment, net), TEST_IMAGES)
    assert found.exact
    assert found.same > 0
    assert found.logits <= 1e-5 * max(1.0, found.largest)


def test_logits_are_clipped_where_the_net_clips_them() -> None:
    experiment, net = built(head="none", htanh=True)
    packed = pack(experiment, net)
    assert packed.layers[-1].gives == "clipped"
    images = experiment.dataset.images()
    with torch.no_grad(), net.evaluating():
        expected = net(normalized(TEST_IMAGES, *experiment.architecture.normalization(images), "cpu")).numpy()
    assert {-1, 1} <= set(expected.ravel().tolist())
    np.testing.assert_allclose(packed.logits(TEST_IMAGES.numpy()), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pixels", ["0..1", "-1..1", "standardized"])
def test_bytes_become_the_bits_that_the_net_has_of_them(pixels: str) -> None:
    experiment, net = built(binary_input=True, pixels=pixels)
    every = torch.arange(28 * 28).remainder(256).to(torch.uint8).view(1, 28, 28)
    scale = experiment.architecture.normalization(experiment.dataset.images())
    front = next(module for module in net.modules() if isinstance(module, PixelBits))
    expected = front(normalized(every, *scale, "cpu"))[0, 0].numpy() > 0
    assert np.array_equal(pack(experiment, net).inputs(every.numpy())[0, ..., 0], expected)


def test_large_logits_have_probabilities() -> None:
    packed = pack(*built())
    packed.layers[-1].scale[:] *= 1e6
    found = packed.probabilities(TEST_IMAGES.numpy())
    np.testing.assert_allclose(found.sum(1), 1)
    assert np.array_equal(found.argmax(1), packed.logits(TEST_IMAGES.numpy()).argmax(1))
