"""The layers an architecture is built from: binary units, binary weights, batch norm that can hold still."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.estimators import Levels, StraightThrough, to_levels

Visit = Callable[["BinaryUnits", Tensor], Tensor]


class Stage:
    """Who looks after a net's binary units while it runs. Shared by all of them; a pass takes it and gives it back."""

    def __init__(self) -> None:
        self.visit: Visit = self._threshold
        self.step: Callable[[Tensor], Tensor] = _above_zero
        """The bits in a net that runs alone; a run sets it to the step of its estimator."""

    def _threshold(self, unit: BinaryUnits, x: Tensor) -> Tensor:
        return to_levels(self.step(x), unit.levels, unit.levels)


def _above_zero(x: Tensor) -> Tensor:
    return (x > 0).to(x.dtype)


class BinaryUnits(nn.Module):
    """One layer of binary units: a *site*. Alone it thresholds at 0; during a pass the estimator decides."""

    def __init__(self, stage: Stage, levels: Levels = "0/1") -> None:
        super().__init__()
        self.stage = stage
        self.levels = levels

    def forward(self, x: Tensor) -> Tensor:
        return self.stage.visit(self, x)


class Around(nn.Module):
    """Binary units with a shortcut around them, y = x + b: both branches hand back one and the same gradient."""

    def __init__(self, units: BinaryUnits) -> None:
        super().__init__()
        self.units = units

    def forward(self, x: Tensor) -> Tensor:
        return x + self.units(x)


class HardSigmoid(nn.Module):
    """clip((x + 1) / 2, 0, 1): the real-valued unit that the binary one of source 003 replaces."""

    def forward(self, x: Tensor) -> Tensor:
        return ((x + 1) / 2).clamp(0, 1)


class BinaryLinear(nn.Linear):
    """A linear layer without bias whose weights are bits of a latent weight, thresholded at 0.

    Optimizers that need no latent weight keep the bits themselves in `weight`; thresholding then changes nothing.
    """

    def __init__(self, inputs: int, outputs: int, levels: Levels, rule: StraightThrough) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.levels = levels
        self.rule = rule

    def binary_weight(self) -> Tensor:
        """The weights in use, (outputs, inputs), values of `levels`, with their gradient attached."""
        return to_levels(self.rule.binarize(self.weight, 1.0, None), self.levels, self.rule.levels)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.binary_weight())


class _Statistics:
    """Which statistics batch norm uses while training: `update` as usual; `batch` leaves the running ones alone;
    `reuse` takes those of the last `update`, so that other bits of one example do not move the others."""

    statistics: str = "update"
    last: Tensor | None = None


class BatchNorm1d(_Statistics, nn.BatchNorm1d):
    """`nn.BatchNorm1d` whose statistics can be held still."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) if _as_usual(self, input) else _held(self, input)


class BatchNorm2d(_Statistics, nn.BatchNorm2d):
    """`nn.BatchNorm2d` whose statistics can be held still."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) if _as_usual(self, input) else _held(self, input)


BatchNorm = BatchNorm1d | BatchNorm2d


def _as_usual(norm: BatchNorm, x: Tensor) -> bool:
    if norm.training and norm.statistics == "update":
        norm.last = x.detach()
        return True
    return not norm.training


def _held(norm: BatchNorm, x: Tensor) -> Tensor:
    if norm.statistics == "batch" or norm.last is None:
        return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)
    kept = norm.last.float().transpose(0, 1).flatten(1)  # (channels, everything else)
    variance, mean = torch.var_mean(kept, dim=1, correction=0)
    return F.batch_norm(x, mean, variance, norm.weight, norm.bias, training=False, eps=norm.eps)
