"""The files of a run on their way to MLflow and back. What comes back may be changed by anyone, and is checked."""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from lab.store.folder import FRAME, LARGEST_FACTS, RunFolder
from lab.store.values import StoreError

FACTS, STATE, FRAMES = "job.json", "state", "frames.tar"
"""The frames travel as one file: a request each would take several times as long."""
ANOTHER = re.compile(r"[a-z][a-z0-9_-]{0,40}\.(json|png)")
"""What else may lie in the folder of a run."""
LARGEST_STATE, LARGEST_FRAME = 16 * 2**30, 256 * 2**20
"""Bytes."""
MOST_FRAMES = 64 * 1024


def pack(folder: RunFolder, names: Iterable[str], into: Path) -> list[Path]:
    """Copy files of a run, and with a state its frames; returns them with what tells of the job last.

    Raises:
        OSError: a file cannot be read or written.
    """
    ordered = sorted(names, key=lambda name: (name == FACTS, name != STATE))
    packed = [Path(shutil.copyfile(folder.path / name, into / name)) for name in ordered]
    if STATE in ordered:  # frames after it: all that the state counts on are there before it
        packed.insert(0, _pack_frames(folder.path / "frames", into / FRAMES))
    return packed


def limit(name: str) -> int:
    """Most bytes of a file of this name; 0 where none of a run is called so."""
    if name in (STATE, FRAMES):
        return LARGEST_STATE
    return LARGEST_FACTS if ANOTHER.fullmatch(name) else 0


def unpack(folder: RunFolder) -> None:
    """Put frames that came as one file where they belong.

    Raises:
        StoreError: the file holds something else, too.
    """
    file = folder.path / FRAMES
    if not file.exists():
        return
    (folder.path / "frames").mkdir()
    try:
        with tarfile.open(file, "r:") as members:
            for count, member in enumerate(members):
                plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and FRAME.fullmatch(member.name)
                content = members.extractfile(member) if plain else None
                if content is None or member.size > LARGEST_FRAME or count >= MOST_FRAMES:
                    raise StoreError(f"The frames of run {folder.id} hold {member.name[:80]!r}, which is no frame.")
                with content, (folder.path / "frames" / member.name).open("xb") as copy:
                    shutil.copyfileobj(content, copy)
    except (tarfile.TarError, OSError) as error:
        raise StoreError(f"The frames of run {folder.id} cannot be read: {error}") from None
    file.unlink()


def _pack_frames(frames: Path, file: Path) -> Path:
    with tarfile.open(file, "w:") as members:
        for frame in sorted(frames.glob("*")):
            if FRAME.fullmatch(frame.name):
                members.add(frame, arcname=frame.name, recursive=False)
    return file
