"""A job that is killed again and again, while it trains and while it writes, ends as if it had not been."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.cli.kept import KeptRun
from lab.jobs import Jobs, saver
from lab.store import RunFolder, run_folders
from lab.training import Training
from tests.browser import REPOSITORY
from tests.job_waits import PATIENCE, losses
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import torch
import lab.jobs.saver
from lab.experiment import Experiment
from lab.jobs import Jobs
from lab.store import run_folders
from lab.training import Training

runs, kills = Path(sys.argv[1]), int(sys.argv[2])
experiments = [Experiment.from_json(text) for text in sys.argv[3:]]
lab.jobs.saver.SECONDS_BETWEEN, lab.jobs.saver.SHARE = 0.0, 1e9  # all the time, so that many are killed as they write
chance = random.Random(11)
torch.set_num_threads(1)  # threads do not survive a fork
for _ in zip(range(3), Training(experiments[0]).events()):
    pass  # what is loaded once is loaded before the forks

def go_on():
    jobs = Jobs()
    jobs.runs_folder = runs
    job = jobs.go_on(run_folders(runs)[0].id) if run_folders(runs) else jobs.start(experiments, "Killed")
    job.wait()
    assert job.status == "finished", job.view().message

def started():
    child = os.fork()
    if not child:
        ended = 1
        try:
            go_on()
            ended = 0
        finally:
            os._exit(ended)
    return child

def written():
    return next((file.stat().st_mtime_ns for file in runs.glob("*/state")), 0)

for _ in range(kills):
    before, child = written(), started()
    while written() == before:  # at least one more is written each time
        time.sleep(0.001)
    time.sleep(chance.random() * 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    (folder,) = run_folders(runs)
    print(folder.state()[0]["run"]["step"], folder.state()[1]["run"]["step"], folder.facts().status, folder.held)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(started(), 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
@pytest.mark.parametrize(("kills", "budget"), [(4, 100), pytest.param(100, 2500, marks=pytest.mark.soak)])
def test_killed_again_and_again_a_race_ends_as_if_it_had_not_been(
    kept_runs: Path, jobs: Jobs, kills: int, budget: int
) -> None:
    large = {"name": "relax", "hidden": 200}
    experiments = [small("mlp", estimator=rule, budget=budget, evaluate_every=5.0) for rule in (large, "saturated")]
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(kept_runs),
        str(kills),
        *(each.model_dump_json() for each in experiments),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60 * kills, check=False)
    assert done.returncode == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    reached = [int(line[0]) for line in told]
    assert reached == sorted(set(reached))
    assert reached[-1] < budget
    assert told == [[str(step), str(step), "under", "way", "False"] for step in reached]
    (folder,) = run_folders(kept_runs)
    jobs.runs_folder = kept_runs
    back = jobs.find(folder.id)
    assert back is not None
    assert back.wait(PATIENCE)
    whole = jobs.start(experiments, "Not killed")
    assert whole.wait(kills * PATIENCE)
    for index in range(len(experiments)):
        assert losses(back, index) == losses(whole, index)
    assert_same_state(folder, RunFolder(kept_runs / whole.id))
    assert {file.name for file in folder.path.iterdir()} <= {"job.json", "state", "frames", "lock", ".state.part"}


def test_a_step_that_ctrl_c_broke_off_is_made_again(
    kept_runs: Path, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(saver, "SHARE", 1e9)
    experiment = small("mlp", budget=8)
    training = Training(experiment)
    kept = KeptRun(training, "Broken off", keep=True)
    release = training._release

    def pressed() -> None:
        if training.step == 5:
            raise KeyboardInterrupt
        release()

    monkeypatch.setattr(training, "_release", pressed)  # after the weights of step 6 changed, and before it ended
    with pytest.raises(KeyboardInterrupt):
        list(kept.events())
    kept.end("stopped", "")
    jobs.runs_folder = kept_runs
    (folder,) = run_folders(kept_runs)
    assert jobs.go_on(folder.id).wait(PATIENCE)
    whole = jobs.start([experiment], "Whole")
    assert whole.wait(PATIENCE)
    assert_same_state(folder, RunFolder(kept_runs / whole.id))


def assert_same_state(folder: RunFolder, other: RunFolder) -> None:
    """Nets, optimizers, streams: all but clocks, in the same order."""
    state, expected = folder.state(), other.state()
    assert state is not None
    assert expected is not None
    for mine, theirs in zip(state, expected, strict=True):
        for clock in ("seconds", "looking_seconds"):
            del mine["run"][clock], theirs["run"][clock]
        assert list(mine["run"]) == list(theirs["run"])
        assert_same(mine["run"], theirs["run"])


def assert_same(mine: Any, theirs: Any) -> None:
    if isinstance(mine, torch.Tensor):
        assert torch.equal(mine, theirs)
    elif isinstance(mine, dict):
        assert list(mine) == list(theirs)
        assert_same(list(mine.values()), list(theirs.values()))
    elif isinstance(mine, list | tuple):
        for pair in zip(mine, theirs, strict=True):
            assert_same(*pair)
    else:
        assert mine == theirs
