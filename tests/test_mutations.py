"""Whatever is wrong with an experiment, a link, a file or a run folder: sentences, and nothing outside is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.browser import REPOSITORY
from tests.guarded import LARGEST_GROWTH

KINDS = {"experiment", "link", "file", "limits", "records", "continue", "open", "go on"}
WHOLE, AT_ONCE, PAGES = 10_000, 2_500, 25
"""Mutations of `make soak`, in so many to a process, each of which also shows so many folders on its pages."""


def tried(seed: int, count: int, pages: int) -> dict[str, Any]:
    """What came of so many mutations in a process of its own."""
    command = [sys.executable, "-m", "tests.guarded", *map(str, (seed, count, pages))]
    run = subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def require_harmless(found: dict[str, Any]) -> None:
    """Only declared refusals, nothing opened elsewhere, no code from a file, and no memory taken."""
    assert found["escaped"] == []
    assert found["seen"] == []
    assert found["grown"] < LARGEST_GROWTH


def test_a_sample() -> None:
    found = tried(seed=0, count=60, pages=1)
    require_harmless(found)
    refused = {name.partition(":")[0] for name in found["counts"] if name.endswith("refused")}
    assert refused >= KINDS, "mutations that nothing refuses are none"


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    """Each of these must be seen, or the other tests could not fail."""
    code = (
        "import os, pickle, socket, sys\nfrom pathlib import Path\nfrom tests.guarded import Watch\n"
        "inside, outside = map(Path, sys.argv[1:])\nwatch = Watch(inside)\n"
        "(inside / 'own').write_text('')\n(inside / 'own').unlink()\nassert not watch.seen, watch.seen\n"
        "(outside / 'written').write_text('')\n(outside / 'written').read_text()\n"
        "(inside / 'link').symlink_to(outside / 'written')\n(inside / 'link').read_text()\n"
        "(outside / 'written').unlink()\npickle.loads(pickle.dumps(Path))\n"
        "socket.socket().connect_ex(('127.0.0.1', 9))\nprint('\\n'.join(sorted(watch.seen)))"
    )
    folders = [tmp_path / "inside", tmp_path / "outside"]
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", code, *map(str, folders)]
    seen = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for event in ("open written", "open read", "inside/link", "os.remove", "pickle.find_class", "socket.connect"):
        assert event in seen


@pytest.mark.soak
def test_ten_thousand() -> None:
    counts: Counter[str] = Counter()
    for seed in range(1, WHOLE // AT_ONCE + 1):
        found = tried(seed, AT_ONCE, PAGES)
        require_harmless(found)
        counts += Counter(found["counts"])
    print(dict(sorted(counts.items())))
