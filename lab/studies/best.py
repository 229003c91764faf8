"""The five sources beaten: each as its author wrote it, and the best recipe found here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.boards.across import TEST_ACCURACY
from lab.presets import PRESETS
from lab.presets.base import BEST
from lab.studies import autoencoder, latent_free, source_003
from lab.studies.base import Row, Study, Trained

CHOSEN = "Another recipe, everything in it chosen on the validation images."
NONE = "The source publishes no accuracy."


def _as_written(source: str) -> Row:
    preset = PRESETS[source]
    return Trained(name=source, title=preset.title, measures=(TEST_ACCURACY,), meaning=NONE, fields=preset.fields)


def _of_003(name: str) -> Row:
    """A row of source 003, under a title that says more beside other nets."""
    return replace(source_003.STUDY.row(name), title=PRESETS[f"source-003-{name}"].title)


def _pair(theirs: Row, source: str) -> tuple[Row, Row]:
    """A source as written, and its best version, which is to beat it."""
    best, judged = PRESETS[f"{source}{BEST}"], theirs.measures[:1]
    rival = replace(theirs, measures=judged, rival=None)
    told: dict[str, Any] = {"name": best.name, "title": best.title, "fields": best.fields}
    return rival, Trained(**told, measures=judged, differs=CHOSEN, rival=rival)


STUDY = Study(
    name="best",
    title="The five sources, beaten",
    summary="Each source as written, and the best recipe found here.",
    source="sources 000 to 004; of 000 and 002 there are no figures, of the others: see the rows",
    story=(
        "Each source trains its net in its own way. Here is what it comes to when surrogate, learning rate and images "
        "are chosen on validation images.\n\n"
        "- **Net and bits are those of the source** for 000, where optimizer and length are this lab's, and for 003. "
        "Repaired are 001, by the ReLU in front of its bits; 002, by batch norm, a classifier and real-valued pixels; "
        "and 004, by real logits. The bits of 001 and 004 become -1 and +1.\n"
        "- **What all recipes share**: a learning rate that ends near 0, and Adam, in 001 and 004 for all but the "
        "weights: 001 trains them by Muon, 004 flips them. Classifiers see their images moved by up to one pixel, and "
        "are tested at the epoch of the highest validation accuracy.\n"
        "- **Other fields differ as well**, such as initial weights in 001 and batch sizes in 002 and 004: Train shows "
        "all of them once a version is started from the list of presets.\n"
        "- **002 is measured 2048 units wide**, which is its `infl_ratio` at 1. The source has it at 3; that net is a "
        "preset, too, and takes about a second for each step.\n"
        "- **Epochs are the same** in both rows of 000, 001 and 003. 002 never learns, and has 10 in place of 2 here; "
        "004 has 60 beside 20 of its 200.\n"
        "- **The stochastic net of 003** is evaluated by the mean of 16 samples, and as written by one: a part of the "
        "difference is that."
    ),
    rows=(
        *_pair(_as_written("source-000"), "source-000"),
        *_pair(autoencoder.STUDY.row("source-001"), "source-001"),
        *_pair(_as_written("source-002-infl-1"), "source-002-infl-1"),
        *_pair(_of_003("det-st-both"), "source-003-det-st-both"),
        *_pair(_of_003("stoch-st-both"), "source-003-stoch-st-both"),
        *_pair(latent_free.AS_WRITTEN, "source-004"),
    ),
)
