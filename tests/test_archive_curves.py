"""A run's curves as MLflow has them: thinned, and the same however often it is written."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.evaluation import Scores
from lab.events import Evaluated, Step
from lab.recorder import Recorder
from lab.store.curves import points, up_to
from lab.store.mark import Written


@settings(max_examples=15)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_curves_written_piece_by_piece_are_those_written_at_once_and_few(lengths: list[int]) -> None:
    recorder, written, pieces = Recorder(), Written(), []
    for length in lengths:
        start = int(up_to(recorder.snapshot()).step)
        for step in range(start + 1, start + length + 1):
            recorder.add(Step(step, step / 10, 1 / step, None, 1.0, {}, None, step / 100))
        recorder.add(Evaluated(start + length, 0.0, Scores(0.5, None)))
        pieces += points(recorder.snapshot(), written)
        written = up_to(recorder.snapshot())
    assert sorted(pieces) == sorted(points(recorder.snapshot(), Written()))
    kept = np.array([point.step for point in pieces if point.name == "train_loss"])
    last = int(recorder.snapshot().steps["step"][-1])
    assert set(range(1, min(last, 255) + 1)) <= set(kept)
    assert len(kept) <= 256 + 128 * max(0, np.ceil(np.log2(last / 256)))
    assert last - kept[-1] < max(2, last / 128)
