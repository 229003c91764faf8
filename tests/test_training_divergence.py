"""Divergence: a run whose numbers are none any more ends with the reason, and keeps what it recorded."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import lab.training
from lab.training import Training
from tests.small import curves, finished, small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_ends_the_run_with_its_reason_and_keeps_what_was_recorded() -> None:
    wild = {"name": "sgd", "lr": 100, "weight_decay": 10}  # every step makes the weights a thousand times larger
    events = curves(small("mlp", {"binary_layers": []}, optimizer=wild, evaluate_every=99, budget=60))
    end = finished(events)
    assert end.reason == "diverged"
    assert end.report is None
    last = steps(events)[-1]
    assert end.message == (
        f"The training loss became {last.loss} at step {last.step}, and the run ended there. "
        "A smaller learning rate or slope usually helps."
    )
    assert 1 < len(steps(events)) < 60
    assert all(np.isfinite(event.loss) for event in steps(events)[:-1])


def test_a_validation_loss_that_is_no_number_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.training, "evaluate", lambda *_: lab.training.Scores(float("nan"), None))
    end = finished(curves(small(evaluate_every=0.5)))
    assert end.reason == "diverged"
    assert end.message.startswith("The validation loss became nan at step 2, and the run ended there.")


def test_weights_that_are_no_numbers_end_it_where_bits_hide_them_from_the_loss() -> None:
    training = Training(small(estimator="identity", evaluate_every=0.5))
    with torch.no_grad():
        next(training.net.parameters())[0, 0] = float("nan")
    events = list(training.events())
    assert all(np.isfinite(event.loss) for event in steps(events))
    assert finished(events).reason == "diverged"
    assert finished(events).message.startswith("The sum of the weights of layer 1 (linear) became nan at step 2, and")
