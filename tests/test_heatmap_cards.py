"""The cards of the Heatmaps page: the same places at every moment, one scale for both nets, a sentence for whatever
cannot be shown."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np
import pytest
import torch

from lab.boards.contestants import Contestant, contestants
from lab.boards.heatmap_answer import answer_cards
from lab.boards.heatmap_card import BLOCK, Choice
from lab.boards.heatmap_habits import Watched, habit_cards
from lab.boards.heatmap_kernels import kernel_cards
from lab.boards.heatmap_maps import channel_cards, mean_cards
from lab.boards.heatmap_reasons import grad_cam_cards, occlusion_cards
from lab.boards.seen import Seen
from lab.data import Dataset
from lab.figures.board import Board, Card, Chart, Numbers, Pictures, Tile
from lab.figures.film import Film, FilmCard, Instant
from lab.models import Architecture
from lab.probes import Specimen
from lab.probes.grad_cam import grad_cam
from lab.probes.habits import habits
from lab.probes.occlusion import occlusion
from lab.probes.sight import conv_sizes, kernels, sight
from lab.recorder import Recorder
from lab.ui.heatmaps.controls import classes_of
from tests.looking import looked_at, pictures

PICTURE, *_ = pictures(1)
TESTS = pictures(12)
LABELS = np.arange(12) % 10
CONVOLUTIONAL = [name for name, member in Architecture.members.items() if conv_sizes(member())]
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("convnet", {"binary_layers": ()}, {"levels": "-1/+1", "binary_weights": ["conv1", "conv2"]}),
    ("autoencoder", {}, {"code_bits": 80}),
]


def runs_of(specimens: list[Specimen]) -> list[Contestant]:
    return contestants([each.experiment for each in specimens], [Recorder().snapshot()] * len(specimens))


def looks(specimens: list[Specimen], choice: Choice, step: int = 7) -> list[Card]:
    """All cards of some nets at a moment, as they stand on one board."""
    runs = runs_of(specimens)

    def seen(question: Any) -> list[Seen[Any]]:
        return [Seen(run, step, step, question(each)) for run, each in zip(runs, specimens, strict=True)]

    def camera(specimen: Specimen) -> Any:
        names = [layer.name for layer in conv_sizes(specimen.experiment.architecture)]
        if choice.layer.name not in names:
            return "There is no such layer."
        return grad_cam(specimen, PICTURE[None], choice.layer.name)

    sights = seen(lambda each: sight(each, PICTURE))
    watched = seen(lambda each: Watched(habits(each, TESTS), TESTS, LABELS))
    return [
        *answer_cards(sights, PICTURE, 3),
        *mean_cards(sights, PICTURE, choice),
        *channel_cards(sights, choice),
        *kernel_cards(seen(lambda each: kernels(each, choice.layer.name, choice.channel)), choice),
        *grad_cam_cards(seen(camera), PICTURE),
        *occlusion_cards(seen(lambda each: occlusion(each, PICTURE, stride=7)), PICTURE),
        *habit_cards(watched, choice),
    ]


def tiles_of(card: Card) -> list[Tile]:
    assert isinstance(card.content, Pictures), card.caption
    return list(card.content.tiles)


def values(tile: Tile) -> np.ndarray:
    return np.frombuffer(tile.image.values, dtype=np.uint8)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_every_layer_of_every_net_can_be_looked_into(name: str) -> None:
    specimen = looked_at(name)
    for size in conv_sizes(specimen.experiment.architecture):
        for channel in {0, size.channels - 1}:
            choice = Choice(size, channel)
            board = Board(1, looks([specimen], choice))
            for card in board.cards:
                assert card.caption.endswith("."), card
                assert card.alt
                assert not isinstance(card.content, Numbers) or card.caption, card.title
                assert not card.row
            found = {card.id.partition(".")[0]: card for card in board.cards}
            for kind in ("before", "after"):
                names = [tile.pick for tile in tiles_of(found[kind])]
                assert names == [str(number + 1) for number in range(size.channels)[choice.block]]
                assert str(channel + 1) in names
                content = found[kind].content
                assert isinstance(content, Pictures)
                assert content.picked == str(channel + 1)
            assert [tile.pick for tile in tiles_of(found["means"])][1:] == [
                each.name for each in conv_sizes(specimen.experiment.architecture)
            ]


@pytest.mark.parametrize(("name", "one", "other"), PAIRS)
def test_cards_keep_their_places_over_the_moments_of_a_film(name: str, one: Any, other: Any) -> None:
    specimens = [looked_at(name, one), looked_at(name, other)]
    for size in conv_sizes(specimens[0].experiment.architecture)[:2]:
        scenes = [looks(specimens, Choice(size, 0), step) for step in (1, 2)]
        with torch.no_grad():
            for parameter in specimens[1].net.parameters():
                parameter.fill_(float("nan"))
        scenes.append(looks(specimens, Choice(size, 0), 3))
        cards = [FilmCard(list(each)) for each in zip(*scenes, strict=True)]
        assert Film(1, [Instant(step, step / 2) for step in (1, 2, 3)], cards).encoded


@pytest.mark.parametrize(("name", "one", "other"), PAIRS)
def test_two_nets_stand_side_by_side_row_by_row(name: str, one: Any, other: Any) -> None:
    specimens = [looked_at(name, one), looked_at(name, other)]
    cards = looks(specimens, Choice(conv_sizes(specimens[0].experiment.architecture)[1], 2))
    assert [card.id.partition(".")[2] for card in cards] == ["0", "1"] * (len(cards) // 2)
    names = [run.name for run in runs_of(specimens)]
    assert [card.title.rpartition(" · ")[2] for card in cards] == names * (len(cards) // 2)


def test_two_nets_share_one_scale_which_is_told() -> None:
    small, large = looked_at("convnet"), looked_at("convnet", {"pooling": "max", "binary_layers": [2]}, seed=4)
    with torch.no_grad():
        large.net.get_parameter("norm1.weight").mul_(3)
    choice = Choice(conv_sizes(small.experiment.architecture)[0], 4)
    cards = {card.id: card for card in looks([small, large], choice)}
    befores = [sight(each, PICTURE).maps[0].before[0] for each in (small, large)]
    reach = max(np.abs(each).max() for each in befores)
    for side, before in enumerate(befores):
        card = cards[f"before.{side}"]
        for tile, expected in zip(tiles_of(card), before, strict=True):
            drawn = values(tile) / 255 * 2 * reach - reach
            np.testing.assert_allclose(drawn, expected.ravel(), atol=reach / 250)
        assert f"blue is −{reach:.2g}, white 0, red {reach:.2g}" in card.caption


def test_binary_units_are_drawn_from_level_to_level_however_they_are() -> None:
    specimen = looked_at("convnet", {"levels": "-1/+1"})
    found = sight(specimen, PICTURE).maps[1].after[0]
    choice = Choice(conv_sizes(specimen.experiment.architecture)[1], 0)
    (card,) = [card for card in looks([specimen], choice) if card.id == "after.0"]
    for tile, expected in zip(tiles_of(card), found, strict=True):
        np.testing.assert_array_equal(values(tile), np.where(expected.ravel() > 0, 255, 0))
    assert "dark is −1, yellow 1" in card.caption
    assert "binary, -1/+1" in card.caption


def test_many_channels_are_shown_around_the_chosen_one() -> None:
    specimen = looked_at("autoencoder", {"code_bits": 3 * BLOCK + 5})
    code = next(size for size in conv_sizes(specimen.experiment.architecture) if size.name == "code")
    for channel, first, last in [
        (0, 1, BLOCK),
        (BLOCK, BLOCK + 1, 2 * BLOCK),
        (3 * BLOCK + 4, 3 * BLOCK + 1, 3 * BLOCK + 5),
    ]:
        cards = {card.id: card for card in looks([specimen], Choice(code, channel))}
        assert [tile.label for tile in tiles_of(cards["before.0"])] == [str(n) for n in range(first, last + 1)]
        assert f"channels {first} to {last} of {3 * BLOCK + 5}" in cards["before.0"].caption
        kept = tiles_of(cards["latent.0"])
        assert len(kept) == BLOCK
        assert "the 64 of its 256 inputs where they are largest" in cards["latent.0"].caption
        found = kernels(specimen, "code", channel)
        assert found is not None
        sizes = np.square(found.latent).sum((1, 2))
        left = [size for index, size in enumerate(sizes, 1) if str(index) not in [tile.label for tile in kept]]
        assert max(left) <= min(sizes[int(tile.label) - 1] for tile in kept)


def test_what_a_net_lacks_is_said_with_what_it_has() -> None:
    specimens = [looked_at("convnet"), looked_at("autoencoder")]
    sizes = conv_sizes(specimens[0].experiment.architecture)
    cards = {card.id: card for card in looks(specimens, Choice(sizes[0], 1))}
    for kind in ("channel", "before", "after"):
        assert "has no layer conv 1: choose one of encoder 1, encoder 2" in cards[f"{kind}.1"].caption
        assert isinstance(cards[f"{kind}.1"].content, Numbers)
    assert "has no channel 2 in a layer conv 1" in cards["latent.1"].caption
    assert "has no channel 2 in a layer conv 1" in cards["patches.1"].caption
    assert isinstance(cards["answer.0"].content, Chart)
    assert isinstance(cards["answer.1"].content, Pictures)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_a_net_without_finite_values_says_so(name: str) -> None:
    specimen = looked_at(name)
    with torch.no_grad():
        for parameter in specimen.net.parameters():
            parameter.fill_(float("nan"))
    choice = Choice(conv_sizes(specimen.experiment.architecture)[0], 0)
    cards = {card.id.partition(".")[0]: card for card in looks([specimen], choice)}
    for kind in ("answer", "before", "channel", "latent"):
        assert "no finite numbers any more" in cards[kind].caption, kind


def test_the_answer_is_told_with_what_is_right() -> None:
    specimen = looked_at("convnet")
    probabilities = sight(specimen, PICTURE).probabilities
    assert probabilities is not None
    best = int(probabilities.argmax())
    (run,) = runs_of([specimen])
    seen = [Seen(run, 7, 7, sight(specimen, PICTURE))]
    for label, verdict in [(best, "right"), ((best + 1) % 10, "wrong")]:
        (card,) = answer_cards(seen, PICTURE, label)
        assert f"most sure of class {best}: {100 * probabilities[best]:.2f} %" in card.caption
        assert f"It is a {verdict} answer: the picture is of class {label}." in card.caption
        assert isinstance(card.content, Chart)
        np.testing.assert_allclose(card.content.figure["data"][0]["y"], probabilities, atol=1e-5)
    (card,) = answer_cards(seen, PICTURE, None)
    assert "answer:" not in card.caption


def test_an_answer_is_right_or_wrong_only_to_nets_of_the_dataset_that_the_picture_is_of() -> None:
    specimens = [looked_at("convnet"), looked_at("convnet", dataset="fashion_mnist"), looked_at("convnet", seed=4)]
    seen = [Seen(run, 7, 7, sight(each, PICTURE)) for run, each in zip(runs_of(specimens), specimens, strict=True)]
    own, other, same = answer_cards(seen, PICTURE, 3)
    for card in (own, same):
        assert "answer: the picture is of class 3." in card.caption
    assert "answer:" not in other.caption
    (alone,) = answer_cards(seen[1:2], PICTURE, 3)
    assert "answer: the picture is of class Dress." in alone.caption


@pytest.mark.parametrize("dataset", Dataset.members)
def test_classes_are_called_what_the_dataset_calls_them(dataset: str) -> None:
    specimen = looked_at("convnet", dataset=dataset)
    names = Dataset.members[dataset].classes
    (run,) = runs_of([specimen])
    found = sight(specimen, PICTURE)
    assert found.probabilities is not None
    best = int(found.probabilities.argmax())
    choice = Choice(conv_sizes(specimen.experiment.architecture)[0], 0)
    cards = {card.id.partition(".")[0]: card for card in looks([specimen], choice)}
    assert f"most sure of class {names[best]}:" in cards["answer"].caption
    answer = cards["answer"].content
    assert isinstance(answer, Chart)
    assert answer.figure["layout"]["xaxis"]["ticktext"] == answer.figure["data"][0]["customdata"] == list(names)
    for kind in ("grad-cam", "occlusion"):
        assert f"class {names[best]}" in cards[kind].caption
    watched = Watched(habits(specimen, TESTS), TESTS, LABELS)
    patches, _ = habit_cards([Seen(run, 7, 7, watched)], choice)
    for tile in tiles_of(patches):
        image = int(tile.help.removeprefix("test image ").partition(",")[0])
        assert tile.help.endswith(f", class {names[LABELS[image]]}")
        assert tile.label.endswith(f" · {names[LABELS[image]]}")


def test_what_is_to_be_explained_is_called_what_the_classifiers_call_it() -> None:
    digits, clothes = looked_at("convnet").experiment, looked_at("convnet", dataset="fashion_mnist").experiment
    rebuilding = looked_at("autoencoder", dataset="kmnist").experiment
    assert classes_of([digits, rebuilding, digits]) == list("0123456789")
    assert classes_of([clothes])[-1] == "Ankle boot"
    assert classes_of([digits, clothes])[-1] == "9 or Ankle boot"
    assert classes_of([rebuilding]) == []


def test_cards_that_do_not_move_say_of_when_they_are() -> None:
    specimen = looked_at("convnet")
    (run,) = runs_of([specimen])
    near = Seen(run, 9, 4, occlusion(specimen, PICTURE, stride=14))
    (card,) = occlusion_cards([near], PICTURE)
    told = f"At step 9, by the weights of step 4: of {run.name} none nearer are kept."
    assert card.caption.endswith(told)
    (card,) = occlusion_cards([near._replace(weights_step=9)], PICTURE)
    assert card.caption.endswith("At step 9.")


def test_covering_what_the_answer_needs_is_red_where_it_lies() -> None:
    specimen = looked_at("convnet")
    (run,) = runs_of([specimen])
    found = occlusion(specimen, PICTURE, stride=2)
    (card,) = occlusion_cards([Seen(run, 7, 7, found)], PICTURE)
    assert "5 × 5 pixels around a place, each 2 pixels from the next, is covered" in card.caption
    _, coarse, over = tiles_of(card)
    assert coarse.image.width == 14
    worst = np.unravel_index(found.falls.argmax(), found.falls.shape)
    colors = values(over).reshape(28, 28, 3).astype(int)
    row, column = (int(found.centers[index]) for index in worst)
    red, _, blue = colors[row, column]
    assert red > blue
    assert values(coarse).argmax() == found.falls.argmax()
    least = np.unravel_index(found.falls.argmin(), found.falls.shape)
    red, _, blue = colors[int(found.centers[least[0]]), int(found.centers[least[1]])]
    assert red < blue


def test_nothing_in_a_payload_is_beyond_json() -> None:
    specimen = looked_at("convnet")
    choice = Choice(conv_sizes(specimen.experiment.architecture)[0], 3)
    film = Film(1, [Instant(1, 0.5)], [FilmCard([card]) for card in looks([specimen], choice)])
    assert b64decode(film.board(0).payload()["cards"][1]["tiles"][0]["image"][2]) == PICTURE.tobytes()
