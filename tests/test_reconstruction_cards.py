"""Cards of reconstructions: what they tell is what the nets gave, for one net and for two side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import orjson
import pytest

from lab.boards.reconstruction_answers import (
    draw_codes,
    look_at,
    over_tests,
    strongest,
    walk_between,
)
from lab.boards.reconstruction_errors import error_cards
from lab.boards.reconstruction_film import course_card, course_of, errors_of, probe_cards
from lab.boards.reconstruction_flips import looked_cards, strongest_cards
from lab.boards.reconstruction_pictures import NOT_FINITE, differences
from lab.boards.reconstruction_tradeoff import tradeoff_card
from lab.boards.reconstruction_walks import drawn_cards, walk_cards
from lab.boards.seen import Seen
from lab.boards.wording import WAITING
from lab.figures.board import Board, Card, Chart, Numbers, Pictures
from lab.figures.tradeoff import Line
from lab.models import Architecture
from lab.probes import Specimen, probe
from lab.probes.reconstruction import reconstruct
from tests.reconstruction_sides import diverged, rebuilding, seen, with_test_images
from tests.specimens import PICTURES, specimen

T = TypeVar("T")
LINES = [Line("ITQ", [4, 8, 16], [0.3, 0.2, 0.1], [0.01, 0.01, np.nan])]
PIXELS = PICTURES[3]
SLOW: list[Callable[[Specimen], Any]] = [partial(strongest, pixels=PIXELS), partial(draw_codes, stack=0), over_tests]
REBUILDING = [name for name, member in Architecture.members.items() if member.task == "reconstruction"]


def _waits(net: Specimen) -> str:
    return WAITING


@dataclass(frozen=True)
class Page:
    """All cards of some nets."""

    nets: list[Specimen]
    flips: tuple[int, ...] = ()
    ready: bool = True
    weights_step: int = 7

    def ask(self, question: Callable[[Specimen], T]) -> list[Seen[T]]:
        return seen(self.nets, question, self.weights_step)

    def cards(self) -> list[Card]:
        looked = self.ask(partial(look_at, pixels=PIXELS, flips=self.flips))
        flipped, drawn, scored = (self.ask(ask if self.ready else _waits) for ask in SLOW)
        frames = self.ask(lambda net: probe(net, 0.5))
        courses = [course_of(each.run, [each.answer]) for each in frames]
        return [
            *probe_cards(frames),
            course_card(courses, 7),
            *looked_cards(looked, "test image 3"),
            *strongest_cards(flipped, self.flips),
            *walk_cards(self.ask(partial(walk_between, start=PIXELS, end=PICTURES[8])), "test image 3", "test image 8"),
            *drawn_cards(drawn, 1),
            *error_cards(scored),
            tradeoff_card(LINES, "digits", scored),
        ]


def card(cards: list[Card], id: str) -> Card:
    return next(each for each in cards if each.id == id)


@pytest.mark.parametrize("architecture", REBUILDING)
@pytest.mark.parametrize("estimator", ["identity", "bernoulli", "ternary"])
def test_one_net_has_cards_that_say_what_they_show(architecture: str, estimator: str) -> None:
    cards = Page([with_test_images(specimen(architecture, estimator=estimator))], (2,)).cards()
    Board("one", cards)  # which checks the ids
    for each in cards:
        assert re.search(r"\w.*\.$", each.caption), each.id
        assert "nan" not in each.caption + each.alt, each.id
        assert each.alt, each.id
        assert not each.row


@pytest.mark.parametrize("ready", [True, False])
def test_two_nets_stand_side_by_side_also_where_codes_differ(ready: bool) -> None:
    cards = Page([rebuilding(8), rebuilding(70)], (2,), ready).cards()
    Board("two", cards)
    rows = {each.row for each in cards if each.row}
    for row in rows:
        assert [each.id for each in cards if each.row == row] == [f"{row}.0", f"{row}.1"]
    assert {each.id for each in cards if not each.row} == {"course", "classes", "tradeoff"}
    assert any(each.caption == WAITING for each in cards) != ready


def test_cards_keep_their_places_when_what_took_long_is_there() -> None:
    for nets in ([rebuilding()], [rebuilding(), rebuilding(16)]):
        early, late = Page(nets, ready=False).cards(), Page(nets).cards()
        assert [(each.id, each.wide, each.row) for each in early] == [(each.id, each.wide, each.row) for each in late]


def test_a_net_that_could_not_answer_hides_nothing_of_the_other() -> None:
    nets, sorry = [rebuilding(), rebuilding(16)], "It could not answer."
    whole = {each.id: each for each in Page(nets).cards()}

    def one(ask: Callable[[Specimen], Any]) -> list[Seen[Any]]:
        first, second = seen(nets, ask)
        return [first, second._replace(answer=sorry)]

    flipped, drawn, scored = map(one, SLOW)
    cards = {
        each.id: each
        for each in (
            *strongest_cards(flipped, ()),
            *drawn_cards(drawn, 1),
            *error_cards(scored),
            tradeoff_card(LINES, "digits", scored),
        )
    }
    for kind in ("strongest", "sizes", "independent", "crossed", "best", "worst", "ends"):
        assert cards[f"{kind}.0"].content == whole[f"{kind}.0"].content or kind in ("strongest", "sizes")
        assert not isinstance(cards[f"{kind}.0"].content, Numbers)
        assert cards[f"{kind}.1"].caption == sorry
    for kind in ("classes", "tradeoff"):
        assert isinstance(cards[kind].content, Chart)
        assert sorry in cards[kind].caption
    assert "Star: " in cards["tradeoff"].caption


def test_a_net_without_finite_numbers_says_so_on_every_card_and_does_not_spoil_the_other() -> None:
    sound, broken = rebuilding(), diverged(rebuilding(9))
    for each in Page([broken], (2,)).cards():
        assert "nan" not in each.caption
        empty = isinstance(each.content, Numbers)
        assert empty == (NOT_FINITE in each.caption) or each.id in ("code.0", "course", "tradeoff"), each.id
    both, alone = Page([sound, broken]).cards(), Page([sound]).cards()
    for kind in ("picture", "strongest", "walk", "best", "probes"):
        assert card(both, f"{kind}.0").content == card(alone, f"{kind}.0").content, kind
        assert NOT_FINITE in card(both, f"{kind}.1").caption


def test_the_code_is_drawn_bit_by_bit_and_a_cell_is_picked_by_its_number() -> None:
    found = card(Page([rebuilding(70)], (2, 69)).cards(), "code.0")
    assert isinstance(found.content, Chart)
    assert found.content.picks
    cells = found.content.figure["data"][0]
    code = np.array([bit for line in cells["z"] for bit in line if bit is not None], dtype=bool)
    looked = look_at(rebuilding(70), PIXELS, (2, 69))
    np.testing.assert_array_equal(code, looked.changed)
    flat = [mark for line in cells["text"] for mark in line]
    assert [place for place, mark in enumerate(flat) if mark] == [2, 69]
    assert cells["ids"][:70] == [str(bit) for bit in range(70)]
    assert set(cells["ids"][70:]) == {""}
    assert [cells["hovertext"][0][2], cells["y"][1]] == [f"bit 2: {'on' if looked.changed[2] else 'off'}, flipped", 32]


def test_flips_are_told_and_without_any_nothing_is_changed() -> None:
    net = rebuilding()
    without, some = (card(Page([net], flips).cards(), "picture.0") for flips in ((), (2,)))
    assert "Pick a bit" in without.caption
    assert "Bit 2 is flipped" in some.caption
    found = look_at(net, PIXELS, (2,))
    assert isinstance(some.content, Pictures)
    assert isinstance(without.content, Pictures)
    assert some.content.tiles[3].image != without.content.tiles[3].image
    zero = differences(np.zeros((1, 28, 28)), [""])[0].image
    assert without.content.tiles[4].image == zero
    size = np.square(found.flipped - found.decoded, dtype=np.float64).mean()
    assert f"{size:.2g}" in some.caption


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"estimator": "bernoulli", "evaluation": "sample"}, "samples the bits"),
        ({"estimator": "bernoulli", "evaluation": "threshold"}, ""),
        ({"estimator": "ternary"}, "more values than two"),
        ({"estimator": "identity"}, ""),
    ],
)
def test_it_is_told_where_the_code_alone_gives_another_picture(fields: dict[str, str], told: str) -> None:
    caption = card(Page([rebuilding(**fields)]).cards(), "picture.0").caption
    for words in ("samples the bits", "more values than two"):
        assert (words in caption) == (words == told)


def test_cards_say_which_weights_answered() -> None:
    cards = Page([rebuilding()], weights_step=3).cards()
    for id in ("picture.0", "strongest.0", "walk.0", "independent.0", "best.0", "classes", "tradeoff"):
        assert "At step 7, by the weights of step 3: of " in card(cards, id).caption, id


def test_two_nets_at_different_steps_are_told_by_their_names() -> None:
    one, other = seen([rebuilding(8), rebuilding(9)], over_tests)
    (classes,) = [each for each in error_cards([one, other._replace(step=9, weights_step=9)]) if each.id == "classes"]
    assert f"{one.run.name}: at step 7. {other.run.name}: at step 9." in classes.caption
    (classes,) = [each for each in error_cards([one, other]) if each.id == "classes"]
    assert classes.caption.count("At step 7.") == 1


def test_one_bit_is_told_in_the_singular() -> None:
    said = " ".join(each.caption for each in Page([rebuilding(1)], (0,)).cards())
    assert "1 bit line by line" in said
    assert "for the bit that changes it most" in said
    assert "Of 1 flip " in said
    assert not re.search(r"\b1 (bits|flips)\b", said)


def test_errors_of_a_frame_are_those_of_its_reconstructions() -> None:
    net = rebuilding(estimator="identity")
    frame = probe(net, 0.5)
    np.testing.assert_allclose(errors_of(frame), reconstruct(net, frame.pictures).errors, rtol=0.02)
    caption = card(Page([net]).cards(), "probes.0").caption
    assert f"{errors_of(frame).mean():.4f}" in caption


def test_classes_are_called_what_each_dataset_calls_them() -> None:
    digits, clothes = rebuilding(), rebuilding(dataset="fashion_mnist")
    cards = Page([digits, clothes]).cards()
    names = ["T-shirt/top", "Trouser", "Pullover"]  # the classes of the pictures are 0 to 2
    chart = card(cards, "classes").content
    assert isinstance(chart, Chart)
    assert [bars["x"] for bars in chart.figure["data"]] == [["0", "1", "2"], names]
    assert chart.figure["layout"]["xaxis"]["categoryarray"] == ["0", "1", "2", *names]
    bars = chart.figure["data"][1]
    easiest, hardest = (names[place(bars["y"])] for place in (np.argmin, np.argmax))
    told = re.search(
        r"Easiest .*?, (\S+) of .*; hardest: .*?, (\S+) of .*\. At step 7\.$", card(cards, "classes").caption
    )
    assert told is not None
    assert told.groups() == (easiest, hardest)
    for kind in ("best", "worst", "ends"):
        sheet = card(cards, f"{kind}.1").content
        assert isinstance(sheet, Pictures)
        assert all(re.search(rf", class ({'|'.join(names)})(:|$)", tile.help) for tile in sheet.tiles), kind


def test_a_star_is_only_among_what_was_measured_on_the_same_images() -> None:
    net = rebuilding()
    asked = seen([net], over_tests)
    star = tradeoff_card(LINES, "digits", asked)
    assert isinstance(star.content, Chart)
    assert star.content.figure["data"][-1]["x"] == [8]
    assert star.content.figure["data"][-1]["y"] == [pytest.approx(asked[0].answer.errors.mean(), rel=1e-5)]
    assert "12 test images alone" in star.caption
    assert "over all test images of Digits (8×8, embedded)," in star.caption
    other = tradeoff_card(LINES, "mnist", asked)
    assert isinstance(other.content, Chart)
    assert len(other.content.figure["data"]) == len(LINES)
    assert "has no star" in other.caption
    assert "over all test images of MNIST," in other.caption


@pytest.mark.parametrize("net", [rebuilding, lambda: rebuilding(70), lambda: diverged(rebuilding())])
def test_figures_are_strict_json_that_plotly_knows(net: Callable[[], Specimen]) -> None:
    from plotly.graph_objects import Figure

    charts = [each.content for each in Page([net(), rebuilding(3)], (0, 2)).cards() if isinstance(each.content, Chart)]
    assert charts
    for chart in charts:
        assert orjson.loads(orjson.dumps(chart.figure)) == chart.figure
        Figure(data=chart.figure["data"], layout=chart.figure["layout"])
