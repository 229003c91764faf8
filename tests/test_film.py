"""Films: told once, they show at every moment what a board of that moment would show."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.figures.board import Card, Chart, Content, Head, Numbers, Pictures, Readout, Row, Table
from lab.figures.evenly import evenly
from lab.figures.film import Film, FilmCard, Instant, fitting, thinned
from lab.figures.histograms import bar_chart
from lab.figures.pictures import tiles
from lab.figures.scenes import Scenes, encoded
from lab.figures.sheets import Origin, Sheet

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.just("long " * 60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def at_moment(message: dict[str, Any], place: int) -> list[Any]:
    """The cards of a film's message at a moment, put together as the page does it."""
    cards = orjson.loads(orjson.dumps(message["cards"]))
    for path, numbers in message["moving"]:
        holder = cards
        for key in path[:-1]:
            holder = holder[key]
        number = numbers[place] if isinstance(numbers, list) else numbers
        holder[path[-1]] = message["values"][number]
    for tile in [tile for card in cards if message.get("images") for tile in card.get("tiles", ())]:
        tile["image"] = message["images"][tile["image"]]
    return cards


@given(st.integers(1, 4).flatmap(lambda count: st.lists(JSON, min_size=count, max_size=count)))
def test_every_scene_comes_back_and_every_value_is_told_once(values: list[Any]) -> None:
    scenes = Scenes()
    still = scenes.still((0,), values)
    message = orjson.loads(encoded({"cards": [still], "moving": scenes.moving, "values": scenes.values}))
    for place, value in enumerate(values):
        assert at_moment(message, place)[0] == value
    told = [orjson.dumps(value) for value in message["values"]]
    assert len(set(told)) == len(told)


def pictures(moment: int) -> Pictures:
    same, moving = np.arange(784).reshape(28, 28), np.full((28, 28), moment // 2)
    sheet = tiles([same, moving, same], ["original", f"at {moment}", "again"], 0, 784, picks=["a", "b", "c"])
    return Pictures(sheet, columns=3, widest=200, picked="b" if moment > 2 else "")


def small_film(count: int = 6, version: str = "v") -> Film:
    contents: dict[str, list[Content]] = {
        "pictures": [pictures(moment) for moment in range(count)],
        "chart": [Chart(bar_chart([1, 2, 3], [moment, 1, 2], "x", "n", "red"), picks=True) for moment in range(count)],
        "numbers": [Numbers([Readout("step", str(moment)), Readout("of", "9")]) for moment in range(count)],
        "table": [Table([Head("a")], [Row([str(moment)])] * (1 + moment % 2)) for moment in range(count)],
        "mixed": [Numbers([]) if moment < 2 else pictures(moment) for moment in range(count)],
    }
    cards = [
        FilmCard([Card(id, id.title(), content, f"{id} at {m}", f"alt {m}") for m, content in enumerate(scenes)])
        for id, scenes in contents.items()
    ]
    still = FilmCard([Card("still", "Still", pictures(0), wide=True)])
    return Film(version, [Instant(2**m, m / 10, "kept" if m % 2 else "") for m in range(count)], [*cards, still], "Run")


def test_a_film_shows_what_a_board_of_each_moment_shows() -> None:
    film = small_film()
    message = orjson.loads(film.encoded)
    for place in range(len(film.moments)):
        board = orjson.loads(encoded(film.board(place).payload()))
        assert at_moment(message, place) == board["cards"]
    assert message["moments"][1] == {"step": 2, "epoch": 0.1, "label": "kept"}
    assert film.board(1).subject == "Run at step 2"


def test_a_picture_is_told_once_however_often_it_is_shown() -> None:
    image = pictures(0).tiles[0].image.payload()[2]
    assert small_film(20).encoded.count(str(image).encode()) == 1
    one, ten = (len(small_film(count).encoded) for count in (1, 20))
    assert ten < one + 20 * (784 * 4 / 3 + 1500)


def test_a_film_that_makes_no_sense_is_refused() -> None:
    card = Card("a", "A", Numbers([]))
    moments = [Instant(1, 0.1), Instant(2, 0.2)]
    with pytest.raises(ValueError, match="steps must rise"):
        Film("v", [*moments, Instant(2, 0.3)], [])
    with pytest.raises(ValueError, match="one or more"):
        Film("v", [], [])
    with pytest.raises(ValueError, match="'a' has 3 scenes for 2 moments"):
        Film("v", moments, [FilmCard([card] * 3)])
    with pytest.raises(ValueError, match="'a'"):
        Film("v", moments, [FilmCard([card]), FilmCard([card])])
    with pytest.raises(ValueError, match="share id"):
        FilmCard([card, Card("b", "A", Numbers([]))])


@given(st.sets(st.integers(0, 400)), st.integers(1, 60), st.sets(st.integers(0, 400), max_size=5))
def test_evenly_keeps_order_ends_and_number(found: set[int], most: int, keep: set[int]) -> None:
    values = sorted(found)
    chosen = evenly(values, most, sorted(keep))
    assert chosen == sorted(set(chosen) & found)
    assert len(chosen) == min(most, len(values))
    if values:
        assert chosen[-1] == values[-1]
    if values and most > 1:
        assert chosen[0] == values[0]
    if len(keep & found) <= most - 2:
        assert keep & found <= set(chosen)


def test_evenly_is_even_and_refuses_none() -> None:
    assert evenly(range(101), 5) == [0, 25, 50, 75, 100]
    assert evenly(range(101), 5, [30]) == [0, 30, 50, 75, 100]
    with pytest.raises(ValueError, match="at least 1"):
        evenly([1], 0)


def test_a_film_is_thinned_to_fit_and_another_choice_is_another_version() -> None:
    film = small_film(40)
    assert fitting(film) is film
    most = len(film.encoded) // 3
    fits = fitting(film, most, keep=[2**17])
    assert len(fits.encoded) <= most
    steps = [moment.step for moment in fits.moments]
    assert {1, 2**17, 2**39} <= set(steps)
    assert len(steps) > 6
    for place, step in enumerate(steps):
        assert fits.board(place).cards == film.board(step.bit_length() - 1).cards
    assert len({film.version, fits.version, thinned(film, 3).version, thinned(film, 3, [8]).version}) == 4
    assert len(fitting(film, 1).moments) == 1


def test_data_become_files_that_say_what_they_are() -> None:
    arrays = {"codes": np.eye(3, dtype=bool), "rates": np.linspace(0, 1, 4)}
    file = Sheet("Codes, layer 1", arrays).file("Run 7 at step 640")
    assert (file.name, file.mime) == ("codes-layer-1-of-run-7-at-step-640.npz", "application/octet-stream")
    with np.load(io.BytesIO(file.content), allow_pickle=False) as back:
        assert {name: back[name].tolist() for name in back} == {name: each.tolist() for name, each in arrays.items()}
    table = pd.DataFrame({"bit": [1, 2], "on-rate": [0.5, 0.25]})
    file = Sheet("Bits", lambda: table).file("Run 7 at step 640")
    assert (file.name, file.mime) == ("bits-of-run-7-at-step-640.csv", "text/csv")
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(file.content)), table)
    long = Sheet("Codes", arrays).file("a name " * 60 + "at step 640").name
    assert len(long) < 130
    assert long.endswith("at-step-640.npz")
    assert set(long.removesuffix(".npz").split("-")) == {"codes", "of", "a", "name", "at", "step", "640"}
    assert len(Sheet("x" * 300, arrays).file("").name) < 130
    with pytest.raises(ValueError, match="'codes' has objects"):
        Sheet("Codes", {"codes": np.array([{}])}).file("")


def test_a_file_says_of_which_run_and_moment_it_is_also_when_it_has_another_name() -> None:
    numbers = {"Imaginary": "run 7"}
    origin = Origin("Imaginary", 640, 512, "test image 3")
    facts = {"run": "run 7", "net": "Imaginary", "step": 640, "weights_step": 512, "picture_name": "test image 3"}
    file = Sheet("Codes, Imaginary", {"codes": np.eye(3)}, origin).file("run 7", numbers)
    assert file.name == "codes-imaginary-of-run-7-at-step-640.npz"
    with np.load(io.BytesIO(file.content), allow_pickle=False) as back:
        assert {name: back[name].item() for name in facts} == facts
        assert back["codes"].shape == (3, 3)
    table = pd.DataFrame({"bit": [1, 2], "net": ["its own", "its own"]})
    file = Sheet("Bits, Imaginary", table, origin).file("run 7", numbers)
    back = pd.read_csv(io.BytesIO(file.content))
    assert back.to_dict("list") == {**{name: [value] * 2 for name, value in facts.items()}, **table.to_dict("list")}
    assert list(back)[-2:] == ["bit", "net"], "columns of the table come last, and count"
    assert Origin("Imaginary").facts({}) == {"net": "Imaginary"}
    assert Origin("Imaginary", 0, 0).facts({})["step"] == 0


def test_a_long_name_of_a_file_says_which_net_by_its_number_and_drops_no_half_word() -> None:
    numbers = {"layers 1, 2": "run 3", "Imaginary, layers 1, 2": "run 2"}
    subject = "heatmaps of test image 1031 (class ankle boot), run 2 beside run 3 at step 84400000"
    sheet = Sheet("Filters of conv 1, Imaginary, layers 1, 2", {"latent": np.zeros(2)})
    short = "filters-of-conv-1-imaginary-layers-1-2-of-run-2-beside-run-3-at-step-844.npz"
    assert sheet.file("run 2 beside run 3 at step 844", numbers).name == short
    long = "filters-of-conv-1-run-2-of-heatmaps-of-test-image-1031-class-ankle-boot-run-2-beside-run-3-at-step-84400000"
    assert sheet.file(subject, numbers).name == f"{long}.npz"
