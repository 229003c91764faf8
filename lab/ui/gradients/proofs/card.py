"""What every proof card has: a question, its answer, the lines that prove it, and what to take away."""

from __future__ import annotations

import streamlit as st


def claim(question: str, answer: str, *lines: str) -> None:
    """The head of a card; the lines are LaTeX."""
    st.markdown(f"**{question}**")
    st.markdown(answer)
    for line in lines:
        st.latex(line)


def numbers(values: dict[str, str]) -> None:
    """A card's live numbers in a row, which breaks where the screen is narrow."""
    with st.container(horizontal=True):
        for name, value in values.items():
            st.metric(name, value, width="content")


def conclusion(text: str) -> None:
    """What to take away."""
    st.caption(f":material/lightbulb: {text}")
