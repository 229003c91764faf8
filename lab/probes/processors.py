"""Small products of matrices on one processor.

numpy spreads them over all processors by threads that wait for each other in a loop. Where a run trains on these, a
product that takes a millisecond alone then takes hundreds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

class _Visitors:
    """How many are inside, and what is to be undone when the last one leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._limit: Any = None

    def enter(self) -> None:
        with self._lock:
            if not self._count:
                self._limit = _linear_algebra().limit(limits=1)
            self._count += 1

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                self._limit.restore_original_limits()


_visitors = _Visitors()


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Let numpy and scipy compute on one processor meanwhile, in all threads; torch does as it did."""
    _visitors.enter()
    try:
        yield
    finally:
        _visitors.leave()


@cache
def _linear_algebra() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401, which brings a library of its own

    return ThreadpoolController().select(internal_api="openblas")
