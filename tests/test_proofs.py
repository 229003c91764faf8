"""The mathematics of the proof cards against closed forms, and the cards themselves."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lab.oracle import exact_gradient
from lab.proofs.batch_norm import INPUTS, MOST_EXAMPLES, TARGETS, expected_score
from lab.proofs.popcount import Norm, threshold, unit
from lab.proofs.rounding import one_unit
from lab.proofs.scaling import scaled
from lab.proofs.smoothing import smoothed
from lab.proofs.ungated import normal_pre_activations, sent_back
from tests.pages import boards, opened, shown, told
from tests.test_oracle import normed_rollout, score_function_error

GRID = np.linspace(-3, 3, 121)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5, 3.0])
def test_scaling_changes_the_sampled_sign_alone(scale: float) -> None:
    found = scaled(GRID, scale)
    np.testing.assert_array_equal(found.sign, np.sign(GRID))
    np.testing.assert_allclose(found.p, np.clip((GRID / scale + 1) / 2, 1e-6, 1 - 1e-6), atol=1e-6)
    np.testing.assert_allclose(found.mean, np.clip(GRID, -scale, scale), atol=1e-5)


def test_the_published_numbers_of_scaling() -> None:
    assert scaled([1.0], 1.0).p[0] == pytest.approx(1.0, abs=2e-6)
    assert scaled([1.0], 1.5).p[0] == pytest.approx(5 / 6)


@pytest.mark.parametrize("deviation", [0.3, 1.0, 2.5])
def test_ungated_is_wrong_beyond_1_and_right_behind_htanh_or_a_clip(deviation: float) -> None:
    r = normal_pre_activations(deviation)
    assert r.std() == pytest.approx(deviation, rel=1e-3)
    assert sent_back(r, "nothing").wrong == pytest.approx(math.erfc(1 / deviation / 2**0.5), abs=1e-4)
    assert sent_back(r, "hardtanh").wrong == 0
    assert sent_back(r, "clipped").wrong == 0


def test_ungated_behind_htanh_is_stuck_at_1_itself_and_a_clip_is_not() -> None:
    wall = [-1.0, 1.0]
    assert sent_back(wall, "hardtanh").ungated.tolist() == [0.0, 0.0]
    assert sent_back(wall, "hardtanh").chain_rule.tolist() == [1.0, 1.0]
    assert sent_back([-0.999, 0.999], "hardtanh").wrong == 0
    assert sent_back(wall, "clipped").ungated.tolist() == [1.0, 1.0]


def test_ungated_on_the_sources_own_number() -> None:
    found = sent_back([-1.2768], "nothing")
    assert (found.ungated * 0.25).tolist() == [0.25]
    assert (found.chain_rule * 0.25).tolist() == [0.0]


NORMS = [
    Norm(),
    Norm(2.0, 0.5, 1.0, 3.0),
    Norm(-1.5, 0.3, -2.0, 0.7),
    Norm(0.0, -0.1),
    Norm(0.0, 0.1),
    Norm(1.0, -99.0),
]


@pytest.mark.parametrize("norm", NORMS, ids=str)
@pytest.mark.parametrize("bits", [1, 2, 7, 64, 65])
def test_popcount_threshold_is_the_unit_at_every_popcount(bits: int, norm: Norm) -> None:
    whole = unit(bits, norm)
    np.testing.assert_array_equal(threshold(bits, norm).fires(whole.popcounts), whole.fires)


@st.composite
def ties(draw: st.DrawFn) -> tuple[int, Norm, int]:
    """K, a batch norm in decimals that the card takes, and the popcount at which it gives exactly 0."""
    bits = draw(st.integers(1, 128))
    popcount = draw(st.integers(0, bits))
    deviation = Fraction(draw(st.integers(1, 1280)), 10)
    gamma = Fraction(draw(st.integers(-20, 20).filter(bool)), 4)
    ratio = draw(st.integers(-3, 3))
    beta, mean = ratio * gamma, 2 * popcount - bits + ratio * deviation
    assume(abs(beta) <= 5 and abs(mean) <= 128)
    return bits, Norm(float(gamma), float(beta), float(mean), float(deviation)), popcount


@settings(max_examples=50)
@given(ties())
@example((50, Norm(gamma=-3.5, beta=3.75, mean=23.0, deviation=2.8), 38))
def test_popcount_threshold_is_the_unit_where_batch_norm_gives_exactly_0(tie: tuple[int, Norm, int]) -> None:
    bits, norm, popcount = tie
    whole, rule = unit(bits, norm), threshold(bits, norm)
    assert whole.normed[popcount] == 0
    assert whole.fires[popcount]
    assert rule.bound == popcount
    np.testing.assert_array_equal(rule.fires(whole.popcounts), whole.fires)


def test_popcount_of_agreeing_bits_gives_the_product_of_all_vectors() -> None:
    bits = 4
    products = dict(zip(unit(bits, Norm()).popcounts, unit(bits, Norm()).products, strict=True))
    for a, w in itertools.product(itertools.product((-1, 1), repeat=bits), repeat=2):
        agreeing = sum(x == y for x, y in zip(a, w, strict=True))
        assert products[agreeing] == np.dot(a, w)


def test_plain_sign_has_its_threshold_at_half_the_bits() -> None:
    assert threshold(64, Norm()) == (32, True)
    assert threshold(65, Norm()) == (33, True)


@pytest.mark.parametrize("width", [0.4, 1.0, 2.0])
def test_uniform_noise_makes_the_saturated_rule_exact(width: float) -> None:
    found = smoothed("uniform", width, GRID)
    np.testing.assert_allclose(found.mean, np.clip(GRID / width, -1, 1), atol=1e-4)
    smooth = abs(abs(GRID) - width) > 0.03 * width
    np.testing.assert_allclose(found.slope[smooth], (abs(GRID) < width)[smooth] / width, atol=0.01 / width)
    np.testing.assert_allclose(found.surrogate[smooth], found.slope[smooth], atol=0.01 / width)


@pytest.mark.parametrize("width", [0.4, 1.0, 2.0])
def test_logistic_noise_makes_the_tanh_adjusted_rule_exact(width: float) -> None:
    found = smoothed("logistic", width, GRID)
    np.testing.assert_allclose(found.mean, np.tanh(GRID / width), atol=1e-4)
    np.testing.assert_allclose(found.slope, found.surrogate, atol=0.01 / width)


@pytest.mark.parametrize(("x", "slope", "target"), [(1.5, 1.0, 0.499), (-0.7, 2.0, 0.3), (0.2, 0.5, -1.0)])
def test_reinforce_through_a_drawn_bit_is_exact_and_through_a_rounded_one_0(
    x: float, slope: float, target: float
) -> None:
    found = one_unit(x, slope, target)
    p = 1 / (1 + math.exp(-slope * x))
    assert found.p == pytest.approx(p, rel=1e-5)
    exact = slope * p * (1 - p) * ((1 - target) ** 2 - target**2)
    assert found.exact == pytest.approx(exact, rel=1e-4, abs=1e-7)
    assert found.sampled == pytest.approx(exact, rel=1e-4, abs=1e-7)
    assert found.rounded == 0
    bit = float(x > 0)
    assert found.mistaken == pytest.approx((bit - target) ** 2 * slope * (bit - p), rel=1e-4)


class TestBatchNorm:
    def test_the_score_function_is_wrong_behind_it_and_exact_without(self) -> None:
        assert expected_score(norm=False, examples=3).error < 1e-5
        assert expected_score(norm=True, examples=3).error > 0.3

    @pytest.mark.parametrize("examples", [2, 3])
    def test_both_sides_behind_batch_norm_against_a_sum_over_codes_by_hand(self, examples: int) -> None:
        found = expected_score(norm=True, examples=examples)
        x, t = np.array(INPUTS[:examples]), np.array(TARGETS[:examples])
        p = 1 / (1 + np.exp(-np.outer(x, [0.9, -1.3]) - np.array([0.2, 0.4])))
        truth, score = np.zeros(2), np.zeros(2)
        for code in itertools.product((0, 1), repeat=2 * examples):
            bits = np.array(code).reshape(examples, 2)
            normed = (bits - bits.mean(0)) / np.sqrt(bits.var(0) + 1e-5)
            losses = (normed @ [1.1, -0.7] + 0.3 - t) ** 2
            weight = np.where(bits, p, 1 - p).prod() * (bits - p) * x[:, None] / examples
            truth += (weight * losses.sum()).sum(0)
            score += (weight * losses[:, None]).sum(0)
        np.testing.assert_allclose(found.truth, truth, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(found.score, score, rtol=1e-3, atol=1e-5)
        assert found.error == pytest.approx(np.linalg.norm(score - truth) / np.linalg.norm(truth), rel=1e-3)

    @pytest.mark.parametrize("examples", [2, 3])
    def test_truth_without_batch_norm_in_closed_form(self, examples: int) -> None:
        found = expected_score(norm=False, examples=examples)
        x, t = np.array(INPUTS[:examples]), np.array(TARGETS[:examples])
        p = 1 / (1 + np.exp(-np.outer(x, [0.9, -1.3]) - np.array([0.2, 0.4])))
        w = np.array([1.1, -0.7])
        mean = p @ w + 0.3 - t
        # d E[(w.b + c)^2] / dp_i = 2 w_i E[rest] + w_i^2, with E over the other bit.
        slopes = 2 * w * (mean[:, None] - w * p) + w**2
        expected = (slopes * p * (1 - p) * x[:, None]).mean(0)
        np.testing.assert_allclose(found.truth, expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.score, expected, rtol=1e-4, atol=1e-6)
        assert found.codes == 4**examples

    @pytest.mark.parametrize("norm", [False, True])
    def test_it_is_what_a_net_run_by_the_engine_gives(self, norm: bool) -> None:
        found, exact = expected_score(norm, examples=3), exact_gradient(normed_rollout(norm), joint=True)
        np.testing.assert_allclose(found.truth, exact["below.weight"].flatten(), rtol=1e-4, atol=1e-6)
        assert found.error == pytest.approx(score_function_error(norm), rel=1e-3, abs=1e-5)

    def test_there_are_enough_examples(self) -> None:
        assert len(INPUTS) == len(TARGETS) == MOST_EXAMPLES


@pytest.mark.usefixtures("empty_lab")
class TestSection:
    def test_every_card_has_its_lines_a_control_and_its_numbers(self) -> None:
        tab = opened("gradients.py", section="proofs")
        assert len(tab.latex) == 3 + 3 + 4 + 3 + 3 + 3
        assert len(boards(tab)) == 4
        assert len(tab.metric) == 5 + 3 + 3 + 3 + 4 + 3
        assert told(tab).count(":material/lightbulb:") == 6

    def test_the_numbers_follow_the_controls(self) -> None:
        tab = opened("gradients.py", section="proofs")
        assert metric(tab, "P(+1), s = 1.5") == "0.833"
        shown(tab.slider(key="proof.scaling.s").set_value(3.0))
        assert metric(tab, "P(+1), s = 3") == "0.667"
        assert metric(tab, "Wrong, of all units") == "31.7 %"
        shown(tab.slider(key="proof.popcount.bits").set_value(1))
        assert metric(tab, "Right, of all popcounts") == "2 of 2"
        assert metric(tab, "Relative error") == "59.8 %"
        shown(tab.toggle(key="proof.norm.on").set_value(False))
        assert metric(tab, "Relative error") == "0.0 %"
        shown(tab.slider(key="proof.rounding.x").set_value(0.0))
        assert metric(tab, "REINFORCE, b rounded") == "0.0000"

    def test_the_ungated_card_says_what_htanh_does_at_1_itself(self) -> None:
        tab = opened("gradients.py", section="proofs")
        (front,) = [item for item in tab.get("button_group") if item.label == "In front of the unit"]
        front.set_value("hardtanh")
        tab.slider(key="proof.ungated.r").set_value(1.0)
        shown(tab.slider(key="proof.ungated.g").set_value(-1.0))
        assert metric(tab, "Sent back, un-gated") == "0"
        assert metric(tab, "By the chain rule") == "-1"
        assert "not at ±1 itself, where PyTorch's Htanh sends back 0" in told(tab)


def metric(tab, label: str) -> str:  # type: ignore[no-untyped-def]
    """The number of that name."""
    (found,) = [item for item in tab.metric if item.label == label]
    return found.value
