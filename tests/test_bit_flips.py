"""Flipped bits inside classifiers, against rollouts that hold a layer at the same codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lab.estimators import to_levels
from lab.models import Architecture, Rollout
from lab.probes import Specimen
from lab.probes.bit_flips import effect_on_classes, logits_with, softmax
from lab.probes.codes import codes
from lab.probes.likelier import run
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from tests.specimens import PICTURES, left_as_it_was, specimen

CLASSIFIERS = [name for name, member in Architecture.members.items() if member.task == "classification"]
DEEP = {"mlp": {"hidden": [16, 12], "binary_layers": [1, 2]}}
FLIPPED = [[], [3], [0, 5, 7], [3]]


def held_at(looked_at: Specimen, layer: int, bits: np.ndarray) -> np.ndarray:
    """Logits of the first picture with the bits (units,) in a layer, from a pass of training's own."""
    rule, net = looked_at.experiment.estimator, looked_at.net
    inputs = presented(looked_at, PICTURES[:1])
    with net.evaluating():
        rollout = Rollout(net, inputs, torch.zeros(1, dtype=torch.int64), rule, looked_at.slope, torch.Generator())
        shape = rollout().sites[layer].x.shape
        return rollout(at={layer: torch.tensor(bits, dtype=torch.float32).view(shape)}).output[0].numpy()


@pytest.mark.parametrize("architecture", CLASSIFIERS)
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
def test_logits_are_those_of_a_pass_with_the_flipped_bits_held(architecture: str, levels: str) -> None:
    looked_at = specimen(architecture, {**DEEP.get(architecture, {}), "levels": levels}, estimator="identity")
    for layer, (site, own) in enumerate(codes(looked_at, PICTURES[:1]).items()):
        with left_as_it_was(looked_at):
            found = logits_with(looked_at, PICTURES[0], site, FLIPPED)
        for row, bits in zip(found, FLIPPED, strict=True):
            changed = own[0].copy()
            changed[bits] ^= True
            np.testing.assert_allclose(row, held_at(looked_at, layer, changed), atol=1e-4)
        np.testing.assert_allclose(found[1], found[3], atol=1e-5)


def test_with_a_shortcut_only_the_bit_itself_is_flipped() -> None:
    looked_at = specimen("mlp", {"hidden": [16, 12], "binary_layers": [1, 2], "shortcut": True}, estimator="identity")
    own = codes(looked_at, PICTURES[:1])["hidden 1"][0]
    changed = own.copy()
    changed[3] ^= True
    found = logits_with(looked_at, PICTURES[0], "hidden 1", [[3]])[0]
    np.testing.assert_allclose(found, held_at(looked_at, 0, changed), atol=1e-4)


def test_in_the_last_layer_a_flip_adds_the_weights_of_its_unit() -> None:
    looked_at = specimen("mlp", estimator="bernoulli")
    on = codes(looked_at, PICTURES[:1])["hidden 1"][0]
    found = logits_with(looked_at, PICTURES[0], "hidden 1", [[], *([bit] for bit in range(len(on)))])
    weights = looked_at.net.get_parameter("layers.3.weight").detach().numpy()
    np.testing.assert_allclose(found[1:] - found[0], np.where(on, -1, 1)[:, None] * weights.T, atol=1e-5)


def test_ternary_units_go_to_the_other_side_and_from_the_middle_up() -> None:
    looked_at = specimen("mlp", estimator={"name": "ternary", "dead_zone": 0.5})
    values = run(looked_at, presented(looked_at, PICTURES[:1])).layers[0].codes[0].numpy()
    assert set(values) == {0, 0.5, 1}
    found = logits_with(looked_at, PICTURES[0], "hidden 1", [[], *([bit] for bit in range(len(values)))])
    weights = looked_at.net.get_parameter("layers.3.weight").detach().numpy()
    moved = np.select([values == 1, values == 0], [-1, 1], 0.5)[:, None] * weights.T
    np.testing.assert_allclose(found[1:] - found[0], moved, atol=1e-5)


def test_a_unit_with_a_scale_keeps_it() -> None:
    looked_at = specimen("mlp", estimator={"name": "stochastic-sign", "allow_scale": True})
    (layer,) = run(looked_at, presented(looked_at, PICTURES[:1])).layers
    values = to_levels(layer.codes, "0/1", "-1/+1")[0]
    found = logits_with(looked_at, PICTURES[0], "hidden 1", [[], [2]])
    weights = looked_at.net.get_parameter("layers.3.weight").detach().numpy()
    np.testing.assert_allclose(found[1] - found[0], (1 - 2 * values[2].item()) * weights[:, 2], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("architecture", CLASSIFIERS)
def test_effects_are_probabilities_before_and_after(architecture: str) -> None:
    looked_at = specimen(architecture)
    site = next(iter(codes(looked_at, PICTURES)))
    bits = list(range(12))
    found = effect_on_classes(looked_at, PICTURES[1], site, bits)
    logits = logits_with(looked_at, PICTURES[1], site, [[], *([bit] for bit in bits)])
    expected = torch.tensor(logits).double().softmax(1).numpy()
    np.testing.assert_allclose(np.vstack([found.before, found.after]), expected, atol=1e-6)
    np.testing.assert_allclose(found.after.sum(axis=1), 1)
    assert ((found.sizes >= 0) & (found.sizes <= 1)).all()


def test_the_size_of_an_effect_is_the_probability_that_moved() -> None:
    before, after = softmax(np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]], np.float32)))
    looked_at = specimen("mlp")
    found = effect_on_classes(looked_at, PICTURES[0], "hidden 1", [0])
    assert found._replace(before=before, after=after[None]).sizes[0] == pytest.approx(0.4)


def test_what_cannot_be_flipped_is_told() -> None:
    with pytest.raises(NoCodes, match="gives pictures, not classes"):
        logits_with(specimen("autoencoder"), PICTURES[0], "code", [[0]])
    with pytest.raises(NoCodes, match="no bit 16: this layer has bits 0 to 15"):
        logits_with(specimen("mlp"), PICTURES[0], "hidden 1", [[0], [16]])
    with pytest.raises(NoCodes, match="no binary layer 'hidden 2': its binary layers are hidden 1"):
        logits_with(specimen("mlp"), PICTURES[0], "hidden 2", [[0]])
