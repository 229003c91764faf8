"""Studies: published tables, and what reproduces them row by row, one file a table. A module put here is found."""

from __future__ import annotations

import sys

from lab.parts import discover
from lab.studies.base import Computed, Published, Row, Study, Trained

BROKEN = discover(__name__, __path__)

STUDIES: dict[str, Study] = {
    module.STUDY.name: module.STUDY
    for name, module in sorted(sys.modules.items())
    if name.startswith(f"{__name__}.") and isinstance(getattr(module, "STUDY", None), Study)
}
"""Every study by its name."""

__all__ = ["BROKEN", "STUDIES", "Computed", "Published", "Row", "Study", "Trained"]
