"""Slow questions about a net that trains: never two at once, and always the newest answer there is."""

from __future__ import annotations

from collections.abc import Hashable
from types import SimpleNamespace
from typing import Any

import pytest

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.figures.film import Instant
from lab.recorder import Recorder
from lab.ui.heatmaps import patience
from lab.ui.heatmaps.patience import patiently
from lab.ui.heatmaps.questions import Question
from tests.small import small

QUESTION: Question[int] = Question(lambda specimen: specimen.step, "a question")


class Background:
    """Answers that come when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
        self.status, self.newest = status, 1
        self.begun: list[int | None] = []
        self.done: set[int | None] = set()
        self.session: dict[Any, Any] = {}
        (self.run,) = contestants([small()], [Recorder().snapshot()])
        monkeypatch.setattr(patience, "later", self._later)
        monkeypatch.setattr(patience, "instants", lambda look: [Instant(step, 0.0) for step in range(self.newest + 1)])

    def _later(self, look: Any, ask: Any, key: Hashable, step: int | None) -> list[Seen[int]] | None:
        assert (ask, key) == QUESTION
        if step not in self.begun:
            self.begun.append(step)
        return [Seen(self.run, step or 0, step or 0, step or 0)] if step in self.done else None

    def shown(self, step: int | None = None) -> int | None:
        """The step of what a page shows."""
        look: Any = SimpleNamespace(sides=[SimpleNamespace(id="a-0", job=SimpleNamespace(status=self.status))])
        found = patiently(look, QUESTION, step, self.session)
        return None if found is None else found[0].answer


def test_the_next_moment_is_asked_about_when_the_last_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background(monkeypatch, "running")
    assert background.shown() is None
    background.newest = 5
    assert background.shown() is None
    assert background.begun == [1]
    background.done.add(1)
    assert background.shown() == 1
    background.newest = 9
    assert background.shown() == 1  # while 5 is worked out
    background.newest = 12
    assert background.shown() == 1
    assert background.begun == [1, 5]
    background.done.add(5)
    assert background.shown() == 5
    assert background.shown() == 5
    assert background.begun == [1, 5, 12]


@pytest.mark.parametrize(("status", "step"), [("running", 3), ("finished", None), ("finished", 3), ("paused", None)])
def test_of_a_moment_that_stays_the_answer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, status: str, step: int | None
) -> None:
    background = Background(monkeypatch, status)
    assert background.shown(step) is None
    assert background.begun == [step]
    background.done.add(step)
    assert background.shown(step) == (step or 0)
