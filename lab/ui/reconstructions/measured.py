"""Error over the number of bits, as the lab's study of autoencoders has measured it."""

from __future__ import annotations

from functools import cache

from lab.figures.tradeoff import Line
from lab.store import StoreError
from lab.studies import STUDIES
from lab.studies.cards import lines_along
from lab.studies.comparison import compared
from lab.studies.shown import shipped

STUDY = "autoencoder"


@cache
def measured_lines() -> list[Line]:
    """A line for each family of nets and baselines that came with the lab; none where they cannot be read."""
    study = STUDIES.get(STUDY)
    if study is None or study.along is None:
        return []
    try:
        return lines_along(study.along, compared(study.rows, shipped(study)))
    except StoreError:
        return []
