"""What never answers holds nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from lab.jobs.archivist import Archivist
from lab.jobs.waiting import TooLate, within
from lab.store.archive import Archive
from lab.store.listing import Archived
from lab.store.tracking import ArchiveError
from tests.job_waits import until


@pytest.fixture
def thaw() -> Iterator[threading.Event]:
    """Until it is set, MLflow is frozen."""
    thaw = threading.Event()
    yield thaw
    thaw.set()


@pytest.fixture
def frozen(thaw: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archivist:
    monkeypatch.setattr("lab.jobs.archivist.PATIENCE", 0.1)

    def jobs(_: Archive) -> list[Archived]:
        thaw.wait()
        return []

    monkeypatch.setattr(Archive, "jobs", jobs)
    return Archivist(tmp_path)


def test_an_answer_and_an_error_come_through() -> None:
    assert within(60.0, lambda: threading.current_thread().daemon)

    def fail() -> NoReturn:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(60.0, fail)


def test_no_answer_is_too_late_and_what_asks_goes_on(thaw: threading.Event) -> None:
    with pytest.raises(TooLate):
        within(0.01, thaw.wait)


def test_a_page_that_asks_a_frozen_mlflow_is_told(frozen: Archivist) -> None:
    for ask in (frozen.ask, lambda: frozen.fetch("0123abcd")):
        with pytest.raises(ArchiveError, match=r"^MLflow at .* has not answered for more than 0\.1 s\.$"):
            ask()


def test_what_a_frozen_mlflow_does_not_get_is_told_until_it_thaws(frozen: Archivist, thaw: threading.Event) -> None:
    assert frozen.problems == []
    looking = threading.Thread(target=frozen.look)
    looking.start()
    until(lambda: bool(frozen.problems))
    (problem,) = frozen.problems
    assert "has not answered for more than 0.1 s. Runs are kept in" in problem
    thaw.set()
    looking.join()
    assert frozen.problems == []
