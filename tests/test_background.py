"""Answers that are worked out in the background."""

from __future__ import annotations

import threading

import pytest

from lab.ui.background import answer
from tests.pages import PATIENCE


def test_an_answer_is_found_once_and_a_failed_one_is_tried_again() -> None:
    asked = []

    def fails_once() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise MemoryError("for now")
        return 7

    with pytest.raises(MemoryError, match="for now"):
        answer("fails once", fails_once).result(PATIENCE)
    for _ in range(2):
        assert answer("fails once", fails_once).result(PATIENCE) == 7
    assert len(asked) == 2


def test_an_answer_that_nobody_wants_once_more_is_not_kept() -> None:
    going, asked = threading.Event(), []

    def work() -> None:
        asked.append(1)
        going.wait(PATIENCE)

    first = answer("not kept", work, kept=False)
    assert answer("not kept", work, kept=False) is first
    going.set()
    first.result(PATIENCE)
    answer("not kept", work, kept=False).result(PATIENCE)
    assert len(asked) == 2
