"""Small products of matrices on one processor.

numpy spreads them over all processors by threads that wait for each other in a loop. Where a run trains on these, a
product that takes a millisecond alone then takes hundreds.
"""

from __future__ import annotations

from functools import cache


@cache
def numpy_on_one_processor() -> None:
    """Let numpy and scipy compute on one processor from now on, in all threads of this process; torch does as it did.

    For good: threads that came and went with limits of their own would undo each other's.
    """
    import scipy.linalg  # noqa: F401, which brings a library of its own
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
