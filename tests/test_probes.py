"""Probes: arrays equal to those of a forward pass written out by hand, copies of their own, and no trace in the net."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab.data import normalized
from lab.estimators import Estimator, StraightThrough
from lab.experiment import Experiment
from lab.models import Architecture, Net, stream
from lab.models.autoencoder import AutoencoderNet
from lab.models.convnet import ConvNetNet
from lab.probes import Frame, Specimen, probe
from lab.probes.compact import Bits, Compact, Scaled
from lab.probes.frame import (
    CODE_BYTES,
    CODED,
    FILTERS,
    LEAST_CODED,
    MAPPED,
    PICTURES,
    WEIGHTS_BELOW,
    coded_images,
)
from lab.probes.response import response
from tests.small import small

SCALE = (0.2, 0.5)
IMAGES = torch.randint(256, (150, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(5))
TEST = torch.randint(256, (70, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(6))
INPUTS = normalized(IMAGES[:PICTURES], *SCALE, "cpu")
SLOPE = 1.4


def specimen(net: Net, experiment: Experiment, images: Tensor, slope: float) -> Specimen:
    """The net at step 7 of a run on these images."""
    labels = torch.zeros(len(images), dtype=torch.int64)
    return Specimen(experiment, net, images, labels, SCALE, slope, 7, TEST, torch.zeros(len(TEST), dtype=torch.int64))


def looked(experiment: Experiment, images: Tensor = IMAGES, slope: float = SLOPE) -> tuple[Net, Frame]:
    """A fresh net and what a probe shows of it."""
    net = experiment.architecture.build(experiment.seed)
    with torch.no_grad():
        for parameter in net.parameters():  # away from where batch norm hides a mistake
            if parameter.dim() == 1:
                parameter += 0.1
    return net, probe(specimen(net, experiment, images, slope), 1.5)


def arrays(value: Any) -> list[np.ndarray]:
    """The arrays that a frame, or a part of one, is made of."""
    if isinstance(value, np.ndarray):
        return [value] if value.size else []
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, dict):
        value = value.values()
    return [array for each in value for array in arrays(each)] if isinstance(value, Iterable) else []


def assert_close(found: Compact, expected: Tensor) -> None:
    """But for rounding, of the arithmetic and to the steps of a scale."""
    assert found.shape == tuple(expected.shape)
    step = (found.high - found.low) / 252 if isinstance(found, Scaled) else 0.0
    np.testing.assert_allclose(found.array(), expected.numpy(), atol=step / 2 + 1e-4)


class TestConvNet:
    @torch.no_grad()
    @pytest.mark.parametrize("layers", [(1, 2), (1,), (2,), ()])
    def test_maps_and_bits_are_those_of_a_plain_pass(self, layers: tuple[int, ...]) -> None:
        net, frame = looked(small("convnet", {"binary_layers": layers}, estimator="identity"))
        assert isinstance(net, ConvNetNet)
        net.eval()

        def units(layer: int, x: Tensor) -> Tensor:
            return (x > 0).float() if layer in layers else ((SLOPE * x + 1) / 2).clamp(0, 1)

        def passed(inputs: Tensor) -> list[tuple[Tensor, Tensor]]:
            below = nn.functional.max_pool2d(net.norm1(net.conv1(inputs)), 2)
            first = units(1, below)
            above = nn.functional.max_pool2d(net.norm2(net.conv2(first)), 2)
            return [(below, first), (above, units(2, above))]

        for name, maps in zip(("conv 1", "conv 2"), passed(INPUTS[:MAPPED]), strict=True):
            for found, expected in zip(frame.maps[name], maps, strict=True):
                assert found is not None
                assert_close(found, expected)
            assert isinstance(frame.maps[name].after, Bits) == (int(name[-1]) in layers)
        assert set(frame.on_rates) == set(frame.codes) == {f"conv {layer}" for layer in layers}
        tested = passed(normalized(TEST[:CODED], *SCALE, "cpu"))
        for layer in layers:
            codes = frame.codes[f"conv {layer}"]
            bits = (tested[layer - 1][1] > 0).flatten(1).numpy()
            assert codes.images.tolist() == list(range(len(codes.bits)))
            assert (codes.bits.on() == bits[codes.images]).mean() > 0.9999  # but for rounding at the edge
            np.testing.assert_allclose(frame.on_rates[f"conv {layer}"], codes.bits.on().mean(0), atol=1e-6)

    @torch.no_grad()
    def test_stochastic_units_are_sampled_with_the_slope_of_the_moment(self) -> None:
        experiment = small("convnet", {"binary_layers": (1,)}, estimator="bernoulli")
        net, frame = looked(experiment, slope=2.5)
        assert isinstance(net, ConvNetNet)
        net.eval()
        generator = torch.Generator().manual_seed(stream(experiment.seed, "probe"))
        below = nn.functional.max_pool2d(net.norm1(net.conv1(INPUTS[:PICTURES])), 2)
        noise = torch.rand(below.shape, generator=generator)
        expected = (noise < torch.sigmoid(2.5 * below))[:MAPPED]
        shown = frame.maps["conv 1"].after
        assert isinstance(shown, Bits)
        assert (shown.on() == expected.numpy()).mean() > 0.9999  # but for rounding at the edge
        assert frame.slope == 2.5


class TestAutoencoder:
    @torch.no_grad()
    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    def test_codes_and_reconstructions_are_those_of_a_plain_pass(self, levels: str) -> None:
        net, frame = looked(small("autoencoder", {"levels": levels}, estimator="identity"))
        assert isinstance(net, AutoencoderNet)
        net.eval()
        codes = net.encode(INPUTS)
        assert_close(frame.reconstructions, net.decode(codes)[:PICTURES, 0])
        assert np.abs(frame.reconstructions.array()).max() <= 1
        tested = net.encode(normalized(TEST[:CODED], *SCALE, "cpu")).flatten(1)
        np.testing.assert_array_equal(frame.codes["code"].bits.on(), (tested > 0).numpy())
        np.testing.assert_allclose(frame.on_rates["code"], (tested > 0).float().mean(0).numpy(), atol=1e-6)
        assert_close(frame.maps["code"].after, codes[:MAPPED])
        assert isinstance(frame.maps["code"].after, Bits)
        assert_close(frame.maps["encoder 1"].after, nn.functional.relu(net.encoder[0](INPUTS[:MAPPED])))
        assert_close(frame.maps["decoder 4"].after, net.decode(codes)[:MAPPED])


class TestFilters:
    def test_are_the_weights_of_the_first_layer_on_the_pixels(self) -> None:
        net, frame = looked(small("mlp", {"hidden": [40]}))
        assert_close(frame.filters, net.get_parameter("layers.1.weight")[:FILTERS].detach().view(-1, 28, 28))
        assert frame.filters.shape == (FILTERS, 28, 28)
        assert frame.latent_filters is None

    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    def test_are_bits_where_the_weights_in_use_are(self, levels: str) -> None:
        net, frame = looked(small("binary-mlp", {"weight_levels": levels}))
        latent = net.get_parameter("layers.1.weight").detach().view(-1, 28, 28)
        on, off = 1.0, 0.0 if levels == "0/1" else -1.0
        assert isinstance(frame.filters, Bits)
        np.testing.assert_array_equal(frame.filters.array(), np.where(latent > 0, on, off))
        assert frame.latent_filters is not None
        assert_close(frame.latent_filters, latent)

    @pytest.mark.parametrize(("name", "layer"), [("convnet", "conv1"), ("autoencoder", "encoder.0")])
    def test_are_the_kernels_of_a_convolution(self, name: str, layer: str) -> None:
        net, frame = looked(small(name))
        assert_close(frame.filters, net.get_parameter(f"{layer}.weight")[:FILTERS, 0].detach())


def test_a_net_whose_first_layer_sees_no_pixels_has_no_pictures_of_it() -> None:
    class Plug(Net):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(196, 64))

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)[:, :10]

    net = Plug()
    net.prepare()
    experiment = small("mlp", {"binary_layers": []})
    assert probe(specimen(net, experiment, IMAGES, 1.0), 1.5).filters.shape == (0,)


@pytest.mark.parametrize("evaluation", ["threshold", "sample", "mean"])
@pytest.mark.parametrize("name", Architecture.members)
def test_a_frame_is_numbers_of_its_own_and_the_net_is_as_before(name: str, evaluation: str) -> None:
    experiment = small(name, estimator="bernoulli", evaluation=evaluation, evaluation_samples=3)
    net = experiment.architecture.build(0)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    hooks, world = [len(module._forward_hooks) for module in net.modules()], torch.get_rng_state()
    net.train()
    frame = probe(specimen(net, experiment, IMAGES, 1.0), 1.5)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(module.training for module in net.modules())
    assert [len(module._forward_hooks) for module in net.modules()] == hooks
    assert torch.equal(torch.get_rng_state(), world)
    assert (frame.step, frame.epoch) == (7, 1.5)
    np.testing.assert_array_equal(frame.pictures, IMAGES[:PICTURES].numpy())
    for rates in frame.on_rates.values():
        assert 0 <= rates.min() <= rates.max() <= 1
    assert list(frame.on_rates) == list(frame.codes) == list(experiment.architecture.site_names)
    assert list(frame.maps) == [layer.name for layer in net.conv_layers]
    size = sum(value.nbytes for value in before.values())
    assert (frame.weights is not None) == (size < WEIGHTS_BELOW)
    for key, value in (frame.weights or {}).items():
        np.testing.assert_array_equal(value, before[key].numpy(), strict=True)
    assert list(frame.weights or before) == list(before)
    copies = [array.copy() for array in arrays(frame)]
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(1.0)
    for array, copy in zip(arrays(frame), copies, strict=True):
        np.testing.assert_array_equal(array, copy, err_msg="a frame must not follow the weights")
        owner = array.base if array.base is not None else array
        assert owner.nbytes == array.nbytes, "a frame must not hold a whole batch"
    assert frame.nbytes() == sum(array.nbytes for array in arrays(frame))


def test_fewer_images_than_are_looked_for_will_do() -> None:
    _, frame = looked(small("convnet"), images=IMAGES[:3])
    assert len(frame.pictures) == len(frame.maps["conv 1"].after) == 3
    assert len(frame.codes["conv 1"].bits) == len(TEST)


def test_codes_of_wide_layers_are_those_of_fewer_images() -> None:
    for units in (1, 10, 512, 3136, 6144, 8192, 100_000):
        images = coded_images(units)
        assert LEAST_CODED <= images <= CODED
        assert images * units / 8 <= CODE_BYTES or images == LEAST_CODED
        assert images == CODED or (images + 1) * units / 8 > CODE_BYTES


def test_the_same_moment_gives_the_same_frame() -> None:
    first, second = (looked(small("convnet", estimator="bernoulli"))[1] for _ in range(2))
    for one, two in zip(arrays(first), arrays(second), strict=True):
        np.testing.assert_array_equal(one, two)


class TestResponse:
    @pytest.mark.parametrize("name", Estimator.members)
    def test_is_the_rule_itself(self, name: str) -> None:
        shown, slope = Estimator.members[name](), 1.6
        curve, rule = response(shown, slope, reach=2.0, points=201), shown.inner
        assert curve.x[0] == -2
        assert curve.x[-1] == 2
        assert len(curve.x) == len(curve.forward) == 201
        x = torch.linspace(-2, 2, 201)
        expected: Any = rule.probability(x, slope) if rule.stochastic else rule.step(x)
        if rule.forward == "soft":
            noise = torch.rand((4000, 201), generator=torch.Generator().manual_seed(1))
            expected = rule.binarize(x.expand(4000, -1), slope, noise).mean(0)
        np.testing.assert_allclose(curve.forward, expected.numpy(), atol=0.03 if rule.forward == "soft" else 0)
        if isinstance(rule, StraightThrough):
            draws = 4000 if rule.stochastic else 1
            leaf = x.expand(draws, -1).clone().requires_grad_()
            generator = torch.Generator().manual_seed(0)
            noise = torch.rand(leaf.shape, generator=generator) if rule.stochastic else None
            rule.binarize(leaf, slope, noise).sum().backward()
            assert curve.backward is not None
            sent_back = leaf.grad.double()  # type: ignore[union-attr]
            error = 6 * sent_back.std(0, correction=0) / draws**0.5
            assert (abs(curve.backward - sent_back.mean(0).numpy()) <= error.numpy() + 0.01).all()
        elif rule.zero_gradient:
            assert curve.backward is not None
            assert not curve.backward.any()
        else:
            assert curve.backward is None, "its gradient does not come through the bits"
