"""The layers an architecture is built from: binary units, dropout, batch norm that can hold still."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.estimators import Levels, to_levels

Visit = Callable[["BinaryUnits", Tensor], Tensor]
Noise = Callable[[nn.Module, Tensor], Tensor | None]
"""Noise for a layer that draws something beside its units: U(0, 1) of a tensor's shape. None where nothing is drawn."""


def no_noise(layer: nn.Module, like: Tensor) -> None:
    """Outside the steps of a run nothing is drawn."""


class Stage:
    """Who looks after a net's binary units while it runs, and where the noise of its other layers comes from. Shared by
    all of them; a pass takes it and gives it back."""

    def __init__(self) -> None:
        self.visit: Visit = self._threshold
        self.noise: Noise = no_noise
        self.slope = 1.0
        """The slope of the real units that have one."""
        self.step: Callable[[Tensor], Tensor] = _above_zero
        """The bits in a net that runs alone; a run sets it to the step of its estimator."""

    def _threshold(self, unit: BinaryUnits, x: Tensor) -> Tensor:
        return to_levels(self.step(x), unit.levels, unit.levels)


def _above_zero(x: Tensor) -> Tensor:
    return (x > 0).to(x.dtype)


class BinaryUnits(nn.Module):
    """One layer of binary units: a *site*. Alone it thresholds at 0; during a pass the estimator decides."""

    def __init__(self, stage: Stage, levels: Levels = "0/1", behind_htanh: bool = False) -> None:
        super().__init__()
        self.stage = stage
        self.levels = levels
        self.behind_htanh = behind_htanh
        """Whether a Htanh right in front of them passes no gradient back from ±1 on."""

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
    """clip((ax + 1) / 2, 0, 1) of slope a: the real-valued unit that the binary one of source 003 replaces."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def forward(self, x: Tensor) -> Tensor:
        return (x * (self.stage.slope / 2) + 0.5).clamp(0, 1)  # the same number in one operation less


class PixelBits(nn.Module):
    """Pixels as bits: the upper level above 0. Nothing in front of them learns, so no estimator is asked."""

    def __init__(self, levels: Levels) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, x: Tensor) -> Tensor:
        return to_levels(_above_zero(x), self.levels, self.levels)


class Dropout(nn.Module):
    """Sets a share of its inputs to 0 in the steps of a run, and makes the others larger to keep the mean.

    The noise is that of the step: all its passes drop the same, but for those that ask for fresh noise.
    """

    def __init__(self, stage: Stage, share: float) -> None:
        super().__init__()
        self.stage = stage
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        noise = self.stage.noise(self, x) if self.training else None
        return x if noise is None else x * ((noise >= self.share) / (1 - self.share)).to(x.dtype)


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
