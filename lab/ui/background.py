"""Answers that take a moment: worked out in the background, shown when they are there, kept for the next time."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lab.jobs.waiting import settle

log = logging.getLogger(__name__)

KEPT = 512
"""Answers that are kept."""

_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="answers")
_answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Asked:
    """What another thread is to find out first. No worker waits for it: they are for everybody."""

    what: Future[Any]
    then: Callable[[Any], Any]
    """Makes the answer of it, in the background."""


def answer(key: Hashable, work: Callable[[], Any], kept: bool = True) -> Future[Any]:
    """The answer of that key: one there is already or is on its way, else `work` is begun for it.

    Where the work fails, the log keeps its trace, and that is the answer until `forget` is called: to try again at
    every look would never end.

    Args:
        key: names the answer.
        work: finds it; or returns what is `Asked` of another thread.
        kept: whether the answer is wanted once more when it is there.
    """
    with _lock:
        future = _answers.get(key)
        if future is not None:
            _answers.move_to_end(key)
            return future
        future = _answers[key] = Future()
        late = [_answers.popitem(last=False)[1] for _ in range(len(_answers) - KEPT)]
    for each in late:
        each.cancel()
    if not kept:
        future.add_done_callback(lambda done: None if failure(done) else _drop(key, done))
    _workers.submit(_begin, future, work)
    return future


def failure(answered: Future[Any]) -> BaseException | None:
    """Why there is no answer, of one that is done; None where there is one."""
    return CancelledError() if answered.cancelled() else answered.exception()


def forget(key: Hashable) -> None:
    """Let an answer that is there be worked out anew when it is asked for again."""
    with _lock:
        if key in _answers and _answers[key].done():
            del _answers[key]


def _drop(key: Hashable, done: Future[Any]) -> None:
    with _lock:
        if _answers.get(key) is done:
            del _answers[key]


def _begin(future: Future[Any], work: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        _find(future, work)


def _find(future: Future[Any], work: Callable[[], Any]) -> None:
    tried: Future[Any] = Future()
    settle(tried, work)
    error = tried.exception()
    if error is not None:
        if not isinstance(error, TimeoutError | CancelledError):  # which are no faults, but of another thread
            log.error("no answer was found", exc_info=error)
        error.__traceback__ = error.__context__ = error.__cause__ = None  # which hold all that the work had at hand
        future.set_exception(error)
    elif isinstance(found := tried.result(), Asked):
        found.what.add_done_callback(lambda what: _workers.submit(_find, future, lambda: found.then(what.result())))
    else:
        future.set_result(found)
