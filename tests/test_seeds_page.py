"""Across seeds on the Compare page, as a script: seeds are added, their means shown, and linked ones asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.across_cards import SeedsView
from lab.figures.board import Board
from lab.jobs import JOBS, with_seed
from lab.jobs.siblings import siblings
from lab.links import encode
from lab.ui import seeds
from tests.pages import button, newest, opened, pressed, shown, told, until
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

EXPLOSIVE = {"name": "sgd", "lr": 100, "weight_decay": 10}


def link(*contestants: Any) -> str:
    """The link of a race."""
    return "~".join(map(encode, contestants))


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> dict[str, Board]:
    """The boards that the page showed last, by their key."""
    seen: dict[str, Board] = {}
    monkeypatch.setattr(seeds, "live_board", seen.__setitem__)
    return seen


def all_ended() -> bool:
    return all(job.ended for job in JOBS.all())


def table(tab: AppTest, column: str) -> Any:
    """The table that has a column."""
    (found,) = [item.value for item in tab.table if column in item.value]
    return found


def test_seeds_are_added_beside_the_race_and_compared(boards: dict[str, Board]) -> None:
    contestants = small(report="last"), small(report="last", estimator="zero-gradient")
    tab = opened("compare.py", race=link(*contestants))
    shown(button(tab, "Race").click())
    race = newest()
    until(lambda: race.ended)
    assert not tab.subheader
    assert button(shown(tab.number_input(key="race.seeds.count").set_value(1)), "Add 1 seed")
    shown(tab.number_input(key="race.seeds.count").set_value(2))
    shown(button(tab, "Add 2 seeds").click())
    assert [job.experiments[0].seed for job in JOBS.all()] == [2, 1, 0]
    assert newest().title.startswith("Seed 2 · ")
    assert all(job.experiments[1].estimator.name == "zero-gradient" for job in JOBS.all())
    until(all_ended)
    shown(tab)
    assert tab.session_state["race"] == race.id, "this tab still watches its race"
    assert tab.query_params["seeds"] in ("0,1,2", ["0,1,2"])
    cards = {card.id: card for card in boards["race.seeds.board"].cards}
    assert list(cards) == ["seeds.accuracy", "seeds.loss", "seeds.training"]
    assert "N = 3" in cards["seeds.loss"].alt
    assert cards["seeds.loss"].caption.startswith("Mean over the seeds that got so far (N = 3) ± ")
    scores = [job.view().snapshots[0].report for job in JOBS.all()]
    mean = sum(report.test.accuracy for report in scores if report is not None) / 3  # type: ignore[misc]
    figures = table(tab, "Test accuracy (%)")["Test accuracy (%)"].iloc[0]
    assert float(figures.split(" ± ")[0]) == pytest.approx(100 * mean, abs=0.06)
    assert figures.endswith("(N = 3)")
    (row,) = table(tab, "what it tells").to_dict("records")
    assert row["N"] == 3
    assert "…" in row["95 % interval"]


def test_a_page_looks_for_seeds_once(monkeypatch: pytest.MonkeyPatch) -> None:
    contestants, looked = [small(), small(slope=2)], []

    def counting(*asked: Any) -> Any:
        looked.append(asked)
        return siblings(*asked)

    monkeypatch.setattr(seeds, "siblings", counting)
    for seed in (0, 1):
        assert JOBS.start(with_seed(contestants, seed), "A race").wait(60)
    tab = opened("compare.py", run=JOBS.all()[-1].id)
    looked.clear()
    assert any("**N = 2**" in item.value for item in shown(tab).markdown)
    assert len(looked) == 1


def test_two_seeds_have_no_interval_and_a_warning(boards: dict[str, Board]) -> None:
    contestants = [small(), small(slope=2)]
    for seed in (0, 5):
        assert JOBS.start(with_seed(contestants, seed), "A race").wait(60)
    tab = opened("compare.py", run=JOBS.all()[-1].id)
    (row,) = table(tab, "what it tells").to_dict("records")
    assert row["95 % interval"] == "–"
    assert "2 seeds are too few to tell" in row["what it tells"]
    (width,) = [item for item in tab.get("button_group") if item.label == "Band"]
    shown(width.set_value("interval"))
    (members,) = [item for item in tab.toggle if item.label == "Single seeds"]
    before = len(drawn(boards))
    shown(members.set_value(True))
    assert len(drawn(boards)) == before + 2 * 2


def test_how_seeds_are_shown_is_in_the_address() -> None:
    contestants = [small(), small(slope=2)]
    for seed in (0, 5):
        assert JOBS.start(with_seed(contestants, seed), "A race").wait(60)
    race = JOBS.all()[-1].id
    tab = opened("compare.py", run=race, band="interval", single="1", to="2")
    assert view(tab) == ("interval", True, 1)
    assert ["".join(tab.query_params[name]) for name in ("band", "single", "to")] == ["interval", "1", "2"]
    shown(tab.selectbox(key="race.reference").set_value(0))
    shown(tab.toggle(key="race.members").set_value(False))
    assert {"single", "to"} & set(tab.query_params) == set()
    assert view(tab) == ("interval", False, 0)
    assert view(opened("compare.py", run=race, band="wide", single="yes", to="6")) == SeedsView()


def view(tab: AppTest) -> tuple[Any, ...]:
    """How the seeds of the race are shown."""
    return tuple(tab.session_state[f"race.{name}"] for name in SeedsView._fields)


def drawn(boards: dict[str, Board]) -> list[Any]:
    """The traces of the loss."""
    (card,) = [card for card in boards["race.seeds.board"].cards if card.id == "seeds.loss"]
    figure = json.loads(json.dumps(card.payload()["figure"], allow_nan=False))
    return figure["data"]


def test_diverged_and_unfinished_seeds_are_left_out_and_said() -> None:
    contestants = [small(budget=40), small(budget=40, optimizer=EXPLOSIVE)]
    assert JOBS.start(contestants, "A race").wait(60)
    held = JOBS.start(with_seed(contestants, 1), "A race", playing=False)
    held.step(2)
    tab = opened("compare.py", run=JOBS.all()[-1].id)
    assert "diverged with 1 seed (0)" in told(tab)
    until(lambda: all(len(snapshot.steps["step"]) == 2 for snapshot in held.view().snapshots))
    shown(tab)
    assert any("seed 1 paused, epoch 0.5" in item.value for item in tab.markdown)
    assert [text.count("N = 1") for text in table(tab, "Test loss")["Test loss"]] == [1, 0]


def test_a_link_asks_for_its_seeds_and_one_click_trains_them() -> None:
    contestants = [small(), small(slope=2)]
    tab = opened("compare.py", race=link(*contestants), seeds="0,3")
    assert "The link asks for 2 seeds (0, 3)" in told(tab)
    shown(button(tab, "Train them").click())
    assert [job.experiments[0].seed for job in JOBS.all()] == [3, 0]
    until(all_ended)
    again = opened("compare.py", race=link(*contestants), seeds="0,3")
    assert "The link asks for" not in told(again)
    assert any("**N = 2**" in item.value for item in again.markdown)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1,two", "seeds in the link has 'two'; allowed are whole numbers from 0 to 2147483647."),
        ("1,,2", "seeds in the link has ''"),
        ("-1", "seeds in the link has '-1'"),
        ("2147483648", "seeds in the link has '2147483648'"),
        ("²", "seeds in the link has '²'"),
        (",".join(map(str, range(65))), "seeds in the link has 65 numbers; at most 64 are allowed."),
    ],
)
def test_seeds_that_cannot_be_are_refused(text: str, problem: str) -> None:
    found, said = seeds.linked_seeds(text)
    assert found == []
    assert said.startswith(problem)


def test_a_broken_seeds_parameter_is_said_and_the_page_works() -> None:
    tab = opened("compare.py", race=link(small(), small(slope=2)), seeds="1,two")
    assert "seeds in the link has 'two'" in told(tab)
    assert not button(tab, "Race").disabled


def test_a_single_run_has_seeds_too(boards: dict[str, Board]) -> None:
    run = small()
    for seed in (0, 1):
        assert JOBS.start(with_seed([run], seed), "A run").wait(60)
    tab = opened("train.py", experiment=encode(run), run=JOBS.all()[-1].id)
    assert any("**N = 2**" in item.value for item in tab.markdown)
    assert "train.seeds.differences" not in boards
    pressed(tab, "train.seeds.add")
    assert JOBS.all()[0].experiments[0].seed == 3
