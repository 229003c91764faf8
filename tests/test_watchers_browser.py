"""Watchers without a browser, who speak its protocol, at the running app."""

from __future__ import annotations

from urllib.request import urlopen

from streamlit.proto.BidiComponent_pb2 import BidiComponent

from lab.bench.audience import Audience
from lab.bench.watcher import BOARD, Watcher
from lab.links import encode
from tests.small import small


def test_all_who_watch_a_race_see_it_go_on(app: str) -> None:
    with Audience(app) as audience:
        audience.start([encode(small(estimator=name, budget=1e6)) for name in ("identity", "hard-sigmoid")])
        audience.join(4)
        audience.until(lambda: audience.steps()[1] > 0)
        _, before = audience.steps()
        seen = [len(watcher.updates) for watcher in audience.watchers]
        audience.until(lambda: all(len(w.updates) >= n + 2 for w, n in zip(audience.watchers, seen, strict=True)))
        assert audience.steps()[1] > before
        for watcher in audience.watchers:
            versions = [update.version for update in watcher.updates]
            assert versions == sorted(set(versions))
            assert {update.job for update in watcher.updates} == {audience.run}
        audience.press("Stop")
        audience.until(lambda: all("Go on" in watcher.buttons for watcher in audience.watchers))
        seen = [len(watcher.updates) for watcher in audience.watchers]
        audience.press("Go on")  # which the others are not told, and see
        audience.until(lambda: all(len(w.updates) >= n + 2 for w, n in zip(audience.watchers, seen, strict=True)))
        audience.press("Stop")
        audience.until(lambda: "Go on" in audience.watchers[0].buttons)
    with urlopen(f"{app}/_stcore/health") as answer:
        assert answer.status == 200


class Unlucky(Watcher):
    """Its first board was overtaken on its way: only the line before it came."""

    lost = 0

    async def _note(self, component: BidiComponent, fragment: str) -> None:
        if not self.lost and BOARD.search(component.bytes):
            self.lost += 1
            component.bytes = component.bytes.partition(b"\n")[0] + b"\n"
        await super()._note(component, fragment)


def test_a_board_that_was_lost_on_its_way_is_sent_once_more(app: str) -> None:
    with Audience(app) as audience:
        audience.start([encode(small(estimator=name, budget=1e6)) for name in ("identity", "hard-sigmoid")])
        audience.press("Stop")
        audience.until(lambda: "Go on" in audience.watchers[0].buttons)
        unlucky = Unlucky(app, "compare", f"run={audience.run}")  # nothing new comes to who opens it now
        audience.add(unlucky)
        audience.until(lambda: bool(unlucky.updates))
        assert unlucky.lost == 1
