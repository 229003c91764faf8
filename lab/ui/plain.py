"""People's words where Streamlit reads Markdown: as they were typed, without links, pictures or formulas."""

from __future__ import annotations


def plain(text: str) -> str:
    """A text as Markdown that shows just this text."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~$:" else letter for letter in text)
