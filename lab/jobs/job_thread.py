"""A thread that can be waited for where Ctrl-C may be pressed."""

from __future__ import annotations

import threading
from collections.abc import Callable


class JobThread(threading.Thread):
    """Runs the life of a job.

    Python 3.11 takes a thread for ended when `join` is broken off by Ctrl-C, and leaves it alone at its own end.
    """

    def __init__(self, target: Callable[[], None], name: str) -> None:
        super().__init__(target=target, name=name, daemon=True)
        self._over = threading.Event()

    def run(self) -> None:
        """What it is for."""
        try:
            super().run()
        finally:
            self._over.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it ends, at most so many seconds; returns whether it did."""
        if not self._over.wait(timeout):
            return False
        self.join()
        return True
