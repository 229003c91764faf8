"""Which of a run's nets is exported."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lab.exports.nets import trained
from lab.store import StoreError


@pytest.mark.parametrize(("count", "told"), [(1, "1 contestant"), (3, "3 contestants")])
def test_a_net_that_a_run_has_not_is_told_of(count: int, told: str) -> None:
    folder: Any = SimpleNamespace(id="abc", facts=lambda: SimpleNamespace(contestants=[None] * count))
    with pytest.raises(StoreError, match=f"^Run abc has {told}; there is no number 6\\.$"):
        trained(folder, 5)
