"""The versions of the libraries that the numbers of a run depend on, to the last digit."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def versions() -> dict[str, str]:
    """By the name of the package; as they are in this process."""
    return {package: version(package) for package in ("torch", "numpy")}
