"""The truth about gradients: expectations over all 2^n codes of a small net, and how far an estimator is from them.

Everything here starts from a `Rollout`, which says what net, batch, rule and slope are meant, and runs rollouts of its
own on it: the one given is never called, its noise is not used up, and the net's running statistics are put back.
Stochastic weights are shared by the batch and no codes: all is meant for one and the same draw of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.estimators.enumeration import code_table
from lab.models import Net, Pass, Rollout, Site
from lab.models.layers import Dropout

MOST_BITS = 16
"""Bits that may be enumerated: 2^16 = 65 536 codes for every example."""


class NotEnumerable(ValueError):
    """An expectation that cannot be had by going through all codes, and why."""


@dataclass(frozen=True)
class Spread:
    """How one parameter's estimated gradient is distributed, beside the exact one; all of the parameter's shape."""

    exact: Tensor
    """Gradient of the expected loss."""
    mean: Tensor
    """Mean of the estimates."""
    variance: Tensor
    """Unbiased variance of one estimate."""
    draws: int
    """How many estimates there were."""

    @property
    def bias(self) -> Tensor:
        """How far the mean is from the truth, known up to `standard_error`."""
        return self.mean - self.exact

    @property
    def standard_error(self) -> Tensor:
        """Standard error of the mean, and so of the bias."""
        return (self.variance / self.draws).sqrt()


def expected_loss(rollout: Rollout, joint: bool = False, own_objective: bool = True) -> Tensor:
    """The expected loss of a batch over all codes of its binary units, as a scalar with its gradient attached.

    Without batch statistics after the bits the examples are independent, and each is enumerated by itself: 2^n codes
    for n bits an example. `joint` enumerates the codes of the whole batch together, one pass for each of them, which is
    right with batch statistics too. A rule whose objective combines several draws is taken at its word, unless
    `own_objective` is False.

    Raises:
        NotEnumerable: there are more than `MOST_BITS` bits, units that are not sampled, dropout, or batch statistics
            that follow the bits without `joint`.
    """
    if not rollout.rule.stochastic:
        raise NotEnumerable(f"{rollout.rule.name!r} does not sample its bits; only sampled bits have an expectation.")
    if not joint and rollout.net.training and rollout.net.batch_statistics_after_bits():
        raise NotEnumerable("Batch statistics follow the bits and couple the examples; enumerate them jointly.")
    if rollout.net.training and any(isinstance(module, Dropout) for module in rollout.net.modules()):
        raise NotEnumerable("The net has dropout: what it draws at random is not the bits alone.")
    with _statistics_of_each_pass(rollout.net):
        sites = _passed(rollout).sites
        if joint:
            return _joint_expectation(rollout, sites)
        return _expectation(rollout, sites, rollout.rule.draws_in_objective if own_objective else 1)


def exact_gradient(rollout: Rollout, joint: bool = False, own_objective: bool = True) -> dict[str, Tensor]:
    """The gradient of the expected loss for every parameter of the net, by name; 0 for those without influence.

    Raises:
        NotEnumerable: see `expected_loss`.
    """
    return _gradients(expected_loss(rollout, joint, own_objective), rollout.net)


def bias_and_variance(
    rollout: Rollout, draws: int, generator: torch.Generator, warm_up: int = 0, joint: bool = False
) -> dict[str, Spread]:
    """The distribution of an estimator's gradient over many draws of its noise, for every parameter by name.

    Args:
        rollout: the net, batch, rule and slope.
        draws: estimates to make, at least 2; each is one training step's forward and backward pass.
        generator: source of the noise, on the device of the net.
        warm_up: estimates made before and left out, for rules that remember, such as a moving-average baseline.
        joint: how the truth is enumerated, see `expected_loss`.

    Raises:
        NotEnumerable: see `expected_loss`.
        ValueError: fewer than 2 draws.
    """
    if draws < 2:
        raise ValueError(f"draws is {draws}; a variance needs at least 2.")
    exact = exact_gradient(rollout, joint)
    state = rollout.rule.new_state(rollout.shapes)
    means = {name: torch.zeros_like(gradient, dtype=torch.float64) for name, gradient in exact.items()}
    squares = {name: mean.clone() for name, mean in means.items()}
    with buffers_kept(rollout.net):
        for draw in range(-warm_up, draws):
            loss = rollout.rule.loss(_own(rollout, generator), state)
            if draw < 0:
                continue
            for name, gradient in _gradients(loss, rollout.net).items():
                # Welford: stable where the mean is large beside the spread.
                before = gradient - means[name]
                means[name] += before / (draw + 1)
                squares[name] += before * (gradient - means[name])
    return {name: Spread(exact[name], means[name], squares[name] / (draws - 1), draws) for name in exact}


def _own(rollout: Rollout, generator: torch.Generator | None = None) -> Rollout:
    always_the_same = torch.Generator(rollout.inputs.device).manual_seed(0)
    source = generator or always_the_same
    own = Rollout(rollout.net, rollout.inputs, rollout.targets, rollout.rule, rollout.slope, source)
    own.draw_weights(always_the_same)
    return own


@torch.no_grad()
def _passed(rollout: Rollout) -> Pass:
    return _own(rollout)()


def _expectation(rollout: Rollout, sites: list[Site], draws: int) -> Tensor:
    """Every code for each example by itself, all in one pass; every tuple of codes for an objective of several."""
    rule, examples = rollout.rule, len(rollout.inputs)
    tables = _codes_by_site(sites, 1, draws)
    held = {index: table.repeat_interleave(examples, 0) for index, table in enumerate(tables)}
    drawn = _own(rollout).tiled(len(tables[0]))(at=held, derivative=True)
    if draws == 1:
        return (drawn.log_prob.exp() * drawn.loss).sum(0).mean()
    tuples = torch.cartesian_prod(*[torch.arange(len(tables[0]))] * draws)  # (tuples, draws)
    losses, log_probs = drawn.loss[tuples.T], drawn.log_prob[tuples.T]  # (draws, tuples, B)
    return (log_probs.sum(0).exp() * rule.combined(losses)).sum(0).mean()


def _joint_expectation(rollout: Rollout, sites: list[Site]) -> Tensor:
    """Every code of the whole batch, a pass each."""
    examples = len(rollout.inputs)
    tables = [
        table.view(-1, examples, *site.x.shape[1:])
        for table, site in zip(_codes_by_site(sites, examples, 1), sites, strict=True)
    ]
    terms = []
    for codes in zip(*tables, strict=True):
        drawn = _own(rollout)(at=dict(enumerate(codes)), derivative=True)
        terms.append(drawn.log_prob.sum().exp() * drawn.loss.mean())
    return torch.stack(terms).sum()


def _codes_by_site(sites: list[Site], examples: int, draws: int) -> list[Tensor]:
    """All codes of so many examples, cut into sites: (codes * examples, *shape of the site) each."""
    units = [site.x[0].numel() for site in sites]
    bits = examples * sum(units)
    if bits * draws > MOST_BITS:
        of_draws = "" if draws == 1 else f" in the {draws} draws of the objective"
        raise NotEnumerable(
            f"There are {bits * draws} bits to go through{of_draws}, 2^{bits * draws} codes; "
            f"at most {MOST_BITS} are allowed."
        )
    tables = code_table(bits).to(sites[0].x).split([examples * count for count in units], 1)
    return [table.reshape(-1, *site.x.shape[1:]) for table, site in zip(tables, sites, strict=True)]


def _gradients(loss: Tensor, net: Net) -> dict[str, Tensor]:
    names, parameters = zip(*net.named_parameters(), strict=True)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return dict(zip(names, gradients, strict=True))


@contextmanager
def _statistics_of_each_pass(net: Net) -> Iterator[None]:
    """Let batch norm take the statistics of every pass by itself, and keep none of them."""
    before = [norm.statistics for norm in net.norms]
    for norm in net.norms:
        norm.statistics = "batch"
    try:
        yield
    finally:
        for norm, statistics in zip(net.norms, before, strict=True):
            norm.statistics = statistics


@contextmanager
def buffers_kept(net: Net) -> Iterator[None]:
    """Put the net's buffers, such as running statistics, back to what they were."""
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    try:
        yield
    finally:
        for name, buffer in net.named_buffers():
            buffer.copy_(before[name])
