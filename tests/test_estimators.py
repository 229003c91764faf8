"""Every gradient estimator of the registry: what it says of itself, its bits, its surrogate, its probabilities."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from lab.estimators import BROKEN, Estimator, Levels, StraightThrough, to_levels
from lab.estimators.copies import Copy
from tests.toys import rollout_of, toy

MEMBERS = list(Estimator.members.values())
DETERMINISTIC = [member for member in MEMBERS if not member.stochastic]
STOCHASTIC = [member for member in MEMBERS if member.stochastic]
STRAIGHT = [member for member in MEMBERS if issubclass(member, StraightThrough)]
SURROGATES = [member for member in STRAIGHT if member.sent_back in (StraightThrough.sent_back, Copy.sent_back)]
"""Those whose factor depends on the pre-activation alone, and not on what was drawn."""
GRID = torch.linspace(-3.17, 3.13, 401, dtype=torch.float64)
SLOPES = (0.5, 1.0, 3.0)

by_name = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)


def some(members: list[type[Estimator]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", members, ids=lambda member: member.name)


def unclipped(member: type[Estimator]) -> StraightThrough:
    """The rule with neither gate nor clip."""
    rule = member(gate=None, gradient_clip=None)
    assert isinstance(rule, StraightThrough)
    return rule


def noise_for(rule: Estimator, x: Tensor) -> Tensor | None:
    return torch.rand(x.shape, generator=torch.Generator().manual_seed(4)) if rule.stochastic else None


def sent_back(rule: Estimator, x: Tensor, gradient: Tensor, slope: float = 1.0) -> Tensor:
    """What reaches `x` for a gradient that arrives at the codes."""
    x = x.clone().requires_grad_()
    rule.binarize(x, slope, noise_for(rule, x)).backward(gradient)
    assert x.grad is not None
    return x.grad


def test_every_plug_in_imports() -> None:
    assert BROKEN == []


@by_name
def test_documents_itself(member: type[Estimator]) -> None:
    for fact in ("name", "title", "summary", "formula", "paper"):
        assert getattr(member, fact).strip(), f"{member.__name__} has no {fact}"
    assert member.is_not.startswith("Not "), f"{member.name} does not say what it is easily taken for"
    assert member.color.startswith("#")
    assert len(member.color) == 7
    for name, field in member.model_fields.items():
        assert field.description, f"{member.name}.{name} is not documented"


def test_no_two_look_alike() -> None:
    looks = Counter((member.color, member.dash) for member in MEMBERS)
    assert [look for look, count in looks.items() if count > 1] == []
    titles = Counter(member.title for member in MEMBERS)
    assert [title for title, count in titles.items() if count > 1] == []


@some(DETERMINISTIC)
def test_code_at_zero(member: type[Estimator]) -> None:
    at_zero = member().binarize(torch.tensor([member.threshold, -0.0]), 1.0, None).tolist()
    halfway = member().forward == "ternary"
    assert at_zero == [0.5 if halfway else 1.0 if member.levels == "-1/+1" else 0.0] * 2


@some([member for member in DETERMINISTIC if member().forward == "bits"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_deterministic_bits_are_exact(member: type[Estimator], dtype: torch.dtype) -> None:
    x = torch.tensor([-1e9, -3.0, -1e-7, 1e-7, 0.4, 1.0, 1e9], dtype=dtype)
    codes = member().binarize(x, 2.5, None)
    assert codes.dtype == dtype
    assert codes.tolist() == [float(value > member.threshold) for value in x.tolist()]


@pytest.mark.parametrize("bit_width", [1, 2, 8])
def test_units_of_several_bits_round_to_the_nearest_of_their_values(bit_width: int) -> None:
    rule, intervals = Estimator.members["dorefa"](bit_width=bit_width), 2**bit_width - 1
    x = torch.linspace(-0.5, 1.5, 4001, dtype=torch.float64)
    numbers = rule.binarize(x, 1.0, None) * intervals
    torch.testing.assert_close(numbers.unique(), torch.arange(intervals + 1, dtype=torch.float64))
    assert (numbers - x.clamp(0, 1) * intervals).abs().max() <= 0.5 + 1e-9
    assert (rule.forward == "bits") == (bit_width == 1)


HALFWAY = {"sign-with-zero": 0.0, "ternary": 0.05}
"""The largest |x| that rules of three values put halfway between their levels, as published."""


def test_every_rule_of_three_values_has_a_published_dead_zone() -> None:
    assert set(HALFWAY) == {member.name for member in DETERMINISTIC if member().forward == "ternary"}


@pytest.mark.parametrize("name", HALFWAY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_three_values_are_exact(name: str, dtype: torch.dtype) -> None:
    reach = HALFWAY[name]
    beyond = reach + 1e-6
    x = torch.tensor([-1e9, -1.0, -beyond, -reach, -0.0, 0.0, reach, beyond, 1.0, 1e9], dtype=dtype)
    codes = Estimator.members[name]().binarize(x, 2.5, None)
    assert codes.dtype == dtype
    assert codes.tolist() == [0.0] * 3 + [0.5] * 4 + [1.0] * 3


@pytest.mark.parametrize("mean", [0.01, 1.0, 50.0])
def test_without_a_fixed_dead_zone_it_is_seven_tenths_of_the_mean_of_the_whole_tensor(mean: float) -> None:
    x = mean * torch.tensor([[-0.4, -0.71, -0.69], [0.69, 0.71, 2.8]], dtype=torch.float64)
    assert x.abs().mean().item() == pytest.approx(mean)
    codes = Estimator.members["ternary"](dead_zone=None).binarize(x, 1.0, None)
    assert codes.tolist() == [[0.5, 0.0, 0.5], [0.5, 1.0, 1.0]]


@some([member for member in STOCHASTIC if issubclass(member, StraightThrough) and member().forward == "bits"])
def test_sampled_bits_are_exact(member: type[Estimator]) -> None:
    rule, x = member(), torch.linspace(-2, 2, 1000)
    noise = noise_for(rule, x)
    codes = rule.binarize(x, 1.5, noise)
    assert torch.equal(codes, (noise < rule.probability(x, 1.5)).float())
    assert set(codes.unique().tolist()) == {0.0, 1.0}


@some(SURROGATES)
@pytest.mark.parametrize("slope", SLOPES)
def test_backward_is_the_gradient_times_the_surrogate(member: type[Estimator], slope: float) -> None:
    rule, x = unclipped(member), GRID.float()
    gradient = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)) * 5
    torch.testing.assert_close(sent_back(rule, x, gradient, slope), gradient * rule.surrogate(x, slope))


@some([member for member in SURROGATES if not member.stochastic])
@pytest.mark.parametrize("slope", SLOPES)
def test_surrogate_is_the_derivative_of_the_smooth_function(member: type[Estimator], slope: float) -> None:
    rule, step = unclipped(member), 1e-6
    below, at, above = (rule.smooth(GRID + shift, slope) for shift in (-step, 0, step))
    left, right = (at - below) / step, (above - at) / step
    smooth = (left - right).abs() < 1e-4
    assert smooth.float().mean() > 0.95
    slopes = rule.surrogate(GRID, slope).expand_as(GRID)
    torch.testing.assert_close(slopes[smooth], ((left + right) / 2)[smooth], atol=1e-5, rtol=1e-5)


@some([member for member in SURROGATES if member.stochastic and member.smooth is StraightThrough.smooth])
@pytest.mark.parametrize("slope", SLOPES)
def test_surrogate_of_sampled_bits_is_the_derivative_of_their_probability(
    member: type[Estimator], slope: float
) -> None:
    rule, step = unclipped(member), 1e-2  # probabilities are float32
    left, at, right = (rule.probability(GRID + shift, slope).double() for shift in (-step, 0, step))
    smooth = (left - 2 * at + right).abs() < 1e-3 * slope**2 * step
    assert smooth.float().mean() > 0.9
    estimate = (right - left) / (2 * step)
    torch.testing.assert_close(rule.surrogate(GRID, slope)[smooth].double(), estimate[smooth], atol=2e-3, rtol=1e-3)


@some(STRAIGHT)
def test_gradient_clip_and_gate_are_two_things(member: type[Estimator]) -> None:
    x = torch.tensor([-2.0, -0.4, 0.3, 0.5, 2.0])
    gradient = torch.tensor([-5.0, 0.1, 5.0, -5.0, 5.0])
    free = unclipped(member)
    clipped = sent_back(free.changed(gradient_clip=0.25), x, gradient)
    torch.testing.assert_close(clipped, sent_back(free, x, gradient.clamp(-0.25, 0.25)))
    gated = sent_back(free.changed(gate=0.5), x, gradient)
    torch.testing.assert_close(gated, sent_back(free, x, gradient) * torch.tensor([0.0, 1.0, 1.0, 1.0, 0.0]))


@some([member for member in STRAIGHT if not member.defect_of])
def test_incoming_gradient_is_not_written_to(member: type[Estimator]) -> None:
    # Clipping in place would corrupt a branch that shares the gradient: a defect of source 002.
    x = torch.tensor([0.2, -0.3, 2.0], requires_grad=True)
    rule = unclipped(member).changed(gradient_clip=0.5, gate=1.0)
    shared = x * 1.0
    gradient = torch.tensor([5.0, -7.0, 0.5])
    (rule.binarize(shared, 1.0, noise_for(rule, x)) + shared).backward(gradient)
    assert gradient.tolist() == [5.0, -7.0, 0.5]
    torch.testing.assert_close(x.grad, gradient + sent_back(rule, x.detach(), gradient))


@some(SURROGATES)
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
def test_surrogate_follows_the_levels_of_the_layer(member: type[Estimator], levels: Levels) -> None:
    rule, x = unclipped(member), torch.tensor([-0.7, -0.2, 0.1, 0.6], requires_grad=True)
    values = to_levels(rule.binarize(x, 1.0, noise_for(rule, x)), levels, rule.levels)
    if member().forward == "bits":
        assert set(values.tolist()) <= ({0.0, 1.0} if levels == "0/1" else {-1.0, 1.0})
    values.sum().backward()
    factor = 1.0 if rule.levels in (None, levels) else 2.0 if levels == "-1/+1" else 0.5
    torch.testing.assert_close(x.grad, rule.surrogate(x.detach(), 1.0) * factor)


def test_levels_keep_the_value_and_scale_the_gradient() -> None:
    codes = torch.tensor([0.0, 1.0, 0.25], requires_grad=True)
    for levels, published, values, gain in (
        ("0/1", "0/1", [0.0, 1.0, 0.25], 1.0),
        ("-1/+1", "-1/+1", [-1.0, 1.0, -0.5], 1.0),
        ("-1/+1", "0/1", [-1.0, 1.0, -0.5], 2.0),
        ("0/1", "-1/+1", [0.0, 1.0, 0.25], 0.5),
        ("-1/+1", None, [-1.0, 1.0, -0.5], 1.0),
        ("0/1", None, [0.0, 1.0, 0.25], 1.0),
    ):
        result = to_levels(codes, levels, published)  # type: ignore[arg-type]
        (gradient,) = torch.autograd.grad(result.sum(), codes)
        assert result.tolist() == values
        assert gradient.tolist() == [gain] * 3


@by_name
def test_cost_is_stated_and_kept(member: type[Estimator]) -> None:
    net, rule = toy(2, False, "quadratic"), member()
    evaluated: list[int] = []
    counting = net.register_forward_hook(lambda _, inputs, output: evaluated.append(len(output)))
    rollout = rollout_of(net, rule)
    shapes = rollout.shapes
    evaluated.clear()
    rule.loss(rollout, rule.new_state(shapes))
    counting.remove()
    assert sum(evaluated) == rule.passes(shapes)
    assert rule.cost == "1" or rule.passes(shapes) > 1


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_the_slope_matters_to_those_that_say_so(member: type[Estimator]) -> None:
    rule = member()
    x = torch.linspace(-1.5, 1.5, 61)
    noise = torch.rand(61, generator=torch.Generator().manual_seed(0)) if rule.stochastic else None
    results = []
    for slope in (1.0, 3.0):
        leaf = x.clone().requires_grad_()
        codes = rule.binarize(leaf, slope, noise)
        if codes.requires_grad:
            codes.sum().backward()
        results.append([codes.detach(), leaf.grad, rule.probability(x, slope) if rule.stochastic else None])
    same = all(torch.equal(*pair) for pair in zip(*results, strict=True) if isinstance(pair[0], torch.Tensor))
    assert same != rule.uses_slope
