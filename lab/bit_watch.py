"""Bits watched while they train: how many oscillate, how long they have held still, and whether they are bits.

A weight oscillates as in Nagel et al. 2022, Overcoming Oscillations in Quantization-Aware Training: o = 1 in a step
that changes it in the opposite direction to its last change, f <- (1 - m) f + m o with m = 0.01, and f > 0.005. Every
flip of a bit but its first is such a change, so a bit oscillates for 69 steps after a flip that undid an earlier one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers import Flips

FLIP_COUNTS = 100
"""Counts of flipped weights in an epoch; each costs a pass over all of them."""
MOMENTUM = 0.01
OSCILLATING = 0.005
"""How often a weight must flip back to oscillate, per step."""
WATCHED = 8_192
"""Weights of a net that are followed through every step, drawn at random; all where there are fewer. The standard error
of a share of them is below 0.6 percentage points."""


class BitWatch:
    """Follows some binary weights of a net, or the signs of their latent weights, through every step.

    Args:
        binary: the binary weights of the net.
        keeps_bits: whether the optimizer keeps the bits themselves, so that they must never be anything else.
        steps_per_epoch: of the run.
        seed: of the stream that draws which weights are followed.
    """

    def __init__(self, binary: list[BinaryWeight], keeps_bits: bool, steps_per_epoch: int, seed: int) -> None:
        self._binary, self._keeps_bits, self._per_epoch = binary, keeps_bits, steps_per_epoch
        self._count_every = max(1, steps_per_epoch // FLIP_COUNTS)
        generator = torch.Generator().manual_seed(seed)
        self._places = _places([weight.parameter for weight in binary], generator)
        self._bits = self._now()
        self._start = 0
        self._frequency = torch.zeros(self._bits.shape, device=self._bits.device)
        self._flipped_at = torch.zeros(self._bits.shape, dtype=torch.int32, device=self._bits.device)
        """The step of each one's last flip, counted from 1; 0 for those that were never seen to flip."""

    def counts(self, step: int) -> bool:
        """Whether the flips of a step, counted from 1, are to be counted: a hundred times an epoch, and at its end."""
        return (step - 1) % self._count_every == 0 or step % self._per_epoch == 0

    def look(self, step: int, flips: Flips | None) -> Flips | None:
        """Take note of the update that made a step, counted from 1; adds to its flips, where they were counted."""
        if not self._binary:
            return flips
        bits = self._now()
        flipped = bits != self._bits
        back = flipped & (self._flipped_at > 0)
        self._frequency.mul_(1 - MOMENTUM).add_(back, alpha=MOMENTUM)
        self._flipped_at.masked_fill_(flipped, step)
        self._bits = bits
        if flips is None:
            return None
        checked = self._keeps_bits and step % self._per_epoch == 0
        return replace(
            flips,
            oscillating=(self._frequency > OSCILLATING).float().mean().item(),
            age=step - self._flipped_at.clamp(min=self._start).float().mean().item(),
            strays=strays(self._binary) if checked else None,
        )

    def begin(self, step: int) -> None:
        """Follow a run from a step on of which nothing is known but its weights."""
        self._bits, self._start = self._now(), step

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {"start": self._start, "frequency": self._frequency, "flipped_at": self._flipped_at}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a saved state; the weights of the net are those that belong to it."""
        self.begin(state["start"])
        self._frequency.copy_(state["frequency"])
        self._flipped_at.copy_(state["flipped_at"])

    @torch.no_grad()
    def _now(self) -> Tensor:
        values = [weight.parameter.take(at) for weight, at in zip(self._binary, self._places, strict=True)]
        return torch.cat(values) > 0 if values else torch.empty(0, dtype=torch.bool)


@torch.no_grad()
def strays(binary: list[BinaryWeight]) -> int:
    """How many binary weights have a value that is not one of their two levels; looks at all of them."""
    return sum(int((~_at_a_level(weight)).sum()) for weight in binary)


def _at_a_level(weight: BinaryWeight) -> Tensor:
    low, high = (0, 1) if weight.levels == "0/1" else (-1, 1)
    return (weight.parameter == low) | (weight.parameter == high)


def _places(weights: list[Tensor], generator: torch.Generator) -> list[Tensor]:
    """Which elements of each of some tensors to follow: drawn from all of them alike, none twice."""
    count = sum(weight.numel() for weight in weights)
    drawn = torch.randint(count, (WATCHED,), generator=generator).unique() if count > WATCHED else torch.arange(count)
    places, start = [], 0
    for weight in weights:
        inside = (drawn >= start) & (drawn < start + weight.numel())
        places.append((drawn[inside] - start).to(weight.device))
        start += weight.numel()
    return places
