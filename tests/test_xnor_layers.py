"""What the XNOR page tells of layers, against counting one by one: what they take, and the values of their weights."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.boards.wording import grouped
from lab.boards.xnor_layers import fact_cards
from lab.figures.board import Card, Table
from lab.models import Architecture
from lab.models.weights import BinaryWeights
from lab.packed import Layer, pack, saved
from lab.probes import Specimen
from lab.probes.xnor import Meeting, binary_layers, first_that_turns, meeting
from lab.probes.xnor_layers import Distinct, Facts, compared, facts
from lab.recorder import Recorder
from tests.packed_nets import layers as packed_layers
from tests.packed_nets import moved_net
from tests.specimens import specimen
from tests.xnor_cards import number

WITH_BITS = sorted(name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields)
LEVELS = ("0/1", "-1/+1")
LARGE = 1100
"""Units of a layer with more than a million weights."""


def shape_of(name: str, **fields: Any) -> dict[str, Any]:
    has_choice = "binary_weights" in Architecture.members[name].model_fields
    return ({"binary_weights": ["conv1", "conv2", "classifier"]} if has_choice else {}) | fields


def looked_at(name: str, **fields: Any) -> Specimen:
    found = specimen(name, shape_of(name, **fields))
    scale = found.experiment.architecture.normalization(found.experiment.dataset.images())
    return found._replace(net=moved_net(found.experiment), test_images=found.images, scale=scale)


def weights_in(of: Specimen) -> list[torch.nn.Module]:
    """Layers of weights in the order in which they run, which is that of their names here."""
    return [each for each in of.net.modules() if isinstance(each, torch.nn.Linear | torch.nn.Conv2d)]


@pytest.mark.parametrize("name", WITH_BITS)
@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("weight_levels", LEVELS)
def test_counting_gives_the_float_product_and_the_same_unit(name: str, levels: str, weight_levels: str) -> None:
    of = looked_at(name, levels=levels, weight_levels=weight_levels)
    found = facts(of)
    assert compared(of, found.packed, 0, len(of.test_images)).exact
    for layer in binary_layers(found.packed):
        rows, columns = layer.places
        for unit, place in ((0, (0, 0)), (layer.outputs - 1, (rows - 1, columns // 2))):
            require_the_same(meeting(of, found.packed, of.images[1].numpy(), layer.name, unit, place))


def require_the_same(met: Meeting) -> None:
    assert met.fires == met.net_fires
    if met.threshold is not None:
        assert met.fires == ((met.dot >= met.threshold) != met.flipped)
    if met.layer.reads != "pixels":
        assert met.sums == [met.dot] == [met.float_dot]
        return
    assert met.dot == pytest.approx(met.float_dot, rel=1e-4, abs=1e-3)
    slope, offset, _ = met.layer.pixels
    values = np.where(met.weights, 1, -1 if met.layer.weights == "-1/+1" else 0)[met.there]
    assert met.weight_sum == values.sum()
    total = sum(2 ** (7 - k) * part for k, part in enumerate(met.sums))
    assert slope * total + offset * values.sum() == pytest.approx(met.dot, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("name", WITH_BITS)
def test_units_behind_a_negative_gamma_are_flipped(name: str) -> None:
    of = looked_at(name, levels="-1/+1", weight_levels="-1/+1")
    packed, seen = facts(of).packed, set()
    for layer, norm in zip(packed.layers, of.net.norms, strict=False):
        for unit in range(layer.outputs if layer.gives in LEVELS else 0):
            met = meeting(of, packed, of.images[0].numpy(), layer.name, unit, (0, 0))
            gamma = norm.weight[unit].item()
            if gamma and met.threshold not in (-np.inf, -layer.length):  # else it is always on, or never
                assert met.flipped == (gamma < 0)
                seen.add(met.flipped)
    assert seen == {True, False}


def test_what_layers_take_is_as_worked_out_by_hand() -> None:
    costs = facts(looked_at("binary-mlp", levels="-1/+1", weight_levels="-1/+1")).costs
    # 784 bytes of pixels to 24 units, 24 bits to 24 units, 24 bits to 10 outputs; four numbers of batch norm for each.
    assert [each.weights for each in costs] == [784 * 24, 24 * 24, 24 * 10]
    assert [each.bytes_before for each in costs] == [4 * (784 + 4) * 24, 4 * (24 + 4) * 24, 4 * (24 + 4) * 10]
    assert [each.bytes_after for each in costs] == [98 * 24 + 8 * 24 + 3, 3 * 24 + 4 * 24 + 3, 3 * 10 + 4 * 10 + 4 * 10]
    assert [each.products for each in costs] == [784 * 24, 24 * 24, 24 * 10]
    assert [each.words for each in costs] == [8 * 13 * 24, 24, 10]


@pytest.mark.parametrize("name", WITH_BITS)
def test_what_layers_take_is_what_is_in_their_file_and_counted_place_by_place(name: str) -> None:
    of = looked_at(name, weight_scale="mean")
    found = facts(of)
    assert found.file_bytes == len(saved(found.packed))
    assert len(found.costs) == len(found.packed.layers)
    for place, cost in enumerate(found.costs):
        assert cost.bytes_after == bytes_in_file(saved(found.packed), place)
        outputs = sum(1 for _ in product(*map(range, cost.layer.places), range(cost.layer.outputs)))
        assert cost.products == outputs * cost.layer.length
        assert cost.weights == cost.layer.weight_bits.size
        assert cost.words == outputs * words_of(cost.layer)
    tensors = [each for each in (*of.net.parameters(), *of.net.buffers()) if each.is_floating_point()]
    assert sum(cost.bytes_before for cost in found.costs) == 4 * sum(each.numel() for each in tensors)


def bytes_in_file(content: bytes, place: int) -> int:
    table = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    offsets = [entry["data_offsets"] for name, entry in table.items() if name.startswith(f"{place}.")]
    return sum(stop - start for start, stop in offsets)


def words_of(layer: Layer) -> int:
    """Of 64 bits, that an output takes: of bytes eight times as many."""
    return len(range(0, layer.length, 64)) * (8 if layer.reads == "pixels" else 1)


@pytest.mark.parametrize("name", WITH_BITS)
def test_the_table_of_layers_adds_up(name: str) -> None:
    of = looked_at(name, levels="-1/+1", weight_levels="-1/+1")
    found = facts(of)
    card = card_of("costs", of, found)
    names = ("weights", "bytes_before", "bytes_after", "products", "words")
    titles = ("weights", "bytes in float32", "bytes packed", "multiply-adds", "words counted")
    for field, title in zip(names, titles, strict=True):
        *layers, whole = map(number, column(card, title))
        assert layers == [getattr(cost, field) for cost in found.costs]
        assert sum(layers) == whole
    before, after = (number(column(card, title)[-1]) for title in ("bytes in float32", "bytes packed"))
    assert card.caption.startswith(f"Packed it takes {before / after:.1f} times less; ")
    assert f" has {grouped(found.file_bytes)} bytes, {before / found.file_bytes:.1f} times less." in card.caption
    assert column(card, "reads")[:-1] == ["pixels", *["\N{MINUS SIGN}1/+1"] * (len(found.costs) - 1)]


def test_where_weights_are_real_no_words_are_counted() -> None:
    cost = facts(looked_at("binary-mlp", head="real")).costs[-1]
    assert (cost.words, cost.products) == (0, 240)
    assert cost.bytes_after == 4 * (240 + 10 + 10)


@pytest.mark.parametrize("name", WITH_BITS)
@pytest.mark.parametrize("weight_levels", LEVELS)
@pytest.mark.parametrize("scale", ["none", "max", "mean"])
def test_values_of_weights_are_told_apart_one_by_one(name: str, weight_levels: str, scale: str) -> None:
    of = looked_at(name, weight_levels=weight_levels, weight_scale=scale)
    found = facts(of)
    verdicts = column(card_of("binary", of, found), "binary?")
    layers = zip(found.distinct, weights_in(of), found.packed.layers, verdicts, strict=True)
    for each, module, layer, verdict in layers:
        assert isinstance(module, BinaryWeights)
        used = module.binary_weight().detach().flatten(1).tolist()
        assert each.latent == len(set(module.weight.flatten().tolist()))
        assert each.used == len({value for row in used for value in row})
        assert each.per_output == max(len(set(row)) for row in used) <= 2
        assert each.packed == len(set(layer.weight_bits.flatten().tolist()))
        scales = {abs(value) for row in used for value in row if value} if scale != "none" else set()
        assert each.scales == len(scales)
        said = {0: "yes", 1: "yes, with 1 scale"}.get(len(scales), f"yes, with {len(scales)} scales")
        assert verdict == said
    assert {"none": 0, "max": 1}.get(scale, found.packed.layers[1].outputs) == found.distinct[1].scales


def card_of(kind: str, of: Specimen, found: Facts) -> Card:
    (run,) = contestants([of.experiment], [Recorder().snapshot()])
    return next(card for card in fact_cards(Seen(run, 7, 7, found), True) if card.id.startswith(kind))


def column(card: Card, title: str) -> list[str]:
    assert isinstance(card.content, Table)
    place = [head.title for head in card.content.heads].index(title)
    return [row.cells[place] for row in card.content.rows]


def test_weights_that_are_all_alike_are_one_value_also_packed() -> None:
    of = looked_at("binary-mlp", weight_levels="-1/+1")
    with torch.no_grad():
        weights_in(of)[1].weight.fill_(0.5)  # type: ignore[union-attr]
    each = facts(of).distinct[1]
    assert (each.latent, each.used, each.per_output, each.packed) == (1, 1, 1, 1)


def test_an_output_whose_weights_are_all_0_has_no_scale() -> None:
    of = looked_at("binary-mlp", weight_levels="0/1", weight_scale="mean")
    with torch.no_grad():
        weight = weights_in(of)[1].weight
        assert isinstance(weight, torch.Tensor)
        weight[0].fill_(-0.5)
    found = facts(of)
    assert found.distinct[1].scales == 23
    assert column(card_of("binary", of, found), "binary?")[1] == "yes, with 23 scales"


def test_of_large_layers_no_weight_is_left_out() -> None:
    of = looked_at("binary-mlp", hidden=LARGE, depth=3, weight_levels="-1/+1")
    with torch.no_grad():
        weight = weights_in(of)[1].weight
        assert isinstance(weight, torch.Tensor)
        weight.fill_(0.5)
        for place, value in ((LARGE + 1, -0.25), (-2, 0.125)):
            weight.view(-1)[place] = value
    found = facts(of)
    each = found.distinct[1]
    assert (each.latent, each.used, each.per_output, each.packed) == (3, 2, 2, 2)
    assert number(column(card_of("binary", of, found), "values, latent")[1]) == 3


def test_more_than_two_values_of_an_output_are_not_binary() -> None:
    of = looked_at("binary-mlp", head="real")
    found = facts(of)
    odd = Distinct("odd", latent=9, used=9, scales=1, per_output=3, packed=2)
    card = card_of("binary", of, found._replace(distinct=(odd, found.distinct[-1])))
    assert column(card, "binary?") == ["no: 3 values of an output", "no: real"]
    assert column(card, "values packed") == ["2", "\N{EN DASH}"]
    assert column(card, "scales") == ["1", "\N{EN DASH}"]


@settings(max_examples=60)
@given(packed_layers())
def test_the_first_unit_that_turns_is_on_for_some_inputs_alone(layer: Layer) -> None:
    assume(layer.window is None)
    on = layer.weight_bits.reshape(-1, *layer.shape)  # the inputs of which the sum of an output is the largest
    if layer.reads == "pixels":
        on = on * np.uint8(255)
    turning = [bool(np.diff(layer.bits(np.stack([each, ~each]))[:, 0, 0, i])) for i, each in enumerate(on)]
    assert first_that_turns(layer) == (turning.index(True) if True in turning else 0)


def test_of_a_layer_that_ends_in_numbers_it_is_the_first() -> None:
    of = looked_at("convnet")
    (*_, output) = pack(of.experiment, of.net).layers
    assert first_that_turns(output) == 0
