"""The films that were made last, for reruns of a page that show the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from lab.figures.film import Film

KEPT = 8
"""Films, each of some megabytes at most."""

_films: OrderedDict[str, Film] = OrderedDict()
_lock = threading.Lock()


def kept_film(version: str, make: Callable[[], Film]) -> Film:
    """The film of a version, which must name its content; it is made where it is not there any more."""
    with _lock:
        if version in _films:
            _films.move_to_end(version)
            return _films[version]
    film = make()
    with _lock:
        _films[version] = film
        while len(_films) > KEPT:
            _films.popitem(last=False)
    return film
