"""Whose a job is. Where a lab is open to others, who started a job decides about it, and the others watch.

Every control of a job asks here, whoever calls it and whatever its buttons look like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lab.store import RunFolder, StoreError

Person = str | None
"""The key of a browser, empty where it has none; None for anyone at this machine, to whom all jobs belong."""


WATCHED = "was started in another browser, or on the machine of the lab: it is changed there, and watched here."
"""What is said of a job of someone else."""


class NotTheOwner(Exception):
    """Someone wants to decide about a job that another one started: one sentence."""


def key_of(token: str) -> str:
    """What is kept of the secret that a browser keeps: enough to know it again, and not enough to pass for it."""
    return hashlib.sha256(token.encode()).hexdigest()


_who_asks: Callable[[], Person] = lambda: None  # noqa: E731
_by_itself = ContextVar("by_itself", default=False)


def ask(who_asks: Callable[[], Person]) -> None:
    """Let a front end that others can reach say who asks, in whatever thread it is asked."""
    global _who_asks
    _who_asks = who_asks


@contextmanager
def by_itself() -> Iterator[None]:
    """What the process does of its own accord, such as to stop all jobs when it ends: nobody is asked."""
    token = _by_itself.set(True)
    try:
        yield
    finally:
        _by_itself.reset(token)


def asked_at_this_machine() -> bool:
    """Whether who asks is at this machine, and not a browser among others."""
    return _person() is None


def _person() -> Person:
    return None if _by_itself.get() else _who_asks()


def may_decide(owner: str | None) -> bool:
    """Whether who asks may decide about a job of this owner."""
    person = _person()
    return person is None or (person != "" and person == owner)


def require_owner(owner: str | None, title: str) -> None:
    """Refuse to decide about a job of someone else.

    Raises:
        NotTheOwner: who asks is not the owner.
    """
    if not may_decide(owner):
        raise NotTheOwner(f"{title} {WATCHED}")


def require_owner_of(folder: RunFolder) -> None:
    """Refuse to decide about what is kept of a job of someone else; about what is spoiled, only this machine decides.

    Raises:
        NotTheOwner: who asks is not the owner.
    """
    if asked_at_this_machine():
        return
    try:
        facts = folder.facts()
    except StoreError as error:
        raise NotTheOwner(f"{error} It is put right at the machine of the lab.") from None
    require_owner(facts.owner, facts.title)


def new_owner() -> str | None:
    """Whose a job is that who asks starts now; None for one of this machine.

    Raises:
        NotTheOwner: it would be nobody's, because the browser did not say which it is.
    """
    person = _person()
    if person == "":
        raise NotTheOwner("This lab is open to others, and your browser has not said yet which it is. Try once more.")
    return person
