"""Hamming distances bit by bit, and figures of ranking against every order that ties allow."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, groupby, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lab.probes.distances import by_class, hamming
from lab.probes.refusals import NoCodes
from lab.probes.retrieval import among_themselves, nearest, retrieval

Bits = NDArray[np.bool_]
Whole = NDArray[np.int64]
CODES = st.tuples(st.integers(2, 9), st.integers(1, 70)).flatmap(lambda shape: arrays(np.bool_, shape))
LABELED = st.tuples(st.integers(2, 8), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.int64, shape[0], elements=st.integers(0, 2)))
)
RANKED = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 3), min_size=n, max_size=n), st.lists(st.booleans(), min_size=n, max_size=n)
    )
)


def apart(one: Bits, other: Bits) -> int:
    return sum(a != b for a, b in zip(one.tolist(), other.tolist(), strict=True))


def orders(distances: list[int]) -> list[tuple[int, ...]]:
    """Every order of pictures by distance."""
    ranked = sorted(range(len(distances)), key=distances.__getitem__)
    groups = [list(group) for _, group in groupby(ranked, key=distances.__getitem__)]
    return [sum(order, ()) for order in product(*(permutations(group) for group in groups))]


def precision(hits: list[bool], k: int) -> Fraction:
    return Fraction(sum(hits[:k]), k)


def average_precision(hits: list[bool]) -> Fraction:
    found = [precision(hits, k) for k, hit in enumerate(hits, start=1) if hit]
    return sum(found, Fraction()) / len(found)


class TestDistances:
    @given(CODES)
    def test_are_counts_of_differing_bits(self, codes: Bits) -> None:
        found = hamming(codes)
        assert found.tolist() == [[apart(one, other) for other in codes] for one in codes]
        np.testing.assert_array_equal(hamming(codes[:2], codes), found[:2])

    @given(CODES)
    def test_are_a_metric(self, codes: Bits) -> None:
        found = hamming(codes)
        np.testing.assert_array_equal(found, found.T)
        assert not found.diagonal().any()
        assert (found[:, :, None] <= found[:, None, :] + found.T[None]).all()

    def test_are_exact_in_wide_layers(self) -> None:
        codes = np.random.default_rng(0).random((7, 100_003)) < 0.7
        assert hamming(codes).tolist() == [[int((a ^ b).sum()) for b in codes] for a in codes]

    def test_of_different_lengths_are_refused(self) -> None:
        with pytest.raises(NoCodes, match="of 3 bits and of 4"):
            hamming(np.zeros((2, 3), bool), np.zeros((2, 4), bool))

    @given(LABELED)
    def test_every_pair_is_counted_once_within_or_between(self, drawn: tuple[Bits, Whole]) -> None:
        codes, labels = drawn
        bits = codes.shape[1]
        found = by_class(hamming(codes), labels, bits)
        pairs = list(combinations(range(len(codes)), 2))
        for counts, mean, same in ((found.within, found.mean_within, True), (found.between, found.mean_between, False)):
            own = [apart(codes[i], codes[j]) for i, j in pairs if (labels[i] == labels[j]) == same]
            assert counts.tolist() == [own.count(distance) for distance in range(bits + 1)]
            assert mean == (pytest.approx(sum(own) / len(own)) if own else pytest.approx(float("nan"), nan_ok=True))


class TestRetrieval:
    @settings(max_examples=150)
    @given(RANKED)
    def test_is_the_mean_over_every_order_of_ties(self, drawn: tuple[list[int], list[bool]]) -> None:
        distances, relevant = drawn
        found = retrieval(np.array([distances], np.int32), np.array([relevant]))
        every = [[relevant[i] for i in order] for order in orders(distances)]
        for k in range(1, len(distances) + 1):
            expected = sum((precision(hits, k) for hits in every), Fraction()) / len(every)
            assert found.precision[0, k - 1] == pytest.approx(float(expected), abs=1e-12)
            last = sorted(distances)[k - 1]
            assert found.tied[0, k - 1] == distances.count(last)
            assert found.undecided[0, k - 1] == (sum(d <= last for d in distances) > k)
        if any(relevant):
            expected = sum(map(average_precision, every), Fraction()) / len(every)
            assert found.average_precision[0] == pytest.approx(float(expected), abs=1e-12)
            assert found.mean_average_precision == found.average_precision[0]
        else:
            assert np.isnan(found.average_precision[0])
            assert np.isnan(found.mean_average_precision)

    @given(LABELED)
    def test_a_picture_looks_among_all_others(self, drawn: tuple[Bits, Whole]) -> None:
        codes, labels = drawn
        found = among_themselves(hamming(codes), labels)
        for query in range(len(codes)):
            others = [i for i in range(len(codes)) if i != query]
            alone = retrieval(hamming(codes[[query]], codes[others]), labels[None, others] == labels[query])
            np.testing.assert_allclose(found.precision[query], alone.precision[0], atol=1e-12)
            np.testing.assert_allclose(found.average_precision[query], alone.average_precision[0], atol=1e-12)
        lonely = [labels.tolist().count(label) == 1 for label in labels.tolist()]
        assert np.isnan(found.average_precision).tolist() == lonely

    @given(LABELED, st.randoms())
    def test_the_order_of_the_pictures_does_not_matter(self, drawn: tuple[Bits, Whole], random: object) -> None:
        codes, labels = drawn
        order = list(range(len(codes)))
        random.shuffle(order)  # type: ignore[attr-defined]
        one, other = (among_themselves(hamming(codes[each]), labels[each]) for each in (range(len(codes)), order))
        np.testing.assert_allclose(one.average_precision[order], other.average_precision, atol=1e-12)
        np.testing.assert_allclose(one.precision[order], other.precision, atol=1e-12)

    def test_equal_codes_find_what_chance_does(self) -> None:
        labels = np.arange(40) % 4
        found = among_themselves(hamming(np.zeros((40, 8), bool)), labels)
        np.testing.assert_allclose(found.precision, 9 / 39)
        assert found.tied.tolist() == [[39] * 39] * 40
        assert found.undecided.tolist() == [[True] * 38 + [False]] * 40

    def test_codes_of_the_class_alone_find_it_first(self) -> None:
        labels = np.arange(40) % 4
        found = among_themselves(hamming(np.eye(4, dtype=bool)[labels]), labels)
        assert found.mean_average_precision == pytest.approx(1)
        np.testing.assert_allclose(found.precision[:, :9], 1)
        np.testing.assert_array_equal(found.tied[:, 0], 9)

    def test_without_ties_it_is_the_usual_average_precision(self) -> None:
        from sklearn.metrics import average_precision_score

        random = np.random.default_rng(2)
        distances = np.stack([random.permutation(50) for _ in range(8)]).astype(np.int32)
        relevant = random.random((8, 50)) < 0.3
        expected = [average_precision_score(hit, -row) for hit, row in zip(relevant, distances, strict=True)]
        found = retrieval(distances, relevant)
        np.testing.assert_allclose(found.average_precision, expected)
        assert (found.tied == 1).all()
        assert not found.undecided.any()

    @pytest.mark.parametrize("pictures", [0, 1])
    def test_a_picture_alone_has_nothing_to_look_among(self, pictures: int) -> None:
        with pytest.raises(NoCodes, match="at least two"):
            among_themselves(np.zeros((pictures, pictures), np.int32), np.zeros(pictures, np.int64))


class TestNearest:
    @given(CODES, st.integers(1, 12))
    def test_are_the_closest_by_distance_then_index(self, codes: Bits, count: int) -> None:
        found = nearest(codes[0], codes, count, without=0)
        expected = sorted((apart(codes[0], code), i) for i, code in enumerate(codes) if i)
        shown = expected[:count]
        assert found.indices.tolist() == [i for _, i in shown]
        assert found.distances.tolist() == [distance for distance, _ in shown]
        last = shown[-1][0]
        assert found.tied == sum(distance == last for distance, _ in expected)
        assert found.shown == sum(distance == last for distance, _ in shown)
        assert found.mean == pytest.approx(sum(distance for distance, _ in expected) / len(expected))

    def test_a_drawn_picture_may_find_any(self) -> None:
        codes = np.array([[0, 0], [1, 1], [0, 1]], bool)
        assert nearest(np.array([True, True]), codes, 3).indices.tolist() == [1, 2, 0]

    def test_nothing_to_find_is_refused(self) -> None:
        with pytest.raises(NoCodes, match="no other picture"):
            nearest(np.zeros(3, bool), np.zeros((1, 3), bool), 5, without=0)
