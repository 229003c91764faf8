"""Scales of codes: one for nets of which the same layer is shown, and of different layers what compares."""

from __future__ import annotations

from lab.boards.code_scales import scales_by_net
from tests.code_sides import recorded
from tests.small import small


def test_nets_of_which_the_same_layer_is_shown_share_all_scales() -> None:
    sides = recorded("hidden 1", small("mlp"), small("mlp", estimator="bernoulli"))
    one, other = scales_by_net(sides).values()
    assert one.edges.tolist() == other.edges.tolist()
    assert (one.most_told, one.most_bits, one.most_pairs) == (other.most_told, other.most_bits, other.most_pairs)


def test_distances_of_different_layers_have_scales_of_their_own() -> None:
    nets = small("mlp"), small("autoencoder")
    sides = recorded("hidden 1", *nets) + recorded("code", *nets)
    one, other = (scales_by_net(sides)[side[-1].run.id] for side in sides)
    assert one.edges[-1] <= sides[0][-1].answer.units + 1
    assert other.edges[-1] <= sides[1][-1].answer.units + 1
    assert one.edges.tolist() != other.edges.tolist()
    assert one.most_told == other.most_told
