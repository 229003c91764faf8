"""Is it right to send the gradient back as it is, without a gate on the pre-activation?"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lab.estimators import Drawn
from lab.estimators.copies import Identity, Saturated

Before = Literal["nothing", "hardtanh", "clipped"]
"""What stands in front of the unit: nothing, a Htanh layer, or latent weights that are clipped after every step."""
QUANTILES = 100_000


class SentBack(NamedTuple):
    """What reaches the pre-activations r (N,), for an incoming gradient of 1 everywhere; all (N,)."""

    ungated: NDArray[np.float32]
    """What the un-gated unit, with what is in front of it, lets through."""
    chain_rule: NDArray[np.float32]
    """What the chain rule asks for with Htanh in place of the sign: 1 where |r| <= 1."""

    @property
    def wrong(self) -> float:
        """Share of the pre-activations for which they differ."""
        return float((self.ungated != self.chain_rule).mean())


def sent_back(r: ArrayLike, before: Before) -> SentBack:
    """Both gradients at r (N,). With clipped latents, r is what it becomes after the clip.

    A Htanh layer is PyTorch's, whose derivative at ±1 itself is 0.
    """
    values = torch.as_tensor(np.asarray(r), dtype=torch.float32)
    if before == "clipped":
        values = values.clamp(-1, 1)
    leaf = values.clone().requires_grad_()
    squashed = F.hardtanh(leaf) if before == "hardtanh" else leaf
    return SentBack(
        _gradient(Identity().binarize(squashed, 1.0, None), leaf).numpy(),
        Saturated().backward(torch.ones_like(values), Drawn(values, 1.0, None, torch.sign(values))).numpy(),
    )


def normal_pre_activations(deviation: float) -> NDArray[np.float64]:
    """Evenly spread quantiles (N,) of a normal distribution around 0, in place of random draws from it."""
    shares = (torch.arange(QUANTILES, dtype=torch.float64) + 0.5) / QUANTILES
    return (deviation * torch.special.ndtri(shares)).numpy()


def _gradient(output: Tensor, leaf: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(output.sum(), leaf)
    return gradient
