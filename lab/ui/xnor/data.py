"""The numbers behind the panels of the XNOR page, as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.seen import Seen
from lab.boards.xnor_layers import Compared, Timed
from lab.figures.sheets import Sheet
from lab.probes.xnor import Meeting
from lab.probes.xnor_layers import Facts

if TYPE_CHECKING:
    import pandas as pd


def sheets(
    known: Sequence[Seen[Facts]],
    meetings: Sequence[Seen[Meeting | None]],
    exact: Sequence[Seen[Compared] | str],
    times: Sequence[Seen[Timed | str]],
) -> list[Sheet]:
    """What there is of each net."""
    found = []
    for met in meetings:
        if met.answer is not None:
            found.append(Sheet(f"Unit, {met.run.name}", partial(_unit, met.answer)))
    for seen in known:
        found.append(Sheet(f"Layers, {seen.run.name}", partial(_layers, seen.answer)))
    for compared in exact:
        if not isinstance(compared, str):
            found.append(Sheet(f"Exactness, {compared.run.name}", partial(_exactness, compared.answer)))
    for timed in times:
        if isinstance(timed.answer, Timed):
            found.append(Sheet(f"Times, {timed.run.name}", partial(_times, timed.answer)))
    return found


def _unit(met: Meeting) -> Mapping[str, NDArray[Any]]:
    return {
        "inputs": met.inputs,
        "within_the_borders": met.there,
        "weights": met.weights,
        "alike": met.alike,
        "popcounts": np.array(met.popcounts),
        "dot": np.array(met.dot),
        "float_dot": np.array(met.float_dot),
        **_outcome(met),
    }


def _outcome(met: Meeting) -> dict[str, NDArray[Any]]:
    """A unit is on where (dot >= threshold) != flip; a layer that ends in numbers gives scale * dot + offset."""
    if met.threshold is None:
        layer, unit = met.layer, met.unit
        return {"scale": layer.scale[unit], "offset": layer.offset[unit], "gives": np.array(met.gives)}
    return {"threshold": np.array(met.threshold), "flip": np.array(met.flipped), "fires": np.array(met.fires)}


def _layers(facts: Facts) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "layer": cost.layer.name,
                "inputs_of_an_output": cost.layer.length,
                "outputs": cost.layer.outputs,
                "places": int(np.prod(cost.layer.places)),
                **{name: getattr(cost, name) for name in cost._fields[1:]},
                **{f"values_{name}": getattr(each, name) for name in ("latent", "used", "per_output", "packed")},
                "scales": each.scales,
            }
            for cost, each in zip(facts.costs, facts.distinct, strict=True)
        ]
    )


def _exactness(compared: Compared) -> pd.DataFrame:
    import pandas as pd

    found = compared.found
    whole = {"images": found.images, "images_all_same": found.same, "classes_that_agree": found.classes}
    apart = {"logits_apart_at_most": found.logits, "largest_logit": found.largest}
    return pd.DataFrame([{**layer._asdict(), **whole, **apart} for layer in found.layers])


def _times(timed: Timed) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([timed._asdict()])
