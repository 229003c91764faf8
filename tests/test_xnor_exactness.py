"""Packed nets beside their nets on all test images, on the page: some after the other, at any moment of training."""

from __future__ import annotations

import csv
import io
import threading
from typing import Any

import pytest

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.boards.wording import NOTHING
from lab.boards.xnor_layers import Compared, exact_card
from lab.data import Dataset
from lab.figures.board import Numbers
from lab.jobs import moments
from lab.packed import Agreement, LayerAgreement, PackedNet, agreement, pack
from lab.probes import Specimen, xnor_layers
from lab.recorder import Recorder
from lab.ui.xnor import exactness
from tests.inside_page import SHORT, trained
from tests.packed_nets import moved_net
from tests.pages import PATIENCE, handed, opened, shown, told, until_it_shows
from tests.small import small
from tests.xnor_cards import SIGNS, cards, page, readouts, under_way

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

TESTS = len(Dataset.members["digits"]().images().test)
AT_ONCE = 100


class Gate:
    """Lets the images of so many calls be compared, and then waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
        self.asked: list[tuple[int, int]] = []
        self.open = threading.Event()
        self._calls = calls
        self._real = xnor_layers.compared
        monkeypatch.setattr(xnor_layers, "MOST", AT_ONCE)
        monkeypatch.setattr(exactness, "compared", self._compared)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.open.set()

    def _compared(self, specimen: Specimen, packed: PackedNet, start: int, stop: int) -> Agreement:
        self.asked.append((start, stop))
        if len(self.asked) > self._calls:
            assert self.open.wait(PATIENCE)
        return self._real(specimen, packed, start, stop)


def test_all_test_images_are_compared_some_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch, calls=2)
    tab = page(trained(small("binary-mlp", SIGNS, **SHORT)), images=str(TESTS))
    until_it_shows(tab, lambda: readouts(cards(tab)["exact.0"])["test images compared"] == "200")
    (first, *_) = cards(tab)["exact.0"]["readouts"]
    assert first["help"] == f"of {TESTS}, under way"
    assert cards(tab)["exact.0"]["caption"].startswith("It is exact so far")
    assert "counted.0" in cards(tab)  # nothing else waits for it
    gate.open.set()
    until_it_shows(tab, lambda: readouts(cards(tab)["exact.0"])["test images compared"] == str(TESTS))
    assert cards(tab)["exact.0"]["caption"].startswith("It is exact:")
    assert gate.asked == [(0, 100), (100, 200), (200, 300), (300, TESTS)]
    found = readouts(cards(tab)["exact.0"])
    assert set(found) >= {"hidden bits that differ", "logits apart at most", "classes that agree"}
    assert found["hidden bits that differ"] == "0"
    assert tab.query_params["images"] == str(TESTS)


def test_how_many_is_chosen_and_what_is_there_is_not_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch, calls=9)
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    tab = page(job, images="100")
    assert gate.asked == [(0, 100)]
    (choice,) = [item for item in tab.button_group if item.label == "Test images to compare"]
    assert choice.options == ["100", f"all {TESTS}"]
    shown(choice.set_value(str(TESTS)))
    until_it_shows(tab, lambda: readouts(cards(tab)["exact.0"])["test images compared"] == str(TESTS))
    assert gate.asked[0] == (0, 100)
    assert len(gate.asked) == len(set(gate.asked))
    assert "asks for the images '7'; there are 100" in told(page(job, images="7"))


def test_why_it_could_not_be_compared_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Agreement:
        raise MemoryError("nothing is left")

    monkeypatch.setattr(exactness, "compared", broken)
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    tab = opened("xnor.py", net=f"{job.id}-0")
    until_it_shows(tab, lambda: "nothing is left" in told(tab))
    assert "could not be compared" in cards(tab)["exact.0"]["caption"]


def test_a_moment_is_looked_back_to() -> None:
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    first, *_, last = (frame.step for frame in moments.moments(job))
    tab = page(job)
    assert all(f"At step {last}" in card["caption"] for card in cards(tab).values())
    (slider,) = tab.select_slider
    until_it_shows(shown(slider.set_value(first)), lambda: f"At step {first}." in cards(tab)["exact.0"]["caption"])
    assert all(f"At step {first}." in card["caption"] for card in cards(tab).values())
    assert tab.query_params["at"] == str(first)
    again = page(job, at=str(first))
    until_it_shows(again, lambda: f"At step {first}." in cards(again)["exact.0"]["caption"])
    assert cards(again) == cards(tab)
    assert "allowed is a step" in told(page(job, at="once"))


def test_of_a_net_that_trains_a_moment_is_compared_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch, calls=1)
    with under_way(evaluate_every=0.5) as job, gate:
        tab = page(job, images=str(TESTS))
        begun = cards(tab)["exact.0"]["caption"]
        until_it_shows(tab, lambda: cards(tab)["costs.0"]["caption"][-12:] != begun[-12:])
        assert cards(tab)["exact.0"]["caption"] == begun
        gate.open.set()
        until_it_shows(tab, lambda: readouts(cards(tab)["exact.0"])["test images compared"] == str(TESTS))
        assert gate.asked[:4] == [(0, 100), (100, 200), (200, 300), (300, TESTS)]


def test_the_exactness_is_handed_over() -> None:
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    tab = page(job)
    menu = tab.menu_button(key="xnor.data")
    shown(menu.click(next(name for name in menu.options if name.startswith("Exactness"))))
    _, content = handed(tab)
    first, *_ = csv.DictReader(io.StringIO(content.decode()))
    assert (first["run"], first["differing"], first["ties"], first["images"]) == (
        f"run {job.number}",
        "0",
        "0",
        str(TESTS),
    )


def test_parts_together_are_the_whole() -> None:
    experiment = small("convnet", {"binary_weights": ["conv1", "conv2", "classifier"]} | SIGNS)
    net, images = moved_net(experiment), experiment.dataset.images().test[:30]
    packed = pack(experiment, net)
    packed.layers[1].flip[:3] ^= True
    whole = agreement(experiment, net, packed, images)
    parts = [agreement(experiment, net, packed, images[start : start + 9]) for start in range(0, 30, 9)]
    assert Agreement.together(parts) == whole
    assert not whole.exact


def test_where_no_image_is_alike_no_logits_are_told() -> None:
    (run,) = contestants([small("binary-mlp")], [Recorder().snapshot()])
    apart = Agreement(images=4, layers=(), same=0, logits=0.0, largest=3.0, classes=4)
    card = exact_card(Seen(run, 7, 7, Compared(apart, 4, 4)), alone=True)
    assert isinstance(card.content, Numbers)
    told = {each.label: (each.value, each.help) for each in card.content.readouts}
    assert told["logits apart at most"] == (NOTHING, "no image has all bits the same")


def test_that_it_is_exact_but_for_ties_is_said() -> None:
    (run,) = contestants([small("binary-mlp")], [Recorder().snapshot()])
    tied = Agreement(4, (LayerAgreement("hidden 1", bits=40, differing=3, ties=3),), 2, 0.0, 3.0, 4)
    said = exact_card(Seen(run, 7, 7, Compared(tied, 4, 4)), alone=True).caption
    assert said.startswith("It is exact but for 3 float ties: ")
