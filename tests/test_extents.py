"""One range for the maps of several nets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lab.probes.extents import extent

VALUES = arrays(np.float32, array_shapes(max_dims=3, max_side=5), elements=st.floats(width=32))
SOME = st.lists(VALUES, min_size=1, max_size=3)


@given(SOME, st.floats(0.5, 1), st.booleans())
def test_holds_the_share_of_each_array_that_was_asked_for(
    maps: list[np.ndarray], within: float, centered: bool
) -> None:
    found = extent(maps, within, centered)
    finite = [values[np.isfinite(values)].astype(np.float64) for values in maps]
    if not any(values.size for values in finite):
        assert found is None
        return
    assert found is not None
    outside = 0
    for values in finite:
        inside = (values >= found.low) & (values <= found.high)
        assert inside.sum() >= within * values.size - 1e-6
        outside += int((~inside).sum())
    assert found.beyond == outside / sum(values.size for values in finite)
    if centered:
        assert found.low == -found.high
    elif within == 1:
        together = np.concatenate(finite)
        assert (found.low, found.high) == (together.min(), together.max())


def test_a_few_that_are_far_off_flatten_nothing() -> None:
    maps = np.concatenate([np.linspace(-1, 1, 999), [1e6]])
    found = extent([maps, maps / 2], within=0.99)
    assert found is not None
    assert 0.98 < -found.low < 1
    assert 0.98 < found.high < 1
    assert 0 < found.beyond < 0.01


@pytest.mark.parametrize("within", [0.0, 1.1, float("nan")])
def test_a_share_that_cannot_be_is_refused(within: float) -> None:
    with pytest.raises(ValueError, match="within is"):
        extent([np.zeros(3)], within)
