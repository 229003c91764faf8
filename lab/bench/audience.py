"""Many watchers of one race, in a thread of their own, so that a browser may watch beside them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import orjson

from lab.bench.watcher import Watcher
from lab.bench.watching import PATIENCE, NothingShown

T = TypeVar("T")
SEPARATOR = "~"
"""Between the contestants of a link to a race."""


class Audience:
    """Watchers that come one by one, all to the race that the first of them starts.

    Args:
        address: of the app.
    """

    def __init__(self, address: str) -> None:
        self.watchers: list[Watcher] = []
        self.run = ""
        """The race's id."""
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="audience")
        self._watching: list[Future[None]] = []

    def __enter__(self) -> Audience:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for watcher, watching in zip(self.watchers, self._watching, strict=True):
            self._do(watcher.close())
            watching.exception(PATIENCE)  # waits for its end; that a page was lost has been told
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self, links: Sequence[str]) -> None:
        """Let the first watcher start a race of the experiments of these links; returns when it sees it train.

        Raises:
            NothingShown: it sees nothing.
        """
        first = self._join(f"race={SEPARATOR.join(links)}")
        self.press("Race")
        self.until(lambda: bool(first.updates))
        self.run = first.updates[-1].job

    def join(self, count: int) -> None:
        """Let so many more watchers open the race; returns when all of them see it.

        Raises:
            NothingShown: one of them does not.
        """
        new = [self._join(f"run={self.run}") for _ in range(count)]
        self.until(lambda: all(watcher.updates for watcher in new))

    def add(self, watcher: Watcher) -> None:
        """Let a watcher open what it is for."""
        self.watchers.append(watcher)
        self._watching.append(asyncio.run_coroutine_threadsafe(watcher.watch(), self._loop))

    def press(self, label: str) -> None:
        """Let the first watcher press a button of the page."""
        self._do(self.watchers[0].press(label))

    def sleep(self, asleep: bool) -> None:
        """Let all of them stop asking for anything new, or begin again."""
        for watcher in self.watchers:
            watcher.asleep = asleep

    def steps(self) -> tuple[float, int]:
        """When the newest leader board came to the first watcher, and all its contestants' steps together.

        Raises:
            NothingShown: the page shows no leader board.
        """
        if self.watchers[0].board is None:
            raise NothingShown("The page shows no board.")
        at, board = self.watchers[0].board
        tables = [card for card in orjson.loads(board)["cards"] if card["kind"] == "table"]
        if not tables:
            raise NothingShown("The page shows no table of the contestants.")
        column = [head["title"] for head in tables[0]["heads"]].index("step")
        return at, sum(int(row["cells"][column]) for row in tables[0]["rows"])

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the watchers see.

        Raises:
            NothingShown: it does not happen, or one of them lost the page.
        """
        end = time.monotonic() + PATIENCE
        while not condition():
            for gone in [watching for watching in self._watching if watching.done()]:
                raise NothingShown(f"A watcher lost the page: {gone.exception()}")
            if time.monotonic() > end:
                raise NothingShown(f"The watchers saw nothing within {PATIENCE} s.")
            time.sleep(0.05)

    def _join(self, query: str) -> Watcher:
        watcher = Watcher(self._address, "compare", query)
        self.add(watcher)
        return watcher

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE)
