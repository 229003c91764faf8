"""People's words where Streamlit reads Markdown: as they were typed, without links, pictures or formulas."""

from __future__ import annotations

import re

MARKS = r"\`*_{}[]()<>#+-.!|~$:"
"""What means something in Markdown."""
ADDRESS = re.compile(r"(https?:(?=//)|www(?=\.)|@)", re.IGNORECASE)
"""What Streamlit's Markdown makes a link of by itself, however it is escaped, begins so; of mail, it has this in it."""
APART = "\u2060"
"""A word joiner: nobody sees it, and an address that it stands in is none."""


def plain(text: str) -> str:
    """A text as Markdown that shows just this text."""
    return "".join(f"\\{letter}" if letter in MARKS else letter for letter in unlinked(text))


def unlinked(text: str) -> str:
    """A text in which no bare address becomes a link."""
    return ADDRESS.sub(rf"\1{APART}", text)
