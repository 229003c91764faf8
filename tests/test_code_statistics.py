"""Statistics of codes against their definitions, written out bit by bit."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lab.probes.bits import information, look, on_rate_by_class
from lab.probes.code_statistics import (
    both_on,
    correlation,
    effective_dimension,
    scatter,
    statistics,
    strongest_pairs,
)
from lab.probes.refusals import NoCodes

Bits = NDArray[np.bool_]
SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 9))
CODES = arrays(np.bool_, SHAPES)


def plain_entropy(rates: list[float]) -> float:
    return -sum(p * math.log2(p) for p in rates if p)


class TestStatistics:
    @given(CODES)
    def test_are_those_of_the_definitions(self, codes: Bits) -> None:
        found, n = statistics(codes), len(codes)
        assert found.pictures == n
        for bit, column in enumerate(codes.T.tolist()):
            assert found.on_rate[bit] == pytest.approx(sum(column) / n)
            assert found.entropy[bit] == pytest.approx(plain_entropy([sum(column) / n, 1 - sum(column) / n]))
            assert found.dead[bit] == (not any(column))
            assert found.stuck[bit] == all(column)
        counted = Counter(map(tuple, codes.tolist()))
        assert found.unique == len(counted)
        assert found.largest == max(counted.values())

    def test_entropy_is_0_for_what_never_changes_and_1_for_a_fair_coin(self) -> None:
        found = statistics(np.array([[0, 1, 0], [0, 1, 1]], bool))
        assert found.entropy.tolist() == [0, 0, 1]
        assert not np.signbit(found.entropy).any()
        assert (found.dead.tolist(), found.stuck.tolist()) == ([True, False, False], [False, True, False])

    def test_no_picture_is_refused(self) -> None:
        for ask in (statistics, correlation):
            with pytest.raises(NoCodes, match="at least one is needed"):
                ask(np.zeros((0, 4), bool))


class TestCorrelation:
    @given(CODES)
    def test_is_pearsons_and_nan_where_a_bit_is_constant(self, codes: Bits) -> None:
        found = correlation(codes)
        np.testing.assert_array_equal(found.constant, codes.min(axis=0) == codes.max(axis=0))
        varying = ~found.constant
        assert np.isnan(found.phi[~varying]).all()
        assert np.isnan(found.phi[:, ~varying]).all()
        if varying.any():
            expected = np.atleast_2d(np.corrcoef(codes[:, varying].T.astype(float)))
            np.testing.assert_allclose(found.phi[np.ix_(varying, varying)], expected, atol=1e-12)

    def test_of_equal_and_of_opposite_bits_is_exact(self) -> None:
        bit = np.random.default_rng(0).random(1001) < 0.3
        phi = correlation(np.stack([bit, bit, ~bit], axis=1)).phi
        np.testing.assert_array_equal(phi, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])

    @given(CODES)
    def test_counts_of_both_are_whole(self, codes: Bits) -> None:
        expected = [[sum(a and b for a, b in zip(i, j, strict=True)) for j in codes.T] for i in codes.T]
        np.testing.assert_array_equal(both_on(codes), expected)

    @given(CODES)
    def test_the_strongest_pairs_come_first_each_once(self, codes: Bits) -> None:
        found = correlation(codes)
        pairs = strongest_pairs(found, 5)
        known = sorted(
            (abs(found.phi[i, j]) for j in range(codes.shape[1]) for i in range(j) if not np.isnan(found.phi[i, j])),
            reverse=True,
        )
        assert [abs(pair.phi) for pair in pairs] == known[:5]
        assert all(pair.one < pair.other and found.phi[pair.one, pair.other] == pair.phi for pair in pairs)


class TestEffectiveDimension:
    @given(CODES)
    def test_is_the_participation_ratio_of_the_eigenvalues(self, codes: Bits) -> None:
        values = np.linalg.eigvalsh(np.atleast_2d(np.cov(codes.T.astype(float), bias=True)))
        expected = values.sum() ** 2 / np.square(values).sum() if (codes != codes[0]).any() else 0
        assert effective_dimension(scatter(codes)) == pytest.approx(expected, abs=1e-9)
        assert statistics(codes).dimension == effective_dimension(scatter(codes, both_on(codes.T)))

    @pytest.mark.parametrize("bits", [1, 3, 5])
    def test_counts_independent_bits_and_takes_copies_for_one(self, bits: int) -> None:
        every = np.array([[code >> bit & 1 for bit in range(bits)] for code in range(2**bits)], bool)
        assert effective_dimension(scatter(every)) == pytest.approx(bits)
        assert effective_dimension(scatter(every[:, [0] * 7])) == pytest.approx(1)


class TestInformation:
    @given(SHAPES.flatmap(lambda s: st.tuples(arrays(np.bool_, s), arrays(np.int64, s[0], elements=st.integers(0, 3)))))
    def test_is_that_of_the_joint_counts(self, drawn: tuple[Bits, NDArray[np.int64]]) -> None:
        codes, labels = drawn
        found, n = information(codes, labels), len(labels)
        for bit, column in enumerate(codes.T.tolist()):
            joint = Counter(zip(column, labels.tolist(), strict=True))
            expected = (
                plain_entropy([count / n for count in Counter(column).values()])
                + plain_entropy([count / n for count in Counter(labels.tolist()).values()])
                - plain_entropy([count / n for count in joint.values()])
            )
            assert found.bits[bit] == pytest.approx(expected, abs=1e-12)
        assert (found.bits >= 0).all()
        assert (found.pictures, found.classes) == (n, len(set(labels.tolist())))
        told = found.bits[found.telling]
        assert (np.diff(told) <= 0).all()
        assert sorted(found.telling.tolist()) == list(range(codes.shape[1]))

    def test_a_bit_that_is_the_class_says_one_bit_and_noise_says_what_chance_does(self) -> None:
        random = np.random.default_rng(3)
        labels = np.arange(2000) % 10
        noise = random.random((2000, 400)) < 0.5
        found = information(np.column_stack([labels < 5, noise]), labels)
        assert found.bits[0] == pytest.approx(1)
        assert found.telling[0] == 0
        # The plug-in of n independent pairs is chi-squared of 9 degrees, over 2 n ln 2: mean as told, sd by theory.
        error = (2 * 9) ** 0.5 / (2 * 2000 * math.log(2)) / 400**0.5
        assert found.bits[1:].mean() == pytest.approx(found.by_chance, abs=5 * error)

    def test_on_rates_by_class_are_those_of_its_pictures(self) -> None:
        codes = np.array([[1, 0], [1, 1], [0, 1]], bool)
        found = on_rate_by_class(codes, np.array([7, 7, 2]))
        assert {label: rates.tolist() for label, rates in found.items()} == {2: [0, 1], 7: [1, 0.5]}


class TestOneBit:
    PICTURES = np.random.default_rng(1).integers(0, 256, (6, 28, 28), dtype=np.uint8)

    def test_pictures_are_those_that_switch_it_on_and_the_others(self) -> None:
        on = np.array([1, 0, 1, 1, 0, 0], bool)
        found = look(self.PICTURES, on)
        assert found.on.tolist() == [0, 2, 3]
        assert found.off.tolist() == [1, 4, 5]
        assert found.mean_on is not None
        np.testing.assert_allclose(found.mean_on, self.PICTURES[[0, 2, 3]].astype(float).mean(0), rtol=1e-6)
        assert found.mean_off is not None
        np.testing.assert_allclose(found.mean_off, self.PICTURES[[1, 4, 5]].astype(float).mean(0), rtol=1e-6)

    @pytest.mark.parametrize("on", [True, False])
    def test_a_bit_that_never_changes_has_one_mean(self, on: bool) -> None:
        found = look(self.PICTURES, np.full(6, on))
        assert (found.mean_on is None, found.mean_off is None) == (not on, on)
        assert (found.on if on else found.off).tolist() == list(range(6))
