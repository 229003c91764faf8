"""The numbers behind the panels of the page of codes, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_rest import AtRest
from lab.figures.sheets import Origin, Sheet
from lab.probes.bit_flips import ClassEffects
from lab.probes.bits import on_rate_by_class
from lab.probes.code_map import Map
from lab.probes.codes import place
from lab.probes.extremes import Extremes
from lab.ui.chosen_picture import ChosenPicture

if TYPE_CHECKING:
    import pandas as pd

Arrays = Mapping[str, NDArray[Any]]


def sheets(sides: Sequence[AtRest], picture: ChosenPicture, bit: int) -> list[Sheet]:
    """What there is of each net, at the moment that a reader rests at."""
    return [sheet for side in sides for sheet in _of_side(side, picture, bit)]


def _of_side(side: AtRest, picture: ChosenPicture, bit: int) -> Iterator[Sheet]:
    name = side.run.name

    def sheet(title: str, make: Callable[[], Arrays] | Callable[[], pd.DataFrame], of: Origin) -> Sheet:
        return Sheet(f"{title}, {name}", make, of)

    recorded = Origin(name, side.step, side.step)
    answered = Origin(name, side.step, side.steps.code, picture.words)
    yield sheet("Codes", partial(_codes, side), recorded)
    yield sheet("Bits", partial(_bits, side), recorded)
    yield sheet("Correlation of bits", partial(_correlation, side), recorded)
    yield sheet("Hamming distances", partial(_distances, side), recorded)
    yield sheet("Retrieval", partial(_retrieval, side), recorded)
    yield sheet("Map (PCA)", partial(_map, side, side.facts.map), recorded)
    if isinstance(side.near, Map):
        yield sheet("Map (t-SNE)", partial(_map, side, side.near), Origin(name, side.step, side.steps.near))
    yield sheet("Picture and its code", partial(_picture, side, picture.pixels), answered)
    if bit < side.facts.units:
        yield sheet(f"Bit {bit}", partial(_bit, side, bit), answered)


def _codes(side: AtRest) -> Arrays:
    return {"codes": side.facts.codes(), "images": side.facts.images, "labels": side.facts.labels}


def _bits(side: AtRest) -> pd.DataFrame:
    import pandas as pd

    facts, counted = side.facts, side.facts.counted
    places = np.array([place(facts.shape, bit) for bit in range(facts.units)])
    names = ["unit"] if len(facts.shape) == 1 else ["channel", "row", "column"]
    return pd.DataFrame(
        {
            "bit": np.arange(facts.units),
            **{name: places[:, axis] for axis, name in enumerate(names)},
            "on_rate": counted.on_rate,
            "entropy_bits": counted.entropy,
            "dead": counted.dead,
            "stuck": counted.stuck,
            "information_bits": facts.told.bits,
            **{f"on_rate_class_{label}": rate for label, rate in _by_class(side).items()},
        }
    )


def _by_class(side: AtRest) -> dict[int, NDArray[np.float64]]:
    return on_rate_by_class(side.facts.codes(), side.facts.labels)


def _correlation(side: AtRest) -> Arrays:
    return {"bits": side.shown, "phi": side.facts.correlation(side.shown).phi}


def _distances(side: AtRest) -> pd.DataFrame:
    import pandas as pd

    pairs = side.facts.distances
    bits = np.arange(len(pairs.within))
    return pd.DataFrame({"distance_bits": bits, "pairs_of_one_class": pairs.within, "pairs_of_two": pairs.between})


def _retrieval(side: AtRest) -> pd.DataFrame:
    import pandas as pd

    found = side.facts.found
    return pd.DataFrame(
        {
            "k": np.arange(1, len(found.precision) + 1),
            "precision": found.precision,
            "share_of_images_with_undecided_ties": found.undecided,
            "mean_average_precision": found.mean_average_precision,
            "mean_average_precision_by_chance": found.by_chance,
        }
    )


def _map(side: AtRest, drawn: Map | None) -> pd.DataFrame:
    import pandas as pd

    points = np.full((len(side.facts.images), 2), np.nan) if drawn is None else drawn.points
    return pd.DataFrame({"image": side.facts.images, "class": side.facts.labels, "x": points[:, 0], "y": points[:, 1]})


def _picture(side: AtRest, pixels: NDArray[np.uint8]) -> Arrays:
    found: dict[str, NDArray[Any]] = {"picture": pixels}
    codes = side.codes()
    if side.code is not None:
        found["code"] = side.code
        if codes is not None:
            found |= {"images": side.facts.images, "distances": (codes != side.code).sum(axis=1)}
    return found


def _bit(side: AtRest, bit: int) -> Arrays:
    facts = side.facts
    found: dict[str, NDArray[Any]] = {"on": facts.codes()[:, bit], "images": facts.images, "labels": facts.labels}
    if isinstance(side.driven, Extremes):
        most, least = facts.images[side.driven.most[bit]], facts.images[side.driven.least[bit]]
        found |= {"strongest": most, "highest": side.driven.highest[bit]}
        found |= {"weakest": least, "lowest": side.driven.lowest[bit]}
        found["strongest_weights_step"] = np.array(side.steps.driven)
    effect = side.flipped.effect if side.flipped is not None else None
    if isinstance(effect, ClassEffects):
        found |= {"probabilities": effect.before, "probabilities_flipped": effect.after[0]}
    elif effect is not None:
        found |= {"reconstruction": effect.picture, "reconstruction_flipped": effect.flipped[0]}
    return found
