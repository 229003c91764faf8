"""Linear algebra on one processor."""

from __future__ import annotations

import subprocess
import sys

from tests.browser import REPOSITORY

SCRIPT = """
import torch
from threadpoolctl import threadpool_info

from lab.probes.processors import numpy_on_one_processor

before = torch.get_num_threads()
numpy_on_one_processor()
libraries = [each for each in threadpool_info() if each["internal_api"] == "openblas"]
assert libraries, "numpy has none"
assert {each["num_threads"] for each in libraries} == {1}, libraries
assert torch.get_num_threads() == before
"""


def test_numpy_computes_on_one_processor_and_torch_on_as_many_as_before() -> None:
    # In a process of its own, because it stays so.
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, cwd=REPOSITORY)
