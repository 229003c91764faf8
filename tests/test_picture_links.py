"""A chosen picture in an address: short, exact, bounded, and harmless when it is wrong."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.data import Dataset
from lab.ui.pad import decoded, encoded
from lab.ui.picture.links import LONGEST, BadLink, Linked, read, said

PICTURES = arrays(np.uint8, (28, 28)) | arrays(np.uint8, (28, 28), elements=st.sampled_from([0, 0, 0, 255]))


@given(st.sampled_from("dru"), PICTURES)
def test_a_picture_comes_back_to_the_last_pixel(kind: str, pixels: np.ndarray) -> None:
    text = said(Linked(kind, pixels=pixels))
    assert len(text) <= LONGEST
    found = read(text)
    assert found.kind == kind
    assert found.pixels is not None
    assert np.array_equal(found.pixels, pixels)
    assert text.replace("-", "").replace("_", "").isalnum()  # needs no escape in an address


@given(st.integers(0, 10**6 - 1))
def test_a_test_image_is_its_number(number: int) -> None:
    assert said(Linked("t", number)) == f"t{number}"
    assert read(f"t{number}") == Linked("t", number)


def test_a_blank_pad_has_no_pixels() -> None:
    assert said(Linked("d")) == "d"
    assert read("r") == Linked("r")


def test_a_digit_is_short() -> None:
    lengths = [len(said(Linked("u", pixels=image))) for image in Dataset.members["digits"]().images().test[:50].numpy()]
    assert max(lengths) < 700


def deflated(content: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(packer.compress(content) + packer.flush()).decode().rstrip("=")


WRONG = [
    *("", "t", "t-1", "t7.0", "t1234567", "t٣", "x7", "7", "u", "d!", "d%00", "dAAAA"),
    f"d{deflated(bytes(783))}",
    f"d{deflated(bytes(785))}",
    f"d{deflated(bytes(10**7))[:1000]}",
    f"d{deflated(bytes(784))}AAAA",
    "d" + "A" * LONGEST,
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_picture_is_told_in_one_short_sentence(text: str) -> None:
    with pytest.raises(BadLink, match=r"The address asks for the picture '.*'; allowed are img=t and") as refused:
        read(text)
    assert len(str(refused.value)) < 300


@given(st.text(max_size=60) | st.text("dtru", min_size=1, max_size=1).flatmap(lambda kind: st.text().map(kind.__add__)))
def test_any_text_is_a_picture_or_told(text: str) -> None:
    try:
        found = read(text)
    except BadLink:
        return
    assert read(said(found)).kind == found.kind


@given(PICTURES)
def test_pixels_as_text_come_back(pixels: np.ndarray) -> None:
    found = decoded(encoded(pixels))
    assert found is not None
    assert np.array_equal(found, pixels)


@given(st.text(max_size=40) | st.binary(max_size=800).map(lambda content: base64.b64encode(content).decode()))
def test_text_of_anything_else_is_no_picture(text: str) -> None:
    found = decoded(text)
    assert found is None or found.shape == (28, 28)
