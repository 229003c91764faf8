"""Codes: the bits that an evaluation by threshold goes through, in every architecture and under every rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.evaluation import predict
from lab.models import Architecture
from lab.probes import Specimen
from lab.probes.bit_flips import effect_on_classes
from lab.probes.codes import bits_say_all, codes, place, places, site_index
from lab.probes.decoding import cross, effect_of, sample, walk
from lab.probes.likelier import run
from lab.probes.passes import presented
from lab.probes.reconstruction import reconstruct
from lab.probes.refusals import NoCodes
from tests.small import fitting
from tests.specimens import PICTURES, SLOPE, left_as_it_was, specimen, specimen_of

EVERY_NET = pytest.mark.parametrize("architecture", Architecture.members)


def evaluated(looked_at: Specimen) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Output of an evaluation by threshold, and what entered and left each layer, as hooks see it."""
    net, experiment, entered, left = looked_at.net, looked_at.experiment, [], []

    def note(_: Any, inputs: tuple[Tensor], values: Tensor) -> None:
        entered.append(inputs[0].flatten(1))
        left.append(values.flatten(1))

    handles = [site.register_forward_hook(note) for site in net.sites]
    with torch.no_grad(), net.evaluating():
        output = predict(net, experiment, presented(looked_at, PICTURES), SLOPE, torch.Generator())
    for handle in handles:
        handle.remove()
    return output, entered, left


@EVERY_NET
@pytest.mark.parametrize("estimator", Estimator.members)
def test_codes_are_the_bits_of_an_evaluation_by_threshold(architecture: str, estimator: str) -> None:
    looked_at = specimen_of(fitting(architecture, estimator, evaluation="threshold"))
    output, entered, left = evaluated(looked_at)
    with left_as_it_was(looked_at):
        found = codes(looked_at, PICTURES)
        passed = run(looked_at, presented(looked_at, PICTURES))
    names = looked_at.experiment.architecture.site_names
    assert list(found) == list(names) == list(places(looked_at))
    layers = zip(names, entered, left, looked_at.net.sites, passed.layers, strict=True)
    for name, x, values, unit, layer in layers:
        middle = 0.5 if unit.levels == "0/1" else 0.0
        np.testing.assert_array_equal(found[name], (values > middle).numpy())
        assert found[name].dtype == bool
        np.testing.assert_array_equal(layer.x.flatten(1).float().numpy(), x.numpy())
        if bits_say_all(looked_at):
            assert set(np.unique(values.numpy())) <= ({0, 1} if unit.levels == "0/1" else {-1, 1})
    if looked_at.net.task == "classification":
        np.testing.assert_array_equal(passed.output.log_softmax(1).numpy(), output.numpy())
    else:
        np.testing.assert_array_equal(passed.output.numpy(), output.numpy())


@pytest.mark.parametrize("evaluation", ["sample", "mean"])
def test_codes_draw_nothing_however_a_run_is_evaluated(evaluation: str) -> None:
    drawn = specimen("convnet", estimator="bernoulli", evaluation=evaluation)
    plain = specimen("convnet", estimator="bernoulli")
    layers = run(drawn, presented(drawn, PICTURES)).layers
    for (name, found), layer in zip(codes(drawn, PICTURES).items(), layers, strict=True):
        np.testing.assert_array_equal(found, codes(plain, PICTURES)[name])
        np.testing.assert_array_equal(found, torch.sigmoid(SLOPE * layer.x.flatten(1)).numpy() > 0.5)


@EVERY_NET
def test_the_size_of_batches_matters_to_no_bit(architecture: str) -> None:
    looked_at = specimen(architecture)
    whole, parts = codes(looked_at, PICTURES), codes(looked_at, PICTURES, batch=5)
    for name in whole:
        assert (whole[name] == parts[name]).mean() > 0.999  # but for rounding at the threshold
        assert len(parts[name]) == len(PICTURES)


def test_a_bit_is_found_where_it_is_in_its_layer() -> None:
    looked_at = specimen("convnet", estimator="identity")
    shape = places(looked_at)["conv 2"]
    assert shape == (32, 7, 7)
    maps = run(looked_at, presented(looked_at, PICTURES)).layers[1].on.numpy()
    flat = codes(looked_at, PICTURES)["conv 2"]
    for bit in (0, 6, 7, 48, 49, 1000, 32 * 49 - 1):
        channel, row, column = place(shape, bit)
        np.testing.assert_array_equal(flat[:, bit], maps[:, channel, row, column])
    assert place(shape, 49 * 3 + 7 * 2 + 1) == (3, 2, 1)


def test_codes_are_copies_that_do_not_follow_the_net() -> None:
    looked_at = specimen("mlp")
    found = codes(looked_at, PICTURES)["hidden 1"]
    kept = found.copy()
    with torch.no_grad():
        for parameter in looked_at.net.parameters():
            parameter.neg_()
    np.testing.assert_array_equal(found, kept)


def test_a_net_without_binary_layers_has_no_codes() -> None:
    looked_at = specimen("mlp", {"binary_layers": []})
    assert codes(looked_at, PICTURES) == places(looked_at) == {}
    with pytest.raises(NoCodes, match="has no binary layer 'hidden 1': it has none at all"):
        site_index(looked_at, "hidden 1")


def test_a_layer_that_a_net_does_not_have_is_told() -> None:
    with pytest.raises(NoCodes, match="'conv 9': its binary layers are conv 1, conv 2"):
        site_index(specimen("convnet"), "conv 9")


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (PICTURES.astype(np.float32), r"\(12, 28, 28\) of float32; allowed is"),
        (PICTURES[:, :14], r"\(12, 14, 28\) of uint8; allowed is"),
        (PICTURES[0], r"\(28, 28\) of uint8; allowed is"),
    ],
)
def test_pictures_of_another_kind_are_told(pictures: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        codes(specimen("convnet"), pictures)


@pytest.mark.filterwarnings("error")
def test_pictures_that_may_not_be_written_to_will_do() -> None:
    frozen = PICTURES.copy()
    frozen.setflags(write=False)
    assert len(codes(specimen("mlp"), frozen)["hidden 1"]) == len(frozen)


@EVERY_NET
@pytest.mark.parametrize("estimator", ["identity", "bernoulli", "ternary", "concrete"])
@pytest.mark.parametrize("evaluation", ["threshold", "mean"])
def test_every_look_is_repeatable_and_leaves_no_trace(architecture: str, estimator: str, evaluation: str) -> None:
    looked_at = specimen(architecture, estimator=estimator, evaluation=evaluation, evaluation_samples=2)

    def look() -> list[np.ndarray]:
        found = codes(looked_at, PICTURES)
        if looked_at.net.task == "classification":
            site = next(iter(found))
            return [*found.values(), *effect_on_classes(looked_at, PICTURES[0], site, [0, 1])]
        (own,) = found.values()
        drawn, crossed = sample(looked_at, own.mean(0), 3), cross(looked_at, own, 3)
        flipped, walked = effect_of(looked_at, own[0], [0, 1]), walk(looked_at, own[0], own[1], 2)
        return [own, *drawn, *crossed, *flipped, *walked, *reconstruct(looked_at, PICTURES)]

    with left_as_it_was(looked_at):
        once, again = look(), look()
    for one, two in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, two)
