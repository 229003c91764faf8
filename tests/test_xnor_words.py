"""What the cards of a unit say: every equation on them holds for whoever works it out with the numbers on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.boards.xnor_formulas import BITS_ON, MEET, ON, POPCOUNT, WEIGHTS_ON
from lab.boards.xnor_unit import unit_cards
from lab.figures.board import Card, Numbers, Pictures, Table
from lab.packed import Layer, pack
from lab.packed.runner import LEVELS
from lab.probes import Specimen
from lab.probes.xnor import Meeting, meeting
from lab.recorder import Recorder
from tests.packed_nets import moved_net
from tests.specimens import specimen

CONV: dict[str, Any] = {"binary_weights": ["conv1", "conv2", "classifier"]}
MINUS = "\N{MINUS SIGN}"
POPCOUNT_OF_XNOR = f"{POPCOUNT} of the XNOR"
DOT, BY_TORCH = "dot product by counting", "by PyTorch in float32"


def worked_out(formula: str) -> float:
    """A formula as it is printed, by a reader who knows how to add, multiply and halve."""
    plain = formula.replace("\u2009", "").replace(MINUS, "-").replace("×", "*")
    assert re.fullmatch(r"[\d.+*/() -]+", plain), formula
    return float(eval(plain, {"__builtins__": {}}))


def number(text: str) -> float:
    """A number as it is printed."""
    assert "-" not in text
    return worked_out(text)


def places_of(layer: Layer) -> list[tuple[int, int]]:
    """Corners, the middle and borders."""
    rows, columns = layer.places
    return sorted({(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2), (0, columns // 2), (rows // 3, 0)})


def met_in(name: str, shape: dict[str, Any]) -> list[tuple[Specimen, Meeting]]:
    """Units of all layers of bits, at borders and not, with thresholds of both kinds where there are some."""
    of = specimen(name, shape)
    scale = of.experiment.architecture.normalization(of.experiment.dataset.images())
    of = of._replace(net=moved_net(of.experiment), scale=scale)
    packed = pack(of.experiment, of.net)
    found = []
    for layer in (each for each in packed.layers if each.weights in LEVELS):
        units = {
            0,
            layer.outputs - 1,
            *(int(np.argmax(layer.flip == turned)) for turned in (True, False) if layer.flip.size),
        }
        for unit in sorted(units):
            for place in places_of(layer):
                found.append((of, meeting(of, packed, of.images[1].numpy(), layer.name, unit, place)))
    return found


def cards_of(of: Specimen, met: Meeting) -> dict[str, Card]:
    (run,) = contestants([of.experiment], [Recorder().snapshot()])
    seen: Seen[Meeting | None] = Seen(run, 7, 7, met)
    return {card.id.partition(".")[0]: card for card in unit_cards(seen, "test image 3", alone=True)}


def shown(card: Card) -> dict[str, tuple[str, str]]:
    """Values and what is said of them, by what they are."""
    assert isinstance(card.content, Numbers)
    return {each.label: (each.value, each.help) for each in card.content.readouts}


def words(cards: dict[str, Card]) -> Iterator[str]:
    for card in cards.values():
        yield from (card.title, card.caption)
        if isinstance(card.content, Numbers):
            yield from (text for readout in card.content.readouts for text in (readout.value, readout.help))
        if isinstance(card.content, Table):
            yield from (text for row in card.content.rows for text in row.cells)


ALL = [
    (name, shape | {"levels": levels, "weight_levels": weight_levels, "weight_scale": scale})
    for name, shape in (("binary-mlp", {}), ("binary-mlp", {"binary_input": True}), ("convnet", CONV))
    for levels in LEVELS
    for weight_levels in LEVELS
    for scale in ("none", "mean")
]


@pytest.fixture(scope="module", params=ALL, ids=lambda case: f"{case[0]} {' '.join(map(str, case[1].values()))}")
def met(request: pytest.FixtureRequest) -> list[tuple[Specimen, Meeting]]:
    return met_in(*request.param)


def test_there_are_units_of_all_kinds() -> None:
    found = [met for name, shape in ALL for _, met in met_in(name, shape)]
    with_units = [met for met in found if met.has_units]
    for kind in (lambda met: met.flipped, lambda met: met.fires, lambda met: met.meeting < met.layer.length):
        assert {kind(met) for met in with_units} == {True, False}
    assert {(met.layer.reads, met.layer.weights) for met in found} == {
        (reads, weights) for reads in ("pixels", *LEVELS) for weights in LEVELS
    }
    assert {met.has_units for met in found} == {True, False}
    assert {met.reach[0] < met.threshold <= met.reach[1] for met in with_units} == {True, False}


def test_one_minus_sign_is_used(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        for text in words(cards_of(of, each)):
            assert not re.search(r"(?<!\w)-\d|\de-|\s-\s", text), text


def test_what_meets_is_what_lies_within_the_borders(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        cards = cards_of(of, each)
        meet, told = shown(cards["counted"])["bytes that meet" if each.layer.reads == "pixels" else MEET]
        assert number(meet) == within(each)
        bits = cards["bits"]
        assert isinstance(bits.content, Pictures)
        if within(each) < each.layer.length:
            assert f"of K = {each.layer.length};" in told
            assert f"{within(each)} of {each.layer.length} places meet" in bits.caption
        else:
            assert told.startswith("K,")
            assert "beyond the border" not in bits.caption


def within(met: Meeting) -> int:
    """How many places of a window lie in the picture, one by one."""
    if met.layer.window is None:
        return met.layer.length
    (height, width, channels), (kernel, stride, padding) = met.layer.shape, met.layer.window
    rows, columns = (
        sum(0 <= at * stride + i - padding < side for i in range(kernel))
        for at, side in zip(met.place, (height, width), strict=True)
    )
    return rows * columns * channels


def test_products_of_bits_are_as_their_formula_says(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        if each.layer.reads == "pixels":
            continue
        numbers = shown(cards_of(of, each)["counted"])
        in_words, in_numbers = numbers[DOT][1].split(" = ")
        dot = number(numbers[DOT][0])
        assert worked_out(in_numbers) == dot
        require_compared(dot, *numbers[BY_TORCH])
        for name in (MEET, WEIGHTS_ON, ON):
            if name in in_words:
                in_words = in_words.replace(name, numbers[name][0])
        assert worked_out(in_words.replace(POPCOUNT, numbers[POPCOUNT_OF_XNOR][0])) == dot


def test_products_of_bytes_are_as_their_formula_says(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        if each.layer.reads != "pixels":
            continue
        cards = cards_of(of, each)
        numbers = shown(cards["counted"])
        dot, told = numbers[DOT]
        formula = told.removeprefix("as the net reads bytes: ")
        decimals = len(dot.partition(".")[2])
        assert round(worked_out(formula), decimals) == pytest.approx(number(dot), abs=1e-9)
        assert f" × {bracketed(numbers['weights × bytes'][0])} + " in formula
        assert formula.endswith(f" × {bracketed(numbers['weights together'][0])}")
        own = re.fullmatch(rf"(\d+) are 1(?:, (\d+) are {MINUS}1)?", numbers["weights together"][1])
        assert own is not None
        assert int(own[1]) - int(own[2] or 0) == number(numbers["weights together"][0])
        assert bool(own[2]) == (each.layer.weights == "-1/+1")
        require_planes(cards["planes"], numbers["weights × bytes"][0])


def require_compared(dot: float, by_torch: str, told: str) -> None:
    """A sum of pixels at its threshold but for rounding may turn a bit of the layer before it."""
    apart, _, why = told.partition(" apart: ")
    if told == "the same":
        assert number(by_torch) == dot
    else:
        assert number(apart) == abs(number(by_torch) - dot) > 0
        assert "rounding turned a bit" in why


def bracketed(text: str) -> str:
    return f"({text})" if text.startswith(MINUS) else text


def require_planes(card: Card, together: str) -> None:
    """Row by row what is counted of a bit makes its product, and these make the whole."""
    assert isinstance(card.content, Table)
    heads = [head.title for head in card.content.heads]
    formula = card.caption.partition("Weights × bits = ")[2].partition(". ")[0]
    *rows, last = (dict(zip(heads, row.cells, strict=True)) for row in card.content.rows)
    for row in rows:
        known = formula.replace(BITS_ON, row.get(BITS_ON, "?")).replace(POPCOUNT, row[POPCOUNT_OF_XNOR])
        assert worked_out(known) == number(row["weights × bits"])
        assert 2 ** int(row["bit of the pixels"]) == number(row["times"])
        assert number(row["times"]) * number(row["weights × bits"]) == number(row["together"])
    assert sum(number(row["together"]) for row in rows) == number(last["together"])
    assert last["together"] == together


def ends_of(met: Meeting) -> tuple[float, float]:
    """The least and the largest sum, each place by itself."""
    slope, offset, _ = met.layer.pixels
    inputs = {"-1/+1": (-1, 1), "0/1": (0, 1), "pixels": (offset, 255 * slope + offset)}[met.layer.reads]
    weights = np.where(met.weights, 1, -1 if met.layer.weights == "-1/+1" else 0)[met.there]
    both = np.outer(inputs, weights)
    return float(both.min(0).sum()), float(both.max(0).sum())


def test_what_comes_of_the_sum_follows_from_what_is_shown(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        numbers = shown(cards_of(of, each)["counted"])
        if not each.has_units:
            value, told = numbers["so it gives"]
            formula, _, net = told.partition("; in the net ")
            assert f" × {bracketed(numbers[DOT][0])} + " in formula
            assert round(worked_out(formula), 4) == pytest.approx(number(value), abs=1e-9)
            if numbers[BY_TORCH][1] == "the same":
                assert number(net) == pytest.approx(number(value), abs=2e-4)
            continue
        threshold, when = numbers["threshold"]
        fires, told = numbers["so the unit"]
        assert told.endswith("as in the net")
        least, largest = ends_of(each)
        assert each.reach == (pytest.approx(least, abs=1e-3), pytest.approx(largest, abs=1e-3))
        constant = not least < each.threshold <= largest
        assert constant == ("always" in when)
        if constant:
            assert when.startswith("it always fires" if fires == "fires" else "it is always off")
            continue
        assert when == (f"it fires below {threshold}" if each.flipped else f"it fires from {threshold} on")
        large = number(numbers[DOT][0]) >= number(threshold)
        assert told.startswith(f"{numbers[DOT][0]} {'≥' if large else '<'} {threshold},")
        assert fires == ("fires" if large != each.flipped else "is off")


def test_that_pooling_follows_is_said(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        assert ("max pooling" in cards_of(of, each)["counted"].caption) == (each.layer.pool is not None)


def test_scales_of_weights_are_said_to_be_in_what_follows_the_sum(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        scaled = "also the scale of its weights" in cards_of(of, each)["counted"].caption
        assert scaled == (each.scale != 1)


def test_bits_are_large_enough_to_be_seen(met: list[tuple[Specimen, Meeting]]) -> None:
    for of, each in met:
        content = cards_of(of, each)["bits"].content
        assert isinstance(content, Pictures)
        least = 2.5 if each.layer.reads == "pixels" else 4
        assert all(content.widest >= content.least >= least * tile.image.width for tile in content.tiles)


def test_of_pixels_all_bits_and_their_xnor_are_drawn() -> None:
    for of, each in met_in("convnet", CONV)[:3]:
        content = cards_of(of, each)["bits"].content
        assert isinstance(content, Pictures)
        drawn = np.frombuffer(content.tiles[1].image.values, np.uint8).reshape(2 * 5 + 1, 5, 3)
        gray = (drawn == 128).all(2)
        assert (drawn[5] == 255).all()
        assert int((~gray[:5]).sum()) == int((~gray[6:]).sum()) == within(each)
        planes, alike = (np.where(gray[part], False, drawn[part, :, 0] > 128) for part in (slice(5), slice(6, None)))
        assert planes.flatten().tolist() == (each.planes[0] & each.there).tolist()
        assert alike.flatten().tolist() == each.alike[0].tolist()
        assert [tile.label for tile in content.tiles] == [
            "pixels, weights",
            *(f"bit {k}, XNOR" for k in range(7, -1, -1)),
        ]
