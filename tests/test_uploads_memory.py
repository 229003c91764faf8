"""Pictures that people bring take little memory, also those that are large and in a mode that has to be converted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PEAK = """
import sys
from pathlib import Path
from lab.data.uploads import PictureError, picture_from

def kilobytes(line):
    return int(Path("/proc/self/status").read_text().partition(line)[2].split()[0])

content = Path(sys.argv[1]).read_bytes()
for ready in (content[:2000], content):  # what is imported for the first picture is no part of it
    Path("/proc/self/clear_refs").write_text("5")
    before = kilobytes("VmRSS:")
    try:
        picture_from(ready, "a")
    except PictureError:
        pass
print(kilobytes("VmHWM:") - before)
"""
"""Says by how many kilobytes the memory of a process grows at most while it takes a picture from a file."""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell peaks of memory")
@pytest.mark.parametrize(
    ("picture", "most"),
    [
        (lambda: Image.fromarray(np.eye(4000, dtype=np.uint16) * 60000), 3),
        (lambda: Image.new("RGBA", (4000, 4000), (9, 9, 9, 99)), 5),
        (lambda: Image.new("P", (4000, 4000), 7), 2),
    ],
    ids=["16 bits", "transparent", "palette"],
)
def test_a_large_picture_takes_little_more_memory_than_its_pixels(
    picture: Callable[[], Image.Image], most: int, tmp_path: Path
) -> None:
    file = tmp_path / "large.png"
    picture().save(file, compress_level=1)
    run = subprocess.run([sys.executable, "-c", PEAK, file], capture_output=True, text=True, check=True)
    assert int(run.stdout) < (most * 4000**2 + 24 * 2**20) / 1024
