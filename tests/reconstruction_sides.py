"""What nets answer to the questions of reconstructions, for tests of their cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.probes import Specimen
from lab.recorder import Recorder
from tests.specimens import LABELS, PICTURES, specimen

T = TypeVar("T")
STEP = 7


def rebuilding(bits: int = 8, **fields: Any) -> Specimen:
    """An autoencoder with test images."""
    return with_test_images(specimen("autoencoder", {"code_bits": bits}, **fields))


def with_test_images(looked_at: Specimen) -> Specimen:
    """The same with the pictures as its test images."""
    return looked_at._replace(test_images=torch.tensor(PICTURES), test_labels=torch.tensor(LABELS))


def diverged(looked_at: Specimen) -> Specimen:
    """The same, whose last layer has no finite weights any more."""
    with torch.no_grad():
        list(looked_at.net.parameters())[-1].fill_(float("nan"))
    return looked_at


def seen(nets: Sequence[Specimen], ask: Callable[[Specimen], T], weights_step: int = STEP) -> list[Seen[T]]:
    """What each net answers, as the sides of a page."""
    runs = contestants([net.experiment for net in nets], [Recorder().snapshot() for _ in nets])
    return [Seen(run, STEP, weights_step, ask(net)) for run, net in zip(runs, nets, strict=True)]
