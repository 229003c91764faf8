"""What a person chooses on a page that looks inside nets: kept in the tab, and taken from the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from lab.ui import address
from lab.ui.notices import show_problems

BETWEEN = "."
"""Between numbers of which the address has several."""


class PageChoices:
    """The choices of a page, each by what the address calls it.

    Args:
        page: names them among those of all pages.
    """

    def __init__(self, page: str) -> None:
        self._page = page
        self._problems = f"{page}.problems"

    def keep(self, what: str, value: Any) -> None:
        """Remember a choice in this tab; what the address asked for in vain is no matter any more."""
        st.session_state[f"{self._page}.chosen.{what}"] = value
        st.session_state[self._problems] = []

    def kept(self, what: str, usual: Any = None) -> Any:
        """A choice of this tab, which the nets that are shown need not have; the usual one before there is any."""
        return st.session_state.get(f"{self._page}.chosen.{what}", usual)

    def asked(self, *names: str) -> dict[str, str | None] | None:
        """What the address says under some names, where a person asks by it: see `address.asked`.

        It says all that is chosen: what this tab has kept under these names is then forgotten.
        """
        linked = address.asked(self._page, *names)
        for what in linked or ():
            st.session_state.pop(f"{self._page}.chosen.{what}", None)
        return linked

    def take_name(self, what: str, text: str | None, there: Collection[str]) -> list[str]:
        """Choose one of some names that the address asks for; else why not."""
        if text in there:
            self.keep(what, text)
        elif text is not None:
            return [f"The address asks for the {what} {address.quoted(text)}; there are {', '.join(there)}."]
        return []

    def take_number(
        self, what: str, text: str | None, first: int, last: int, called: str = "", where: str = ""
    ) -> list[str]:
        """Choose a number that the address asks for; else why not.

        Args:
            what: the choice.
            text: that the address has.
            first: the smallest number allowed.
            last: the largest.
            called: what it is called in the sentence.
            where: what it is a number in, such as a layer.
        """
        number = address.whole(text)
        if number is not None and first <= number <= last:
            self.keep(what, number)
        elif text is not None:
            allowed = f"allowed{f' in {where}' if where else ''} are {first} to {last}"
            return [f"The address asks for the {called or what} {address.quoted(text)}; {allowed}."]
        return []

    def take_numbers(self, what: str, text: str | None, last: int, most: int, called: str) -> list[str]:
        """Choose the numbers that the address asks for, as far as they are allowed; why some are not.

        Args:
            what: the choice: numbers from 0 on, each once.
            text: that the address has.
            last: the largest number allowed.
            most: how many there may be.
            called: what they are called in the sentence.
        """
        if text is None:
            return []
        numbers = [address.whole(part) for part in text.split(BETWEEN)]
        allowed = [number for number in numbers if number is not None and number <= last][:most]
        self.keep(what, tuple(dict.fromkeys(allowed)))
        if len(allowed) == len(numbers):
            return []
        return [
            f"The address asks for the {called} {address.quoted(text)}; allowed are 0 to {last}, at most {most} of "
            "them with dots between. All others are left out."
        ]

    def tell(self, problems: Sequence[str]) -> None:
        """Say what the address asks for in vain until something is chosen, for a page may soon be drawn again."""
        st.session_state[self._problems] = list(problems)

    def show_problems(self) -> None:
        """Say it here."""
        show_problems(st.session_state.get(self._problems, []))

    def segments(
        self, label: str, what: str, names: Sequence[str], current: str, titles: Mapping[str, str] | None = None
    ) -> None:
        """A choice among names that are all in sight."""
        widget = f"{self._page}.{what}.{'/'.join(names)}"
        st.session_state[widget] = current
        st.segmented_control(
            label,
            names,
            format_func=lambda name: name if titles is None else titles[name],
            required=True,
            key=widget,
            on_change=lambda: self.keep(what, st.session_state[widget]),
        )

    def number(
        self,
        label: str,
        what: str,
        first: int,
        last: int,
        current: int,
        of: str = "",
        help: str | None = None,
        width: int = 170,
    ) -> None:
        """A choice among numbers.

        Args:
            label: what is chosen.
            what: the choice.
            first: the smallest number.
            last: the largest.
            current: the one that is chosen.
            of: what it is a number of, such as a layer: for each a field of its own.
            help: what else to know.
            width: pixels of the field.
        """
        widget = f"{self._page}.{what}.{of}.{last}"
        st.session_state[widget] = current
        st.number_input(
            f"{label}, {first} to {last}",
            first,
            last,
            key=widget,
            on_change=lambda: self.keep(what, st.session_state[widget]),
            disabled=first == last,
            width=width,
            help=help,
        )
