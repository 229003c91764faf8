"""The five sources beaten: each as its author wrote it, and the best recipe found here for its net."""

from __future__ import annotations

from typing import Any

from lab.presets import PRESETS
from lab.presets.base import BEST
from lab.studies.base import TEST_ACCURACY, TEST_MSE, Measure, Published, Row, Study, Trained, accuracy, mse
from lab.studies.latent_free import EPOCHS, ONE_OF_SOURCE_004
from lab.studies.source_003 import ONE_RUN

ONE_NET = "One run of its net; the source shows pictures and no figure."
CHOSEN = "Ours is another recipe for the same net, everything in it chosen on the validation images."


def _pair(
    source: str, *figures: Published, meaning: str = "", measure: Measure = TEST_ACCURACY, **fields: Any
) -> tuple[Row, Row]:
    """A source as written, with some fields changed, and its best version, which is to beat it."""
    as_written, best = PRESETS[source], PRESETS[f"{source}{BEST}"]
    told: dict[str, Any] = {"published": figures, "measures": (measure,), "meaning": meaning}
    theirs = Trained(name=source, title=as_written.title, **told, fields={**as_written.fields, **fields})
    ours = Trained(name=best.name, title=best.title, **told, differs=CHOSEN, rival=theirs, fields=best.fields)
    return theirs, ours


STUDY = Study(
    name="best",
    title="The five sources, beaten",
    summary="Each source as written, and the best recipe found here for its net.",
    source="sources 000 to 004; the figures: see the rows",
    story=(
        "Each source trains its net in its own way. Here is what the same net comes to when surrogate, learning rate "
        "and images are chosen on validation images.\n\n"
        "- **What all of them share**: Adam with a learning rate that ends near 0. All classifiers also see their "
        "images moved by up to one pixel.\n"
        "- **Epochs are those of the source**, but for source 002, which never learns, and source 004, whose 200 are "
        "cut to 20; its best version has 60.\n"
        "- Each best version is a preset: start it from its card."
    ),
    rows=(
        *_pair("source-000"),
        *_pair("source-001", mse(".01861"), meaning=ONE_NET, measure=TEST_MSE),
        *_pair("source-002-infl-1"),
        *_pair("source-003-det-st-both", accuracy("97.57"), meaning=ONE_RUN),
        *_pair("source-003-stoch-st-both", accuracy("97.54"), meaning=ONE_RUN),
        *_pair("source-004", accuracy("33"), meaning=ONE_OF_SOURCE_004, budget=EPOCHS),
    ),
)
