"""A limit on the steps a second, for people to follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Sleeps between steps, and wakes at once when the condition is notified.

    Args:
        condition: of the job.
        allowed: raises where who asks may not set the limit.
    """

    def __init__(self, condition: threading.Condition, allowed: Callable[[], None]) -> None:
        self._allowed = allowed
        self._condition = condition
        self._last = time.monotonic()
        self._limit: float | None = None

    @property
    def limit(self) -> float | None:
        """Steps a second; None where there is no limit."""
        return self._limit

    def set(self, steps_per_second: float | None) -> None:
        """Limit the steps a second; None lets it train as fast as it can.

        Raises:
            NotTheOwner: who asks may only watch.
        """
        self._allowed()
        with self._condition:
            self._limit = steps_per_second
            self._condition.notify_all()

    def keep(self, still: Callable[[], bool]) -> None:
        """Wait until the next step may be made, if there is a limit and `still` holds."""
        with self._condition:
            if self._limit and still():
                remaining = self._last + 1 / self._limit - time.monotonic()
                if remaining > 0:
                    self._condition.wait(remaining)
        self._last = time.monotonic()
