"""Cards of codes: they tell what was recorded, on one scale at all moments, for every net that has bits."""

from __future__ import annotations

import gc
import itertools
import weakref
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.boards.code_board import rest_cards
from lab.boards.code_cards import CodeCards
from lab.boards.code_facts import _by_chance, _found, facts_of
from lab.boards.code_rest import Picture, Steps
from lab.boards.code_scales import code_scales
from lab.boards.code_words import bit_words
from lab.boards.seen import Seen
from lab.boards.wording import WAITING, fixed
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.figures.board import Board, Card, Chart, Numbers, Pictures
from lab.figures.film import Film, FilmCard, Instant
from lab.models import Architecture
from lab.probes.code_map import NoMap, principal_components
from lab.probes.code_statistics import statistics
from lab.probes.compact import Bits
from lab.probes.distances import by_class, hamming
from lab.probes.frame import Codes
from lab.probes.retrieval import retrieval
from tests.code_sides import at_rest, facts_in, recorded, trained
from tests.small import fitting, small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

DIGIT = small("mlp").dataset.images().test[3].numpy()
PICTURE = Picture(DIGIT, "test image 3 (class 4)")
every_architecture = pytest.mark.parametrize("name", Architecture.members)
every_rule = pytest.mark.parametrize("rule", Estimator.members)


def by_id(cards: list[Card]) -> dict[str, Card]:
    Board("", cards)  # which checks the ids
    return {card.id: card for card in cards}


def all_cards(layer: str, *experiments: Experiment, bit: int = 0) -> list[Card]:
    sides = recorded(layer, *experiments)
    film = CodeCards(sides)([side[-1] for side in sides])
    return film + rest_cards(at_rest(layer, bit, DIGIT, *experiments), PICTURE, bit)


@every_architecture
def test_every_net_with_bits_has_all_cards_at_every_moment_of_its_film(name: str) -> None:
    experiment = small(name)
    for layer in experiment.architecture.site_names:
        sides = recorded(layer, experiment)
        make = CodeCards(sides)
        scenes = [make(list(seen)) for seen in zip(*sides, strict=True)]
        instants = [Instant(seen.step, 0.0) for seen in sides[0]]
        film = Film("one", instants, [FilmCard(scene) for scene in zip(*scenes, strict=True)])
        kinds = {card.scenes[0].id.partition(".")[0] for card in film.cards}
        assert kinds >= {"counts", "rates", "telling", "correlation", "distances", "precision", "map"}
        assert orjson.loads(film.encoded)["moments"]
        for card in [card for scene in scenes for card in scene]:
            assert card.caption
            assert str(card.alt).startswith(card.title)


@every_rule
def test_every_rule_answers_what_a_bit_does(rule: str) -> None:
    for name in ("mlp", "autoencoder"):
        experiment = fitting(name, rule, budget=1)
        (layer,) = experiment.architecture.site_names
        cards = by_id(rest_cards(at_rest(layer, 5, DIGIT, experiment), PICTURE, 5))
        assert isinstance(cards["flip.0"].content, Chart if name == "mlp" else Pictures), cards["flip.0"].caption
        assert isinstance(cards["neighbors.0"].content, Pictures)


class TestFacts:
    def test_are_those_of_the_recorded_codes(self) -> None:
        experiment = small("mlp", budget=3)
        frame = trained(experiment)[1][-1]
        facts = facts_in(experiment, frame, "hidden 1")
        assert facts is not None
        codes = frame.codes["hidden 1"].bits.on()
        labels = experiment.dataset.images().test_labels.numpy()[frame.codes["hidden 1"].images]
        assert facts.labels.tolist() == labels.tolist()
        assert facts.counted.unique == len({tuple(code) for code in codes.tolist()})
        assert facts.counted.on_rate == pytest.approx(codes.mean(axis=0))
        assert facts_in(experiment, frame, "hidden 1") is facts, "they are counted once"

    def test_keep_no_frame_in_memory(self) -> None:
        experiment = small("mlp", budget=3)
        frame = replace(trained(experiment)[1][-1])
        facts, gone = facts_in(experiment, frame, "hidden 1"), weakref.ref(frame)
        assert facts is not None
        codes = frame.codes["hidden 1"].bits.on()
        del frame
        gc.collect()
        assert gone() is None
        assert (facts.codes() == codes).all()

    @every_architecture
    def test_are_to_the_last_digit_what_each_question_alone_says(self, name: str) -> None:
        experiment = small(name)
        for layer in experiment.architecture.site_names:
            facts = facts_in(experiment, trained(experiment)[1][-1], layer)
            assert facts is not None
            codes = facts.codes()
            assert facts.counted.dimension == statistics(codes).dimension
            pairs = by_class(hamming(codes), facts.labels, facts.units)
            assert [counts.tolist() for counts in facts.distances] == [counts.tolist() for counts in pairs]
            if facts.map is None:
                with pytest.raises(NoMap, match=facts.no_map):
                    principal_components(codes)
                continue
            alone = principal_components(codes)
            assert facts.map.points.tolist() == alone.points.tolist()
            assert facts.map.explained == alone.explained

    def test_a_layer_that_was_not_recorded_has_none(self) -> None:
        frame = trained(small("mlp", budget=3))[1][-1]
        assert facts_of(frame, "conv 7", (4,), np.zeros(2000, np.int64)) is None

    def test_what_images_find_leaves_out_those_that_are_alone_in_their_class(self) -> None:
        labels = np.array([0, 0, 1, 2, 2])
        found = _found(hamming(np.eye(3, dtype=bool)[labels]), labels)
        assert found.without == 1
        assert found.mean_average_precision == pytest.approx(1)
        assert found.precision.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
        assert found.undecided.tolist() == [0, 1, 1, 0]

    @pytest.mark.parametrize("images", [1, 3])
    def test_images_that_are_all_alone_in_their_class_find_nothing(self, images: int) -> None:
        found = _found(np.zeros((images, images), np.int32), np.arange(images))
        assert np.isnan([found.mean_average_precision, found.by_chance, *found.precision, *found.undecided]).all()
        assert found.without == images
        assert len(found.precision) == images - 1

    @given(st.integers(2, 9).flatmap(lambda n: arrays(np.bool_, (3, n))))
    def test_chance_is_what_codes_find_that_are_all_alike(self, relevant: np.ndarray) -> None:
        relevant[:, 0] = True
        found = retrieval(np.zeros(relevant.shape, np.int32), relevant).mean_average_precision
        assert _by_chance(relevant.sum(axis=1), relevant.shape[1]) == pytest.approx(found)


class TestTwoNets:
    def test_stand_side_by_side_on_shared_scales(self) -> None:
        one, other = small("mlp"), small("mlp", slope=4)
        cards = all_cards("hidden 1", one, other)
        assert {card.row for card in cards} >= {"rates", "distances", "flip", "neighbors"}
        named = by_id(cards)
        for kind in ("rates", "telling", "distances", "precision"):
            ranges = [
                [named[f"{kind}.{side}"].content.figure["layout"][axis].get("range") for axis in ("xaxis", "yaxis")]  # type: ignore[union-attr]
                for side in "01"
            ]
            assert ranges[0] == ranges[1], kind


class TestWide:
    def test_a_conv_layer_shows_its_most_telling_bits_and_says_where_they_are(self) -> None:
        experiment = small("convnet")
        layer = experiment.architecture.site_names[0]
        cards = by_id(all_cards(layer, experiment, bit=203))
        facts = recorded(layer, experiment)[0][-1].answer
        assert facts.units > 64
        figure = cards["rates.0"].content.figure  # type: ignore[union-attr]
        shown = [int(bit) for bit in figure["data"][0]["ids"]]
        assert sorted(shown) == sorted(facts.told.telling[:64].tolist())
        assert "channel" in figure["data"][0]["text"][0]
        assert "histogram.0" in cards
        assert "channel by channel" in cards["code.0"].caption

    @given(st.integers(0, 11))
    def test_words_say_where_a_bit_is(self, bit: int) -> None:
        channel, row, column = np.argwhere(np.arange(12).reshape(2, 3, 2) == bit)[0]
        assert bit_words((2, 3, 2), bit) == f"bit {bit} (channel {channel + 1}, row {row + 1}, column {column + 1})"
        assert bit_words((12, 1, 1), bit) == bit_words((12,), bit) == f"bit {bit}"


def test_maps_of_moments_are_turned_alike() -> None:
    points = code_scales(recorded("hidden 1", small("mlp", budget=8))).points
    steps = sorted(step for _, step in points)
    for before, after in itertools.pairwise(steps):
        assert ((points["0", before] * points["0", after]).sum(axis=0) >= 0).all()


def test_codes_that_are_all_the_same_have_no_map_and_the_card_says_so() -> None:
    side = recorded("hidden 1", small("mlp", budget=3))[0]
    frame = trained(small("mlp", budget=3))[1][-1]
    dead = Codes(frame.codes["hidden 1"].images, Bits.of(np.zeros(frame.codes["hidden 1"].bits.shape, bool)))
    facts = facts_in(side[0].run.experiment, replace(frame, codes={"hidden 1": dead}), "hidden 1")
    assert facts is not None
    seen = Seen(side[0].run, frame.step, frame.step, facts)
    cards = by_id(CodeCards([[seen]])([seen]))
    assert "All" in cards["map.0"].caption
    assert "the same" in cards["map.0"].caption
    assert facts.found.mean_average_precision == pytest.approx(facts.found.by_chance)
    assert orjson.dumps(Board("", list(cards.values())).payload(), option=orjson.OPT_SERIALIZE_NUMPY)


class TestPicture:
    def test_finds_the_images_whose_codes_differ_least_and_not_itself(self) -> None:
        experiment = small("mlp", budget=3)
        (side,) = at_rest("hidden 1", 0, DIGIT, experiment)
        codes, own = side.facts.codes(), side.code
        assert own is not None
        at = int(np.flatnonzero((side.pictures == DIGIT).all(axis=(1, 2)))[0])
        distances = (codes != own).sum(axis=1)
        assert distances[at] == 0, "the picture is among the coded images, with the same code"
        card = by_id(rest_cards([side], PICTURE, 0))["neighbors.0"]
        assert isinstance(card.content, Pictures)
        picks = [int(tile.pick) for tile in card.content.tiles]
        order = [i for i in np.argsort(distances, kind="stable") if i != at][:12]
        assert picks == side.facts.images[order].tolist()
        last = distances[order[-1]]
        tied = int((np.delete(distances, at) == last).sum())
        shown = int((distances[order] == last).sum())
        assert (f"At the last distance are {tied} images, of which the " in card.caption) == (shown < tied)

    def test_the_mean_distance_is_that_to_the_others(self) -> None:
        experiment = small("mlp", budget=3)
        (side,) = at_rest("hidden 1", 0, DIGIT, experiment)
        frame, own = trained(experiment)[1][-1], side.code
        assert own is not None
        alike = (side.pictures == DIGIT).all(axis=(1, 2))
        few = np.concatenate([np.flatnonzero(alike), np.flatnonzero((side.facts.codes() != own).any(axis=1))[:2]])
        codes = Codes(side.facts.images[few], Bits.of(side.facts.codes()[few]))
        facts = facts_in(experiment, replace(frame, codes={"hidden 1": codes}), "hidden 1")
        assert facts is not None
        with_few = side._replace(facts=facts, pictures=side.pictures[few], driven=WAITING)
        card = by_id(rest_cards([with_few], PICTURE, 0))["neighbors.0"]
        mean = float((facts.codes()[1:] != own).sum(axis=1).mean())
        assert "The 2 of 3 coded test images without itself" in card.caption
        assert f"; {fixed(mean, 1)} are the mean of all." in card.caption

    def test_of_other_weights_waits_for_codes_of_those(self) -> None:
        (side,) = at_rest("hidden 1", 0, DIGIT, small("mlp", budget=3))
        waiting = side._replace(driven=WAITING, steps=Steps(1, 1, None))
        card = by_id(rest_cards([waiting], PICTURE, 0))["neighbors.0"]
        assert isinstance(card.content, Numbers)
        assert "Being worked out" in card.caption
        there = by_id(rest_cards([waiting._replace(driven=side.driven)], PICTURE, 0))["neighbors.0"]
        assert isinstance(there.content, Pictures)
        assert "by the weights of step 1: of " in there.caption


class TestBit:
    def test_that_a_layer_has_not_is_told(self) -> None:
        cards = by_id(rest_cards(at_rest("hidden 1", 99, DIGIT, small("mlp")), PICTURE, 99))
        assert "bits 0 to 15" in cards["bit.0"].caption
        assert "flip.0" not in cards

    def test_means_are_of_the_images_that_switch_it(self) -> None:
        (side,) = at_rest("hidden 1", 2, DIGIT, small("mlp", budget=3))
        on = side.facts.codes()[:, 2]
        card = by_id(rest_cards([side], PICTURE, 2))["means.0"]
        assert isinstance(card.content, Pictures)
        assert f"{int(on.sum())} coded test images" in card.caption
        assert len(card.content.tiles) == (3 if on.any() and not on.all() else 1)

    def test_t_sne_is_a_map_or_says_why_not(self) -> None:
        sides = at_rest("hidden 1", 2, DIGIT, small("mlp", budget=3), t_sne=True)
        card = by_id(rest_cards(sides, PICTURE, 2, with_near=True))["near.0"]
        assert isinstance(card.content, Chart)
        assert sum(len(trace["ids"]) for trace in card.content.figure["data"]) == len(sides[0].pictures)
        waiting = by_id(rest_cards([sides[0]._replace(near=WAITING)], PICTURE, 2, with_near=True))["near.0"]
        assert "Being worked out" in waiting.caption
