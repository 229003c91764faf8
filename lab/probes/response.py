"""An estimator's two curves: what it does forward, and what it multiplies onto the incoming gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lab.estimators import Estimator, StraightThrough


class Response(NamedTuple):
    """Arrays of equal length over pre-activations `x`."""

    x: NDArray[np.float32]
    forward: NDArray[np.float32]
    """The bit of a deterministic unit, or the probability of a stochastic one."""
    backward: NDArray[np.float32] | None
    """The factor on the incoming gradient; None where the gradient does not come through the bits."""


def response(rule: Estimator, slope: float, reach: float = 2.5, points: int = 401) -> Response:
    """The curves of a rule for pre-activations from -reach to reach."""
    x = torch.linspace(-reach, reach, points)
    with torch.no_grad():
        forward = rule.probability(x, slope) if rule.stochastic else rule.step(x)
        backward = None
        if isinstance(rule, StraightThrough):
            backward = rule.backward(torch.ones_like(x), x, slope)
        elif rule.zero_gradient:
            backward = torch.zeros_like(x)
    return Response(x.numpy(), forward.numpy(), None if backward is None else backward.numpy())
