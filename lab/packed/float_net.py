"""What a packed net is compared with: the same net in float32, as fast as PyTorch runs it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from lab.estimators import Estimator, Levels, to_levels
from lab.models import Net
from lab.models.layers import BinaryUnits, Dropout
from lab.models.weights import BinaryWeights
from lab.packed.chain import Step, steps


class _Units(nn.Module):
    """Units by themselves, without the net around them that lets others visit them."""

    def __init__(self, rule: Estimator, levels: Levels) -> None:
        super().__init__()
        self._rule, self._levels = rule, levels

    def forward(self, x: Tensor) -> Tensor:
        """The bits, as what they stand for."""
        return to_levels(self._rule.step(x), self._levels, self._levels)


@torch.no_grad()
def float_net(net: Net, rule: Estimator, inputs: Tensor) -> nn.Sequential:
    """A net of which there is a packed form as plain layers, in evaluation mode, for inputs (B, 1, 28, 28).

    Binary weights are made to bits once, and what changes no bit is left out: dropout, and Htanh in front of units.
    Without that a net that keeps latent weights would be slower for reasons that are none of float32's.

    Args:
        net: left as it is.
        rule: the estimator of its units.
        inputs: some, as the net wants them.
    """
    ran = steps(net, inputs)
    layers: list[nn.Module] = []
    for i, step in enumerate(ran):
        if i and ran[i - 1].outputs.dim() > step.inputs.dim():
            layers.append(nn.Flatten())
        if not _changes_nothing(step, ran[i + 1 :]):
            layers.append(_plain(step.module, rule))
    return nn.Sequential(*layers).eval()


def _changes_nothing(step: Step, following: list[Step]) -> bool:
    in_front_of_units = bool(following) and isinstance(following[0].module, BinaryUnits)
    clips = isinstance(step.module, nn.Hardtanh) and in_front_of_units
    return clips or isinstance(step.module, Dropout | nn.Identity)


def _plain(module: nn.Module, rule: Estimator) -> nn.Module:
    if isinstance(module, BinaryUnits):
        return _Units(rule, module.levels)
    if not isinstance(module, BinaryWeights):
        return copy.deepcopy(module)
    bias = module.bias is not None
    plain: nn.Linear | nn.Conv2d
    if isinstance(module, nn.Conv2d):
        plain = skip_init(
            nn.Conv2d,
            module.in_channels,
            module.out_channels,
            module.kernel_size,
            module.stride,
            module.padding,
            bias=bias,
        )
    else:
        assert isinstance(module, nn.Linear)
        plain = skip_init(nn.Linear, module.in_features, module.out_features, bias=bias)
    plain.weight.copy_(module.binary_weight())
    if plain.bias is not None and module.bias is not None:
        plain.bias.copy_(module.bias)
    return plain
