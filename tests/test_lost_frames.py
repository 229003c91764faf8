"""Frames on disk: the same after a resume, and told of where they are lost."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest
import torch

from lab import checkpoints
from lab.experiment import Experiment
from lab.jobs import Job, Jobs
from lab.jobs.moments import moment
from lab.jobs.records import records
from lab.jobs.restoring import left
from lab.models import Architecture
from lab.probes import Frame
from lab.probes.frame_states import frame_state
from lab.store import RunFolder, StoreError, run_folders
from lab.store.frames import kept_frames, last_frame
from lab.training import train
from tests.job_waits import PATIENCE, held, is_held, until
from tests.small import small
from tests.test_record_state import assert_same

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

STEPS = [0, 1, 2, 3, 4, 6, 8, 10, 11, 12]
"""Of the frames of `RUN`: log-spaced, at the evaluation of step 10, and at the end."""
RUN = small("mlp", budget=12, evaluate_every=2.5)


def stopped(keeping: Jobs, experiment=RUN, steps: int = 9) -> Job:  # type: ignore[no-untyped-def]
    """A job that was broken off after some steps."""
    job = held(keeping, experiment)
    job.step(steps)
    until(lambda: is_held(job, steps))
    job.stop()
    assert job.wait(PATIENCE)
    return job


def looked_at(later: Jobs, id: str) -> Job:
    job = later.find(id, again=True)
    assert job is not None
    assert job.wait(PATIENCE)
    return job


def framed(job: Job) -> list[int]:
    return [frame.step for frame in job.view().snapshots[0].frames]


@cache
def never_broken_off(name: str) -> tuple[Experiment, list[Frame]]:
    """An experiment and the frames of its run, up to the one at the end."""
    experiment = small(name, estimator="bernoulli", budget=9, evaluate_every=1.25)
    found: list[Frame] = []
    for frame in (event for event in train(experiment) if isinstance(event, Frame)):
        found.append(frame)
        if frame.step == 9:
            break
    return experiment, found


@pytest.mark.parametrize("name", Architecture.members)
@pytest.mark.parametrize("steps", [1, 5])
def test_a_resumed_run_has_the_frames_of_one_that_was_never_broken_off(
    keeping: Jobs, later: Jobs, name: str, steps: int
) -> None:
    experiment, expected = never_broken_off(name)
    job = stopped(keeping, experiment, steps)
    back = later.go_on(job.id)
    assert back.wait(PATIENCE)
    assert [frame.step for frame in expected] == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    for one, other in zip(back.view().snapshots[0].frames, expected, strict=True):
        assert_same(one, other)
    again = looked_at(keeping, job.id)
    for one, other in zip(again.view().snapshots[0].frames, expected, strict=True):
        assert_same(one, other)


def spoil(folder: RunFolder) -> list[int]:
    """Damage some frames in every way; returns their steps."""
    files = folder.frame_files(0)
    assert list(files) == STEPS
    files[0].unlink()
    files[2].write_bytes(files[2].read_bytes()[:-100])
    files[3].write_bytes(b"")
    shutil.copyfile(files[8], files[4])
    checkpoints.write(files[6], checkpoints.copied({"step": 6, "maps": torch.zeros(3)}))
    changed = bytearray(files[10].read_bytes())
    changed[-1] ^= 1
    files[10].write_bytes(changed)
    return [0, 2, 3, 4, 6, 10]


class TestLost:
    def test_the_run_opens_without_them_and_says_which(self, keeping: Jobs, later: Jobs, runs: Path) -> None:
        job = keeping.start([RUN], "A run")
        assert job.wait(PATIENCE)
        assert (framed(job), job.view().snapshots[0].lost) == (STEPS, ())
        (folder,) = run_folders(runs)
        gone = spoil(folder)
        left_over = [step for step in STEPS if step not in gone]
        back = looked_at(later, job.id)
        assert back.status == "finished"
        assert (framed(back), list(back.view().snapshots[0].lost)) == (left_over, gone)
        (snapshot,) = records(later, job.id).snapshots
        assert ([frame.step for frame in snapshot.frames], list(snapshot.lost)) == (left_over, gone)
        assert records(later, job.id, frames=False).snapshots[0].lost == ()

    def test_without_any_there_is_still_the_look_at_the_net_as_it_is(self, keeping: Jobs, later: Jobs) -> None:
        job = keeping.start([RUN], "A run")
        assert job.wait(PATIENCE)
        assert job.kept_in is not None
        shutil.rmtree(job.kept_in.path / "frames")
        snapshot = looked_at(later, job.id).view().snapshots[0]
        assert (snapshot.frames, list(snapshot.lost)) == ((), STEPS)
        assert snapshot.frame is not None
        assert last_frame(job.kept_in, 0) is None

    def test_a_run_whose_state_alone_is_missing_is_its_frames_and_no_untrained_net(
        self, keeping: Jobs, later: Jobs
    ) -> None:
        job = keeping.start([RUN], "A run")
        assert job.wait(PATIENCE)
        folder = job.kept_in
        assert folder is not None
        (folder.path / "state").unlink()
        folder.frame_files(0)[3].write_bytes(b"no frame")
        back = looked_at(later, job.id)
        left_over = [step for step in STEPS if step != 3]
        assert back.state_lost
        assert "The file with the state of this run is missing" in back.view().message
        assert (back.status, framed(back), back.view().snapshots[0].lost) == ("finished", left_over, (3,))
        newest = back.view().snapshots[0].frame
        assert newest is not None
        assert newest.step == 12
        for step in left_over:
            at = moment(back, 0, step)
            assert at is not None
            assert at.weights_step == at.ask(lambda specimen: specimen.step) == step
        now = moment(back)
        assert now is not None
        assert now.weights_step == 12
        (snapshot,) = records(later, job.id).snapshots
        assert [frame.step for frame in snapshot.frames] == left_over

    def test_of_a_large_net_whose_state_is_missing_the_weights_before_the_first_step_answer_and_say_so(
        self, keeping: Jobs, later: Jobs
    ) -> None:
        job = keeping.start([small("autoencoder", budget=3)], "A run")
        assert job.wait(PATIENCE)
        assert job.kept_in is not None
        (job.kept_in.path / "state").unlink()
        now = moment(looked_at(later, job.id))
        assert now is not None
        assert (now.frame.step, now.weights_step) == (3, 0)

    def test_a_run_that_was_broken_off_before_it_was_kept_has_lost_nothing(self, keeping: Jobs, later: Jobs) -> None:
        job = stopped(keeping, steps=0)
        assert job.kept_in is not None
        (job.kept_in.path / "state").unlink()
        assert not looked_at(later, job.id).state_lost

    def test_a_run_without_its_state_does_not_begin_anew_which_would_clear_its_frames(
        self, keeping: Jobs, later: Jobs
    ) -> None:
        job = stopped(keeping)
        assert job.kept_in is not None
        (job.kept_in.path / "state").unlink()
        there = list(job.kept_in.frame_files(0))
        assert there
        for _ in range(2):  # nobody holds the folder after that, who would have to end first
            with pytest.raises(StoreError, match=r"the file with its state is missing.* they stay, to be looked at"):
                later.go_on(job.id)
            assert list(job.kept_in.frame_files(0)) == there
        assert framed(looked_at(later, job.id)) == there
        shutil.rmtree(job.kept_in.path / "frames")
        again = later.go_on(job.id)  # now nothing can be lost
        assert again.wait(PATIENCE)
        assert again.status == "finished"

    def test_a_run_that_goes_on_remembers_that_they_are_lost(self, keeping: Jobs, later: Jobs) -> None:
        job = stopped(keeping)
        folder = job.kept_in
        assert folder is not None
        folder.frame_files(0)[3].unlink()
        back = later.go_on(job.id)
        assert back.wait(PATIENCE)
        expected = [step for step in STEPS if step != 3]
        assert (framed(back), back.view().snapshots[0].lost) == (expected, (3,))
        again = looked_at(keeping, job.id)
        assert (framed(again), again.view().snapshots[0].lost) == (expected, (3,))

    def test_a_rewound_run_has_lost_nothing(self, keeping: Jobs, later: Jobs) -> None:
        job = stopped(keeping)
        assert job.kept_in is not None
        job.kept_in.frame_files(0)[3].unlink()
        back = later.go_on(job.id)
        back.rewind()
        assert back.view().snapshots[0].lost == ()
        back.stop()
        assert back.wait(PATIENCE)

    def test_of_labs_that_noted_no_steps_those_that_are_spoiled_are_told(self, keeping: Jobs) -> None:
        job = stopped(keeping)
        folder = job.kept_in
        assert folder is not None
        record = folder.record(0)
        assert record is not None
        files = folder.frame_files(0)
        del record["framed"]
        files[2].write_bytes(b"no frame")
        files[3].unlink()
        found = kept_frames(folder, 0, record)
        assert ([frame.step for frame in found.frames], found.lost) == ([0, 1, 4, 6, 8], [2])

    def test_what_a_crash_left_of_later_steps_is_none(self, keeping: Jobs) -> None:
        job = stopped(keeping)
        folder = job.kept_in
        assert folder is not None
        later_frame = job.view().snapshots[0].frames[-1]
        file = folder.path / "frames" / "0-9"
        checkpoints.write(file, checkpoints.copied(frame_state(later_frame)))
        there = left(folder)
        assert there is not None
        assert [frame.step for frame in there.recorders[0].frames(0)] == [0, 1, 2, 3, 4, 6, 8]
        assert there.recorders[0].snapshot().lost == ()
