"""Cards of nets: all pages tell the moment in the same words, and what is waited for keeps its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.boards.code_board import rest_cards
from lab.boards.code_cards import CodeCards
from lab.boards.code_rest import Picture
from lab.boards.contestants import Contestant, contestants
from lab.boards.heatmap_card import Choice
from lab.boards.heatmap_maps import channel_cards
from lab.boards.inside_cards import inside_cards
from lab.boards.net_cards import instead, maker, placed
from lab.boards.reconstruction_answers import look_at
from lab.boards.reconstruction_flips import looked_cards
from lab.boards.seen import Seen, told_moment
from lab.boards.wording import WAITING
from lab.boards.xnor_layers import fact_cards
from lab.figures.board import Card, Numbers
from lab.probes import Specimen, probe
from lab.probes.sight import conv_sizes, sight
from lab.probes.xnor_layers import facts
from lab.recorder import Recorder
from tests.code_sides import at_rest, recorded
from tests.looking import looked_at, pictures
from tests.reconstruction_sides import rebuilding
from tests.small import small

PICTURE, *_ = pictures(1)


def run_of(specimen: Specimen) -> Contestant:
    """The run as a page names it."""
    return contestants([specimen.experiment], [Recorder().snapshot()])[0]


def of_heatmaps() -> list[Card]:
    net = looked_at("convnet")
    choice = Choice(conv_sizes(net.experiment.architecture)[0], 0)
    return channel_cards([Seen(run_of(net), 7, 4, sight(net, PICTURE))], choice)


def of_reconstructions() -> list[Card]:
    net = rebuilding()
    return looked_cards([Seen(run_of(net), 7, 4, look_at(net, PICTURE, ()))], "the picture")


def of_xnor() -> list[Card]:
    net = looked_at("binary-mlp")
    return list(fact_cards(Seen(run_of(net), 7, 4, facts(net)), True))


def of_codes() -> list[Card]:
    (side,) = at_rest("hidden 1", 0, PICTURE, small("mlp"))
    asked = side._replace(step=7, steps=side.steps._replace(code=4), driven=WAITING)
    recorded_alone = ("classes.0", "means.0")
    return [card for card in rest_cards([asked], Picture(PICTURE, "it"), 0) if card.id not in recorded_alone]


@pytest.mark.parametrize("cards", [of_heatmaps, of_reconstructions, of_xnor, of_codes])
def test_every_page_tells_the_moment_and_other_weights_in_the_same_words(cards) -> None:  # type: ignore[no-untyped-def]
    made = cards()
    assert made
    for card in made:
        assert " At step 7, by the weights of step 4: of " in card.caption, card.id
        assert card.caption.endswith(" none nearer are kept.")
        assert card.alt.endswith(card.caption)


def test_what_was_recorded_and_what_is_seen_on_the_train_page_tells_it_so_too() -> None:
    net = looked_at("convnet")
    run = run_of(net)
    frame = probe(net, 0.5)
    ((seen, *_),) = recorded("hidden 1", small("mlp"))
    shown = inside_cards([run._replace(snapshot=replace(run.snapshot, frame=frame))], 0)
    cards = [(card, frame.step) for card in shown] + [(card, seen.step) for card in CodeCards([[seen]])([seen])]
    assert all(card.caption.endswith(f" At step {step}.") for card, step in cards)


def test_a_place_that_waits_is_that_of_the_card() -> None:
    net = looked_at("convnet")
    seen = Seen(run_of(net), 5, 5, None)
    for alone in (True, False):
        made = maker(seen, alone)("kind", "A title", Numbers([]), "Some words.", wide=True)
        kept = instead(seen.run, alone, "kind", "A title", WAITING, wide=True)
        assert kept == replace(made, caption=WAITING, alt=kept.alt)
        assert made.wide == alone
        assert made.title == ("A title" if alone else f"A title · {seen.run.name}")


def test_two_nets_stand_row_by_row_and_who_lacks_a_card_says_so() -> None:
    nets = [looked_at("convnet"), looked_at("convnet", seed=4)]
    runs = contestants([net.experiment for net in nets], [Recorder().snapshot()] * 2)
    seen = [Seen(run, 5, 5, None) for run in runs] + [Seen(runs[0]._replace(id="2"), 5, 5, None)]
    cards = [maker(each, False)(kind, kind, Numbers([]), "It.") for each in seen for kind in "ab"][:5]
    assert [card.id for card in placed(cards, seen)] == ["a.0", "a.1", "a.2", "b.0", "b.1", "b.2"]
    assert placed(cards, seen)[-1].caption == f"The net of {seen[2].run.name} has none."


def test_other_weights_than_those_of_the_step_are_told() -> None:
    seen = Seen(run_of(looked_at("convnet")), 5, 5, None)
    assert told_moment(seen) == "At step 5."
    assert "step 5, by the weights of step 9: " in told_moment(seen._replace(weights_step=9))
