"""Pictures from codes: a net's own for its own codes, and for others what the net written out by hand gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.estimators import Estimator
from lab.models import Architecture
from lab.models.autoencoder import AutoencoderNet
from lab.probes import Specimen
from lab.probes.codes import bits_say_all, codes
from lab.probes.decoding import Bits, cross, decode, effect_of, sample, walk
from lab.probes.reconstruction import reconstruct
from lab.probes.refusals import NoCodes
from tests.small import fitting
from tests.specimens import PICTURES, left_as_it_was, specimen, specimen_of

REBUILDING = [name for name, member in Architecture.members.items() if member.task == "reconstruction"]


def by_hand(looked_at: Specimen, bits: Bits) -> np.ndarray:
    """The decoder of the autoencoder on its own."""
    net = looked_at.net
    assert isinstance(net, AutoencoderNet)
    on, off = 1.0, 0.0 if net.sites[0].levels == "0/1" else -1.0
    values = torch.tensor(np.where(bits, on, off).astype(np.float32))[:, :, None, None]
    with torch.no_grad(), net.evaluating():
        return net.decode(values)[:, 0].numpy()


class TestDecode:
    @pytest.mark.parametrize("architecture", REBUILDING)
    @pytest.mark.parametrize("estimator", Estimator.members)
    def test_own_codes_give_own_reconstructions_exactly(self, architecture: str, estimator: str) -> None:
        looked_at = specimen_of(fitting(architecture, estimator, evaluation="threshold"))
        (own,) = codes(looked_at, PICTURES).values()
        with left_as_it_was(looked_at):
            decoded, rebuilt = decode(looked_at, own), reconstruct(looked_at, PICTURES).pictures
        assert decoded.shape == PICTURES.shape
        assert decoded.dtype == np.float32
        assert np.abs(decoded).max() <= 1
        if bits_say_all(looked_at):
            np.testing.assert_array_equal(decoded, rebuilt)

    @pytest.mark.parametrize("estimator", ["ternary", "identity"])
    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    def test_any_codes_give_what_the_decoder_does_with_the_outer_levels(self, levels: str, estimator: str) -> None:
        looked_at = specimen("autoencoder", {"levels": levels}, estimator=estimator)
        drawn = np.random.default_rng(0).random((9, 8)) < 0.5
        np.testing.assert_array_equal(decode(looked_at, drawn), by_hand(looked_at, drawn))
        np.testing.assert_allclose(decode(looked_at, drawn, batch=4), by_hand(looked_at, drawn), atol=1e-6)

    def test_is_exact_in_half_precision_too(self) -> None:
        looked_at = specimen("autoencoder", precision="bfloat16", estimator="identity")
        own = codes(looked_at, PICTURES)["code"]
        np.testing.assert_array_equal(decode(looked_at, own), reconstruct(looked_at, PICTURES).pictures)

    def test_no_codes_give_no_pictures(self) -> None:
        assert decode(specimen("autoencoder"), np.zeros((0, 8), bool)).shape == (0, 28, 28)


class TestEffects:
    def test_each_bit_is_flipped_alone(self) -> None:
        looked_at = specimen("autoencoder")
        code = codes(looked_at, PICTURES)["code"][0]
        found = effect_of(looked_at, code, [5, 0, 7])
        np.testing.assert_allclose(found.picture, by_hand(looked_at, code[None])[0], atol=1e-6)
        for row, bit in enumerate([5, 0, 7]):
            other = code.copy()
            other[bit] ^= True
            np.testing.assert_allclose(found.flipped[row], by_hand(looked_at, other[None])[0], atol=1e-6)
            assert found.sizes[row] == pytest.approx(np.square(found.flipped[row] - found.picture).mean(), rel=1e-5)
        np.testing.assert_array_equal(found.differences, found.flipped - found.picture)
        assert (found.sizes > 0).all()

    def test_of_no_bit_is_the_picture_alone(self) -> None:
        found = effect_of(specimen("autoencoder"), np.zeros(8, bool), [])
        assert (found.picture.shape, found.flipped.shape, found.sizes.shape) == ((28, 28), (0, 28, 28), (0,))


class TestWalk:
    LOOKED_AT = specimen("autoencoder", {"code_bits": 12})

    @settings(max_examples=30)
    @given(
        st.lists(st.booleans(), min_size=12, max_size=12),
        st.lists(st.booleans(), min_size=12, max_size=12),
        st.integers(1, 20),
    )
    def test_goes_from_one_code_to_the_other_evenly(self, first: list[bool], last: list[bool], steps: int) -> None:
        start, end = np.array(first), np.array(last)
        found, differing = walk(self.LOOKED_AT, start, end, steps), np.flatnonzero(start != end)
        taken = len(found.codes) - 1
        assert taken == min(steps, len(differing))
        assert len(found.pictures) == taken + 1
        np.testing.assert_array_equal(found.codes[0], start)
        np.testing.assert_array_equal(found.codes[-1], end)
        flipped = [np.flatnonzero(code != start).tolist() for code in found.codes]
        assert all(flipped[i] == differing[: len(flipped[i])].tolist() for i in range(taken + 1))
        strides = {len(flipped[i + 1]) - len(flipped[i]) for i in range(taken)}
        assert max(strides, default=1) - min(strides, default=1) <= 1
        assert min(strides, default=1) >= 1
        np.testing.assert_allclose(found.pictures, by_hand(self.LOOKED_AT, found.codes), atol=1e-6)


class TestDrawn:
    LOOKED_AT = specimen("autoencoder", {"code_bits": 6})

    def test_bits_are_on_with_their_own_rates_and_independent(self) -> None:
        rates, n = np.array([0, 1, 0.5, 0.1, 0.9, 0.3]), 2000
        drawn, pictures = sample(self.LOOKED_AT, rates, n)
        assert len(pictures) == n
        error = np.sqrt(rates * (1 - rates) / n)
        assert (np.abs(drawn.mean(0) - rates) <= 5 * error).all()
        phi = np.corrcoef(drawn[:, 2:].T.astype(float))
        assert np.abs(phi[~np.eye(4, dtype=bool)]).max() < 5 / n**0.5
        np.testing.assert_allclose(pictures[:9], by_hand(self.LOOKED_AT, drawn[:9]), atol=1e-6)

    def test_another_draw_is_another_and_the_same_one_the_same(self) -> None:
        rates = np.full(6, 0.5)
        once, again, other = (sample(self.LOOKED_AT, rates, 30, draw)[0] for draw in (1, 1, 2))
        np.testing.assert_array_equal(once, again)
        assert (once != other).any()

    def test_crossed_codes_have_every_bit_from_a_parent(self) -> None:
        parents = np.random.default_rng(4).random((5, 6)) < 0.5
        found = cross(self.LOOKED_AT, parents, 1500)
        one, other = parents[found.parents[:, 0]], parents[found.parents[:, 1]]
        assert (found.parents[:, 0] != found.parents[:, 1]).all()
        assert ((found.codes == one) | (found.codes == other)).all()
        from_first = (found.codes == one)[one != other].mean()
        assert abs(from_first - 0.5) < 5 * 0.5 / (one != other).sum() ** 0.5
        assert np.bincount(found.parents.ravel(), minlength=5).min() > 500  # 600 expected of each
        np.testing.assert_allclose(found.pictures[:9], by_hand(self.LOOKED_AT, found.codes[:9]), atol=1e-6)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s: decode(s, np.zeros((2, 9), bool)), r"are \(2, 9\); allowed are \(any number, 8\)"),
        (lambda s: decode(s, np.zeros(8, bool)), r"are \(8,\); allowed are"),
        (lambda s: effect_of(s, np.zeros(8, bool), [3, 8]), "no bit 8: this layer has bits 0 to 7"),
        (lambda s: effect_of(s, np.zeros(8, bool), [-1]), "no bit -1"),
        (lambda s: walk(s, np.zeros(8, bool), np.ones(8, bool), 0), "has 0 steps; at least 1"),
        (lambda s: walk(s, np.zeros(8, bool), np.ones(7, bool), 3), r"have \(8,\) and \(7,\)"),
        (lambda s: sample(s, np.full(8, 1.5), 2), "An on-rate is not from 0 to 1"),
        (lambda s: sample(s, np.full(8, np.nan), 2), "An on-rate is not from 0 to 1"),
        (lambda s: cross(s, np.zeros((1, 8), bool), 2), "There are 1 codes to be crossed"),
    ],
)
def test_what_cannot_be_decoded_is_told(ask: Callable[[Specimen], Any], said: str) -> None:
    with pytest.raises(NoCodes, match=said):
        ask(specimen("autoencoder"))


@pytest.mark.parametrize("architecture", [name for name in Architecture.members if name not in REBUILDING])
def test_classifiers_have_no_pictures_to_give(architecture: str) -> None:
    looked_at = specimen(architecture)
    with pytest.raises(NoCodes, match="gives classes, not pictures"):
        decode(looked_at, np.zeros((1, 8), bool))
    with pytest.raises(NoCodes, match="gives classes, not pictures"):
        reconstruct(looked_at, PICTURES)
