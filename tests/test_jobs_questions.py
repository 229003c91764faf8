"""Questions about the nets of a job: answered between two steps, when it is held, and after its end."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from threading import Event, Lock
from time import sleep

import pytest
import torch

from lab.jobs import NETS_KEPT, Jobs
from lab.probes import Specimen
from tests.small import small

PATIENCE = 120


def steps_of(specimens):  # type: ignore[no-untyped-def]
    return [specimen.step for specimen in specimens]


def test_a_running_job_answers_and_goes_on(jobs: Jobs) -> None:
    job = jobs.start([small(budget=100_000)], "long")
    first = job.questions.ask(steps_of).result(PATIENCE)
    job.settle(1)
    later = job.questions.ask(steps_of).result(PATIENCE)
    assert 0 <= first[0] <= later[0]
    assert job.status == "running"


def test_a_held_job_answers(jobs: Jobs) -> None:
    job = jobs.start([small(), small(estimator="bernoulli")], "race", playing=False)
    job.step(2)
    job.settle(PATIENCE)
    assert job.questions.ask(steps_of).result(PATIENCE) == [2, 2]
    assert job.status == "paused"


def test_an_ended_job_answers_with_the_weights_it_reports(jobs: Jobs) -> None:
    job = jobs.start([small(report="best-validation")], "short")
    assert job.wait(PATIENCE)
    answer = job.questions.ask(lambda specimens: specimens[0].net.state_dict())
    assert answer.done()
    assert all(torch.isfinite(value).all() for value in answer.result().values())


def test_nets_at_rest_answer_one_at_a_time_whoever_asks(jobs: Jobs) -> None:
    job = jobs.start([small()], "short")
    assert job.wait(PATIENCE)
    alone = Lock()

    def was_alone(specimens: Sequence[Specimen]) -> bool:
        free = alone.acquire(blocking=False)
        sleep(0.005)
        if free:
            alone.release()
        return free

    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda _: job.questions.ask(was_alone).result(PATIENCE), range(40)))
    assert all(answers)


def test_an_error_of_the_question_is_its_own(jobs: Jobs) -> None:
    job = jobs.start([small(budget=100_000)], "long")
    answer = job.questions.ask(lambda specimens: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        answer.result(PATIENCE)
    job.settle(1)
    assert job.status == "running"


def test_a_job_that_fails_leaves_nobody_waiting(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    job = jobs.start([small(device="cuda" if not torch.cuda.is_available() else "mps")], "impossible")
    assert job.wait(PATIENCE)
    with pytest.raises(CancelledError):
        job.questions.ask(steps_of).result(PATIENCE)


def test_a_rewound_job_answers_from_its_new_start(jobs: Jobs) -> None:
    job = jobs.start([small()], "short")
    assert job.wait(PATIENCE)
    job.rewind()
    job.settle(PATIENCE)
    assert job.questions.ask(steps_of).result(PATIENCE) == [0]


def test_old_jobs_let_go_of_their_nets(jobs: Jobs) -> None:
    ended = []
    for number in range(NETS_KEPT + 2):
        ended.append(jobs.start([small(seed=number)], str(number)))
        assert ended[-1].wait(PATIENCE)
    answers = [job.questions.ask(steps_of) for job in ended]
    wait_for(answers, PATIENCE)
    assert [answer.cancelled() for answer in answers] == [True] + [False] * (NETS_KEPT + 1)
    assert ended[0].view().snapshots[0].steps["step"].size == 4


def test_a_question_that_nobody_begins_to_answer_in_time_is_withdrawn(jobs: Jobs) -> None:
    job = jobs.start([small(budget=100_000)], "busy")
    began, go_on, asked = Event(), Event(), list[int]()

    def hold(specimens: Sequence[Specimen]) -> None:
        began.set()
        go_on.wait(PATIENCE)

    held = job.questions.ask(hold)
    assert began.wait(PATIENCE)
    late = job.questions.ask(lambda specimens: asked.append(1), patience=0.05)
    with pytest.raises(TimeoutError):
        late.result(PATIENCE)
    go_on.set()
    held.result(PATIENCE)
    assert job.questions.ask(steps_of, patience=PATIENCE).result(PATIENCE)[0] >= 0
    assert asked == []
