"""Patches that excite a channel: found by loops as well, and no other pixel matters to them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from lab.data.base import SIDE
from lab.models import ConvLayer
from lab.probes.feature_maps import feature_maps
from lab.probes.passes import listening
from lab.probes.patches import BACKGROUND, LayerPeaks, peaks
from lab.probes.receptive_fields import Interval, Link, chains, field
from tests.looking import looked_at, pictures

NETS = [("convnet", {"pooling": "max"}), ("convnet", {"pooling": "stride"}), ("autoencoder", {"code_bits": 4})]
MANY = pictures(7)


@torch.no_grad()
@pytest.mark.parametrize(("name", "shape"), NETS)
def test_a_position_depends_on_the_pixels_of_its_field_and_on_no_others(name: str, shape: dict[str, object]) -> None:
    """One row or column of pixels at a time is no number: whatever is computed from it is none either.

    A field that lies in the picture is looked at whole; of others padding may stand for a part.
    """
    if name == "convnet":
        shape = {**shape, "binary_layers": ()}
    specimen = looked_at(name, shape, estimator="identity")
    net = specimen.net.double().eval()
    lines = torch.zeros(SIDE, 1, SIDE, SIDE, dtype=torch.float64)
    lines[range(SIDE), 0, range(SIDE)] = float("nan")
    heard: dict[str, Tensor] = {}

    def hear(layer: ConvLayer, before: Tensor, after: Tensor) -> None:
        heard[layer.name] = before.isnan().any(1)

    with net.visited(lambda unit, x: x), chains(net) as found, listening(net.conv_layers, hear):
        for axis, spoiled in enumerate((lines, lines.transpose(2, 3))):
            net(spoiled)
            assert list(found) == [layer.name for layer in net.conv_layers]
            for layer, along in found.items():
                positions = heard[layer].movedim(1 + axis, 0)  # (along the axis, lines, across)
                for place, depends in enumerate(positions):
                    interval = field(along[axis], place)
                    expected = [interval.first <= line <= interval.last for line in range(SIDE)]
                    whole = 0 <= interval.first <= interval.last < SIDE
                    for across in depends.T:
                        assert not (across & ~torch.tensor(expected)).any(), (layer, axis, place)
                        assert not whole or across.tolist() == expected, (layer, axis, place)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2), st.integers(2, 9), st.booleans())
def test_a_link_sees_the_inputs_that_reach_an_output(
    kernel: int, stride: int, padding: int, side: int, transposed: bool
) -> None:
    """Kernels of ones: an output is above 0 for exactly the inputs that it is computed from."""
    assume(kernel >= stride)  # else a transposed convolution has outputs without any input
    assume(2 * padding < kernel)
    assume(transposed or kernel <= side + 2 * padding)
    convolve = F.conv_transpose1d if transposed else F.conv1d
    reached = convolve(torch.eye(side)[:, None], torch.ones(1, 1, kernel), stride=stride, padding=padding)[:, 0] > 0
    link = Link(kernel, stride, padding, transposed)
    for place, depends in enumerate(reached.T):
        interval = link.sees(Interval(place, place))
        assert depends.tolist() == [interval.first <= each <= interval.last for each in range(side)]


@pytest.mark.parametrize(("name", "shape"), NETS)
def test_peaks_are_what_a_loop_finds(name: str, shape: dict[str, object]) -> None:
    specimen = looked_at(name, shape, estimator="identity")
    for found, maps in zip(peaks(specimen, MANY), feature_maps(specimen, MANY), strict=True):
        for image in range(len(MANY)):
            for channel in (0, maps.before.shape[1] - 1):
                one = maps.before[image, channel]
                row, column = found.positions[image, channel]
                assert one[row, column] == pytest.approx(one.max(), abs=1e-4)
                assert found.activations[image, channel] == pytest.approx(one.max(), abs=1e-4)


def test_the_strongest_come_first_one_of_a_picture() -> None:
    activations = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 4.0], [3.0, 7.0]], np.float32)
    specimen = looked_at("convnet")
    chain = peaks(specimen, MANY)[0].chains
    layer = LayerPeaks("conv 1", activations, np.zeros((4, 2, 2), np.int64), chain)
    np.testing.assert_array_equal(layer.patches(MANY[:4], 0, 3).pictures, [1, 3, 2])
    np.testing.assert_array_equal(layer.patches(MANY[:4], 1, 3).pictures, [3, 0, 1])
    np.testing.assert_array_equal(layer.patches(MANY[:4], 1, 30).pictures, [3, 0, 1, 2])
    np.testing.assert_array_equal(layer.patches(MANY[:4], 1, 2).activations, [7, 5])


@pytest.mark.parametrize(("name", "shape"), NETS)
def test_a_patch_is_what_its_position_sees(name: str, shape: dict[str, object]) -> None:
    specimen = looked_at(name, shape, estimator="identity")
    for index, layer in enumerate(peaks(specimen, MANY)):
        found = layer.patches(torch.from_numpy(MANY), channel=0, count=4)
        for patch, image, value in zip(found.patches, found.pictures, found.activations, strict=True):
            position = layer.positions[image, 0]
            top, left = (
                field(chain, int(place)).first if side < SIDE else 0
                for chain, place, side in zip(layer.chains, position, patch.shape, strict=True)
            )
            elsewhere = np.full((SIDE, SIDE), 255, np.uint8)
            for (i, j), pixel in np.ndenumerate(patch):
                y, x = i + top, j + left
                inside = 0 <= y < SIDE and 0 <= x < SIDE
                assert pixel == (MANY[image, y, x] if inside else BACKGROUND)
                if inside:
                    elsewhere[y, x] = pixel
            maps = feature_maps(specimen, elsewhere[None])[index].before[0, 0]
            assert maps[tuple(position)] == pytest.approx(float(value), abs=1e-4)


@pytest.mark.parametrize(("pooling", "sides"), [("max", [6, 16]), ("stride", [5, 13])])
def test_patches_of_the_conv_net_are_of_the_known_sizes(pooling: str, sides: list[int]) -> None:
    found = peaks(looked_at("convnet", {"pooling": pooling}), MANY)
    for layer, side in zip(found, sides, strict=True):
        for channel in range(4):
            assert layer.patches(MANY, channel, 3).patches.shape == (3, side, side)


def test_a_layer_that_sees_all_shows_the_whole_picture() -> None:
    found = peaks(looked_at("autoencoder"), MANY)
    sides = [layer.patches(MANY, 0, 1).patches.shape[1] for layer in found]
    assert sides == [4, 10, 22, *[SIDE] * 5]
    last = found[-1].patches(MANY, 0, 1)
    np.testing.assert_array_equal(last.patches, MANY[last.pictures])


def test_a_channel_that_is_not_there_and_other_pictures_are_refused() -> None:
    layer = peaks(looked_at("convnet"), MANY)[0]
    with pytest.raises(ValueError, match="no channel 16; allowed are 0 to 15"):
        layer.patches(MANY, 16)
    with pytest.raises(ValueError, match="of 7 pictures, and there are 6"):
        layer.patches(MANY[:6], 0)


def test_many_pictures_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    specimen = looked_at("convnet", estimator="identity")
    whole = peaks(specimen, MANY)
    monkeypatch.setattr("lab.probes.patches.AT_ONCE", 2)
    for one, two in zip(whole, peaks(specimen, MANY), strict=True):
        np.testing.assert_allclose(one.activations, two.activations, atol=1e-4)
        assert one.chains == two.chains


def test_a_net_without_conv_layers_has_none() -> None:
    assert peaks(looked_at("mlp"), MANY) == ()
