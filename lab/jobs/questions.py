"""Questions about the nets of a job, which its own thread answers between two steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from lab.probes import Specimen

Question = Callable[[Sequence[Specimen]], Any]
"""Something to find out about the nets of a job. It may run them, and must not change them."""


class Questions:
    """Questions that wait for an answer. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._open: list[tuple[Question, Future[Any]]] = []
        self._at_rest: Sequence[Specimen] | None = None
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, question: Question) -> Future[Any]:
        """Put a question; returns what will hold its answer, or holds it already where the nets are at rest."""
        answer: Future[Any] = Future()
        with self._lock:
            self._open.append((question, answer))
            at_rest = self._at_rest
        if at_rest is not None:
            self.answer(at_rest)
        return answer

    def resume(self) -> None:
        """Nets are being trained: from now on `answer` is called now and then."""
        with self._lock:
            self._at_rest = None

    def rest(self, specimens: Sequence[Specimen]) -> None:
        """Training has ended with these nets, or without any: from now on questions are answered at once."""
        with self._lock:
            self._at_rest = specimens if self._at_rest is None else self._at_rest
            at_rest = self._at_rest
        self.answer(at_rest)

    def answer(self, specimens: Sequence[Specimen]) -> None:
        """Answer all there are; without nets they are cancelled."""
        with self._lock:
            questions, self._open = self._open, []
        for question, answer in questions:
            if not specimens:
                answer.cancel()
            elif answer.set_running_or_notify_cancel():
                _settle(question, answer, specimens)


def _settle(question: Question, answer: Future[Any], specimens: Sequence[Specimen]) -> None:
    try:
        answer.set_result(question(specimens))
    except Exception as error:  # whoever asked learns of it; the run goes on
        answer.set_exception(error)
