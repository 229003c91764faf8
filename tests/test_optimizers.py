"""Optimizers: who updates which parameter, and what each update does to a bit."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models import BinaryWeight, Net
from lab.models.binary_mlp import BinaryMLP
from lab.optimizers import BROKEN, Flips, Optimizer, Parameters, Updates, split
from lab.optimizers.bop import Bop
from lab.optimizers.gradient import SGD, Adam
from lab.optimizers.hypermask import Hypermask
from lab.schedules import Linear, Progress

LEVELS: tuple[Levels, ...] = get_args(Levels)
ALLOWED = {"0/1": {0.0, 1.0}, "-1/+1": {-1.0, 1.0}}
NOW = Progress(0, 100, 0, 10)

both_levels = pytest.mark.parametrize("levels", LEVELS)
every_optimizer = pytest.mark.parametrize("name", Optimizer.members)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bits(values: list[float], levels: Levels) -> BinaryWeight:
    codes = torch.tensor(values, dtype=torch.float32)
    return BinaryWeight("w", nn.Parameter(codes if levels == "0/1" else codes * 2 - 1), levels)


def random_bits(count: int, levels: Levels) -> BinaryWeight:
    return bits(torch.randint(2, (count,), generator=generator(9)).float().tolist(), levels)


def codes(weight: BinaryWeight) -> list[float]:
    return (weight.parameter > 0).float().tolist()


def measured(updates: Updates, progress: Progress = NOW) -> Flips:
    flips = updates.step(progress, measure=True)
    assert flips is not None
    return flips


def net_with_gradients(levels: Levels = "0/1", hidden: int = 12) -> Net:
    net = BinaryMLP(hidden=hidden, depth=3, weight_levels=levels).build(0)
    give_gradients(net, seed=0)
    return net


def give_gradients(net: Net, seed: int) -> None:
    source = generator(seed)
    for parameter in net.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=source) * 0.01


def test_every_plug_in_imports() -> None:
    assert BROKEN == []


@every_optimizer
def test_documents_itself(name: str) -> None:
    member = Optimizer.members[name]
    for fact in ("title", "summary", "formula", "paper"):
        assert getattr(member, fact)
    for field_name, field in member.model_fields.items():
        assert field.description, f"{name}.{field_name} is not documented"


def test_each_parameter_is_claimed_once() -> None:
    net = net_with_gradients()
    parameters = split(net)
    claimed = [id(weight.parameter) for weight in parameters.binary] + [id(real) for real in parameters.real]
    assert sorted(claimed) == sorted(id(parameter) for parameter in net.parameters())
    assert len(parameters.binary) == 3
    assert {weight.name for weight in parameters.binary} == {
        name for name, parameter in net.named_parameters() if parameter.dim() == 2
    }


@every_optimizer
def test_every_parameter_is_moved(name: str) -> None:
    net = net_with_gradients(hidden=64)
    updates = Optimizer.members[name]().start(split(net), generator())
    before = [parameter.detach().clone() for parameter in net.parameters()]
    for step in range(60):  # enough for the patience of Bop and the small delta of hypermask
        updates.step(Progress(step, 100, 0, 1), measure=False)
    for old, new in zip(before, net.parameters(), strict=True):
        assert not torch.equal(old, new)


@every_optimizer
@both_levels
def test_weights_in_use_stay_binary(name: str, levels: Levels) -> None:
    net = net_with_gradients(levels)
    updates = Optimizer.members[name]().start(split(net), generator())
    for step in range(30):
        give_gradients(net, step)
        updates.step(Progress(step, 30, 0, 1), measure=step % 3 == 0)
    for module in net.modules():
        if hasattr(module, "binary_weight"):
            assert set(module.binary_weight().unique().tolist()) <= ALLOWED[levels]
            if Optimizer.members[name].needs_binary_weights:
                assert torch.equal(module.weight, module.binary_weight()), "no latent weight is left"


@every_optimizer
def test_resumed_from_its_state_it_goes_on_identically(name: str) -> None:
    optimizer = Optimizer.members[name]()
    straight, resumed = net_with_gradients(), net_with_gradients()
    draws = generator(5)
    updates = optimizer.start(split(straight), draws)
    for step in range(5):
        give_gradients(straight, step)
        updates.step(Progress(step, 10, 0, 1), measure=False)
    resumed.load_state_dict(straight.state_dict())
    again = optimizer.start(split(resumed), torch.Generator())
    again.load_state_dict(copy.deepcopy(updates.state_dict()))
    again_draws = getattr(again, "generator", None)
    if again_draws is not None:
        again_draws.set_state(draws.get_state())
    for step in range(5, 10):
        for net, worker in ((straight, updates), (resumed, again)):
            give_gradients(net, step)
            worker.step(Progress(step, 10, 0, 1), measure=False)
    for a, b in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


# Gradient descent and latent weights


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(lr=0.1, momentum=0.9, weight_decay=0.01), lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01)),
        (SGD(lr=0.3, momentum=0.0), lambda p: torch.optim.SGD(p, 0.3)),
        (
            Adam(lr=0.02, beta1=0.5, beta2=0.9, weight_decay=0.1),
            lambda p: torch.optim.Adam(p, 0.02, (0.5, 0.9), weight_decay=0.1),
        ),
    ],
)
def test_equal_to_pytorch(ours: Any, theirs: Any) -> None:
    mine, reference = (nn.Parameter(torch.linspace(-2, 2, 20)) for _ in range(2))
    updates, optimizer = ours.start(Parameters([], [mine]), generator()), theirs([reference])
    for step in range(6):
        mine.grad, reference.grad = (torch.linspace(-1, 1, 20) * (step + 1) for _ in range(2))
        assert updates.step(NOW, measure=True) is None
        optimizer.step()
        torch.testing.assert_close(mine, reference)


def test_learning_rate_follows_its_schedule() -> None:
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    updates = SGD(lr=Linear(start=1.0, end=0.0), momentum=0.0).start(Parameters([], [weight]), generator())
    for step, after in ((0, -1.0), (50, -1.5), (100, -1.5)):
        updates.step(Progress(step, 100, 0, 1), measure=False)
        assert weight.item() == pytest.approx(after)
        assert updates.rates == {"lr": pytest.approx(1 - step / 100)}


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_latent_weights_are_clipped_and_real_ones_are_not(name: str) -> None:
    def after(clip: float | None) -> tuple[Tensor, Tensor]:
        latent, real = nn.Parameter(torch.tensor([0.9, -0.9, 0.1])), nn.Parameter(torch.tensor([0.9, -0.9, 0.1]))
        latent.grad, real.grad = (torch.tensor([-5.0, 5.0, 0.0]) for _ in range(2))
        optimizer: Any = Optimizer.members[name]
        parameters = Parameters([BinaryWeight("w", latent, "0/1")], [real])
        updates = optimizer(lr=0.5, latent_clip=clip).start(parameters, generator())
        updates.step(NOW, measure=False)
        return latent.detach(), real.detach()

    latent, real = after(1.0)
    torch.testing.assert_close(latent, torch.tensor([1.0, -1.0, 0.1]))
    assert real.abs().max() > 1
    drifting, _ = after(None)
    torch.testing.assert_close(drifting, real)


def test_flips_of_latent_weights_are_changes_of_sign() -> None:
    latent = nn.Parameter(torch.tensor([0.1, 0.1, -0.1, -0.1]))
    latent.grad = torch.tensor([1.0, 0.0, -1.0, 1.0])
    updates = SGD(lr=0.5, momentum=0.0).start(Parameters([BinaryWeight("w", latent, "-1/+1")], []), generator())
    assert measured(updates) == Flips(attempted=None, realized=0.5)


# Hypermask


@both_levels
def test_hypermask_takes_every_target_at_delta_one(levels: Levels) -> None:
    weight = bits([0, 0, 0, 1, 1, 1], levels)
    weight.parameter.grad = torch.tensor([-1.0, 0.0, 1.0, -1.0, 0.0, 1.0])
    updates = Hypermask(delta=1.0).start(Parameters([weight], []), generator())
    assert measured(updates) == Flips(attempted=1.0, realized=pytest.approx(2 / 6))
    assert codes(weight) == [1, 0, 0, 1, 1, 0]


@both_levels
def test_hypermask_of_source_004_sends_zero_gradients_to_one(levels: Levels) -> None:
    weight = bits([0, 0, 0, 1, 1, 1], levels)
    weight.parameter.grad = torch.tensor([-1.0, 0.0, 1.0, -1.0, 0.0, 1.0])
    updates = Hypermask(delta=1.0, zero_gradient="to-one").start(Parameters([weight], []), generator())
    updates.step(NOW, measure=False)
    assert codes(weight) == [1, 1, 0, 1, 1, 0]


@both_levels
@pytest.mark.parametrize("delta", [0.0, 0.01, 0.3])
def test_hypermask_attempts_a_share_of_delta(levels: Levels, delta: float) -> None:
    count = 200_000
    weight = random_bits(count, levels)
    weight.parameter.grad = torch.randn(count, generator=generator(2))
    before = weight.parameter.detach().clone()
    flips = measured(Hypermask(delta=delta).start(Parameters([weight], []), generator()))
    assert flips.attempted is not None
    bound = 5 * (delta * (1 - delta) / count) ** 0.5
    assert abs(flips.attempted - delta) <= bound
    assert abs(flips.realized - delta / 2) <= bound  # half of the targets are what a weight is already
    assert flips.realized <= flips.attempted
    changed = weight.parameter != before
    assert changed.float().mean().item() == pytest.approx(flips.realized)
    target = (weight.parameter.grad < 0).float()
    assert torch.equal((weight.parameter > 0).float()[changed], target[changed]), "what changes takes its target"


def test_hypermask_follows_the_schedule_of_delta() -> None:
    weight = random_bits(1000, "0/1")
    weight.parameter.grad = torch.ones(1000)
    updates = Hypermask(delta=Linear(start=0.0, end=1.0)).start(Parameters([weight], []), generator())
    assert measured(updates, Progress(0, 10, 0, 1)) == Flips(0.0, 0.0)
    assert updates.rates == {"delta": 0.0}
    assert measured(updates, Progress(10, 10, 1, 1)).attempted == 1.0
    assert codes(weight) == [0.0] * 1000


def test_bits_without_a_gradient_are_left_alone() -> None:
    weight = random_bits(100, "0/1")
    before = codes(weight)
    measured(Hypermask(delta=1.0, zero_gradient="to-one").start(Parameters([weight], []), generator()))
    assert codes(weight) == before


# Bop


@both_levels
def test_bop_against_its_formula(levels: Levels) -> None:
    count, gamma, threshold = 500, 0.2, 0.05
    weight = random_bits(count, levels)
    signs, average = weight.parameter.detach().sign() if levels == "-1/+1" else weight.parameter.detach() * 2 - 1, 0.0
    updates = Bop(gamma=gamma, threshold=threshold).start(Parameters([weight], []), generator())
    source, flipped = generator(8), 0
    for _ in range(12):
        gradient = torch.randn(count, generator=source)
        weight.parameter.grad = gradient.clone()
        flips = measured(updates)
        average = (1 - gamma) * average + gamma * gradient
        flip = (average.abs() >= threshold) & (average.sign() == signs)
        signs = torch.where(flip, -signs, signs)
        assert flips == Flips(attempted=None, realized=pytest.approx(flip.float().mean().item()))
        assert torch.equal(weight.parameter > 0, signs > 0)
        flipped += int(flip.sum())
    assert flipped > count


def test_bop_waits_for_its_threshold() -> None:
    weight = bits([1, 1, 0], "0/1")
    weight.parameter.grad = torch.tensor([1.0, -1.0, -1.0])
    updates = Bop(gamma=0.1, threshold=0.25).start(Parameters([weight], []), generator())
    history = []
    for _ in range(4):
        updates.step(NOW, measure=False)
        history.append(codes(weight))
    # The average is .1, .19, .271: the third step flips the first and the last, and the second is as it should be.
    assert history == [[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 1]]


def test_latent_weights_become_bits_at_the_start() -> None:
    latent = nn.Parameter(torch.tensor([-0.3, 0.0, 0.2]))
    Hypermask().start(Parameters([BinaryWeight("w", latent, "-1/+1")], []), generator())
    assert latent.tolist() == [-1.0, -1.0, 1.0]
