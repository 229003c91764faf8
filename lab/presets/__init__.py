"""Presets: the sources as named experiments, one file a source. A module put into this folder is found by itself."""

from __future__ import annotations

import sys

from lab.parts import discover
from lab.presets.base import Preset

BROKEN = discover(__name__, __path__)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for name, module in sorted(sys.modules.items())
    if name.startswith(f"{__name__}.")
    for preset in getattr(module, "PRESETS", [])
}
"""Every preset by its name."""

__all__ = ["BROKEN", "PRESETS", "Preset"]
