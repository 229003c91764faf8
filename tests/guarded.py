"""Mutations through the entry points of the app, in a process that watches what it opens: `python -m tests.guarded`.

Prints one line of JSON: how many went through and how many were refused, and everything that should not have been.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "os.chmod")
"""Audit events whose arguments are paths."""
NEVER = ("pickle.find_class", "socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
"""Audit events that nobody's input may cause."""
LARGEST_GROWTH = 600_000
"""Kilobytes."""


class Watch:
    """Notes what a process does outside of some folders. It cannot be taken away again."""

    def __init__(self, inside: Path) -> None:
        self.inside = str(inside)
        self.readable = (str(ROOT), sys.prefix, sys.base_prefix, "/usr/", "/lib", "/proc/", "/sys/", "/dev/", "/etc/")
        self.seen: set[str] = set()
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in NEVER:
            self.seen.add(f"{event} {arguments[:2]}")
        elif event in PLACES:
            for path in arguments[: 2 if event in ("os.rename", "os.link") else 1]:
                if isinstance(path, str | bytes | os.PathLike):
                    folder = arguments[-1] if event in ("os.remove", "os.rmdir") else -1
                    base = os.readlink(f"/proc/self/fd/{folder}") if folder >= 0 else ""
                    self._place(event, os.path.join(base, os.fsdecode(path)), arguments)

    def _place(self, event: str, path: str, arguments: tuple[Any, ...]) -> None:
        folder, name = os.path.split(os.path.abspath(path))
        # What is opened is what a link leads to; what is moved or removed is the link.
        flags = arguments[2] or 0 if event == "open" else os.O_NOFOLLOW | os.O_RDWR
        real = os.path.join(os.path.realpath(folder), name) if flags & os.O_NOFOLLOW else os.path.realpath(path)
        written = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
        if real.startswith(self.inside) or (not written and real.startswith(self.readable)) or real == "/dev/null":
            return
        if "__pycache__" not in real:
            self.seen.add(f"{event} {'written' if written else 'read'} {path}")


class Trial:
    """Tries inputs, and counts what came of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.escaped: list[str] = []

    def attempt(self, name: str, act: Callable[[], object], declared: tuple[type[Exception], ...]) -> None:
        """Do something that may succeed, or fail as declared with sentences that a page can show."""
        try:
            act()
            self.counts[f"{name}: taken"] += 1
        except declared as error:
            self.counts[f"{name}: refused"] += 1
            text = str(error)
            if not text or len(text) > 20_000 or "Traceback" in text or not _encodable(text):
                self.escaped.append(f"{name}: not a sentence: {text[:300]!r}")
        except Exception:  # what this whole test is about
            self.escaped.append(f"{name}: {traceback.format_exc()[-1500:]}")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def main(seed: int, count: int, pages: int) -> None:
    """Try so many mutations, of which every fifth is a run folder, and so many pages."""
    place = Path(tempfile.mkdtemp()).resolve()
    data, outside = place / "data", place / "outside"
    (data / "runs").mkdir(parents=True)
    os.environ |= {"LAB_DATA": str(data), "LAB_RUNS": str(data / "runs"), "TMPDIR": str(data)}
    tempfile.tempdir = str(data)
    from tests.trials import Trials

    trials = Trials(random.Random(seed), Trial(), data / "runs", outside)
    for _ in range(2):  # once everything has been imported and opened that is needed, the watch begins
        trials.rehearse(pages > 0)
    watch, before = Watch(data), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    trials.run(count, pages)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    seen = sorted(watch.seen)
    result = {"counts": trials.trial.counts, "escaped": trials.trial.escaped, "seen": seen, "grown": grown}
    shutil.rmtree(place, ignore_errors=True)
    print(json.dumps(result), flush=True)
    os._exit(0)  # threads of runs that were opened need not be waited for


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
