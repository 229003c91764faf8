"""Who runs when: Python runs one thread at a time, and a run must not wait long for its turn while pages are made."""

from __future__ import annotations

import sys
import threading

TURN = 0.001
"""Seconds after which a thread that computes lets another one go on, if one waits.

A run gives its turn away with every operation of its net, most of which are shorter than this, and waits for the next
one. With Python's own 5 ms it would make one operation in that time while any page is brought up to date.
"""

one_update = threading.Lock()
"""Held by the live page that is brought up to date. The others wait for it, for each would take turns from the run."""


def take_short_turns() -> None:
    """Let threads of this process take turns of that length."""
    sys.setswitchinterval(TURN)
