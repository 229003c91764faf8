"""Unbiased rules that compare a sample with a coupled one, here its antithetic twin, one layer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lab.estimators.score_function import BlackBox

if TYPE_CHECKING:
    from lab.models.rollout import Rollout


class DisARM(BlackBox):
    """ARM with its uniform noise integrated out."""

    name = "disarm"
    title = "DisARM (U2G)"
    summary = "Compares bits with their antithetic twin and keeps the units that differ. Unbiased, low variance."
    formula = (
        r"\widehat{\nabla_{\theta_i}} = \tfrac12 \bigl(L(b) - L(\tilde b)\bigr) (-1)^{\tilde b_i}\, "
        r"\mathbb 1[b_i \ne \tilde b_i]\, \sigma(|\theta_i|), \qquad \theta = \operatorname{logit} p"
    )
    paper = "Dong, Mnih & Tucker 2020; Yin et al. 2020"
    color, dash = "#009E73", "dash"

    def passes(self, sites: int) -> int:
        return 1 + sites

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        total = drawn.loss.mean()
        losses = drawn.loss.detach()
        for index, site in enumerate(drawn.sites):
            # Upstream bits stay as drawn: the twin of a whole net at once would be biased.
            twin = rollout(at={index: _antithetic})
            bits, twin_bits = site.codes.detach(), twin.sites[index].codes
            p = site.p
            difference = (losses - twin.loss)[..., None] / 2
            coefficients = difference * ((bits - twin_bits) * torch.maximum(p, 1 - p).detach()).flatten(1)
            total = total + (coefficients * torch.logit(p).flatten(1)).sum(-1).mean()
        return total


def _antithetic(x: Tensor, p: Tensor, noise: Tensor) -> Tensor:
    return (1 - noise < p).to(x.dtype)
