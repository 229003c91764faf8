"""Catalogue: every estimator of the registry, found by any of its names, with all that is known about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache, partial

import pandas as pd
import streamlit as st

from lab.estimators import Estimator
from lab.ui.gradients.entry import entry, gradient_of, kind_of, levels_of
from lab.ui.gradients.grid import card_grid

WIDTHS = {"Also called": st.column_config.TextColumn(width="medium")}


def catalogue() -> None:
    """The section."""
    rules = [member() for member in Estimator.members.values()]
    st.caption(
        f"All {len(rules)} estimators, at their default settings. Look for one by what others call it, by its paper, "
        "or by what it does."
    )
    with st.container(horizontal=True):
        words = st.text_input(
            "Search",
            type="search",
            placeholder="A name, a paper, a word",
            live=True,
            key="catalogue.search",
            persist_state="session",
            width=320,
        )
        kind = _choose("Bits", kind_of, rules)
        gradient = _choose("Gradient", gradient_of, rules)
    found = [rule for rule in _matching(rules, words) if kind in (None, kind_of(rule))]
    found = [rule for rule in found if gradient in (None, gradient_of(rule))]
    if not found:
        st.info(f"None of the {len(rules)} estimators is like that. Use fewer words, or undo a choice above.")
        return
    # A key for each set of rows: those that are ticked are known by their number.
    ticked = st.dataframe(
        _table(found),
        hide_index=True,
        key=f"catalogue.table.{words}.{kind}.{gradient}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [0]}},
        column_config=WIDTHS,
    )
    st.caption(
        "Tick rows to read all about them, side by side. Unbiased: averaged over its noise, the gradient is that of "
        "what it trains on, for bits that no batch norm follows. Cost: loss evaluations of one step, for S layers of "
        "n binary units in all, K samples or M draws."
    )
    card_grid(partial(entry, found[row]) for row in ticked.selection.rows)


def _choose(label: str, fact: Callable[[Estimator], str], rules: Iterable[Estimator]) -> str | None:
    """One of the values that a fact takes; None for all of them."""
    return st.pills(label, sorted(set(map(fact, rules))), key=f"catalogue.{label}", persist_state="session")


def _matching(rules: Iterable[Estimator], words: str) -> list[Estimator]:
    """The rules that have all the words; those first that have them in a name."""
    wanted = _plain(words).split()
    found = [rule for rule in rules if _has(wanted, *_names(rule), *_told(rule))]
    return sorted(found, key=lambda rule: not _has(wanted, *_names(rule)))


def _names(rule: Estimator) -> tuple[str, ...]:
    return (rule.title, rule.name, *rule.aliases)


def _told(rule: Estimator) -> tuple[str, ...]:
    """What an entry says of a rule."""
    defect = f"defect of {rule.defect_of}" if rule.defect_of else ""
    return (rule.summary, rule.paper, rule.is_not, rule.objective, rule.forward, defect)


def _has(wanted: Iterable[str], *texts: str) -> bool:
    text = _plain("\n".join(texts))
    return all(word in text for word in wanted)


@lru_cache(maxsize=256)  # what is said of the rules, at every letter that is typed
def _plain(text: str) -> str:
    """Without capitals and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _table(rules: Iterable[Estimator]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Estimator": rule.title,
                "Bits": kind_of(rule),
                "Gradient": gradient_of(rule),
                "Levels": levels_of(rule),
                "Cost": rule.cost,
                "Also called": ", ".join(rule.aliases),
                "Paper": rule.paper,
                "Defect of": rule.defect_of,
            }
            for rule in rules
        ]
    )
