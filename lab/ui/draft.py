"""The experiment that a page edits: plain data in the session of a tab, which may not be valid."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from lab.experiment import Experiment

Data = dict[str, Any]


class Draft(NamedTuple):
    """One draft of a tab, by the key that it has in the session."""

    key: str

    @property
    def exists(self) -> bool:
        """Whether anything has been put there yet."""
        return self.key in st.session_state

    @property
    def data(self) -> Data:
        """All fields, as the widgets say."""
        return st.session_state[self.key]

    @property
    def edition(self) -> str:
        """Changes when the draft is replaced as a whole, so that every widget starts anew from it."""
        return f"{self.key}.{st.session_state[self._count]}"

    def take(self, data: Data) -> None:
        """Take over what the widgets say."""
        st.session_state[self.key] = data

    def replace(self, experiment: Experiment) -> None:
        """Start editing another experiment."""
        self._start(experiment.model_dump(mode="json"))

    def change(self, **fields: object) -> None:
        """Set some fields, and let the widgets show them."""
        self._start(self.data | fields)

    def take_over(self, other: Draft) -> None:
        """Start editing what another draft holds now."""
        self._start(dict(other.data))

    def _start(self, data: Data) -> None:
        self.take(data)
        st.session_state[self._count] = st.session_state.get(self._count, 0) + 1

    @property
    def _count(self) -> str:
        return f"{self.key}.edition"


TRAIN = Draft("draft.train")
"""What the Train page edits."""
COMPARE = Draft("draft.compare")
"""What the contestants of the Compare page share."""
