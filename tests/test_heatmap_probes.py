"""What the Heatmaps page asks of a net: sights, kernels and habits say what the probes they are made of say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lab.evaluation import evaluate
from lab.models import Architecture
from lab.probes.feature_maps import feature_maps
from lab.probes.filters import filters
from lab.probes.firing import firing
from lab.probes.habits import MOST, habits
from lab.probes.patches import peaks
from lab.probes.sight import conv_sizes, kernels, sight
from tests.looking import WEIGHTS, looked_at, pictures, predicted
from tests.specimens import left_as_it_was

IMAGES = pictures(12)
NETS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in Architecture.members),
    *(("convnet", shape) for shape in WEIGHTS.values() if shape),
]


@pytest.mark.parametrize("name", Architecture.members)
def test_sizes_of_the_conv_layers_are_those_of_its_maps_and_kernels(name: str) -> None:
    specimen = looked_at(name)
    sizes = conv_sizes(specimen.experiment.architecture)
    maps = [(layer.name, layer.after.shape[1]) for layer in feature_maps(specimen, IMAGES[:1])]
    assert [(size.name, size.channels) for size in sizes] == maps
    assert [(size.channels, size.inputs) for size in sizes] == [each.latent.shape[:2] for each in filters(specimen)]


@pytest.mark.parametrize("evaluation", ["threshold", "sample", "mean"])
@pytest.mark.parametrize("name", Architecture.members)
def test_answers_of_stochastic_bits_are_those_of_a_look_at_the_picture(name: str, evaluation: str) -> None:
    specimen = looked_at(name, estimator="bernoulli", evaluation=evaluation, evaluation_samples=3)
    found = sight(specimen, IMAGES[2])
    expected = predicted(specimen, IMAGES[2]).numpy()
    if found.rebuilt is None:
        np.testing.assert_allclose(found.probabilities, np.exp(expected)[:10], rtol=1e-4, atol=1e-6)
    else:
        np.testing.assert_allclose(found.rebuilt, expected[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("estimator", ["identity", "bernoulli"])
@pytest.mark.parametrize(("name", "shape"), NETS)
def test_a_sight_is_what_the_net_answers_and_its_maps(name: str, shape: dict[str, Any], estimator: str) -> None:
    specimen = looked_at(name, shape, estimator=estimator, evaluation="threshold")
    with left_as_it_was(specimen):
        found = sight(specimen, IMAGES[1])
        again = sight(specimen, IMAGES[1])
    for one, other, expected in zip(found.maps, again.maps, feature_maps(specimen, IMAGES[1:2]), strict=True):
        np.testing.assert_array_equal(one.before, expected.before)
        np.testing.assert_array_equal(one.after, other.after)
        assert found.of(one.name) is one
    assert found.of("nowhere") is None
    image = torch.tensor(IMAGES[1:2])
    told = (specimen.net, specimen.experiment, image)
    if found.probabilities is None:
        assert found.rebuilt is not None
        scores = evaluate(*told, torch.tensor([0]), specimen.scale, specimen.slope)
        seen = (IMAGES[1] / 255 - specimen.scale[0]) / specimen.scale[1]
        assert np.square(found.rebuilt - seen).mean() == pytest.approx(scores.loss, rel=1e-4)
        return
    assert found.rebuilt is None
    assert found.probabilities.shape == (10,)
    for label, probability in enumerate(found.probabilities):
        loss = evaluate(*told, torch.tensor([label]), specimen.scale, specimen.slope).loss
        assert probability == pytest.approx(np.exp(-loss), rel=1e-4)


@pytest.mark.parametrize(("name", "shape"), NETS)
def test_kernels_are_those_of_the_layer_or_of_the_channel(name: str, shape: dict[str, Any]) -> None:
    specimen = looked_at(name, shape)
    assert kernels(specimen, "nowhere", 0) is None
    for layer in filters(specimen):
        channels, inputs = layer.latent.shape[:2]
        assert kernels(specimen, layer.name, channels) is None
        assert kernels(specimen, layer.name, -1) is None
        last = channels - 1
        found = kernels(specimen, layer.name, last)
        assert found is not None
        latent, binary = (None if each is None else each.copy() for each in (layer.latent, layer.binary))
        own = inputs == 1
        assert found.of_channel == (None if own else last)
        np.testing.assert_array_equal(found.latent, latent[:, 0] if own else latent[last])
        assert (found.binary is None) == (binary is None)
        if binary is not None and found.binary is not None and found.scale is not None:
            np.testing.assert_array_equal(found.binary, binary[:, 0] if own else binary[last])
            in_use = layer.in_use[:, 0] if own else layer.in_use[last]
            np.testing.assert_allclose(found.binary * found.scale[:, None, None], in_use, rtol=1e-6)


@pytest.mark.parametrize(("name", "shape"), NETS)
def test_habits_are_the_peaks_and_rates_of_every_channel(name: str, shape: dict[str, Any]) -> None:
    specimen = looked_at(name, shape)
    with left_as_it_was(specimen):
        found = habits(specimen, IMAGES)
    rows = zip(found, peaks(specimen, IMAGES), firing(specimen, IMAGES), strict=True)
    for habit, whole, rates in rows:
        np.testing.assert_array_equal(habit.firing.rates, rates.rates)
        assert habit.best.shape == (MOST, whole.activations.shape[1])
        for channel in range(whole.activations.shape[1]):
            one, other = habit.patches(IMAGES, channel), whole.patches(IMAGES, channel, MOST)
            for field in ("pictures", "activations", "patches"):
                np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)
        for wrong in (-1, whole.activations.shape[1]):
            with pytest.raises(ValueError, match=f"no channel {wrong}; allowed are 0 to"):
                habit.patches(IMAGES, wrong)
