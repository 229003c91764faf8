"""Architectures: sizes, initial weights, levels, and what each says of itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.models import BROKEN, Architecture, Net, stream
from lab.models.autoencoder import Autoencoder, AutoencoderNet
from lab.models.binary_mlp import BinaryMLP
from lab.models.convnet import ConvNet, ConvNetNet
from lab.models.layers import BatchNorm1d, BatchNorm2d, BinaryUnits, HardSigmoid
from lab.models.mlp import MLP
from lab.models.weights import BinaryLinear

SMALL: dict[str, dict[str, Any]] = {"binary-mlp": {"hidden": 16}, "autoencoder": {"code_bits": 8}}
every_architecture = pytest.mark.parametrize("name", Architecture.members)


def small(name: str, **fields: Any) -> Architecture:
    return Architecture.members[name](**{**SMALL.get(name, {}), **fields})


def parameters(net: Net) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def pictures(count: int = 4) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_layers_with_weights_are_called_by_their_number_and_kind() -> None:
    net = Architecture.members["convnet"]().build(0)
    names = {"layer 1 (conv)": "conv1", "layer 2 (conv)": "conv2", "layer 3 (linear)": "classifier"}
    assert list(net.layer_weights()) == list(names)
    assert all(net.layer_weights()[name] is net.get_submodule(module).weight for name, module in names.items())
    assert list(Architecture.members["autoencoder"]().build(0).layer_weights())[-1] == "layer 8 (transposed conv)"


def test_every_plug_in_imports() -> None:
    assert BROKEN == []


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (ConvNet(), 29_034),
        (ConvNet(binary_layers=()), 29_034),
        (ConvNet(pooling="stride"), 29_034),
        (Autoencoder(), 6_985_729),
        (BinaryMLP(hidden=1024, depth=4), 2_916_372),
        (MLP(hidden=(64,)), 50_890),
        (MLP(hidden=(100,)), 79_510),
    ],
)
def test_published_number_of_parameters(shape: Architecture, count: int) -> None:
    with torch.device("meta"):
        assert parameters(shape.net()) == count


@every_architecture
def test_documents_itself(name: str) -> None:
    member = Architecture.members[name]
    assert member.title
    assert member.summary
    assert member.paper
    for field_name, field in member.model_fields.items():
        assert field.description, f"{name}.{field_name} is not documented"


@every_architecture
def test_output_sites_and_task(name: str) -> None:
    shape = small(name)
    net = shape.build(0)
    output = net(pictures())
    assert net.task == shape.task
    assert output.shape == ((4, 10) if shape.task == "classification" else (4, 1, 28, 28))
    losses = net.losses(output, pictures(), torch.arange(4))
    assert losses.shape == (4,)
    assert len(net.sites) == len(shape.site_names) == len(set(shape.site_names))
    assert shape.has_binary_weights == bool(net.binary_weights())
    assert shape.has_batch_norm == bool(net.norms)
    ran: list[nn.Module] = []
    for site in net.sites:
        site.register_forward_hook(lambda module, *_: ran.append(module))
    net(pictures())
    assert ran == net.sites, "sites are listed in the order they run"


@every_architecture
def test_initial_weights_depend_on_seed_and_name_only(name: str) -> None:
    before = torch.random.get_rng_state()
    first, same, other = (small(name).build(seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    for (parameter_name, a), b, c in zip(first.named_parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.isfinite().all()
        if "norm" not in parameter_name and a.dim() > 1:
            assert not torch.equal(a, c), parameter_name
    assert all(buffer.isfinite().all() for buffer in first.buffers())


@every_architecture
def test_the_global_seed_changes_nothing(name: str) -> None:
    torch.manual_seed(1)
    first = small(name).build(0)
    torch.manual_seed(2)
    second = small(name).build(0)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_nets_that_share_a_layer_start_with_the_same_one() -> None:
    nets = [ConvNet(binary_layers=layers).build(3) for layers in ((), (1,), (2,), (1, 2))]
    for name, parameter in nets[0].named_parameters():
        assert all(torch.equal(parameter, net.get_parameter(name)) for net in nets)
    wide, deep = MLP(hidden=(64,)).build(3), MLP(hidden=(64, 32)).build(3)
    assert torch.equal(wide.get_parameter("layers.1.weight"), deep.get_parameter("layers.1.weight"))


def test_layers_of_one_net_differ() -> None:
    net = BinaryMLP(hidden=784, depth=3).build(0)
    assert not torch.equal(net.get_parameter("layers.1.weight"), net.get_parameter("layers.4.weight"))


def test_streams_of_different_purpose_or_seed_differ() -> None:
    seeds = {stream(seed, purpose) for seed in range(50) for purpose in ("order", "noise", "weights/a", "flips")}
    assert len(seeds) == 200
    assert stream(3, "order") == stream(3, "order")


def test_weight_distributions() -> None:
    uniform, normal = MLP(weight_init="kaiming-uniform").build(0), MLP(weight_init="xavier-normal").build(0)
    bound = 784**-0.5
    for name in ("weight", "bias"):
        values = uniform.get_parameter(f"layers.1.{name}")
        assert values.abs().max().item() <= bound
    assert uniform.get_parameter("layers.1.weight").std().item() == pytest.approx(bound / 3**0.5, rel=0.02)
    assert normal.get_parameter("layers.1.weight").std().item() == pytest.approx((2 / (784 + 64)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("relu", [True, False])
def test_autoencoder_encodes_and_decodes_by_itself(relu: bool) -> None:
    net = Autoencoder(code_bits=8, relu=relu).build(0).eval()
    assert isinstance(net, AutoencoderNet)
    code = net.encode(pictures())
    assert code.shape == (4, 8, 1, 1)
    assert set(code.unique().tolist()) <= {0.0, 1.0}
    rebuilt = net.decode(code)
    assert torch.equal(rebuilt, net(pictures()))
    assert rebuilt.shape == (4, 1, 28, 28)
    assert rebuilt.abs().max().item() <= 1
    assert net.decode(torch.ones(1, 8, 1, 1)).shape == (1, 1, 28, 28)
    assert isinstance(net.encoder[-2], nn.ReLU) == relu


@pytest.mark.parametrize("pooling", ["max", "stride"])
def test_shapes_under_both_ways_of_halving(pooling: Any) -> None:
    net = ConvNet(pooling=pooling).build(0)
    assert isinstance(net, ConvNetNet)
    first, second = net.feature_maps(pictures())
    assert first.shape == (4, 16, 14, 14)
    assert second.shape == (4, 32, 7, 7)
    assert any(isinstance(module, nn.MaxPool2d) for module in net.modules()) == (pooling == "max")
    assert net.conv1.stride == ((2, 2) if pooling == "stride" else (1, 1))


@pytest.mark.parametrize("layers", [(), (1,), (2,), (1, 2), (2, 1), (1, 1)])
def test_binary_layers_of_the_conv_net(layers: tuple[Any, ...]) -> None:
    shape = ConvNet(binary_layers=layers)
    net = shape.build(0)
    assert isinstance(net, ConvNetNet)
    for layer, units in ((1, net.units1), (2, net.units2)):
        assert isinstance(units, BinaryUnits if layer in layers else HardSigmoid)
    assert shape.site_names == tuple(f"conv {layer}" for layer in sorted(set(layers)))


@pytest.mark.parametrize("activation", ["relu", "hard-sigmoid"])
@pytest.mark.parametrize("layers", [(), (1,), (1, 2)])
@pytest.mark.parametrize("name", ["convnet", "mlp"])
def test_the_slope_reaches_real_hard_sigmoids_alone(name: str, layers: tuple[int, ...], activation: str) -> None:
    fields: dict[str, Any] = {"hidden": (16, 16), "activation": activation} if name == "mlp" else {}
    shape = Architecture.members[name](binary_layers=layers, **fields)
    net = shape.build(0)

    def of_slope(slope: float) -> Tensor:
        with torch.no_grad(), net.evaluating(), net.visited(lambda unit, x: (x > 0).float(), slope):
            return net(pictures())

    assert torch.equal(of_slope(1.0), of_slope(3.0)) != shape.has_sloped_units
    assert net.stage.slope == 1.0


@every_architecture
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
def test_units_take_the_levels_they_are_given(name: str, levels: str) -> None:
    net = small(name, levels=levels).build(0)
    seen: list[Tensor] = []
    for site in net.sites:
        site.register_forward_hook(lambda _, __, values: seen.append(values))
    net(pictures())
    assert seen
    for values in seen:
        assert set(values.unique().tolist()) <= ({0.0, 1.0} if levels == "0/1" else {-1.0, 1.0})


@pytest.mark.parametrize(("levels", "allowed"), [("0/1", {0.0, 1.0}), ("-1/+1", {-1.0, 1.0})])
def test_binary_weights_take_their_levels(levels: Any, allowed: set[float]) -> None:
    net = BinaryMLP(hidden=16, weight_levels=levels).build(0)
    layers = [module for module in net.modules() if isinstance(module, BinaryLinear)]
    assert [weight.parameter for weight in net.binary_weights()] == [layer.weight for layer in layers]
    for layer in layers:
        weight = layer.binary_weight()
        assert set(weight.unique().tolist()) == allowed
        assert torch.equal(weight > 0, layer.weight > 0)
        (gradient,) = torch.autograd.grad(weight.sum(), layer.weight)
        assert (gradient == 1).all(), "identity straight-through is the same on both levels"


def test_binarized_output_has_the_floor_of_source_004() -> None:
    net = BinaryMLP(hidden=16, output="binarized").build(0)
    logits = net(pictures(64))
    assert set(logits.unique().tolist()) <= {0.0, 1.0}
    best = torch.eye(10)
    losses = net.losses(best, pictures(10), torch.arange(10))
    torch.testing.assert_close(losses, torch.full((10,), 1.4612), atol=5e-5, rtol=0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (MLP(), False),
        (MLP(hidden=(8, 8), binary_layers=(1, 2)), False),
        (ConvNet(binary_layers=()), False),
        (ConvNet(binary_layers=(1,)), True),
        (ConvNet(binary_layers=(2,)), False),
        (ConvNet(binary_layers=(1, 2)), True),
        (Autoencoder(code_bits=8), True),
        (BinaryMLP(hidden=8), True),
        (BinaryMLP(hidden=8, depth=2), True),
    ],
)
def test_batch_statistics_after_bits(shape: Architecture, expected: bool) -> None:
    assert shape.build(0).batch_statistics_after_bits() == expected


@every_architecture
def test_batch_statistics_after_bits_is_what_really_happens(name: str) -> None:
    """Flip the bits of one example; whether the outputs of the others move is what the fact is about."""
    net = small(name).build(0).train()
    norms = [module for module in net.modules() if isinstance(module, BatchNorm1d | BatchNorm2d)]

    def others(flip: bool) -> Tensor:
        def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
            bits = (x > 0).to(x.dtype)
            if flip and unit is net.sites[0]:
                bits[0] = 1 - bits[0]
            return bits

        for norm in norms:
            norm.reset_running_stats()
        with net.visited(visit):
            return net(pictures())[1:]

    moved = (others(True) - others(False)).abs().max().item()
    assert (moved > 1e-3) == net.batch_statistics_after_bits()


def test_losses_are_those_of_every_example() -> None:
    net = MLP().build(0)
    logits = torch.tensor([[0.0] * 10, [5.0] + [0.0] * 9])
    losses = net.losses(logits, pictures(2), torch.tensor([3, 0]))
    expected = torch.tensor([10.0, 1 + 9 * torch.exp(torch.tensor(-5.0)).item()]).log()
    torch.testing.assert_close(losses, expected)
    rebuilding = Autoencoder(code_bits=8).build(0)
    inputs = pictures(2)
    shifted = inputs + torch.tensor([0.5, 0.0]).view(2, 1, 1, 1)
    torch.testing.assert_close(rebuilding.losses(shifted, inputs, torch.zeros(2)), torch.tensor([0.25, 0.0]))
