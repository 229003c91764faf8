"""The page of reconstructions: what it shows of which nets, what is chosen there, and what its address says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.reconstruction_answers import look_at
from lab.boards.wording import WAITING
from lab.experiment import Experiment
from lab.jobs import JOBS, Job
from lab.jobs.moments import moment, moments
from lab.models import Architecture
from lab.probes.reconstruction import scaled_as_pixels
from lab.ui import address
from lab.ui.reconstructions.choices import MOST_FLIPS
from lab.ui.reconstructions.fitting import without_reconstructions
from tests.browser import REPOSITORY
from tests.pages import (
    PATIENCE,
    boards,
    button,
    contents,
    forget_runs,
    pressed,
    remember_run,
    shown,
    told,
    until_it_shows,
)
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

SHORT: dict[str, Any] = {"budget": 3, "evaluate_every": 0.5}
BITS = 8


def page(**parameters: str) -> AppTest:
    """A new tab on the page, its address carrying these parameters."""
    tab = AppTest.from_file(str(REPOSITORY / "views" / "reconstructions.py"), default_timeout=PATIENCE)
    for name, value in parameters.items():
        tab.query_params[name] = value
    return shown(tab)


def trained(*experiments: Experiment) -> Job:
    """A job that has ended."""
    job = JOBS.start(experiments, "a run")
    assert job.wait(PATIENCE)
    assert job.status == "finished", job.view().message
    return job


@cache
def rebuilding() -> Job:
    """One of a small autoencoder, trained once for all tests that only look at it."""
    return trained(small("autoencoder", **SHORT))


@pytest.fixture
def run(empty_lab: None) -> Job:
    """The same, as if it had just been trained."""
    return remember_run(rebuilding())


def cards(tab: AppTest) -> dict[str, dict[str, Any]]:
    """What is on the boards below the film, by its id."""
    return {card["id"]: card for board in contents(tab) if "moments" not in board for card in board["cards"]}


def film(tab: AppTest) -> dict[str, Any]:
    """The film of the page."""
    (found,) = [board for board in contents(tab) if "moments" in board]
    return found


def caption(tab: AppTest, kind: str, side: int = 0) -> str:
    words: str = cards(tab)[f"{kind}.{side}"]["caption"]
    return words


def all_there(tab: AppTest) -> AppTest:
    """The page when all is worked out."""
    until_it_shows(tab, lambda: not any(WAITING in card["caption"] for card in cards(tab).values()))
    return tab


@pytest.mark.parametrize("architecture", Architecture.members)
def test_autoencoders_fit_and_of_others_it_is_said_what_to_do(architecture: str) -> None:
    said = without_reconstructions(small(architecture))
    if Architecture.members[architecture].task == "reconstruction":
        assert not said
    else:
        assert "gives classes, not pictures" in said
        assert "train one on the Train page, such as the preset “source-001: Binary autoencoder”." in said


def test_a_classifier_alone_shows_no_board_and_beside_an_autoencoder_only_that(run: Job) -> None:
    classifier, rebuilding = trained(small("mlp", **SHORT)), run
    assert boards(page(net=f"{classifier.id}-0")) == []
    tab = page(net=f"{classifier.id}-0", beside=f"{rebuilding.id}-0")
    assert "gives classes, not pictures" in told(tab)
    assert set(cards(tab)) >= {"picture.0", "code.0", "walk.0"}
    assert "picture.1" not in cards(tab)


def test_all_moments_are_in_the_film_and_the_newest_below_it(run: Job) -> None:
    tab = all_there(page())
    steps = [frame.step for frame in moments(run)]
    assert [each["step"] for each in film(tab)["moments"]] == steps
    assert [card["id"] for card in film(tab)["cards"]] == ["probes.0", "course"]
    assert all(f"At step {steps[-1]}." in caption(tab, kind) for kind in ("picture", "strongest", "walk", "best"))
    assert "has no star" in cards(tab)["tradeoff"]["caption"]  # for it was measured on other images


def test_the_same_moment_is_not_asked_or_sent_anew_for_another_picture(run: Job) -> None:
    one, other = film(page(img="t1")), film(page(img="t2"))
    assert one["version"] == other["version"]


def test_bits_are_flipped_and_flipped_back(run: Job) -> None:
    tab = page(img="t3")
    tab.number_input(key=f"reconstructions.bit..{BITS - 1}").set_value(5)
    pressed(tab, "reconstructions.flip")
    assert tab.query_params["flip"] == "5"
    at = moment(run)
    assert at is not None
    pixels = run.experiments[0].dataset.images().test[3].numpy()
    expected = at.ask(lambda specimen: look_at(specimen, pixels, (5,)))
    change = np.square(expected.flipped - expected.decoded).mean()
    assert f"Bit 5 is flipped, which changes the picture by a mean square of {change:.2g}" in caption(tab, "picture")
    assert f"{np.square(expected.rebuilt - scaled_as_pixels(pixels)).mean():.4f}" in caption(tab, "picture")
    tab.number_input(key=f"reconstructions.bit..{BITS - 1}").set_value(2)
    pressed(tab, "reconstructions.flip")
    assert tab.query_params["flip"] == "5.2"
    pressed(tab, "reconstructions.flip")
    assert tab.query_params["flip"] == "5"
    pressed(tab, "reconstructions.reset")
    assert "flip" not in tab.query_params
    assert "Pick a bit" in caption(tab, "picture")


def test_a_walk_goes_where_it_is_sent_and_draws_differ(run: Job) -> None:
    tab = all_there(page(img="t3", to="8"))
    assert "test image 8 (class " in caption(tab, "walk")
    pressed(tab, "reconstructions.class.5")
    assert "(class 5)" in caption(tab, "walk")
    first = cards(tab)["crossed.0"]
    pressed(tab, "reconstructions.draw")
    assert tab.query_params["draw"] == "1"
    assert cards(tab)["crossed.0"]["tiles"] != first["tiles"]
    assert cards(all_there(page(img="t3", draw="1")))["crossed.0"]["tiles"] == cards(tab)["crossed.0"]["tiles"]


def test_a_walk_goes_to_another_class_where_nobody_says_where(run: Job) -> None:
    labels = small("autoencoder").dataset.images().test_labels.tolist()
    for index in (labels.index(0), labels.index(1)):
        start, _, end = caption(page(img=f"t{index}"), "walk").partition(" to that of test image ")
        assert f"test image {index} (class {labels[index]})" in start
        assert f"(class {labels[index]})" not in end


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"flip": "x"}, f"The address asks for the flipped bits 'x'; allowed are 0 to 7, at most {MOST_FLIPS} of them"),
    ({"flip": "8.."}, "The address asks for the flipped bits '8..'"),
    ({"flip": "-1"}, "The address asks for the flipped bits '-1'"),
    ({"to": "99999"}, "The address asks for the test image to walk to '99999'; allowed are 0 to "),
    ({"to": "²"}, "The address asks for the test image to walk to '²'"),
    ({"bit": "zz"}, "The address asks for the bit 'zz'; allowed are 0 to 7."),
    ({"bit": "8"}, "The address asks for the bit '8'; allowed are 0 to 7."),
    ({"draw": "last"}, "The address asks for the draw 'last'; allowed are 0 to "),
)


def test_a_wrong_address_is_told_in_a_sentence(run: Job) -> None:
    for parameters, words in WRONG:
        tab = page(**parameters)
        assert words in told(tab)
        assert not {"flip", "to", "draw", "bit"} & set(tab.query_params)
        assert words in told(shown(tab)), "it is still to be read when the page is drawn again"


@pytest.mark.parametrize(
    ("asked", "known"),
    [("3.11", "3"), ("3..x.4", "3.4"), (".".join(["1", *map(str, range(8)), *["9"] * 64]), "1.0.2.3")],
)
def test_of_the_flips_in_an_address_those_that_there_cannot_be_are_left_out(run: Job, asked: str, known: str) -> None:
    tab = page(flip=asked)
    assert "The address asks for the flipped bits" in told(tab)
    assert tab.query_params["flip"].startswith(known)
    assert "The address asks" not in told(page(flip=tab.query_params["flip"]))


def test_an_address_says_the_flips_of_the_nets_that_are_shown_and_no_others(run: Job) -> None:
    short, long = run, trained(small("autoencoder", {"code_bits": 12}, **SHORT))
    tab = page(net=f"{long.id}-0", flip="3.11")
    assert tab.query_params["flip"] == "3.11"
    tab.session_state["net"] = f"{short.id}-0"
    assert shown(tab).query_params["flip"] == "3"
    assert "Bit 3 is flipped" in caption(tab, "picture")
    again = page(net=f"{short.id}-0", flip=tab.query_params["flip"])
    assert "The address asks" not in told(again)
    assert caption(again, "picture") == caption(tab, "picture")
    tab.session_state["net"] = f"{long.id}-0"
    assert shown(tab).query_params["flip"] == "3.11"


def test_flips_that_no_shown_net_has_leave_room_for_others(run: Job) -> None:
    short, long = run, trained(small("autoencoder", {"code_bits": MOST_FLIPS + 8}, **SHORT))
    tab = page(net=f"{long.id}-0", flip=".".join(str(bit) for bit in range(8, MOST_FLIPS + 8)))
    pressed(tab, "reconstructions.flip")
    assert f"{MOST_FLIPS} bits are flipped, the most at once" in told(tab)
    tab.session_state["net"] = f"{short.id}-0"
    assert "flip" not in shown(tab).query_params
    pressed(tab, "reconstructions.flip")
    assert "Bit 0 is flipped" in caption(tab, "picture")
    assert "the most at once" not in told(tab)


def test_back_leads_before_a_flip(run: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = page()
    pressed(tab, "reconstructions.flip")
    assert "Bit 0 is flipped" in caption(tab, "picture")
    tab.query_params.pop("flip")
    monkeypatch.setattr(address, "_through_history", lambda: True)
    assert "Pick a bit" in caption(shown(tab), "picture")
    assert "flip" not in tab.query_params


def test_an_address_brings_all_choices_back(run: Job) -> None:
    tab = page(flip="3.7", to="2", draw="9", bit="6")
    assert "Bits 3, 7 are flipped" in caption(tab, "picture")
    assert "test image 2 " in caption(tab, "walk")
    assert [tab.query_params[name] for name in ("flip", "to", "draw", "bit")] == ["3.7", "2", "9", "6"]
    assert tab.number_input(key=f"reconstructions.bit..{BITS - 1}").value == 6


def test_two_nets_share_their_flips_as_far_as_they_have_such_bits(run: Job) -> None:
    one, other = run, trained(small("autoencoder", {"code_bits": 12}, **SHORT))
    tab = all_there(page(net=f"{one.id}-0", beside=f"{other.id}-0", flip="3.11"))
    assert "Bit 3 is flipped" in caption(tab, "picture", 0)
    assert "Bits 3, 11 are flipped" in caption(tab, "picture", 1)
    assert {card["row"] for card in cards(tab).values()} >= {"picture", "code", "walk", "best"}
    button(tab, "Flip all back")
    pressed(tab, "reconstructions.reset")
    assert "Pick a bit" in caption(tab, "picture", 1)


def test_the_data_of_all_cards_are_handed_over(run: Job) -> None:
    tab = all_there(page())
    (menu,) = [item for item in tab.get("menu_button")] or [None]
    options = menu.proto.options if menu is not None else []
    assert len(options) == len(set(options)) == 9


def test_a_net_in_training_is_shown_as_it_is_by_now() -> None:
    job = JOBS.start([small("autoencoder", budget=100_000, evaluate_every=0.5)], "a run")
    tab = page()
    until_it_shows(tab, lambda: bool(boards(tab)) and "picture.0" in cards(tab))
    all_there(tab)
    pressed(tab, "reconstructions.flip")
    assert "Bit 0 is flipped" in caption(tab, "picture")
    job.stop()
    assert job.wait(PATIENCE)
    all_there(tab)


def test_a_run_that_is_brought_back_answers_with_its_own_weights(
    kept_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JOBS, "runs_folder", kept_runs)
    job = trained(small("autoencoder", **SHORT))
    before = cards(all_there(page(net=f"{job.id}-0")))
    forget_runs()
    tab = all_there(page(net=f"{job.id}-0"))
    for id, each in cards(tab).items():
        assert each["caption"] == before[id]["caption"], id
