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


def answer(key: Hashable, work: Callable[[], Any]) -> Future[Any]:
    """The answer of that key: one there is already or is on its way, else `work` is begun for it."""
    with _lock:
        future = _answers.get(key)
        if future is None:
            future = _answers[key] = _workers.submit(work)
            while len(_answers) > KEPT:
                _answers.popitem(last=False)[1].cancel()
        _answers.move_to_end(key)
        return future
