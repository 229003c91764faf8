"""Answers that are worked out in the background."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import CancelledError, Future
from functools import partial
from weakref import ref

import pytest

from lab.ui.background import Asked, answer, failure, forget
from tests.pages import PATIENCE, until


def test_an_answer_is_found_once_and_a_failed_one_stays_until_it_is_forgotten() -> None:
    asked = []

    def fails_once() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise MemoryError("for now")
        return 7

    for _ in range(2):
        failed = answer("fails once", fails_once, kept=False)
        with pytest.raises(MemoryError, match="for now"):
            failed.result(PATIENCE)
        assert isinstance(failure(failed), MemoryError)
    forget("fails once")
    for _ in range(2):
        assert answer("fails once", fails_once).result(PATIENCE) == 7
    assert len(asked) == 2


def test_a_failed_answer_keeps_nothing_that_the_work_had_at_hand(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "lab.ui.background")  # pytest would keep what is logged

    class Net:
        pass

    alive = []

    def work() -> None:
        net = Net()
        alive.append(ref(net))
        try:
            raise MemoryError("inside")
        except MemoryError:
            raise RuntimeError(f"of {net}") from None

    failed = answer("fails with a net", work)
    until(failed.done)
    until(lambda: alive[0]() is None)
    assert isinstance(failure(failed), RuntimeError)


def test_no_worker_waits_for_what_another_thread_is_asked() -> None:
    others = [Future[int]() for _ in range(4)]
    found = [answer(("asks", i), partial(Asked, other, lambda n: n + 1)) for i, other in enumerate(others)]
    assert answer("meanwhile", lambda: 7).result(PATIENCE) == 7
    others[0].set_result(1)
    others[1].set_exception(TimeoutError("of another thread"))
    others[2].cancel()
    assert found[0].result(PATIENCE) == 2
    until(lambda: found[1].done() and found[2].done())
    assert isinstance(failure(found[1]), TimeoutError)
    assert isinstance(failure(found[2]), CancelledError)
    assert not found[3].done()


def test_an_answer_that_nobody_wants_once_more_is_not_kept() -> None:
    going, asked = threading.Event(), []

    def work() -> None:
        asked.append(1)
        going.wait(PATIENCE)

    first = answer("not kept", work, kept=False)
    assert answer("not kept", work, kept=False) is first
    going.set()
    first.result(PATIENCE)
    answer("not kept", work, kept=False).result(PATIENCE)
    assert len(asked) == 2
