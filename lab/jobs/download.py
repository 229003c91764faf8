"""The download of images that a job waits for."""

from __future__ import annotations

from collections.abc import Callable


class CalledOff(Exception):
    """Leaves a download that nobody waits for any more."""


class Download:
    """How far a download is.

    Args:
        unwanted: whether nobody waits for it any more.
    """

    def __init__(self, unwanted: Callable[[], bool]) -> None:
        self._unwanted = unwanted
        self.version = 0
        """Grows with every change."""
        self.state: tuple[int, int] | None = None
        """(bytes so far, bytes in all), while it is under way."""

    def __call__(self, done: int, total: int) -> None:
        """Take note of bytes that arrived.

        Raises:
            CalledOff: nobody waits for them.
        """
        if self._unwanted():
            raise CalledOff
        self.state = done, total
        self.version += 1
