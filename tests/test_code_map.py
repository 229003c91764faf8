"""Maps of codes: principal components against their definition, and what t-SNE keeps together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lab.probes.code_map import FEWEST, MOST, Map, NoMap, principal_components, t_sne
from lab.probes.distances import hamming

Bits = NDArray[np.bool_]
CODES = st.tuples(st.integers(FEWEST, 20), st.integers(1, 12)).flatmap(lambda shape: arrays(np.bool_, shape))
EITHER = pytest.mark.parametrize("make", [principal_components, t_sne])


def clusters(noise: float = 0.05) -> tuple[Bits, NDArray[np.int64]]:
    """Sixty codes around three centers."""
    random, labels = np.random.default_rng(0), np.arange(60) % 3
    centers = random.random((3, 64)) < 0.5
    return centers[labels] ^ (random.random((60, 64)) < noise), labels


class TestPrincipalComponents:
    @given(CODES)
    def test_are_those_of_the_covariance(self, codes: Bits) -> None:
        assume((codes != codes[0]).any())
        found = principal_components(codes)
        assert found.explained is not None
        centered = codes - codes.mean(0)
        values = np.zeros(max(2, codes.shape[1]))
        values[: codes.shape[1]] = np.sort(np.linalg.eigvalsh(centered.T @ centered))[::-1]
        squares = np.square(found.points.astype(np.float64)).sum(axis=0)
        np.testing.assert_allclose(squares, values[:2].clip(0), atol=1e-4)
        np.testing.assert_allclose(found.explained, values[:2].clip(0) / np.square(centered).sum(), atol=1e-6)
        np.testing.assert_allclose(found.points.mean(axis=0), 0, atol=1e-4)
        product = centered @ centered.T @ found.points  # each axis is an eigenvector of the products of pictures
        np.testing.assert_allclose(product, found.points * squares, atol=2e-3)
        np.testing.assert_array_equal(found.points, principal_components(codes).points)

    def test_the_bit_that_counts_most_counts_positively(self) -> None:
        codes = np.zeros((8, 5), bool)
        codes[:4, 3] = True
        codes[:3, 1] = True
        points = principal_components(codes).points
        assert (points[:4, 0] > 0).all()
        assert (points[4:, 0] < 0).all()
        flipped = principal_components(~codes).points
        np.testing.assert_allclose(flipped[:, 0], -points[:, 0], atol=1e-5)

    @pytest.mark.parametrize("copies", [1, 9])
    def test_one_direction_leaves_the_other_at_0(self, copies: int) -> None:
        codes = np.array([[0, 1], [0, 1], [1, 0], [1, 0], [1, 0]], bool).repeat(copies, axis=1)
        found = principal_components(codes)
        assert found.explained == (pytest.approx(1), pytest.approx(0, abs=1e-9))
        np.testing.assert_array_equal(found.points[:, 1], 0)


class TestTSNE:
    def test_keeps_clusters_together_and_is_repeatable(self) -> None:
        codes, labels = clusters()
        once, again = t_sne(codes), t_sne(codes)
        np.testing.assert_array_equal(once.points, again.points)
        distances = np.linalg.norm(once.points[:, None] - once.points, axis=2)
        np.fill_diagonal(distances, np.inf)
        assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.95
        assert once.explained is None

    @pytest.mark.parametrize(("count", "perplexity"), [(4, 1), (31, 10), (60, 59 / 3)])
    def test_perplexity_is_bounded_by_the_codes(self, count: int, perplexity: float) -> None:
        found = t_sne(clusters()[0][:count])
        assert found.perplexity == pytest.approx(perplexity)
        assert found.points.shape == (count, 2)
        assert np.isfinite(found.points).all()
        assert t_sne(clusters()[0], perplexity=5).perplexity == 5

    def test_many_equal_codes_have_a_map(self) -> None:
        codes = clusters(noise=0)[0]
        assert len(np.unique(hamming(codes))) == 4
        assert np.isfinite(t_sne(codes).points).all()


@EITHER
def test_maps_that_cannot_be_are_refused(make: Callable[[Bits], Map]) -> None:
    random = np.random.default_rng(0)
    for count in (0, FEWEST - 1, MOST + 1):
        with pytest.raises(NoMap, match=f"There are {count} codes to map; allowed are {FEWEST} to {MOST}"):
            make(random.random((count, 8)) < 0.5)
    with pytest.raises(NoMap, match="All 9 codes are the same"):
        make(np.ones((9, 8), bool))
