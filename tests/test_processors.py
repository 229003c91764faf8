"""Linear algebra on one processor: while anybody is inside, and as it was afterwards."""

from __future__ import annotations

import threading

import numpy as np
import torch

from lab.probes.processors import _linear_algebra, on_one_processor


def threads() -> set[int]:
    return {each["num_threads"] for each in _linear_algebra().info()}


def test_numpy_computes_on_one_processor_until_the_last_has_left() -> None:
    before, of_torch = threads(), torch.get_num_threads()
    assert before, "there is a library to be limited"
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with on_one_processor():
            inside.set()
            leave.wait(60)

    other = threading.Thread(target=stay)
    with on_one_processor():
        other.start()
        assert inside.wait(60)
        assert threads() == {1}
        assert torch.get_num_threads() == of_torch
    np.ones((200, 200)) @ np.ones((200, 200))
    assert threads() == {1}, "another one is still inside"
    leave.set()
    other.join(60)
    assert threads() == before
