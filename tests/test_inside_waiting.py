"""Slow questions about nets: of one that trains never two at once, and always the newest answer there is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from lab.boards.contestants import contestants
from lab.recorder import Recorder
from lab.ui.inside import waiting
from tests.small import small


class Background:
    """Answers that come when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
        self.newest, self.waits = 1, 0
        self.begun: dict[int, Future[int]] = {}
        (run,) = contestants([small()], [Recorder().snapshot()])
        job = SimpleNamespace(status=status, ended=status == "finished", remembered=lambda place: (None, self))
        self.look: Any = SimpleNamespace(sides=[SimpleNamespace(id="a-0", place=0, run=run, job=job)])
        monkeypatch.setattr(waiting, "st", SimpleNamespace(session_state={}))
        monkeypatch.setattr(waiting, "moments", lambda job, place: [SimpleNamespace(step=self.newest)])
        monkeypatch.setattr(waiting, "moment_of", self._moment_of)
        monkeypatch.setattr(waiting, "answer", self._answer)
        monkeypatch.setattr(waiting, "wait_for", self._wait_for)

    def _moment_of(self, side: Any, step: int | None) -> Any:
        at = self.newest if step is None else step
        return SimpleNamespace(frame=SimpleNamespace(step=at), weights=at, weights_step=at)

    def _answer(self, key: tuple[int, Hashable], work: Callable[[], Any]) -> Future[int]:
        return self.begun.setdefault(key[0], Future())

    def _wait_for(self, futures: list[Future[int]]) -> None:
        assert not all(future.done() for future in futures)
        self.waits += 1

    def shown(self, step: int | None = None) -> int | None:
        """The step of what a page shows."""
        found = waiting.later(self.look, lambda specimen: specimen.step, "a question", step)
        if found is None:
            return None
        assert found[0].answer == found[0].step == found[0].weights_step
        return found[0].answer


def test_the_next_moment_is_asked_about_when_the_last_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background(monkeypatch, "running")
    assert background.shown() is None
    background.newest = 5
    assert background.shown() is None
    assert list(background.begun) == [1]
    background.begun[1].set_result(1)
    assert background.shown() == 1
    background.newest = 9
    assert background.shown() == 1  # while 9 is worked out
    background.newest = 12
    assert background.shown() == 1
    assert list(background.begun) == [1, 9]
    background.begun[9].set_result(9)
    assert background.shown() == 9
    assert background.shown() == 9
    assert list(background.begun) == [1, 9, 12]
    assert background.waits == 5


@pytest.mark.parametrize(("status", "step"), [("running", 3), ("finished", None), ("finished", 3), ("paused", None)])
def test_of_a_moment_that_stays_the_answer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, status: str, step: int | None
) -> None:
    background = Background(monkeypatch, status)
    at = background.newest if step is None else step
    assert background.shown(step) is None
    assert list(background.begun) == [at]
    background.begun[at].set_result(at)
    assert background.shown(step) == at
    assert background.waits == 1
