"""How many jobs train at the same time, and who is next."""

from __future__ import annotations

import threading


class Slots:
    """Who may train now. Places are given in the order in which they were asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._line: list[object] = []

    def allow(self, count: int) -> None:
        """Let so many train from now on."""
        with self._lock:
            self.count = count

    def take(self, job: object) -> bool:
        """Get in line, once; returns whether the job is among the first and may train."""
        with self._lock:
            if job not in self._line:
                self._line.append(job)
            return self._line.index(job) < self.count

    def place(self, job: object) -> int:
        """How many are ahead of the job in line, beyond those who may train; 0 if it is not waiting."""
        with self._lock:
            return max(0, self._line.index(job) - self.count + 1) if job in self._line else 0

    def release(self, job: object) -> None:
        """Leave the line."""
        with self._lock:
            if job in self._line:
                self._line.remove(job)
