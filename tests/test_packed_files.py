"""Files of packed nets: what is read is what was written, or is refused; and the runner that goes away with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from lab.data import Dataset
from lab.exports.nets import NETS as FORMATS
from lab.exports.nets import Trained
from lab.packed import PackedError, PackedNet, load, pack, runner, saved
from lab.packed.runner import opened
from tests.packed_nets import moved_net
from tests.small import small

PICTURES = Dataset.members["digits"]().images().test[:5].numpy()
SHAPES = {
    "binary-mlp": {"hidden": 20, "levels": "-1/+1", "head": "real", "weight_levels": "-1/+1"},
    "convnet": {"binary_weights": ["conv1", "conv2", "classifier"]},
}


def packed(architecture: str) -> PackedNet:
    experiment = small(architecture, SHAPES[architecture])
    return pack(experiment, moved_net(experiment))


NETS = {architecture: packed(architecture) for architecture in SHAPES}
FILES = {architecture: saved(net) for architecture, net in NETS.items()}


@pytest.mark.parametrize("architecture", SHAPES)
def test_what_is_read_is_what_was_written(architecture: str, tmp_path: Path) -> None:
    net, file = NETS[architecture], tmp_path / "net.safetensors"
    file.write_bytes(FILES[architecture])
    again = load(file)
    assert (again.title, again.classes, again.notes) == (net.title, net.classes, net.notes)
    assert np.array_equal(again.logits(PICTURES), net.logits(PICTURES))
    for name, bits in net.bits(PICTURES).items():
        assert np.array_equal(again.bits(PICTURES)[name], bits)
    assert saved(again) == FILES[architecture]
    np.testing.assert_allclose(again.probabilities(PICTURES).sum(1), 1)


def test_others_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    file.write_bytes(FILES["convnet"])
    layer = NETS["convnet"].layers[1]
    with safe_open(file, framework="np") as opened_file:
        assert json.loads(opened_file.metadata()["net"])["layers"][1]["name"] == "conv 2"
        weight = opened_file.get_tensor("1.weight")
    assert int.from_bytes(FILES["convnet"][:8], "little") % 8 == 0  # as its readers like it
    assert np.array_equal(np.unpackbits(weight, axis=1)[:, : layer.length].astype(bool), layer.weight_bits)


def test_pictures_are_worked_on_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    net = NETS["convnet"]
    whole, bits = net.logits(PICTURES), net.bits(PICTURES)
    monkeypatch.setattr(runner, "AT_ONCE", 1)
    assert np.array_equal(net.logits(PICTURES), whole)
    assert all(np.array_equal(net.bits(PICTURES)[name], bits[name]) for name in bits)


@given(st.sampled_from(sorted(FILES)), st.data())
def test_no_byte_can_be_changed_and_none_be_missing(architecture: str, data: st.DataObject) -> None:
    content = FILES[architecture]
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), content[:place], content + content[place:]):
        with pytest.raises(PackedError) as refused:
            opened(wrong)
        assert len(str(refused.value).splitlines()) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content: bytes) -> None:
    for wrong in (content, len(content).to_bytes(8, "little") + content):
        with pytest.raises(PackedError):
            opened(wrong)


def forged(changes: dict[str, Any], layer: dict[str, Any] | None = None) -> bytes:
    """The file of a net with another description, and all else made to fit: checksum, header, and so many zeros."""
    content = FILES["convnet"]
    length = int.from_bytes(content[:8], "little")
    told = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["net"])
    told |= changes
    if layer:
        told["layers"][1] |= layer
    text = json.dumps(told)
    try:
        table = runner._table(told["layers"])
        data = bytes(max(entry["data_offsets"][1] for entry in table.values()))
    except (LookupError, TypeError, ValueError, MemoryError, OverflowError):
        table, data = {}, b""
    return runner._header(text, data, table) + data


FITS = "its layer 1 does not fit"
MORE = [{"name": str(i)} for i in range(65)]


@pytest.mark.parametrize(
    ("changes", "layer", "told"),
    [
        ({}, {"outputs": 31}, "its layer 2 does not fit"),
        ({}, {"outputs": True}, FITS),
        ({}, {"outputs": -1}, FITS),
        ({}, {"outputs": 2**16 + 1}, FITS),
        ({}, {"shape": [14, 14, 8]}, FITS),
        ({}, {"reads": "pixels"}, FITS),
        ({}, {"reads": "-1/+1"}, FITS),
        ({}, {"gives": "numbers"}, FITS),
        ({}, {"gives": "clipped"}, FITS),
        ({}, {"weights": "several"}, FITS),
        ({}, {"window": [5, 0, 2]}, "one of its windows cannot be"),
        ({}, {"window": [5, 1, 1000000]}, "one of its windows cannot be"),
        ({}, {"window": [5, 1, 3]}, "one of its windows cannot be"),
        ({}, {"window": [2**16 + 1, 1, 2**15]}, "one of its windows cannot be"),
        ({}, {"window": [50, 1, 2]}, "one of its windows is larger than what it slides over"),
        ({}, {"window": [400, 1, 200]}, "it takes too much memory"),
        ({}, {"window": "555"}, "one of its windows cannot be"),
        ({}, {"pool": [2, 2, 2]}, "one of its windows cannot be"),
        ({}, {"window": None}, FITS),
        ({}, {"name": 7}, "its words cannot be printed"),
        ({}, {"name": "conv 1"}, "two of its layers have one name"),
        ({}, {"more": 1}, FITS),
        ({"layers": []}, None, "it has no layers, or too many"),
        ({"layers": MORE}, None, "it has no layers, or too many"),
        ({"pixels": [1.0, float("nan"), None]}, None, "its pixels have no scale"),
        ({"pixels": [0.0, 0.0, None]}, None, "its pixels have no scale"),
        ({"pixels": [-1.0, 0.0, None]}, None, "its pixels have no scale"),
        ({"pixels": [1e308, 0.0, None]}, None, "its pixels have no scale"),
        ({"pixels": [5e-324, 0.0, None]}, None, "its pixels have no scale"),
        ({"pixels": [1.0, -1e308, None]}, None, "its pixels have no scale"),
        ({"pixels": [10**400, 0.0, None]}, None, "its pixels have no scale"),
        ({"pixels": [1.0, 0.0, 300]}, None, "its pixels have no threshold"),
        ({"pixels": [1.0, 0.0, 3]}, None, "its layer 0 does not fit"),
        ({"classes": [1, 2]}, None, "its words cannot be printed"),
        ({"classes": "0123456789"}, None, "its words are no lists"),
        ({"notes": {"a": 1}}, None, "its words are no lists"),
        ({"title": None}, None, "its words cannot be printed"),
        ({"classes": ["\x1b[2J"]}, None, "its words cannot be printed"),
        ({"more": 1}, None, "it says something else"),
    ],
    ids=lambda value: "many" if value == {"layers": MORE} else str(value),
)
def test_a_description_that_cannot_be_is_refused(
    changes: dict[str, Any], layer: dict[str, Any] | None, told: str
) -> None:
    assert opened(forged({}))
    with pytest.raises(PackedError, match=f": {told}$"):
        opened(forged(changes, layer))


def test_a_header_that_is_too_long_is_not_read() -> None:
    blank = b" " * (2**20 + 8)
    with pytest.raises(PackedError, match="it has no header"):
        opened(len(blank).to_bytes(8, "little") + blank)


def test_rows_that_are_not_filled_up_with_0_are_refused() -> None:
    net = packed("binary-mlp")
    last = net.layers[-2]
    assert last.length % 8
    opened(saved(net))
    last.weight[3, -1] |= 1
    with pytest.raises(PackedError, match="rows are not filled up with 0"):
        opened(saved(net))


@pytest.mark.parametrize("side", [-1, 1])
def test_thresholds_beyond_all_sums_are_refused(side: int) -> None:
    net = packed("convnet")
    layer = net.layers[1]
    layer.threshold[2] = side * (layer.length + 1)
    opened(saved(net))
    for beyond in (layer.threshold[2] + side, side * 2**31 - (side > 0)):
        layer.threshold[2] = beyond
        with pytest.raises(PackedError, match="thresholds are beyond all sums"):
            opened(saved(net))


def test_weights_as_they_were_trained_are_no_packed_net() -> None:
    net = moved_net(small("convnet"))
    with pytest.raises(PackedError, match=r"weights of a net as they were trained.*export it as packed"):
        opened(FORMATS["safetensors"](Trained(small("convnet"), net, 0)))


@pytest.mark.parametrize(("field", "value"), [("scale", np.inf), ("offset", np.nan), ("threshold", np.nan)])
def test_values_that_are_no_numbers_are_refused(field: str, value: float) -> None:
    net = packed("convnet")
    layer = net.layers[0 if field == "threshold" else -1]
    getattr(layer, field)[0] = value
    with pytest.raises(PackedError, match="no numbers"):
        opened(saved(net))


@pytest.mark.parametrize(
    "content", [None, b"", b"PK\x03\x04", FILES["convnet"][:-1]], ids=["none", "empty", "zip", "cut"]
)
def test_a_file_that_is_none_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PackedError, match=r"net.safetensors.*\.$"):
        load(file)


@pytest.mark.parametrize("wrong", [PICTURES[0], PICTURES[:0], PICTURES.astype(float), PICTURES[:, :20]])
def test_other_pictures_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(PackedError, match="28"):
        NETS["convnet"].logits(wrong)


def test_whole_numbers_of_pixels_are_taken_as_real_ones() -> None:
    whole, real = (opened(forged({"pixels": [slope, 0, None]})) for slope in (2, 2.0))
    assert np.array_equal(whole.logits(PICTURES), real.logits(PICTURES))
    assert np.isfinite(opened(forged({"pixels": [65536, 0, None]})).logits(PICTURES)).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["scale", "weight"])
def test_a_net_that_gives_no_numbers_says_so(name: str) -> None:
    net = packed("binary-mlp")
    last = replace(net.layers[-1], **{name: np.full_like(getattr(net.layers[-1], name), 3e38)})
    with pytest.raises(PackedError, match="is no number"):
        opened(saved(replace(net, layers=(*net.layers[:-1], last)))).logits(PICTURES)
