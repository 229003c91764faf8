"""The numbers behind the panels of the XNOR page, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.seen import Seen, origin_of
from lab.boards.xnor_layers import Compared, Timed
from lab.figures.sheets import Sheet
from lab.probes.xnor import Meeting
from lab.probes.xnor_layers import Facts

if TYPE_CHECKING:
    import pandas as pd

    from lab.figures.sheets import Data


def sheets(
    known: Sequence[Seen[Facts]],
    meetings: Sequence[Seen[Meeting | None]],
    exact: Sequence[Seen[Compared] | str],
    times: Sequence[Seen[Timed | str]],
    picture_name: str,
) -> list[Sheet]:
    """What there is of each net.

    Args:
        known: what is known of the packed nets.
        meetings: what meets in a unit of them.
        exact: in what they were found to differ.
        times: how long they took.
        picture_name: of what the unit reads.
    """
    found = [
        _sheet("Unit", met, partial(_unit, met.answer), picture_name) for met in meetings if met.answer is not None
    ]
    found += [_sheet("Layers", seen, partial(_layers, seen.answer)) for seen in known]
    compared = [each for each in exact if not isinstance(each, str)]
    found += [_sheet("Exactness", each, partial(_exactness, each.answer)) for each in compared]
    found += [_sheet("Times", each, partial(_times, each.answer)) for each in times if isinstance(each.answer, Timed)]
    return found


def _sheet(title: str, seen: Seen[Any], make: Callable[[], Data], picture_name: str = "") -> Sheet:
    return Sheet(f"{title}, {seen.run.name}", make, origin_of(seen, picture_name))


def _unit(met: Meeting) -> Mapping[str, NDArray[Any]]:
    return {
        "layer": np.array(met.layer.name),
        "unit": np.array(met.unit),
        "place": np.array(met.place),
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
    apart = {"logits_apart_at_most": found.logits if found.same else np.nan, "largest_logit": found.largest}
    return pd.DataFrame([{**layer._asdict(), **whole, **apart} for layer in found.layers])


def _times(timed: Timed) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([timed._asdict()])
