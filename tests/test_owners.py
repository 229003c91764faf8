"""Where a lab is open to others, whoever started a job decides about it, and the others watch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from lab.jobs import Jobs, owners
from lab.jobs.continuing import continued
from lab.jobs.owners import NotTheOwner, Person, key_of
from lab.ui import visitor
from tests.job_waits import ENDLESS, PATIENCE, held
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

ME, YOU = key_of("a" * 64), key_of("b" * 64)


class Asking:
    """Who asks."""

    person: Person = ME


@pytest.fixture
def asking() -> Iterator[Asking]:
    """A lab that is open to others, and who asks."""
    asking = Asking()
    owners.ask(lambda: asking.person)
    yield asking
    owners.ask(lambda: None)


def test_everything_belongs_to_someone_at_this_machine(jobs: Jobs, asking: Asking) -> None:
    job = held(jobs, small())
    assert job.facts().owner == ME
    asking.person = None
    job.rewind()
    assert jobs.start([small()], "mine").facts().owner is None


@pytest.mark.parametrize("person", [YOU, ""])
def test_others_watch(jobs: Jobs, asking: Asking, person: str, tmp_path: Path) -> None:
    jobs.runs_folder = tmp_path
    job = held(jobs, small(**ENDLESS))
    asking.person = person
    asked = [job.play, job.pause, job.step, job.stop, job.rewind, lambda: job.pace.set(1.0)]
    for ask in asked:
        with pytest.raises(NotTheOwner, match=r"^held was started in another browser"):
            ask()
    with pytest.raises(NotTheOwner):
        jobs.start([small()], "in its place", in_place_of=job)
    assert (job.status, job.pace.limit, job.view().title) == ("paused", None, "held")
    asking.person = ME
    job.stop()
    assert job.wait(PATIENCE)
    assert job.status == "stopped"


def test_a_kept_run_is_still_its_owners_after_a_restart(jobs: Jobs, asking: Asking, tmp_path: Path) -> None:
    jobs.runs_folder = tmp_path
    first = jobs.start([small()], "a run")
    assert first.wait(PATIENCE)
    stopped = held(jobs, small())
    stopped.stop()
    assert stopped.wait(PATIENCE)
    after = Jobs()
    after.runs_folder = tmp_path
    asking.person = YOU
    for act in (lambda: after.delete(first.id), lambda: continued(after, first.id, 6)):
        with pytest.raises(NotTheOwner):
            act()
    with pytest.raises(NotTheOwner):
        after.go_on(stopped.id)
    assert after.all() == []
    watched = after.find(first.id)
    assert watched is not None
    assert watched.wait(PATIENCE)
    asking.person = ME
    new = continued(after, first.id, 6)
    assert new.facts().owner == ME
    assert new.wait(PATIENCE)
    after.delete(first.id)


def test_a_run_of_this_machine_is_not_for_browsers_of_others(jobs: Jobs, asking: Asking) -> None:
    asking.person = None
    job = held(jobs, small())
    asking.person = ME
    with pytest.raises(NotTheOwner):
        job.play()


def test_a_browser_that_does_not_say_which_it_is_starts_nothing(jobs: Jobs, asking: Asking) -> None:
    asking.person = ""
    with pytest.raises(NotTheOwner, match="has not said yet"):
        jobs.start([small()], "nobody's")
    assert jobs.all() == []


def test_a_thread_that_no_browser_asks_is_nobody_but_the_process_ends_what_it_likes(jobs: Jobs, asking: Asking) -> None:
    job = held(jobs, small())
    owners.ask(visitor.visitor)  # in this thread no page is drawn
    with pytest.raises(NotTheOwner):
        job.play()
    with pytest.raises(NotTheOwner):
        jobs.start([small()], "nobody's")
    jobs.stop_all(PATIENCE)
    assert job.status == "stopped"


HERE = {"Host": "localhost:8501", "Origin": "http://127.0.0.1:8501"}


@pytest.mark.parametrize(
    ("said", "here"),
    [
        (HERE, True),
        (HERE | {"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, True),
        ({}, False),
        ({"Host": "localhost:8501"}, False),
        (HERE | {"Origin": "null"}, False),
        (HERE | {"Origin": "https://lab.example.org"}, False),
        (HERE | {"Host": "lab.example.org"}, False),
        (HERE | {"X-Forwarded-For": "127.0.0.1"}, False),
        (HERE | {"Forwarded": "for=127.0.0.1"}, False),
        (HERE | {"Via": "1.1 proxy"}, False),
        (HERE | {"X-Real-Ip": "192.168.0.7"}, False),
    ],
)
def test_a_browser_of_this_machine_is_one_that_nobody_passed_on(said: dict[str, str], here: bool) -> None:
    assert visitor.from_this_machine(said) is here


@pytest.mark.parametrize(
    ("option", "value", "others"),
    [
        ("server.address", "127.0.0.1", False),
        ("server.address", "127.8.9.1", False),
        ("server.address", "::1", False),
        ("server.address", "localhost", False),
        ("server.address", "0.0.0.0", True),
        ("server.address", "192.168.0.7", True),
        ("server.address", None, True),
        ("server.address", "lab.example.org", True),
        ("server.allowedHosts", ["localhost", "lab.example.org"], True),
        ("server.allowedHosts", ["*"], True),
        ("server.allowedHosts", [], False),
        ("server.corsAllowedOrigins", ["https://lab.example.org"], True),
        ("server.enableCORS", False, True),
    ],
)
def test_when_a_lab_is_open_to_others(
    monkeypatch: pytest.MonkeyPatch, option: str, value: object, others: bool
) -> None:
    options: dict[str, object] = {
        "server.address": "127.0.0.1",
        "server.allowedHosts": ["localhost", "127.0.0.1", "::1"],
        "server.corsAllowedOrigins": [],
        "server.enableCORS": True,
        option: value,
    }
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    assert visitor.open_to_others() is others
