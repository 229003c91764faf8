"""The contract of a rollout: which noise a pass sees, what `at` holds fixed, and what happens to batch statistics."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lab.estimators import Estimator
from lab.models import Net, Pass, Rollout
from lab.models.layers import BatchNorm1d, BinaryUnits

RULE = Estimator.members["reinforce"]()
BATCH, UNITS1, UNITS2 = 5, 4, 3


class TwoSites(Net):
    """Linear, norm, units, linear, norm, units, linear: batch statistics in front of bits and behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Linear(2, UNITS1)
        self.norm1 = BatchNorm1d(UNITS1)
        self.units1 = BinaryUnits(self.stage, "-1/+1")
        self.layer2 = nn.Linear(UNITS1, UNITS2)
        self.norm2 = BatchNorm1d(UNITS2)
        self.units2 = BinaryUnits(self.stage)
        self.layer3 = nn.Linear(UNITS2, 3)
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        self.prepare()

    def forward(self, x: Tensor) -> Tensor:
        bits = self.units1(self.norm1(self.layer1(x)))
        return self.layer3(self.units2(self.norm2(self.layer2(bits))))


@pytest.fixture
def net() -> TwoSites:
    return TwoSites()


@pytest.fixture
def rollout(net: TwoSites) -> Rollout:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(BATCH, 2, generator=generator)
    return Rollout(net, inputs, torch.arange(BATCH) % 3, RULE, 1.0, generator)


def codes(result: Pass) -> list[Tensor]:
    return [site.codes.detach().clone() for site in result.sites]


def test_a_pass_says_all_there_is_to_say(rollout: Rollout) -> None:
    first = rollout()
    assert first.loss.shape == (BATCH,)
    assert first.output.shape == (BATCH, 3)
    assert [site.x.shape for site in first.sites] == [(BATCH, UNITS1), (BATCH, UNITS2)]
    for site, levels in zip(first.sites, ({-1.0, 1.0}, {0.0, 1.0}), strict=True):
        assert set(site.values.unique().tolist()) <= levels
        assert torch.equal(site.codes, (site.noise < site.p).float())
        by_hand = (site.codes * site.p.log() + (1 - site.codes) * (1 - site.p).log()).sum(1)
        torch.testing.assert_close(site.log_prob, by_hand)
    torch.testing.assert_close(first.log_prob, first.sites[0].log_prob + first.sites[1].log_prob)
    torch.testing.assert_close(first.loss, nn.functional.cross_entropy(first.output, rollout.targets, reduction="none"))


def test_the_score_of_a_pass_does_not_reach_upstream_bits_through_codes(rollout: Rollout) -> None:
    site = rollout().sites[0]
    (gradient,) = torch.autograd.grad(site.log_prob.sum(), site.x)
    torch.testing.assert_close(gradient, site.codes - site.p)


def test_noise_is_reused_unless_fresh(rollout: Rollout) -> None:
    first = rollout()
    state = rollout.generator.get_state()
    held = rollout(at={0: first.sites[0].codes})
    again = rollout()
    assert torch.equal(rollout.generator.get_state(), state), "a pass that reuses noise draws none"
    for other in (held, again):
        assert all(a.noise is b.noise for a, b in zip(first.sites, other.sites, strict=True))
    fresh = rollout(fresh=True)
    assert not any(torch.equal(a.noise, b.noise) for a, b in zip(first.sites, fresh.sites, strict=True))
    assert torch.equal(rollout().sites[1].noise, first.sites[1].noise), "a fresh pass leaves the step's noise alone"


def test_no_later_pass_overwrites_an_earlier_one(rollout: Rollout) -> None:
    first = rollout()
    kept = [*codes(first), first.loss.detach().clone(), first.output.detach().clone(), first.log_prob.detach().clone()]
    rollout(at={0: torch.zeros(BATCH, UNITS1), 1: lambda x, p, noise: 1 - (noise < p).float()})
    rollout(fresh=True)
    rollout()
    now = [*codes(first), first.loss, first.output, first.log_prob]
    assert all(torch.equal(before, after) for before, after in zip(kept, now, strict=True))
    assert rollout.first is first


def test_at_a_tensor_and_at_a_function(rollout: Rollout) -> None:
    first = rollout()
    table = torch.tensor([0.0, 1.0, 1.0, 0.0]).expand(BATCH, -1)
    held = rollout(at={0: table})
    assert torch.equal(held.sites[0].codes, table)
    assert torch.equal(held.sites[0].values, table * 2 - 1), "the site maps codes to its own levels"
    assert not torch.equal(held.sites[1].x, first.sites[1].x)
    seen: list[tuple[Tensor, Tensor, Tensor]] = []

    def twin(x: Tensor, p: Tensor, noise: Tensor) -> Tensor:
        seen.append((x, p, noise))
        return (1 - noise < p).to(x.dtype)

    flipped = rollout(at={1: twin})
    assert torch.equal(flipped.sites[0].codes, first.sites[0].codes), "sites that are not held stay as they were drawn"
    ((x, p, noise),) = seen
    torch.testing.assert_close(x, first.sites[1].x)  # reused statistics round differently
    torch.testing.assert_close(p, first.sites[1].p)
    assert noise is first.sites[1].noise


def test_at_takes_real_values_that_carry_a_gradient(rollout: Rollout) -> None:
    rollout()
    soft = torch.full((BATCH, UNITS1), 0.25, requires_grad=True)
    relaxed = rollout(at={0: soft, 1: lambda x, p, noise: p}, derivative=True)
    assert (relaxed.sites[0].values == -0.5).all()
    relaxed.loss.sum().backward()
    assert soft.grad is not None
    assert (soft.grad != 0).any()


def test_tiled_repeats_the_batch(rollout: Rollout) -> None:
    tiled = rollout.tiled(3)
    drawn = tiled()
    assert drawn.loss.shape == drawn.log_prob.shape == (3, BATCH)
    assert torch.equal(tiled.inputs.view(3, BATCH, -1)[2], rollout.inputs)
    assert torch.equal(tiled.targets.view(3, BATCH)[1], rollout.targets)
    bits = drawn.sites[0].codes.view(3, BATCH, -1)
    assert not torch.equal(bits[0], bits[1]), "every tile has noise of its own"
    assert torch.equal(tiled().sites[0].noise, drawn.sites[0].noise)
    assert rollout.first is drawn


def statistics(net: TwoSites) -> list[Tensor]:
    return [buffer.clone() for norm in net.norms for buffer in norm.buffers()]


@pytest.mark.parametrize("tiles", [0, 2])
def test_only_the_first_pass_updates_running_statistics(net: TwoSites, rollout: Rollout, tiles: int) -> None:
    start = statistics(net)
    step = rollout.tiled(tiles) if tiles else rollout
    step()
    first = statistics(net)
    assert not any(torch.equal(a, b) for a, b in zip(start, first, strict=True))
    assert net.norm1.num_batches_tracked.item() == 1
    step()
    step(fresh=True)
    rollout.tiled(2)()
    step(at={0: torch.zeros(BATCH * max(1, tiles), UNITS1)})
    assert all(torch.equal(a, b) for a, b in zip(first, statistics(net), strict=True))


def test_a_pass_that_fails_leaves_batch_norm_and_units_as_they_were(net: TwoSites, rollout: Rollout) -> None:
    rollout()
    with pytest.raises(RuntimeError):
        rollout(at={0: torch.zeros(BATCH, UNITS1 + 1)})
    updated = net.norm1.num_batches_tracked.item()
    net(rollout.inputs)
    assert net.norm1.num_batches_tracked.item() == updated + 1


def test_held_passes_see_the_batch_statistics_of_the_first(net: TwoSites, rollout: Rollout) -> None:
    first = rollout()
    norm_in = net.layer2(first.sites[0].values)
    mean, variance = norm_in.mean(0), norm_in.var(0, correction=0)
    changed = first.sites[0].codes.clone()
    changed[0] = 1 - changed[0]
    held = rollout(at={0: changed})
    expected = (net.layer2(changed * 2 - 1) - mean) / (variance + net.norm2.eps).sqrt()
    expected = expected * net.norm2.weight + net.norm2.bias
    torch.testing.assert_close(held.sites[1].x, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(held.sites[1].x[1:], first.sites[1].x[1:], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(held.loss[1:], first.loss[1:], atol=1e-5, rtol=1e-4)


def test_holding_a_site_at_what_it_drew_changes_nothing(rollout: Rollout) -> None:
    first = rollout()
    same = rollout(at={0: first.sites[0].codes.detach()})
    torch.testing.assert_close(same.loss, first.loss, atol=1e-5, rtol=1e-5)


def test_held_passes_have_no_graph_unless_a_derivative_is_wanted(rollout: Rollout) -> None:
    assert rollout().loss.requires_grad
    table = torch.zeros(BATCH, UNITS1)
    assert not rollout(at={0: table}).loss.requires_grad
    assert rollout(at={0: table}, derivative=True).loss.requires_grad
    assert rollout(fresh=True).loss.requires_grad
    with torch.no_grad():
        assert not rollout(at={0: table}, derivative=True).loss.requires_grad


def test_deterministic_rules_draw_no_noise(net: TwoSites) -> None:
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    rule = Estimator.members["identity"]()
    result = Rollout(net, torch.ones(BATCH, 2), torch.zeros(BATCH, dtype=torch.int64), rule, 1.0, generator)()
    assert all(site.noise is None for site in result.sites)
    assert torch.equal(generator.get_state(), before)


def test_units_alone_threshold_at_zero(net: TwoSites) -> None:
    assert net.units1(torch.tensor([-1.0, 0.0, 2.0])).tolist() == [-1.0, -1.0, 1.0]
    assert net.units2(torch.tensor([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 1.0]
