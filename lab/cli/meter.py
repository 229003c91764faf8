"""A meter on standard error: bars where someone watches, plain lines where none does. Standard output is left alone."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

MEGABYTE = 1e6


class Meter:
    """Bars that are there while it is entered.

    Args:
        columns: shown beside description, bar and percentage; tasks have the field `figures`, a text for them.
    """

    def __init__(self, *columns: ProgressColumn) -> None:
        # Rich takes some environment variables for a terminal, and a log file must get no control characters.
        console = Console(stderr=True, force_terminal=sys.stderr.isatty())
        shown = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), TaskProgressColumn())
        self.bars = Progress(*shown, *columns, console=console, transient=True, disable=not console.is_terminal)
        self._download: TaskID | None = None

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.stop()

    @property
    def watched(self) -> bool:
        """Whether bars can be seen."""
        return self.bars.console.is_terminal

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.bars.console.print(Text(line), soft_wrap=True)

    def downloaded(self, done: int, total: int) -> None:
        """Show a download: bytes so far, bytes in all."""
        if self._download is None:
            self.say(f"Downloading the images, {total / MEGABYTE:.1f} MB.")
            self._download = self.bars.add_task("Download", total=total, figures="")
        self.bars.update(self._download, completed=done, total=total, figures=f"{done / MEGABYTE:.1f} MB")
