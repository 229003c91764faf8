"""What several seeds come to, as tables: final figures with their spread, and what paired differences tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lab.boards.across import Across, Measure
from lab.boards.wording import NOTHING, USUAL, decimals, fixed
from lab.statistics import FEWEST, Comparison, Spread, Width, spread

VERDICT = "what it tells"


def final_figures(contestants: Sequence[Across], measures: Sequence[Measure], width: Width) -> pd.DataFrame:
    """Mean ± spread (N) of every final figure, a row for each contestant."""
    columns = {
        measure.title: told(
            [spread([*contestant.final(measure).values()]) for contestant in contestants], width, measure.decimals
        )
        for measure in measures
    }
    return pd.DataFrame(columns, pd.Index([contestant.run.name for contestant in contestants], name="contestant"))


def told(spreads: Sequence[Spread], width: Width, usual: int = USUAL) -> list[str]:
    """Mean ± spread (N) of each, all to the decimals that the smallest spread leaves.

    Args:
        spreads: of single figures.
        width: which spread is told.
        usual: decimals where no spread is known.
    """
    places = decimals((float(each.width(width)) for each in spreads), usual)
    return [_told(each, width, places) for each in spreads]


def _told(over: Spread, width: Width, places: int) -> str:
    if not over.size:
        return NOTHING
    reach = float(over.width(width))
    known = f" ± {fixed(reach, places)}" if math.isfinite(reach) else ""
    return f"{fixed(float(over.mean), places)}{known} (N = {over.size})"


def differences(pairs: Sequence[tuple[Across, Comparison]], reference: Across, measure: Measure) -> pd.DataFrame:
    """What each contestant has more than the reference, with the interval, and what that tells."""
    places = places_of(pairs, measure)
    rows = [
        {
            "contestant": contestant.run.name,
            "mean difference": fixed(float(comparison.spread.mean), places),
            "95 % interval": _interval(comparison, places),
            "N": len(comparison.differences),
            VERDICT: verdict(comparison, reference.run.name, measure, places),
        }
        for contestant, comparison in pairs
    ]
    return pd.DataFrame(rows).set_index("contestant")


def places_of(pairs: Sequence[tuple[Across, Comparison]], measure: Measure) -> int:
    """Decimals of the differences that stand in one table: those that all their intervals and verdicts need."""
    found = [comparison for _, comparison in pairs]
    reaches = [float(comparison.spread.interval) for comparison in found]
    nearest = [10 * min(abs(each.low), abs(each.high)) for each in found if each.tells]  # one digit of what is near 0
    return decimals([*reaches, *nearest], measure.decimals)


def verdict(comparison: Comparison, reference: str, measure: Measure, places: int) -> str:
    """What the differences tell, in words; a warning where they are too few to tell.

    Args:
        comparison: the differences.
        reference: the name of what they are to.
        measure: of what.
        places: decimals of the numbers in it.
    """
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
        near, far = (fixed(end, places) for end in sorted((abs(comparison.low), abs(comparison.high))))
        unit = f" {measure.unit}" if measure.unit else ""
        return f"{'Better' if better else 'Worse'} than {reference}, by {near} to {far}{unit}."
    needed = comparison.seeds_needed
    more = f" If mean and spread stayed, {needed} seeds would tell." if needed is not None else ""
    return f"⚠ {count} seeds are too few to tell: the interval contains 0.{more}"


def _interval(comparison: Comparison, places: int) -> str:
    known = not math.isnan(comparison.low)
    return f"{fixed(comparison.low, places)} … {fixed(comparison.high, places)}" if known else NOTHING
