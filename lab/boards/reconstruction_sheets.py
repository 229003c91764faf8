"""The numbers behind the cards of reconstructions, as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.contestants import Contestant
from lab.boards.reconstruction_answers import Drawn, Looked, Strongest, Tested, Walked
from lab.boards.reconstruction_film import Course, errors_of
from lab.boards.reconstruction_tradeoff import TITLE
from lab.boards.seen import Seen, origin_of
from lab.figures.sheets import Origin, Sheet
from lab.figures.tradeoff import Line
from lab.probes import Frame

if TYPE_CHECKING:
    import pandas as pd

Arrays = dict[str, NDArray[Any]]


def frame_sheets(name: str, run: Contestant, frames: Sequence[Frame]) -> list[Sheet]:
    """The pictures of all moments of a run, as exact as its frames keep them, with their errors.

    Args:
        name: in the title; empty where there is one run alone.
        run: whose they are.
        frames: one or more, all of the same pictures.
    """

    def arrays() -> Arrays:
        return {
            "steps": np.array([frame.step for frame in frames]),
            "pictures": frames[0].pictures,
            "reconstructions": np.stack([frame.reconstructions.array() for frame in frames]),
            "errors": np.stack([errors_of(frame) for frame in frames]),
        }

    return [Sheet(_titled("Validation pictures at all moments", name), arrays, Origin(run.name))]


def looked_sheets(name: str, seen: Seen[Looked], picture_name: str = "") -> list[Sheet]:
    """The chosen picture, its code, and what flips make of it."""
    found = seen.answer
    arrays: Arrays = {
        "original": found.original,
        "reconstruction": found.rebuilt,
        "code": found.code,
        "flipped_bits": np.array(found.flips, dtype=np.int64),
        "decoded": found.decoded,
        "flipped": found.flipped,
    }
    return [Sheet(_titled("The chosen picture and its code", name), arrays, origin_of(seen, picture_name))]


def strongest_sheets(name: str, seen: Seen[Strongest], picture_name: str = "") -> list[Sheet]:
    """What each bit does to the chosen picture."""
    found = seen.answer

    def table() -> pd.DataFrame:
        import pandas as pd

        bits = np.arange(len(found.sizes))
        return pd.DataFrame({"bit": bits, "mean_squared_change": found.sizes, "error_when_flipped": found.errors})

    return [Sheet(_titled("What each bit does", name), table, origin_of(seen, picture_name))]


def walk_sheets(name: str, seen: Seen[Walked], picture_name: str = "") -> list[Sheet]:
    """The pictures of a walk."""
    arrays: Arrays = {"pictures": seen.answer.pictures, "bits_flipped": seen.answer.flipped}
    return [Sheet(_titled("A walk between two codes", name), arrays, origin_of(seen, picture_name))]


def drawn_sheets(name: str, seen: Seen[Drawn]) -> list[Sheet]:
    """Drawn and crossed codes, with their pictures."""
    found = seen.answer
    arrays: Arrays = {
        "on_rates": found.on_rates,
        "drawn_codes": found.independent,
        "drawn_pictures": found.pictures,
        "crossed_codes": found.crossed,
        "parents": found.parents,
        "crossed_pictures": found.crossed_pictures,
    }
    return [Sheet(_titled("Drawn and crossed codes", name), arrays, origin_of(seen))]


def error_sheets(name: str, seen: Seen[Tested]) -> list[Sheet]:
    """The error of every test image, and those of the classes."""
    found = seen.answer

    def images() -> pd.DataFrame:
        import pandas as pd

        rows = np.arange(len(found.errors))
        return pd.DataFrame({"test_image": rows, "class": found.labels, "error": found.errors})

    def classes() -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(found.classes).rename(columns={"label": "class", "deviation": "standard_deviation"})

    titles, origin = (_titled("Error of test images", name), _titled("Error by class", name)), origin_of(seen)
    return [Sheet(titles[0], images, origin), Sheet(titles[1], classes, origin)]


def course_sheet(make: Callable[[], Sequence[Course]]) -> Sheet:
    """The error through training of all nets.

    Args:
        make: gives it when it is wanted.
    """

    def table() -> pd.DataFrame:
        import pandas as pd

        parts = [{"net": c.run.name, "step": c.steps, "error": c.errors} for c in make()]
        return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)

    return Sheet("Error through training", table)


def tradeoff_sheet(lines: Sequence[Line], stars: Sequence[Line]) -> Sheet:
    """Error over bits: the measured lines, whose standard errors are over seeds, and the nets of the page."""

    def table() -> pd.DataFrame:
        import pandas as pd

        over = [*((line, "seeds") for line in lines), *((line, "test images") for line in stars)]
        parts = [
            {
                "what": line.name,
                "bits_or_components": line.x,
                "error": line.y,
                "standard_error": line.error,
                "standard_error_over": what,
            }
            for line, what in over
        ]
        return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)

    return Sheet(TITLE, table)


def _titled(title: str, name: str) -> str:
    return f"{title}, {name}" if name else title
