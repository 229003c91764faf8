"""A limit on the steps a second, for people to follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Sleeps between steps, and wakes at once when the condition is notified.

    Args:
        condition: of the job.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._last = time.monotonic()

    def keep(self, steps_per_second: float | None, still: Callable[[], bool]) -> None:
        """Wait until the next step may be made, if a limit is set and `still` holds."""
        with self._condition:
            if steps_per_second and still():
                remaining = self._last + 1 / steps_per_second - time.monotonic()
                if remaining > 0:
                    self._condition.wait(remaining)
        self._last = time.monotonic()
