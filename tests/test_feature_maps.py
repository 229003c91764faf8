"""What conv layers do: maps, kernels and firing rates are those of passes written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab.models import Architecture
from lab.models.autoencoder import AutoencoderNet
from lab.models.convnet import ConvNetNet
from lab.models.layers import BinaryUnits
from lab.models.weights import BinaryWeights
from lab.probes import Specimen
from lab.probes.feature_maps import LayerMaps, feature_maps, mean_maps
from lab.probes.filters import filters
from lab.probes.firing import firing
from tests.looking import SLOPE, WEIGHTS, inputs_of, looked_at, pictures, predicted

IMAGES = pictures(3)


def agree(layer: LayerMaps, before: Tensor, after: Tensor) -> None:
    np.testing.assert_allclose(layer.before, before.numpy(), atol=1e-4)
    assert layer.before.dtype == layer.after.dtype == np.float32
    far = np.abs(layer.before) > 1e-4  # a rounding error turns no bit but those at the threshold
    np.testing.assert_allclose(layer.after[far], after.numpy()[far], atol=1e-4)


class TestMaps:
    @torch.no_grad()
    @pytest.mark.parametrize("weights", WEIGHTS)
    @pytest.mark.parametrize(("binary", "pooling", "levels"), [((1, 2), "max", "0/1"), ((2,), "stride", "-1/+1")])
    def test_of_the_conv_net(self, binary: tuple[int, ...], pooling: str, levels: str, weights: str) -> None:
        shape = {"binary_layers": binary, "pooling": pooling, "levels": levels, **WEIGHTS[weights]}
        specimen = looked_at("convnet", shape, estimator="identity")
        net = specimen.net
        assert isinstance(net, ConvNetNet)
        net.eval()
        low = 0.0 if levels == "0/1" else -1.0

        def units(layer: int, x: Tensor) -> Tensor:
            on = (x > 0).float()
            return on + low * (1 - on) if layer in binary else ((SLOPE * x + 1) / 2).clamp(0, 1)

        def pooled(x: Tensor) -> Tensor:
            return nn.functional.max_pool2d(x, 2) if pooling == "max" else x

        first, second = feature_maps(specimen, IMAGES)
        below = pooled(net.norm1(net.conv1(inputs_of(IMAGES))))
        agree(first, below, units(1, below))
        above = pooled(net.norm2(net.conv2(torch.from_numpy(first.after))))
        agree(second, above, units(2, above))
        assert [layer.name for layer in (first, second)] == ["conv 1", "conv 2"]
        assert [layer.levels for layer in (first, second)] == [levels if layer in binary else None for layer in (1, 2)]

    @torch.no_grad()
    @pytest.mark.parametrize(("relu", "levels"), [(True, "0/1"), (False, "-1/+1")])
    def test_of_the_autoencoder(self, relu: bool, levels: str) -> None:
        specimen = looked_at("autoencoder", {"relu": relu, "levels": levels}, estimator="identity")
        net = specimen.net
        assert isinstance(net, AutoencoderNet)
        net.eval()
        found, x = feature_maps(specimen, IMAGES), inputs_of(IMAGES)
        assert [layer.name for layer in found if layer.levels] == ["code"]
        chain = list(net.encoder) + list(net.decoder)
        ends = [i - 1 for i, m in enumerate(chain) if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)][1:]
        layers = iter(found)
        for place, module in enumerate(chain):
            entered, x = x, module(x)
            if place in [*ends, len(chain) - 1]:
                layer = next(layers)
                agree(layer, entered, x)
                x = torch.from_numpy(layer.after)
        assert next(layers, None) is None
        assert found[-1].after.shape == (3, 1, 28, 28)

    @pytest.mark.parametrize("evaluation", ["threshold", "sample", "mean"])
    @pytest.mark.parametrize(("name", "bits"), [("convnet", "conv 2"), ("autoencoder", "code")])
    def test_of_sampled_bits_are_those_of_an_evaluation_of_each_picture_alone(
        self, name: str, bits: str, evaluation: str
    ) -> None:
        specimen = looked_at(name, estimator="bernoulli", evaluation=evaluation, evaluation_samples=2)
        together = feature_maps(specimen, IMAGES)
        for index, image in enumerate(IMAGES):
            heard: list[Tensor] = []
            site = next(layer.after for layer in specimen.net.conv_layers if layer.name == bits)
            with site.register_forward_hook(lambda module, inputs, output, into=heard: into.append(output)):
                predicted(specimen, image)
            (layer,) = (layer for layer in together if layer.name == bits)
            assert (layer.after[index] == heard[0][0].numpy()).mean() > 0.999

    def test_are_averaged_over_channels(self) -> None:
        maps = feature_maps(looked_at("convnet"), IMAGES)[1].after
        np.testing.assert_allclose(mean_maps(maps), sum(maps[:, c] for c in range(32)) / 32, rtol=1e-5)

    @pytest.mark.parametrize(
        "wrong",
        [np.zeros((28, 28), np.uint8), np.zeros((1, 28, 28)), np.zeros((0, 28, 28), np.uint8), IMAGES[:, :27]],
    )
    def test_of_what_is_no_picture_are_refused(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match=r"allowed is \(B, 28, 28\) of uint8"):
            feature_maps(looked_at("convnet"), wrong)


@pytest.mark.parametrize("name", Architecture.members)
def test_every_layer_of_every_architecture_is_there(name: str) -> None:
    specimen = looked_at(name)
    names = [layer.name for layer in specimen.net.conv_layers]
    for found in (feature_maps(specimen, IMAGES), filters(specimen), firing(specimen, IMAGES)):
        assert [layer.name for layer in found] == names


class TestFilters:
    @pytest.mark.parametrize("scale", ["none", "mean", "max"])
    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    def test_are_bits_times_a_scale(self, levels: str, scale: str) -> None:
        shape = {"binary_weights": ["conv2"], "weight_levels": levels, "weight_scale": scale}
        specimen = looked_at("convnet", shape)
        kernels = specimen.net.get_submodule("conv2")
        assert isinstance(kernels, BinaryWeights)
        with torch.no_grad():
            kernels.weight[3] = -1.0  # a filter that has no bit of 1
        first, second = filters(specimen)
        assert first.binary is None
        assert first.scale is None
        np.testing.assert_array_equal(first.in_use, specimen.net.get_parameter("conv1.weight").detach().numpy())
        assert second.latent.shape == (32, 16, 5, 5)
        assert second.binary is not None
        assert second.scale is not None
        on = second.latent > 0
        np.testing.assert_array_equal(second.binary, np.where(on, 1.0, 0.0 if levels == "0/1" else -1.0))
        for latent, is_on, factor in zip(second.latent, on, second.scale, strict=True):
            used = np.abs(latent if levels == "-1/+1" else latent[is_on])
            mean = used.mean() if used.size else 0.0
            expected = {"none": 1.0, "mean": mean, "max": np.abs(second.latent).max()}[scale]
            assert factor == pytest.approx(expected, rel=1e-5)
        np.testing.assert_allclose(second.in_use, kernels.binary_weight().detach().numpy(), rtol=1e-6)

    @torch.no_grad()
    @pytest.mark.parametrize("name", ["convnet", "autoencoder"])
    def test_lie_on_the_picture_as_they_are(self, name: str) -> None:
        """A transposed convolution paints its kernel around a single 1; a convolution likes best what looks like it."""
        specimen = looked_at(name)
        for shown, layer in zip(filters(specimen), specimen.net.conv_layers, strict=True):
            kernels, kernel = layer.convolution, torch.from_numpy(shown.latent)
            bias, (size, cut), side = kernels.bias, (kernel.shape[2], kernels.padding[0]), kernel.shape[2]
            assert bias is not None
            assert shown.transposed == isinstance(kernels, nn.ConvTranspose2d)
            assert len(kernel) == kernels.out_channels
            if shown.transposed:
                impulse = torch.zeros(1, kernels.in_channels, 1, 1)
                impulse[0, 2 % kernels.in_channels] = 1
                painted = kernels(impulse)[0] - bias[:, None, None]
                expected = kernel[:, 2 % kernels.in_channels, cut : size - cut, cut : size - cut]
                torch.testing.assert_close(painted[:, : size - 2 * cut, : size - 2 * cut], expected, atol=1e-5, rtol=0)
            else:
                liked = nn.functional.pad(kernel[1:2], [0, side % 2] * 2)[..., cut:, cut:]  # the rest is on the padding
                visible = kernel[1, :, cut:, cut:]
                answer = kernels(liked)[0, 1, 0, 0] - bias[1]
                assert float(answer) == pytest.approx(float(visible.square().sum()), rel=1e-4)

    def test_are_copies(self) -> None:
        specimen = looked_at("autoencoder")
        found = filters(specimen)
        before = [layer.latent.copy() for layer in found]
        with torch.no_grad():
            for parameter in specimen.net.parameters():
                parameter += 1
        for layer, latent in zip(found, before, strict=True):
            np.testing.assert_array_equal(layer.latent, latent)


class TestFiring:
    @pytest.mark.parametrize("name", ["convnet", "autoencoder"])
    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    def test_counts_the_pictures_for_which_a_unit_is_on(self, name: str, levels: str) -> None:
        specimen, many = looked_at(name, {"levels": levels}, estimator="identity"), pictures(9)
        for layer, maps in zip(firing(specimen, many), feature_maps(specimen, many), strict=True):
            on = np.zeros(maps.after.shape[1:])
            for picture in maps.after:
                on += picture > 0
            assert (np.abs(layer.rates - on / 9) > 1e-6).mean() < 0.001  # a sum that is 0 but for rounding
            np.testing.assert_allclose(layer.mean, layer.rates.mean(0))
            assert layer.pictures == 9
            assert layer.levels == maps.levels

    def test_in_parts_is_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        specimen, many = looked_at("convnet", estimator="identity"), pictures(9)
        whole = firing(specimen, many)
        monkeypatch.setattr("lab.probes.firing.AT_ONCE", 2)
        for one, two in zip(whole, firing(specimen, many), strict=True):
            assert (np.abs(one.rates - two.rates) > 1e-6).mean() < 0.001

    def test_draws_anew_for_every_picture(self) -> None:
        specimen = looked_at("convnet", {"binary_layers": [1]}, estimator="bernoulli")
        one, often = pictures(1), 500
        below = feature_maps(specimen, one)[0].before[0]
        p = 1 / (1 + np.exp(-SLOPE * below.astype(np.float64)))
        rates = firing(specimen, np.repeat(one, often, 0))[0].rates
        error = np.sqrt(p * (1 - p) / often)
        assert (np.abs(rates - p) < 6 * error + 1 / often).all()

    def test_of_three_levels_counts_the_upper_one(self) -> None:
        specimen: Specimen = looked_at("convnet", estimator={"name": "ternary", "dead_zone": 0.5})
        assert isinstance(specimen.net.conv_layers[0].after, BinaryUnits)
        maps, rates = feature_maps(specimen, IMAGES)[0].after, firing(specimen, IMAGES)[0].rates
        assert set(np.unique(maps)) == {0.0, 0.5, 1.0}
        np.testing.assert_allclose(rates, (maps == 1).mean(0), atol=1e-6)
