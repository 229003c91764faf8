"""How much of the machine's processors who has used, as Linux tells it under /proc. All figures are CPU seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


def counted() -> bool:
    """Whether this system tells it."""
    return (PROC / "self/stat").is_file()


def bfloat16_in_hardware() -> bool | None:
    """Whether the processor multiplies bfloat16 numbers by itself; None where the system does not tell."""
    if not (PROC / "cpuinfo").is_file():
        return None
    flags = set((PROC / "cpuinfo").read_text().split())
    return not flags.isdisjoint({"avx512_bf16", "amx_bf16", "bf16", "svebf16"})


def of_machine() -> float:
    """What all processes together have used."""
    user, nice, system, _idle, _waiting, *interrupts = map(int, (PROC / "stat").read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def of_processes(pids: set[int]) -> float:
    """What some processes have used, all their threads together. One that has ended counts nothing."""
    return sum(map(_of_process, pids))


def below(pid: int) -> set[int]:
    """The processes that a process has started, and those that these have, and so on."""
    parents = {child: _parent(child) for child in map(int, filter(str.isdigit, os.listdir(PROC)))}
    found: set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in parents.items() if parent in newest}
        found |= newest
    return found


@dataclass
class Disturbance:
    """How busy other processes kept the machine."""

    share: float | None = None
    """0 if they left it alone, 1 if they kept every processor busy; None where the system does not tell."""


@contextmanager
def disturbance() -> Iterator[Disturbance]:
    """Watch, while something is measured in this process, what others take away from it."""
    result = Disturbance()
    if not counted():
        yield result
        return
    others, started = of_machine() - time.process_time(), time.perf_counter()
    yield result
    available = (time.perf_counter() - started) * (os.cpu_count() or 1)
    result.share = round(max(0.0, (of_machine() - time.process_time() - others) / available), 3)


def _of_process(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (the second may hold spaces); none once the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
