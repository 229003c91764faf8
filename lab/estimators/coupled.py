"""Unbiased rules that compare a sample with its antithetic twin, one layer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from lab.estimators.base import Shapes, Unit
from lab.estimators.numbers import factor, number
from lab.estimators.score_function import BlackBox

if TYPE_CHECKING:
    from lab.models.rollout import Rollout, Site


class Antithetic(BlackBox):
    """A branch: the loss of the bits against that of the bits which the mirrored noise gives, for each layer."""

    cost: ClassVar[str] = "1 + S"

    def passes(self, shapes: Shapes) -> int:
        return 1 + len(shapes.sites)

    def weights(self, site: Site, twin_bits: Tensor) -> Tensor:
        """The factor of each unit's logit on the difference of the losses, in the shape of the site."""
        raise TypeError(f"{type(self).__name__} does not say how it weighs its twins")

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        total = drawn.loss.mean()
        losses = drawn.loss.detach()
        for index, site in enumerate(drawn.sites):
            # Upstream bits stay as drawn: the twin of a whole net at once would be biased.
            twin = rollout(at={index: _mirrored})
            difference = (losses - twin.loss).flatten()[:, None]
            coefficients = difference * self.weights(site, twin.sites[index].codes).detach().flatten(1)
            total = total + (coefficients * torch.logit(site.p).flatten(1)).sum(-1).mean()
        return total


class ARM(Antithetic):
    """Augment-REINFORCE-merge."""

    name = "arm"
    title = "ARM"
    summary = "Compares bits with their antithetic twin, weighed by the noise that gave them. Unbiased, low variance."
    formula = (
        r"\widehat{\nabla_{\theta_i}} = \bigl(L(\mathbb 1[u > \sigma(-\theta)]) - L(\mathbb 1[u < \sigma(\theta)])"
        r"\bigr)\bigl(u_i - \tfrac12\bigr), \qquad \theta = \operatorname{logit} p"
    )
    paper = "Yin & Zhou 2019"
    is_not = "Not a comparison of two independent samples: both come from the same noise, u and its mirror image 1 - u."
    color, dash = "#009E73", "longdashdot"

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        twin, chain = _twin(unit)
        return [
            rf"\bigl(L(\tilde b) - L(b)\bigr)\bigl(u - \tfrac12\bigr)\, \tfrac{{d\theta}}{{dx}} = "
            rf"({number(unit.losses[twin])} - {number(unit.loss)})({number(unit.noise)} - 0.5) \cdot {factor(chain)} "
            rf"= {number(unit.sent_back)}"
        ]

    def weights(self, site: Site, twin_bits: Tensor) -> Tensor:
        assert site.noise is not None
        return 0.5 - site.noise


class DisARM(Antithetic):
    """ARM with its uniform noise integrated out."""

    name = "disarm"
    title = "DisARM (U2G)"
    summary = "Compares bits with their antithetic twin and keeps the units that differ. Unbiased, low variance."
    formula = (
        r"\widehat{\nabla_{\theta_i}} = \tfrac12 \bigl(L(b) - L(\tilde b)\bigr) (-1)^{\tilde b_i}\, "
        r"\mathbb 1[b_i \ne \tilde b_i]\, \sigma(|\theta_i|), \qquad \theta = \operatorname{logit} p"
    )
    paper = "Dong, Mnih & Tucker 2020; Yin et al. 2020"
    is_not = (
        "Not ARM under another name: it averages over all noise that gives the same two codes, and is never noisier."
    )
    aliases = ("U2G",)
    color, dash = "#009E73", "dash"

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        assert unit.p is not None
        twin, chain = _twin(unit)
        return [
            rf"\tfrac12\bigl(L(b) - L(\tilde b)\bigr)(b - \tilde b)\, \sigma(|\theta|)\, \tfrac{{d\theta}}{{dx}} = "
            rf"\tfrac12 ({number(unit.loss)} - {number(unit.losses[twin])})({unit.code:g} - {twin:g}) \cdot "
            rf"{number(max(unit.p, 1 - unit.p))} \cdot {factor(chain)} = {number(unit.sent_back)}"
        ]

    def weights(self, site: Site, twin_bits: Tensor) -> Tensor:
        return (site.codes - twin_bits) * torch.maximum(site.p, 1 - site.p) / 2


def _mirrored(x: Tensor, p: Tensor, noise: Tensor) -> Tensor:
    return (1 - noise < p).to(x.dtype)


def _twin(unit: Unit) -> tuple[int, float]:
    """The bit that the mirrored noise gives, and dθ/dx for the logit θ of p."""
    assert unit.p is not None
    assert unit.slope_of_p is not None
    return int(1 - unit.noise < unit.p), unit.slope_of_p / (unit.p * (1 - unit.p))
