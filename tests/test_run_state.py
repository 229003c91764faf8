"""What a run goes on from: only what it could have left itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import torch

from lab.run_state import State, restore, state_of
from lab.training import Training
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def begun() -> Training:
    return Training(small(shift=1))


def left() -> State:
    training = begun()
    for _ in islice(training.events(), 12):
        pass
    return dict(state_of(training))


def _kept(place: int, value: Any) -> Callable[[State], Any]:
    return lambda state: tuple(value if at == place else part for at, part in enumerate(state["kept"]))


SPOILED: dict[str, tuple[str, Callable[[State], Any]]] = {
    "no step": ("step", lambda state: None),
    "a step in words": ("step", lambda state: "many"),
    "a loss in words": ("loss", lambda state: "small"),
    "an epoch that began nowhere": ("epoch_start", lambda state: ()),
    "an order that is none": ("epoch_start", lambda state: (0, 1.0)),
    "shifts that are none": ("epoch_start", lambda state: (0, state["epoch_start"][1], torch.zeros(3))),
    "noise that is none": ("noise", lambda state: 1.0),
    "another net": ("net", lambda state: {"weight": torch.zeros(2)}),
    "kept weights of another net": ("kept", _kept(3, {"weight": torch.zeros(2)})),
    "kept weights that are none": ("kept", _kept(3, None)),
    "kept scores that are none": ("kept", _kept(2, (None, None))),
    "a slope in words": ("kept", _kept(1, "steep")),
}


def test_what_a_run_left_is_taken() -> None:
    state, training = left(), begun()
    restore(training, state)
    assert state_of(training)["step"] == state["step"] > 0
    assert state["kept"] is not None


@pytest.mark.parametrize("how", SPOILED)
def test_what_no_run_could_have_left_is_refused(how: str) -> None:
    state = left()
    name, spoil = SPOILED[how]
    with pytest.raises((ValueError, TypeError, RuntimeError, LookupError, AttributeError)):
        restore(begun(), state | {name: spoil(state)})
