"""Slow questions about nets: each is asked once, of one that trains never two at once, and a failed one not again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest

from lab.boards.contestants import contestants
from lab.boards.wording import WAITING
from lab.jobs import loaded_nets
from lab.recorder import Recorder
from lab.ui.inside import look, waiting
from lab.ui.inside.look import Look
from lab.ui.inside.sides import sides
from tests.inside_page import ASKED, SHORT, TROUBLE, page, said, texts, trained
from tests.pages import button, forget_runs, shown, told, until, until_it_shows
from tests.small import small


class Background:
    """Answers that come when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
        self.newest, self.waits = 1, 0
        self.begun: dict[int, Future[int]] = {}
        (run,) = contestants([small()], [Recorder().snapshot()])
        job = SimpleNamespace(status=status, ended=status == "finished")
        self.look: Any = SimpleNamespace(sides=[SimpleNamespace(id="a-0", place=0, run=run, job=job)])
        monkeypatch.setattr(waiting, "st", SimpleNamespace(session_state={}))
        monkeypatch.setattr(waiting, "start_of", lambda job, place: 0)
        monkeypatch.setattr(waiting, "moments", lambda job, place: [SimpleNamespace(step=self.newest)])
        monkeypatch.setattr(waiting, "moment_of", self._moment_of)
        monkeypatch.setattr(waiting, "answer", self._answer)
        monkeypatch.setattr(waiting, "wait_for", self._wait_for)

    def _moment_of(self, side: Any, step: int | None) -> Any:
        at = self.newest if step is None else step
        return SimpleNamespace(frame=SimpleNamespace(step=at), weights=at, weights_step=at)

    def _answer(self, key: tuple[int, Hashable], work: Callable[[], Any]) -> Future[int]:
        return self.begun.setdefault(key[0], Future())

    def _wait_for(self, futures: list[Future[int]]) -> None:
        assert not all(future.done() for future in futures)
        self.waits += 1

    def shown(self, step: int | None = None) -> int | None:
        """The step of what a page shows."""
        found = waiting.later(self.look, lambda specimen: specimen.step, "a question", step)
        if isinstance(found[0].answer, str):
            assert found[0].answer == WAITING
            return None
        assert found[0].answer == found[0].step == found[0].weights_step
        return found[0].answer


def test_the_next_moment_is_asked_about_when_the_last_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background(monkeypatch, "running")
    assert background.shown() is None
    background.newest = 5
    assert background.shown() is None
    assert list(background.begun) == [1]
    background.begun[1].set_result(1)
    assert background.shown() == 1
    background.newest = 9
    assert background.shown() == 1  # while 9 is worked out
    background.newest = 12
    assert background.shown() == 1
    assert list(background.begun) == [1, 9]
    background.begun[9].set_result(9)
    assert background.shown() == 9
    assert background.shown() == 9
    assert list(background.begun) == [1, 9, 12]
    assert background.waits == 5


@pytest.mark.parametrize(("status", "step"), [("running", 3), ("finished", None), ("finished", 3), ("paused", None)])
def test_of_a_moment_that_stays_the_answer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, status: str, step: int | None
) -> None:
    background = Background(monkeypatch, status)
    at = background.newest if step is None else step
    assert background.shown(step) is None
    assert list(background.begun) == [at]
    background.begun[at].set_result(at)
    assert background.shown(step) == at
    assert background.waits == 1


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """What is asked from now on; nothing fails that a test does not let fail."""
    ASKED.clear()
    yield ASKED
    TROUBLE.clear()


@pytest.mark.usefixtures("empty_lab", "kept_runs")
class TestRealNets:
    """On a page that asks the nets of real runs."""

    def test_two_large_nets_answer_once_though_only_one_of_them_is_at_hand(
        self, monkeypatch: pytest.MonkeyPatch, asked: list[str]
    ) -> None:
        one, other = (trained(small("autoencoder", seed=seed, **SHORT)) for seed in (0, 1))
        monkeypatch.setattr(loaded_nets, "AT_HAND", 1)
        monkeypatch.setattr(loaded_nets, "TOGETHER", 1)
        tab = page(net=f"{one.id}-0", beside=f"{other.id}-0")
        until(lambda: asked.count("later") == 2)
        until_it_shows(tab, lambda: any(text.startswith("later") for text in texts(tab)))
        assert asked.count("later") == 2

    def test_what_fails_is_said_and_asked_again_only_when_someone_wants_it(self, asked: list[str]) -> None:
        trained()
        TROUBLE.add("later")
        tab = page()
        until_it_shows(tab, lambda: "could not answer" in said(tab, "instead"))
        for _ in range(3):
            shown(tab)
        assert asked.count("later") == 1
        assert "RuntimeError: later is out of order" in told(tab)
        TROUBLE.clear()
        shown(button(tab, "Ask again").click())
        until_it_shows(tab, lambda: any(text.startswith("later") for text in texts(tab)))
        assert asked.count("later") == 2
        assert "out of order" not in told(tab)

    def test_of_two_nets_the_answer_of_the_one_is_shown_though_the_other_could_not(self, asked: list[str]) -> None:
        job = trained(*(small("convnet", estimator=name, **SHORT) for name in ("identity", "bernoulli")))
        TROUBLE.add("bernoulli")
        tab = page(net=f"{job.id}-0", beside=f"{job.id}-1")
        until_it_shows(tab, lambda: "could not answer: RuntimeError: bernoulli is out of order" in said(tab, "instead"))
        until_it_shows(tab, lambda: said(tab, "there") not in ("", "[]"))
        assert asked.count("later") == 2

    def test_so_it_is_with_a_film(self, asked: list[str]) -> None:
        trained()
        TROUBLE.add("soon")
        tab = page()
        until_it_shows(tab, lambda: "soon is out of order" in told(tab))
        for _ in range(3):
            shown(tab)
        assert asked.count("soon") == 1
        assert said(tab, "soon") == "[[2]]", "the moment that is rested at"
        TROUBLE.clear()
        shown(button(tab, "Ask again").click())
        until_it_shows(tab, lambda: said(tab, "soon") not in ("", "[[2]]"))

    def test_a_tab_keeps_answers_but_nothing_of_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        session = dict[str, Any]()
        for module in (waiting, look):
            monkeypatch.setattr(module, "st", SimpleNamespace(session_state=session, rerun=lambda: None))
        session |= {look.WAITING: [], look.EVERY: look.SOON, look.FAILED: {}}
        job = trained()
        picture: Any = None
        answers: list[Any] = []
        while not answers or isinstance(answers[-1][0].answer, str):
            answers.append(waiting.later(Look(sides([(job, 0)]), picture), lambda s: s.step, "a question", None))
        assert session[waiting.LAST]
        frames = job.view().snapshots[0].frames
        alive: list[Any] = [ref(each) for each in (job, job.remembered(0).recorder, *frames)]
        answers.clear()
        forget_runs()
        del job, frames
        gc.collect()
        assert not any(each() is not None for each in alive)
        assert session[waiting.LAST]
