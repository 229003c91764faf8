"""A visitor of a page without a browser: speaks Streamlit's protocol as the page in a browser does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Collection
from typing import NamedTuple

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

BOARD = re.compile(rb'"version":"(\w+):(\d+):[^"]*"')
"""Where the line before a board names what follows, first of all the job and the version that it shows."""
MISSING = '[{"event":"missing","value":true}]'
"""What a page says of a board that it has not got."""
TRIGGERS = "$$STREAMLIT_INTERNAL_KEY_{}__events"
"""Streamlit's name for all that may happen to a component."""


class Update(NamedTuple):
    """A board that came."""

    at: float
    """When, on the monotonic clock."""
    job: str
    version: int


class Watcher:
    """Opens a page and keeps it up to date, until it is closed.

    What of a browser's doing a server notices is done alike: it asks for the page, sets the timers that fragments ask
    for and lets each run again when it is due, and tells which large messages it still has.

    Args:
        address: of the app, such as "http://127.0.0.1:8501".
        page: the page's name in the address, such as "compare".
        query: the part of the address behind the question mark.
    """

    def __init__(self, address: str, page: str = "", query: str = "") -> None:
        self.updates: list[Update] = []
        """Boards that showed something new."""
        self.board: tuple[float, bytes] | None = None
        """The newest of these boards, as JSON, and when it came."""
        self.asleep = False
        """Whether its timers do nothing, as in a tab that a browser has put to sleep."""
        self._origin = Origin("/".join(address.split("/")[:3]))
        self._uri = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._state = ClientState(page_name=page, query_string=query)
        self._connection: ClientConnection | None = None
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        """The buttons that the page has shown, by their labels: the id of each, and of the fragment that it is in."""
        self._boards: dict[str, bytes] = {}
        self._kept: dict[str, tuple[str, int]] = {}
        self._runs = self._runs_kept = 0

    @property
    def query(self) -> str:
        """The part of the address behind the question mark, as the app has changed it."""
        return self._state.query_string

    async def watch(self) -> None:
        """Open the page and follow it until `close`.

        Raises:
            OSError: there is no app at this address.
            ConnectionClosedError: the app went away.
        """
        # Streamlit compresses nothing unless server.enableWebsocketCompression is set; neither does it for a browser.
        # Nor does a browser ask whether the app is still there, as this library would.
        protocols = [Subprotocol("streamlit")]
        async with connect(
            self._uri, origin=self._origin, subprotocols=protocols, max_size=None, ping_interval=None
        ) as self._connection:
            try:
                await self._ask()
                async for data in self._connection:
                    if isinstance(data, bytes):
                        await self._take(ForwardMsg.FromString(data))
            finally:
                for timer in list(self._timers):
                    self._stop(timer)

    async def press(self, label: str) -> None:
        """Press a button, once the page shows it."""
        while label not in self.buttons:
            await asyncio.sleep(0.05)
        id, fragment = self.buttons[label]
        await self._ask(fragment, WidgetState(id=id, trigger_value=True))

    async def close(self) -> None:
        """Leave the page."""
        if self._connection is not None:
            await self._connection.close()

    async def _ask(self, fragment: str = "", done: WidgetState | None = None, timer: bool = False) -> None:
        """Let the page run, or one fragment of it."""
        message = BackMsg(rerun_script=self._state)
        message.rerun_script.fragment_id, message.rerun_script.is_auto_rerun = fragment, timer
        message.rerun_script.cached_message_hashes.extend(self._kept)
        if done is not None:
            message.rerun_script.widget_states.widgets.append(done)
        if self._connection is not None:
            await self._connection.send(message.SerializeToString())

    async def _every(self, seconds: float, fragment: str) -> None:
        due = time.monotonic()
        while True:
            due = max(due + seconds, time.monotonic())  # what was missed is not made up for
            await asyncio.sleep(due - time.monotonic())
            if not self.asleep:
                await self._ask(fragment, timer=True)

    def _stop(self, fragment: str) -> None:
        _, task = self._timers.pop(fragment, (0.0, None))
        if task is not None:
            task.cancel()

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._runs_kept = message.new_session.config.max_cached_message_age
        elif kind == "navigation":
            self._state.page_script_hash, self._state.page_name = message.navigation.page_script_hash, ""
        elif kind == "script_finished":
            self._forget(message.metadata.run.fragment_ids)
        elif kind == "page_info_changed":
            self._state.query_string = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._set_timer(message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop(fragment)
        elif kind == "delta" and message.delta.HasField("new_element"):
            await self._draw(message)

    def _set_timer(self, seconds: float, fragment: str) -> None:
        if fragment in self._timers and self._timers[fragment][0] == seconds:
            return
        self._stop(fragment)
        self._timers[fragment] = seconds, asyncio.create_task(self._every(seconds, fragment))

    async def _draw(self, message: ForwardMsg) -> None:
        element, fragment = message.delta.new_element, message.delta.fragment_id
        if message.metadata.cacheable:
            self._kept[message.hash] = fragment, self._runs
        if element.HasField("button"):
            self.buttons[element.button.label] = element.button.id, fragment
        if element.HasField("bidi_component"):
            await self._note(element.bidi_component, fragment)

    async def _note(self, component: BidiComponent, fragment: str) -> None:
        line, _, board = component.bytes.partition(b"\n")
        found = BOARD.search(line)
        if found is None:
            return
        if board:
            self._boards[component.id] = found[0]
            update = Update(time.monotonic(), found[1].decode(), int(found[2]))
            if not self.updates or self.updates[-1][1:] != update[1:]:
                self.updates.append(update)
                self.board = update.at, board
        elif self._boards.get(component.id) != found[0]:  # a newer message took its place before it was sent
            lost = WidgetState(id=TRIGGERS.format(component.id), json_trigger_value=MISSING)
            await self._ask(fragment, lost)

    def _forget(self, ran: Collection[str]) -> None:
        """Keep no messages of these fragments, or of any where none is named, that the last runs did not show."""
        self._runs += 1
        for hash, (fragment, run) in list(self._kept.items()):
            if (not ran or fragment in ran) and self._runs - run > self._runs_kept:
                del self._kept[hash]
