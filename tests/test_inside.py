"""What pages that look inside nets share: which nets, which moments, and what they answer."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.contestants import Contestant, contestants
from lab.boards.filming import film_of
from lab.boards.seen import Seen
from lab.figures.board import Card, Numbers, Readout
from lab.figures.film import Instant
from lab.jobs import JOBS
from lab.jobs.moments import moment, moments
from lab.ui import state
from lab.ui.inside.films import KEPT, kept_film
from lab.ui.inside.look import Look, pause_between_looks
from lab.ui.inside.sides import sides
from lab.ui.live import AFTER_THE_END, LONGEST, SECONDS_BETWEEN_UPDATES
from lab.ui.showing import note_watcher, watchers
from tests.inside_page import SHORT, page, said, texts, trained
from tests.job_waits import ENDLESS, PATIENCE, until
from tests.pages import forget_runs, shown, told, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

LARGE = small("autoencoder", **SHORT)
PICTURE: Any = None
"""Of no account here."""


def test_without_runs_it_is_said_what_to_do() -> None:
    tab = page()
    assert "There is no run to look into yet. Train one on the Train page" in told(tab)
    assert texts(tab) == []


def test_the_only_run_is_looked_into_at_all_its_moments() -> None:
    job = trained()
    tab = page()
    steps = [frame.step for frame in moments(job)]
    assert said(tab, "moments") == str(steps)
    assert said(tab, "film") == str([[(step, step, step) for step in steps]])
    assert ast.literal_eval(said(tab, "step 2"))[0][1] == 2
    until_it_shows(tab, lambda: any(text.startswith("later") for text in texts(tab)))
    assert int(said(tab, "later").strip("[]")) > 0
    assert tab.query_params["net"] == f"{job.id}-0"


def test_to_a_new_question_the_answer_at_the_step_comes_first_and_those_of_all_moments_soon() -> None:
    job = trained()
    tab = page()
    assert said(tab, "soon") == "[[2]]"
    until_it_shows(tab, lambda: said(tab, "soon") not in ("", "[[2]]"))
    assert said(tab, "soon") == str([[frame.step for frame in moments(job)]])


def test_what_is_shown_has_another_name_for_another_picture_and_the_same_for_the_same() -> None:
    trained()
    tab = page(img="t1")
    first = said(tab, "version")
    assert said(shown(tab), "version") == first
    assert said(page(img="t1"), "version") == first
    assert said(page(img="t2"), "version") != first


def test_two_nets_beside_each_other_have_names_that_tell_them_apart() -> None:
    first = trained(small("convnet", estimator="identity", **SHORT), small("convnet", estimator="bernoulli", **SHORT))
    second = trained()
    tab = page(net=f"{first.id}-1", beside=f"{second.id}-0")
    (one, two) = ast.literal_eval(said(tab, "step 2"))
    assert one[0] != two[0]
    assert tab.query_params["beside"] == f"{second.id}-0"
    shown(tab.selectbox[1].set_value(""))
    assert len(ast.literal_eval(said(tab, "step 2"))) == 1
    assert "beside" not in tab.query_params


@pytest.mark.parametrize(
    ("net", "words"),
    [("nowhere-0", "The address asks for the net 'nowhere-0'."), ("{id}-7", "That run has 1"), ("{id}-x", "That run")],
)
def test_a_net_that_there_is_not_is_told(net: str, words: str) -> None:
    job = trained()
    tab = page(net=net.format(id=job.id))
    assert words in told(tab)
    assert tab.query_params["net"] == f"{job.id}-0"


def test_the_address_of_a_run_opens_its_first_net() -> None:
    asked, newest = trained(), trained()
    tab = page(run=asked.id)
    assert tab.query_params["net"] == f"{asked.id}-0"
    assert page(run=asked.id, net=f"{newest.id}-0").query_params["net"] == f"{newest.id}-0"


def test_a_net_that_the_page_cannot_show_is_told_and_the_other_one_shown() -> None:
    unfit, fit = trained(small("mlp", **SHORT)), trained()
    tab = page(net=f"{unfit.id}-0", beside=f"{fit.id}-0")
    assert "This page shows no such nets. Choose another run." in told(tab)
    assert len(ast.literal_eval(said(tab, "film"))) == 1
    assert texts(page(net=f"{unfit.id}-0")) == []


def unescaped(tab: AppTest) -> str:
    return told(tab).replace("\\", "")


def test_where_the_net_before_cannot_be_shown_it_is_said_why_and_which_is() -> None:
    other, fit, unfit = trained(), trained(), trained(small("mlp", **SHORT))
    tab = page()
    assert "was looked at before" not in told(tab)
    tab.session_state["net.shown"] = f"{unfit.id}-0"  # by another page
    shown(tab)
    assert tab.query_params["net"] == f"{fit.id}-0"
    sentence = f"{state.named(unfit)} was looked at before, and cannot be here: This page shows no such nets."
    assert sentence in unescaped(tab)
    assert f"Until you choose one, {state.named(fit)} is shown." in unescaped(tab)
    assert sentence in unescaped(shown(tab)), "also when the page is drawn again"
    shown(tab.selectbox[0].set_value(f"{other.id}-0"))
    assert "was looked at before" not in told(tab)


def test_the_net_that_was_shown_last_is_shown_on_the_next_page_though_others_are_newer() -> None:
    first = trained()
    tab = page()
    trained()
    assert shown(tab).query_params["net"] == f"{first.id}-0"


def test_it_is_said_how_far_a_run_is_that_has_not_come_to_its_end() -> None:
    whole, part = trained(), JOBS.start([small("convnet", budget=900, evaluate_every=300)], "a long run")
    until(lambda: part.status == "running")
    tab = page(net=f"{whole.id}-0", beside=f"{part.id}-0")
    until_it_shows(tab, lambda: bool(re.search(r" still trains, step \d+ of 900 by now\.", unescaped(tab))))
    part.pause()
    part.settle(PATIENCE)
    made = int(part.view().snapshots[0].steps["step"][-1])
    until_it_shows(tab, lambda: f" is held at step {made} of 900." in unescaped(tab))
    part.stop()
    assert part.wait(PATIENCE)
    until_it_shows(tab, lambda: f" was stopped at step {made} of 900." in unescaped(tab))
    assert " of 900." not in told(page(net=f"{whole.id}-0"))


def test_a_net_that_trains_beside_one_that_has_ended_is_looked_at_as_often_as_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SECONDS_BETWEEN_UPDATES, "running", 0.8)  # as where there are many processors
    ended, other = trained(), JOBS.start([small(**ENDLESS)], "endless")
    until(lambda: other.status == "running")
    alone, both, rest = (
        pause_between_looks(Look(sides([(job, 0) for job in jobs]), PICTURE))
        for jobs in ([other], [ended, other], [ended])
    )
    assert alone == both == 0.8 < rest == AFTER_THE_END
    for number in range(1000):
        note_watcher(other, f"watcher {number}")
    assert pause_between_looks(Look(sides([(ended, 0), (other, 0)]), PICTURE)) == LONGEST > both


def test_who_looks_inside_counts_as_a_watcher() -> None:
    job = trained()
    page()
    assert watchers(job) == 1


def test_runs_on_disk_are_offered_and_the_newest_that_the_page_can_show_is_looked_into(kept_runs: Path) -> None:
    page()  # which keeps runs from now on
    fit = trained()
    unfit = trained(small("mlp", **SHORT))
    forget_runs()
    tab = page()
    assert tab.query_params["net"] == f"{fit.id}-0"
    until_it_shows(tab, lambda: any(text.startswith("moments") for text in texts(tab)))
    shown(tab.selectbox[0].set_value(f"{unfit.id}-0"))
    assert "This page shows no such nets." in told(tab)


def test_a_run_that_cannot_be_opened_is_told_and_another_is_shown(kept_runs: Path) -> None:
    page()
    good, bad = trained(), trained()
    forget_runs()
    forget_runs()
    folder = kept_runs / bad.id
    facts = (folder / "job.json").read_text("utf-8")
    (folder / "job.json").write_text(facts.replace('"finished"', '"under way"'), "utf-8")
    (folder / "lock").unlink(missing_ok=True)
    (folder / "lock").mkdir()
    tab = page(net=f"{bad.id}-0")
    assert "lock cannot be read: Is a directory." in told(tab)
    shown(tab.selectbox[0].set_value(f"{good.id}-0"))
    until_it_shows(tab, lambda: any(text.startswith("moments") for text in texts(tab)))


def test_a_run_without_any_frame_that_can_be_read_is_told(kept_runs: Path) -> None:
    page()
    job = trained()
    forget_runs()
    shutil.rmtree(kept_runs / job.id / "frames")
    (kept_runs / job.id / "state").write_bytes(b"spoiled")
    tab = page()
    until_it_shows(tab, lambda: "The run has no frames that can be read" in told(tab))


def test_lost_frames_are_told_and_the_others_shown(kept_runs: Path) -> None:
    job = trained()
    run = job.remembered(0).recorder
    steps = [frame.step for frame in moments(job)]
    run._frames, run._lost = run._frames[1:], (steps[0],)  # as a damaged file leaves it
    tab = page()
    assert f"1 of its frames is missing or damaged (after step {steps[0]})" in told(tab)
    assert said(tab, "moments") == str(steps[1:])


def test_what_was_answered_is_not_asked_again() -> None:
    job = trained()
    found = moment(job, 0, 2)
    assert found is not None
    asked = []
    for _ in range(2):
        assert found.answer(lambda specimen: asked.append(specimen.step) or 7, "key") == 7
    assert asked == [2]
    assert found.answer(lambda specimen: 8, "another key") == 8


def _cards(shown: Sequence[Seen[int]]) -> list[Card]:
    return [Card(f"a.{each.run.id}", "A", Numbers([Readout("answer", str(each.answer))])) for each in shown]


def _run() -> Contestant:
    job = trained()
    return contestants(job.experiments, job.view().snapshots)[0]


def test_a_film_shows_the_newest_answer_that_is_not_later() -> None:
    run = _run()
    one = [Seen(run, step, step, step) for step in (0, 4, 8)]
    two = [Seen(run._replace(id="1"), step, step, step) for step in (2, 4)]
    film = film_of("v", [Instant(step, 0.0) for step in (0, 2, 4, 8)], [one, two], _cards, "runs")
    values = [[card.at(place).content.readouts[0].value for card in film.cards] for place in range(4)]
    assert values == [["0", "2"], ["0", "2"], ["4", "4"], ["8", "4"]]


def test_one_answer_of_each_net_is_shown_at_all_moments() -> None:
    film = film_of("v", [Instant(0, 0.0), Instant(3, 1.0)], [[Seen(_run(), 3, 0, 9)]], _cards, "run")
    assert [len(card.scenes) for card in film.cards] == [1]


def test_cards_that_come_and_go_are_refused() -> None:
    run = _run()
    with pytest.raises(ValueError, match="the cards at step 1 are"):
        film_of(
            "v",
            [Instant(0, 0.0), Instant(1, 0.5)],
            [[Seen(run, 0, 0, 1), Seen(run, 1, 1, 0)]],
            lambda shown: _cards(shown)[: shown[0].answer],
            "run",
        )


def test_films_are_made_once_and_the_oldest_are_forgotten() -> None:
    film = film_of("v", [Instant(0, 0.0)], [[Seen(_run(), 0, 0, 1)]], _cards, "run")
    made = []
    for name in [*range(KEPT), 0, KEPT, 0, 1]:
        kept_film(f"test {name}", lambda name=name: (made.append(name), replace(film, version=f"{name}"))[1])
    assert made == [*range(KEPT), KEPT, 1]


def test_names_of_files_have_the_numbers_of_nets_and_the_name_of_one_alone() -> None:
    one, other = trained(), trained(LARGE)
    look = Look(sides([(one, 0)]), PICTURE)
    assert look.subject == f"run {one.number} {look.sides[0].run.name}"
    long = look.sides[0]._replace(run=look.sides[0].run._replace(name="a long name " * 5))
    assert look._replace(sides=(long,)).subject == f"run {one.number}"
    both = Look(sides([(one, 0), (other, 0)]), PICTURE)
    assert both.subject == f"run {one.number} beside run {other.number}"
    assert list(both.numbers.values()) == [f"run {one.number}", f"run {other.number}"]
