"""Questions about the nets of a job, which its own thread answers between two steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from lab.jobs.waiting import settle
from lab.probes import Specimen

Question = Callable[[Sequence[Specimen]], Any]
"""Something to find out about the nets of a job. It may run them, and must not change them."""


class Questions:
    """Questions that wait for an answer. All methods may be called from any thread.

    Args:
        condition: guards them, and is notified of new ones.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._answering = threading.Lock()
        """An answer may put a net into another mode and hooks on it: one at a time, whoever asks."""
        self._open: list[tuple[Question, Future[Any]]] = []
        self._at_rest: Sequence[Specimen] | None = None

    def __bool__(self) -> bool:
        return bool(self._open)

    def ask(self, question: Question, patience: float | None = None) -> Future[Any]:
        """Ask about the nets, one for each experiment: answered between two steps, or now where they are at rest.

        The answer may be an exception: one of the question's own, `CancelledError` where there are no nets, or
        `TimeoutError`.

        Args:
            question: what is asked.
            patience: seconds after which it is withdrawn if nobody has begun to answer; None to wait for ever.
        """
        answer: Future[Any] = Future()
        with self._condition:
            self._open.append((question, answer))
            self._condition.notify_all()
            at_rest = self._at_rest
        if at_rest is not None:
            self.answer(at_rest)
        elif patience is not None:
            timer = threading.Timer(patience, self._withdraw, (question, answer))
            timer.daemon = True
            answer.add_done_callback(lambda _: timer.cancel())
            timer.start()
        return answer

    def resume(self) -> None:
        """Nets are being trained: from now on `answer` is called now and then."""
        with self._condition:
            self._at_rest = None

    def rest(self, specimens: Sequence[Specimen]) -> None:
        """Training has ended with these nets, and what is asked from now on is answered at once."""
        with self._condition:
            self._at_rest = specimens

    def close(self) -> None:
        """Nobody trains any more: what is still open is answered with the nets at rest, or cancelled without."""
        with self._condition:
            self._at_rest = at_rest = self._at_rest or []
        self.answer(at_rest)

    def let_go(self) -> None:
        """Keep nets that are at rest no longer."""
        with self._condition:
            self._at_rest = None if self._at_rest is None else []

    def answer(self, specimens: Sequence[Specimen]) -> None:
        """Answer all there are; without nets they are cancelled."""
        with self._answering:
            with self._condition:
                questions, self._open = self._open, []
            for question, answer in questions:
                if not specimens:
                    answer.cancel()
                if answer.set_running_or_notify_cancel():
                    settle(answer, partial(question, specimens))

    def _withdraw(self, question: Question, answer: Future[Any]) -> None:
        with self._condition:
            if (question, answer) not in self._open:
                return
            self._open.remove((question, answer))
        if answer.set_running_or_notify_cancel():
            answer.set_exception(TimeoutError("nobody has begun to answer"))
