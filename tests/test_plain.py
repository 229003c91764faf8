"""People's words are shown as they were typed, where Streamlit reads Markdown."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lab.ui.plain import APART, plain

WORDS = st.text(st.sampled_from("ab1 *_`[]()!<>#~$\\|.:-+&"), min_size=1).map(str.strip).filter(bool)


@given(WORDS)
def test_nothing_in_it_is_markdown(text: str) -> None:
    shown = MarkdownIt().render(f"x{plain(text)}x")
    assert shown.startswith("<p>x")
    assert "<" not in shown.removeprefix("<p>").removesuffix("</p>\n")
    assert unescape(shown[3:-5]) == f"x{text}x"


@given(st.lists(st.sampled_from(["http", "HTTPS", "://", "www", ".", "a.b", "@", "-", " ", "c"])).map("".join))
def test_no_bare_address_becomes_a_link(text: str) -> None:
    shown = unescape(MarkdownIt().render(f"x {plain(text)} x"))
    # What mdast-util-gfm-autolink-literal looks for in the text that Streamlit has read.
    assert not re.search(r"(https?://|www(?=\.))([-.\w]+)", shown, re.IGNORECASE)
    assert not re.search(r"[-.\w+]+@[-\w]+", shown)
    assert " ".join(shown.replace(APART, "")[3:-5].split()) == " ".join(f"x {text} x".split())


def test_a_picture_is_not_fetched() -> None:
    assert "<img" not in MarkdownIt().render(plain("![i](http://example.org/x.png)"))
