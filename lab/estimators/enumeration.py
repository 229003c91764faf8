"""Unbiased rules that go through what the bits could have been: noiseless, and soon too expensive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lab.estimators.base import Shapes, Unit
from lab.estimators.numbers import factor, number
from lab.estimators.score_function import BlackBox

if TYPE_CHECKING:
    from lab.models.rollout import Fixed, Pass, Rollout

MOST_UNITS = 64
"""Units that may be flipped one by one."""
MOST_BITS = 10
"""Units whose codes may all be gone through in a step: 2^10 = 1 024 runs of the net for every example."""


class LocalExpectation(BlackBox):
    """Each unit is set to 0 and to 1 in turn, the others staying as they were drawn."""

    name = "local-expectation"
    title = "Local expectation"
    summary = "Tries both values of every unit with all others as drawn. Unbiased; a pass for each value of each unit."
    formula = r"\widehat{\nabla_{x_i}} = p_i'\, \bigl(L(b_i = 1, b_{-i}) - L(b_i = 0, b_{-i})\bigr)"
    paper = "Titsias & Lázaro-Gredilla 2015"
    is_not = "Not exact for several units: all but the one that is tried keep the values, and the noise, of their draw."
    aliases = ("Rao-Blackwellized score function",)
    cost = "1 + 2 n"
    color, dash = "#8C564B", "dash"

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        return [_both_values(unit)]

    def passes(self, shapes: Shapes) -> int:
        return 1 + 2 * shapes.bits

    def refusal(self, shapes: Shapes) -> str | None:
        if shapes.bits <= MOST_UNITS:
            return None
        return (
            f"runs the net twice for each of its {shapes.bits} binary units in every step; "
            f"at most {MOST_UNITS} units are allowed"
        )

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        total = drawn.loss.mean()
        for index, site in enumerate(drawn.sites):
            units, examples = site.codes[0].numel(), len(site.codes)
            codes = site.codes.detach().flatten(1).repeat(2 * units, 1, 1)  # (both values of each unit, B, units)
            each = torch.arange(units, device=codes.device)
            codes[each, :, each] = 0.0
            codes[units + each, :, each] = 1.0
            losses = _with_codes(rollout, drawn, index, codes.view(-1, *site.codes.shape[1:]), 2 * units)
            gains = (losses[units:] - losses[:units]).view(units, examples).T  # (B, units)
            total = total + (gains * site.p.flatten(1)).sum(1).mean()
        return total


def _with_codes(rollout: Rollout, drawn: Pass, index: int, codes: Tensor, copies: int) -> Tensor:
    """Losses (copies, B) with `codes` at one layer, the drawn bits before it and the drawn noise after it."""

    def tile(values: Tensor) -> Tensor:
        return values.repeat(copies, *[1] * (values.dim() - 1))

    def again(noise: Tensor | None) -> Fixed:
        assert noise is not None
        return lambda x, p, _: (tile(noise) < p).to(x.dtype)

    held: dict[int, Fixed] = {i: tile(site.codes.detach()) for i, site in enumerate(drawn.sites[:index])}
    held[index] = codes
    held |= {i: again(site.noise) for i, site in enumerate(drawn.sites) if i > index}
    return rollout.tiled(copies)(at=held).loss


class Enumeration(BlackBox):
    """The expected loss itself, over all codes."""

    name = "enumeration"
    title = "Exact enumeration"
    summary = "Goes through every code and weighs its loss by its probability: the truth, for a handful of units."
    formula = r"\nabla \sum_{b \in \{0,1\}^n} P(b)\, L(b)"
    paper = "by definition"
    is_not = "Not an estimate, though it stands among them: without bias, and the same in every draw."
    cost = "1 + 2^n"
    exact = True
    color, dash = "#8C564B", "solid"

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        return [_both_values(unit)]

    def passes(self, shapes: Shapes) -> int:
        return 1 + 2**shapes.bits

    def refusal(self, shapes: Shapes) -> str | None:
        if shapes.bits <= MOST_BITS:
            return None
        return (
            f"runs the net once for each of the 2^{shapes.bits} codes of its {shapes.bits} binary units; "
            f"at most {MOST_BITS} units are allowed"
        )

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        with torch.no_grad():
            sites = rollout().sites  # the pass that is measured, and that batch norm learns from
        units, examples = [site.x[0].numel() for site in sites], len(rollout.inputs)
        tables = code_table(sum(units)).to(sites[0].x).split(units, 1)
        held: dict[int, Fixed] = {
            index: table.repeat_interleave(examples, 0).view(-1, *site.x.shape[1:])
            for index, (table, site) in enumerate(zip(tables, sites, strict=True))
        }
        drawn = rollout.tiled(len(tables[0]))(at=held, derivative=True)
        return (drawn.log_prob.exp() * drawn.loss).sum(0).mean()


def _both_values(unit: Unit) -> str:
    assert unit.slope_of_p is not None
    zero, one = map(number, unit.losses)
    return rf"p' \bigl(L(1) - L(0)\bigr) = {factor(unit.slope_of_p)}\, ({one} - {zero}) = {number(unit.sent_back)}"


def code_table(bits: int) -> Tensor:
    """All codes of so many bits: (2^bits, bits) of 0 and 1, row r being r in binary, its lowest bit first."""
    return torch.arange(2**bits)[:, None].bitwise_right_shift(torch.arange(bits)).bitwise_and(1)
