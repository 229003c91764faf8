"""Waiting for an answer that may never come, such as that of a database which freezes while it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class TooLate(Exception):
    """There is no answer yet. Whoever is to give it goes on in the background."""


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` returns, or raises.

    Raises:
        TooLate: it takes longer than so many seconds.
    """
    answer: Future[T] = Future()
    threading.Thread(target=settle, args=(answer, ask), name="within", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():
            raise  # its own
        raise TooLate from None


def settle(answer: Future[T], ask: Callable[[], T]) -> None:
    """Give what `ask` returns, or raises, to whoever waits for it."""
    try:
        answer.set_result(ask())
    except Exception as error:  # whoever asked learns of it; the thread goes on
        answer.set_exception(error)
