"""What a run remembers: every column, at every version, for any number of readers, in little memory."""

from __future__ import annotations

import itertools
import math
import threading

import numpy as np
import pytest

from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Report, Step
from lab.optimizers import Flips
from lab.probes import Frame
from lab.probes.compact import Scaled
from lab.probes.frame import Maps, frame_steps
from lab.recorder import EVALUATION_COLUMNS, STEP_COLUMNS, Recorder, Snapshot
from lab.training import Training
from tests.small import small, steps

END = Finished("done", "The budget is used up.", Report(2, 1.0, Scores(0.5, 0.9), Scores(0.4, 0.95), 2, 100.0))


def step(number: int, seconds: float | None = None, flips: Flips | None = None, **rates: float) -> Step:
    when = number / 100 if seconds is None else seconds
    return Step(number, number / 4, 1 / number, 0.25, 1.5, rates, flips, when)


def frame(number: int, pixels: int = 8) -> Frame:
    nothing = Scaled.of(np.empty(0, np.float32))
    maps = {"conv 1": Maps(None, Scaled.of(np.zeros((pixels, 16, 14, 14), np.float32)))}
    pictures = np.zeros((pixels, 28, 28), np.uint8)
    return Frame(number, 0.0, 1.0, pictures, maps, nothing, None, nothing, {}, {}, None)


class TestColumns:
    def test_every_step_is_kept_in_order(self) -> None:
        recorder = Recorder()
        recorder.add(step(1, lr=0.1))
        recorder.add(step(2, flips=Flips(0.2, 0.1), delta=0.5))
        recorder.add(Step(3, 0.75, 0.3, None, 2.0, {"lr": 0.2}, Flips(None, 0.4), 0.5))
        columns = recorder.snapshot().steps
        assert tuple(columns) == STEP_COLUMNS
        nan = math.nan
        expected = {
            "step": [1, 2, 3],
            "epoch": [0.25, 0.5, 0.75],
            "loss": [1, 0.5, 0.3],
            "accuracy": [0.25, 0.25, nan],
            "slope": [1.5, 1.5, 2],
            "lr": [0.1, nan, 0.2],
            "delta": [nan, 0.5, nan],
            "attempted": [nan, 0.2, nan],
            "realized": [nan, 0.1, 0.4],
            "seconds": [0.01, 0.02, 0.5],
        }
        for name, values in expected.items():
            np.testing.assert_array_equal(columns[name], values, err_msg=name)

    def test_evaluations_and_the_end_are_kept(self) -> None:
        recorder = Recorder()
        recorder.add(Evaluated(4, 1.0, Scores(0.5, 0.75)))
        recorder.add(Evaluated(8, 2.0, Scores(0.25, None)))
        assert recorder.snapshot().finished is None
        assert recorder.snapshot().report is None
        recorder.add(END)
        snapshot = recorder.snapshot()
        assert tuple(snapshot.evaluations) == EVALUATION_COLUMNS
        rows = np.array(list(snapshot.evaluations.values())).T
        np.testing.assert_array_equal(rows, [(4, 1, 0.5, 0.75), (8, 2, 0.25, math.nan)])
        assert snapshot.finished == END
        assert snapshot.report == END.report

    def test_a_real_run_is_kept_as_it_was(self, no_data_folder: None, threads_kept: None) -> None:
        recorder, training = Recorder(), Training(small("binary-mlp", optimizer="hypermask", budget=5))
        events = list(training.events())
        for event in events:
            recorder.add(event)
        columns = recorder.snapshot().steps
        assert columns["loss"].tolist() == [event.loss for event in steps(events)]
        assert columns["accuracy"].tolist() == [event.accuracy for event in steps(events)]
        assert columns["delta"].tolist() == [0.001] * 5
        assert columns["realized"].tolist() == [event.flips.realized for event in steps(events) if event.flips]
        assert (np.diff(columns["seconds"]) > 0).all()


class TestVersions:
    def test_grow_with_everything_added(self) -> None:
        recorder = Recorder()
        versions = [recorder.version]
        for add in (
            lambda: recorder.add(step(1)),
            lambda: recorder.add(Evaluated(1, 1.0, Scores(1.0, 0.5))),
            lambda: recorder.show(frame(1)),
            lambda: recorder.add(END),
        ):
            add()
            versions.append(recorder.version)
            assert recorder.snapshot().version == versions[-1]
        assert versions == sorted(set(versions))
        assert recorder.snapshot().version == recorder.snapshot().version, "looking changes nothing"

    def test_a_snapshot_stays_as_it_was(self) -> None:
        recorder = Recorder()
        recorder.add(step(1))
        before = recorder.snapshot()
        for number in range(2, 200):
            recorder.add(step(number))
        assert before.steps["step"].tolist() == [1]
        with pytest.raises(ValueError, match="read-only"):
            before.steps["step"][0] = 99

    def test_frames_of_the_run_are_kept_and_of_other_looks_the_newest(self) -> None:
        recorder = Recorder()
        first, second = frame(0), frame(2)
        assert recorder.snapshot().frame is None
        assert recorder.snapshot().looks == ()
        for add, shown, looks in [
            (recorder.add, first, [0]),
            (recorder.show, frame(1), [0, 1]),
            (recorder.add, second, [0, 2]),
            (recorder.show, frame(3), [0, 2, 3]),
            (recorder.show, frame(4), [0, 2, 4]),
            (recorder.show, frame(1), [0, 2]),
        ]:
            add(shown)
            assert recorder.snapshot().frame is shown
            assert [look.step for look in recorder.snapshot().looks] == looks
        assert recorder.snapshot().frames == (first, second)
        assert recorder.nbytes() >= 3 * first.nbytes()


def test_readers_never_see_half_a_row() -> None:
    recorder, done, problems = Recorder(), threading.Event(), []

    def read() -> None:
        seen = -1
        while not done.is_set():
            snapshot = recorder.snapshot()
            lengths = {len(column) for column in snapshot.steps.values()}
            numbers = snapshot.steps["step"]
            if len(lengths) != 1 or snapshot.version < seen or numbers.tolist() != list(range(1, len(numbers) + 1)):
                problems.append(snapshot)
            seen = snapshot.version

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 2000):
        recorder.add(step(number))
    done.set()
    for reader in readers:
        reader.join(10)
    assert not problems
    assert recorder.version == 1999


def test_twenty_thousand_steps_take_little_memory() -> None:
    recorder = Recorder()
    for number in range(1, 20_001):
        recorder.add(step(number, lr=0.1, delta=0.01, flips=Flips(0.1, 0.1)))
        if number % 100 == 0:
            recorder.add(Evaluated(number, 1.0, Scores(0.5, 0.5)))
            recorder.show(frame(number))
    for number in itertools.takewhile(lambda step: step <= 20_000, frame_steps()):
        recorder.add(frame(number))
    assert recorder.nbytes() < 10_000_000, "the bar is 50 MB"
    columns = recorder.snapshot().steps
    assert recorder.nbytes() >= sum(column.nbytes for column in columns.values())
    assert recorder.nbytes() > frame(1).nbytes() > 8 * 16 * 14 * 14


class TestRate:
    @staticmethod
    def snapshot(times: list[float]) -> Snapshot:
        recorder = Recorder()
        for number, seconds in enumerate(times, 1):
            recorder.add(step(number, seconds))
        return recorder.snapshot()

    def test_is_that_of_the_last_steps(self) -> None:
        slow_then_fast = [float(i) for i in range(10)] + [9 + i / 10 for i in range(1, 11)]
        assert self.snapshot(slow_then_fast).images_per_second(64, window=10) == pytest.approx(640)
        assert self.snapshot(slow_then_fast).images_per_second(64) == pytest.approx(19 / 10 * 64)

    @pytest.mark.parametrize("times", [[], [0.5], [0.5, 0.5]])
    def test_is_0_where_nothing_can_be_said(self, times: list[float]) -> None:
        assert self.snapshot(times).images_per_second(64) == 0
