"""The five sources beaten: each as its author wrote it, and the best recipe found here for the same net and length."""

from __future__ import annotations

from typing import Any

from lab.presets import PRESETS
from lab.presets.base import BEST
from lab.studies.base import TEST_ACCURACY, TEST_MSE, Published, Row, Study, Trained, accuracy, mse

NONE = "The source publishes no figure."
CHOSEN = "Everything in the recipe was chosen on the validation images."


def _pair(preset: str, better: str, *figures: Published, meaning: str = NONE, **fields: Any) -> tuple[Row, Row]:
    """A source as written, and its best version, which is to beat it."""
    measures = tuple(figure.measure for figure in figures) or (TEST_ACCURACY,)
    told: dict[str, Any] = {"published": figures, "measures": measures}
    as_written = Trained(
        **told,
        name=preset,
        title=PRESETS[preset].title,
        meaning=meaning,
        fields={**PRESETS[preset].fields, **fields},
    )
    return as_written, Trained(
        **told,
        name=better,
        title=PRESETS[better].title,
        meaning=meaning,
        differs=CHOSEN,
        rival=as_written,
        fields=PRESETS[better].fields,
    )
