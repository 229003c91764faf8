"""Answers that take a moment: worked out in the background, shown when they are there, kept for the next time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

KEPT = 512
"""Answers that are kept."""

_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="answers")
_answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()
_lock = threading.Lock()


def answer(key: Hashable, work: Callable[[], Any], kept: bool = True) -> Future[Any]:
    """The answer of that key: one there is already or is on its way, else `work` is begun for it.

    Args:
        key: names the answer.
        work: finds it. Where that fails it is tried anew when the answer is asked for again.
        kept: whether the answer is wanted once more when it is there.
    """

    def forget(done: Future[Any]) -> None:
        if not kept or done.cancelled() or done.exception() is not None:
            with _lock:
                if _answers.get(key) is done:
                    del _answers[key]

    with _lock:
        future = _answers.get(key)
        if future is not None:
            _answers.move_to_end(key)
            return future
        future = _answers[key] = _workers.submit(work)
        late = [_answers.popitem(last=False)[1] for _ in range(len(_answers) - KEPT)]
    for each in late:
        each.cancel()
    future.add_done_callback(forget)
    return future
