"""What several seeds come to, as tables: final figures with their spread, and what paired differences tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from numpy.typing import ArrayLike

from lab.boards.across import Across, Measure
from lab.boards.wording import NOTHING
from lab.statistics import FEWEST, Comparison, Width, spread

VERDICT = "what it tells"


def final_figures(contestants: Sequence[Across], measures: Sequence[Measure], width: Width) -> pd.DataFrame:
    """Mean ± spread (N) of every final figure, a row for each contestant."""
    rows = [
        {"contestant": contestant.run.name}
        | {measure.title: told(list(contestant.final(measure).values()), width) for measure in measures}
        for contestant in contestants
    ]
    return pd.DataFrame(rows).set_index("contestant")


def told(values: ArrayLike, width: Width) -> str:
    """Mean ± spread (N), to the digits that the spread leaves."""
    over = spread(values)
    mean, reach = float(over.mean), float(over.width(width))
    if not over.size:
        return NOTHING
    digits = _digits(reach)
    known = f" ± {reach:.{digits}f}" if math.isfinite(reach) else ""
    return f"{mean:.{digits}f}{known} (N = {over.size})"


def differences(pairs: Sequence[tuple[Across, Comparison]], reference: Across, measure: Measure) -> pd.DataFrame:
    """What each contestant has more than the reference, with the interval, and what that tells."""
    rows = [
        {
            "contestant": contestant.run.name,
            "mean difference": _number(float(comparison.spread.mean)),
            "95 % interval": _interval(comparison),
            "N": len(comparison.differences),
            VERDICT: verdict(comparison, reference.run.name, measure),
        }
        for contestant, comparison in pairs
    ]
    return pd.DataFrame(rows).set_index("contestant")


def verdict(comparison: Comparison, reference: str, measure: Measure) -> str:
    """What the differences tell, in words; a warning where they are too few to tell."""
    count = len(comparison.differences)
    if count < FEWEST:
        have = "No seed is" if count == 0 else f"{count} {'seed is' if count == 1 else 'seeds are'}"
        return (
            f"⚠ {have} too few to tell. From {FEWEST} on there is an interval." if count else "⚠ No seed is at its end."
        )
    if not comparison.differences.any():
        return "The same figure with every seed."
    if comparison.tells:
        better = (comparison.low > 0) == measure.higher_is_better
        near, far = sorted((abs(comparison.low), abs(comparison.high)))
        unit = f" {measure.unit}" if measure.unit else ""
        return f"{'Better' if better else 'Worse'} than {reference}, by {_number(near)} to {_number(far)}{unit}."
    needed = comparison.seeds_needed
    more = f" If mean and spread stayed, {needed} seeds would tell." if needed is not None else ""
    return f"⚠ {count} seeds are too few to tell: the interval contains 0.{more}"


def _interval(comparison: Comparison) -> str:
    return NOTHING if math.isnan(comparison.low) else f"{_number(comparison.low)} … {_number(comparison.high)}"


def _number(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.3g}"


def _digits(reach: float) -> int:
    """Decimals that show two digits of a spread, and four where there is none."""
    if not math.isfinite(reach) or reach <= 0:
        return 4
    return min(6, max(0, 1 - math.floor(math.log10(reach))))
