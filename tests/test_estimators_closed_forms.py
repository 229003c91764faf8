"""What biased rules estimate, against closed forms of their own expectation on the four-unit toy (w.b - 1)^2."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator
from tests.test_estimators_exact import BIASED, BOUND, DRAWS, estimates, label, standard_errors_off
from tests.toys import TOY4_LOGITS, TOY4_WEIGHTS, toy4

SLOPE = 0.9  # of the logits, .3, -.7 and 0 lie inside the window of +-1/.9, and 1.2 outside
X, W = TOY4_LOGITS.double().numpy(), TOY4_WEIGHTS.double().numpy()
HARD = np.clip((SLOPE * X + 1) / 2, 1e-6, 1 - 1e-6)
Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


SOFT = sigmoid(SLOPE * X)


def sampled(p: Array, if_zero: Array | float, if_one: Array | float) -> Array:
    """E[factor_i dL/db_i] for independent bits, where the factor has a mean for either value of its own bit."""
    others = (W * p).sum() - W * p - 1
    return 2 * W * ((1 - p) * if_zero * others + p * if_one * (others + W))


def relaxed(sharpness: float) -> tuple[Array, Array]:
    """Values and slopes (noise, units) of the relaxed bits, on a fine grid of noise."""
    u = (np.arange(400_000)[:, None] + 0.5) / 400_000
    y = sigmoid((X - np.log(u / (1 - u))) * sharpness)
    return y, sharpness * y * (1 - y)


def straight_through_concrete() -> Array:
    y, slope = relaxed(SLOPE / 1.0)
    one, p = y > 0.5, sigmoid(X)
    return sampled(p, (slope * ~one).mean(0) / (1 - p), (slope * one).mean(0) / p)


def concrete() -> Array:
    y, slope = relaxed(SLOPE / (2 / 3))
    others = (W * y.mean(0)).sum() - W * y.mean(0) - 1
    return 2 * W * ((slope * y).mean(0) * W + slope.mean(0) * others)


BERNOULLI = sampled(SOFT, SLOPE * SOFT * (1 - SOFT), SLOPE * SOFT * (1 - SOFT))
SIGNED = np.clip((X + 1) / 2, 1e-6, 1 - 1e-6)
LARGEST = np.abs(X).max()


def scaled_sign() -> Array:
    """Bits scaled by s = max |x| have values (s b± + 1)/2 here, and half the published factor 1."""
    p = np.clip((X / LARGEST + 1) / 2, 1e-6, 1 - 1e-6)
    mean = (LARGEST * (2 * p - 1) + 1) / 2
    return 2 * W * 0.5 * ((W * mean).sum() - 1)


def unbiased() -> Array:
    """The gradient of the expected loss itself."""
    others = (W * SOFT).sum() - W * SOFT - 1
    return SLOPE * SOFT * (1 - SOFT) * (2 * W * others + W**2)


CLOSED_FORMS: dict[str, Callable[[], Array]] = {
    "bernoulli": lambda: BERNOULLI,
    "stochastic-hard-sigmoid": lambda: sampled(HARD, *[SLOPE / 2 * (np.abs(SLOPE * X) < 1)] * 2),
    "stochastic-identity": lambda: sampled(SOFT, 1.0, 1.0),
    "stochastic-identity-hard-sigmoid": lambda: sampled(HARD, 1.0, 1.0),
    "fired-only": lambda: sampled(SOFT, 0.0, SLOPE * SOFT * (1 - SOFT)),
    "fired-only-identity": lambda: sampled(SOFT, 0.0, 1.0),
    "reinmax": lambda: sampled(SOFT, SLOPE * SOFT / 2, SLOPE * (1 - SOFT) / 2),
    "stochastic-sign": lambda: sampled(SIGNED, 0.5, 0.5),
    "stochastic-sign-True": scaled_sign,
    "input-baseline-True": unbiased,  # the losses of this toy spread by less than 1, and are divided by 1
    "concrete": concrete,
    "st-concrete": straight_through_concrete,
    "mean-field": lambda: 2 * W * ((W * SOFT).sum() - 1) * SLOPE * SOFT * (1 - SOFT),
    "detached-sample": lambda: np.zeros(4),
}


def own(rule: Estimator) -> Estimator:
    return rule.rule if rule.wraps else rule  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", BIASED, ids=label)
def test_biased_rules_against_their_own_expectation(rule: Estimator) -> None:
    expected: Tensor = torch.from_numpy(CLOSED_FORMS[label(own(rule))]())[None]
    drawn = estimates(toy4(draws=DRAWS), rule, SLOPE).get("first", torch.zeros(DRAWS, 4))
    assert standard_errors_off(drawn, expected) <= BOUND


def test_fired_only_on_the_table() -> None:
    drawn = estimates(toy4(draws=400_000), Estimator.members["fired-only"]())["first"]
    assert drawn[:, 0].mean().item() == pytest.approx(0.1685, abs=5 * drawn[:, 0].std().item() / 400_000**0.5 + 1e-4)
