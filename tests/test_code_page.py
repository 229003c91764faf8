"""The page of codes: what it shows, what can be chosen there, and what it says where there is nothing to show."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.code_facts import are_counted
from lab.jobs import JOBS, Job
from lab.ui.address import MOMENT
from tests.idx_files import write_raw
from tests.inside_page import SHORT, trained
from tests.job_waits import ENDLESS, PATIENCE
from tests.pages import boards, contents, handed, opened, shown, told, until, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

DEEP = small("mlp", {"hidden": [16, 24], "binary_layers": [1, 2]}, **SHORT)


def page(job: Job, **parameters: str) -> AppTest:
    return opened("codes.py", net=f"{job.id}-0", **parameters)


def film(tab: AppTest) -> dict[str, Any]:
    """What is sent of the film: its line and its content."""
    (found,) = [board for board in contents(tab) if "moments" in board]
    return found


def rest(tab: AppTest) -> dict[str, dict[str, Any]]:
    """The cards of the moment that is looked at, by their ids."""
    return {card["id"]: card for board in contents(tab) if "moments" not in board for card in board["cards"]}


def film_cards(tab: AppTest) -> list[str]:
    return [card["id"] for card in film(tab)["cards"]]


@pytest.mark.parametrize("name", ["mlp", "convnet", "autoencoder", "binary-mlp"])
def test_a_net_with_bits_shows_its_codes_at_all_its_moments(name: str) -> None:
    job = trained(small(name, **SHORT))
    tab = page(job)
    assert set(film_cards(tab)) >= {"counts.0", "rates.0", "telling.0", "correlation.0", "distances.0", "precision.0"}
    assert [moment["step"] for moment in film(tab)["moments"]] == [
        frame.step for frame in job.view().snapshots[0].frames
    ]
    until_it_shows(tab, lambda: rest(tab)["extremes.0"]["kind"] == "pictures")
    assert set(rest(tab)) == {
        f"{kind}.0" for kind in ("code", "neighbors", "bit", "flip", "classes", "means", "extremes")
    }
    assert rest(tab)["neighbors.0"]["kind"] == "pictures"
    kind = "pictures" if name == "autoencoder" else "chart"
    assert rest(tab)["flip.0"]["kind"] == kind
    assert told(tab) == told(shown(tab)), "nothing is wrong"


@pytest.mark.parametrize("moment", [None, "6"])
def test_the_moment_that_is_rested_at_is_counted_first_and_the_others_in_the_background(
    monkeypatch: pytest.MonkeyPatch, moment: str | None
) -> None:
    begun: list[Callable[[], None]] = []

    monkeypatch.setattr("lab.ui.codes.film.film_later", lambda name, work: begun.append(work))
    job = trained(small("convnet", **SHORT | {"budget": 24}))
    frames, layer = job.view().snapshots[0].frames, "conv 2"
    tab = page(job, layer=layer, **({} if moment is None else {MOMENT: moment}))
    assert [frame.step for frame in frames if are_counted(frame, layer)] == ([24] if moment is None else [6, 24])
    first = film(tab)
    assert not moves(first)
    assert [each["step"] for each in first["moments"]] == [frame.step for frame in frames]
    begun.pop()()
    whole = film(shown(tab))
    assert moves(whole)
    assert not begun
    assert bits(whole) == bits(first)


def moves(content: dict[str, Any]) -> bool:
    """Whether anything on the cards of a film is another one at another moment."""
    return any(isinstance(places, list) for _, places in content["moving"])


def bits(content: dict[str, Any]) -> list[str]:
    """Those of which the on-rates are shown, which are the same at all moments."""
    (place,) = [place for path, place in content["moving"] if path == [1, "figure", "data", 0, "ids"]]
    names: list[str] = content["values"][place]
    return names


def test_what_stands_below_the_film_is_of_its_newest_moment_also_where_an_earlier_one_is_reported() -> None:
    wild = {"name": "sgd", "lr": 20.0}  # the longer it trains the worse it is
    job = trained(small("mlp", optimizer=wild, report="best-validation", budget=6, evaluate_every=0.5))
    snapshot = job.view().snapshots[0]
    assert snapshot.frame is not None
    assert snapshot.frame.step < snapshot.frames[-1].step
    tab = page(job)
    code = rest(tab)["code.0"]["caption"]
    assert f"At step {snapshot.frames[-1].step}." in code
    assert "No weights" not in code


def test_a_net_that_is_held_is_asked_at_its_own_kept_frame_also_beside_one_of_more_steps() -> None:
    other = trained(small("mlp", budget=400, evaluate_every=50))
    held = JOBS.start([small("mlp", seed=1, **ENDLESS)], "endless")
    until(lambda: len(held.view().snapshots[0].frames) > 4)
    held.pause()
    held.settle(PATIENCE)
    held.step(3)
    held.settle(PATIENCE)
    snapshot = held.view().snapshots[0]
    assert snapshot.frame is not None
    kept = snapshot.frames[-1].step
    assert kept < snapshot.frame.step < other.view().snapshots[0].frames[-1].step
    tab = page(held, beside=f"{other.id}-0")
    until_it_shows(tab, lambda: rest(tab)["extremes.0"]["kind"] == "pictures")
    for kind in ("code", "neighbors", "extremes"):
        assert f" At step {kept}." in rest(tab)[f"{kind}.0"]["caption"]
        assert "on its way" not in rest(tab)[f"{kind}.0"]["caption"]


def test_the_picture_stands_out_among_the_images_that_it_is_one_of(
    lab_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.data.idx.download", lambda *_: pytest.fail("nothing is fetched"))
    write_raw(lab_data)
    without = trained(small("convnet", {"binary_layers": ()}, **SHORT))
    mnist = {"dataset": {"name": "mnist", "validation": 4}, "subset": 8, "batch_size": 4}
    other = trained(small("mlp", **SHORT, **mnist))
    alone, beside = page(other, img="t3"), page(without, beside=f"{other.id}-0", img="t3")
    assert "map.0" in film_cards(alone)
    assert "map.0" in film_cards(beside)
    assert film(alone)["marked"]["map.0"] == "3"
    assert film(beside)["marked"] == {}, "number 3 of the digits is looked at"


def test_a_net_without_bits_is_told_what_to_do() -> None:
    tab = page(trained(small("convnet", {"binary_layers": []}, **SHORT)))
    assert "has no binary layer, so there are no codes" in told(tab)
    assert "train one on the Train page" in told(tab)
    assert boards(tab) == []


def test_the_layer_and_the_bit_are_in_the_address_and_come_from_it() -> None:
    job = trained(DEEP)
    tab = page(job, layer="hidden 1", bit="3")
    assert rest(tab)["bit.0"]["title"] == "Bit 3, hidden 1"
    assert [tab.query_params[name] for name in ("layer", "bit")] == ["hidden 1", "3"]
    (number,) = [item for item in tab.number_input if item.label == "Bit, 0 to 15"]
    shown(number.set_value(7))
    assert rest(tab)["bit.0"]["title"] == "Bit 7, hidden 1"
    again = page(job, layer="hidden 2")
    assert rest(again)["bit.0"]["title"].endswith("hidden 2")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": "conv 9"}, "The address asks for the layer 'conv 9'; there are hidden 1, hidden 2."),
        ({"layer": "hidden 2", "bit": "24"}, "The address asks for the bit '24'; allowed in hidden 2 are 0 to 23."),
        ({"bit": "-1"}, "The address asks for the bit '-1'"),
        ({"bit": "9" * 5000}, "The address asks for the bit '9999"),
        ({"map": "umap"}, "The address asks for the map 'umap'; there are pca, tsne."),
    ],
)
def test_what_the_address_asks_for_in_vain_is_told_and_the_page_works(asked: dict[str, str], words: str) -> None:
    tab = page(trained(DEEP), **asked)
    assert words in told(tab)
    assert "rates.0" in film_cards(tab)


def test_a_map_by_t_sne_is_worked_out_below_the_film() -> None:
    tab = page(trained(DEEP), map="tsne")
    assert "map.0" not in film_cards(tab)
    until_it_shows(tab, lambda: rest(tab)["near.0"]["kind"] == "chart")
    assert "perplexity" in rest(tab)["near.0"]["caption"]


def test_two_nets_stand_side_by_side_and_one_without_the_layer_shows_its_own() -> None:
    first, second = trained(small("mlp", **SHORT)), trained(DEEP)
    tab = page(first, beside=f"{second.id}-0", layer="hidden 1")
    assert {"rates.0", "rates.1"} <= set(film_cards(tab))
    assert {"code.0", "code.1", "flip.0", "flip.1"} <= set(rest(tab))
    other = page(first, beside=f"{second.id}-0", layer="hidden 2")
    assert "has no layer hidden 2: in its place hidden 1 is shown, its last binary layer." in told(other)
    titles = {card["id"]: card["title"] for card in [*film(other)["cards"], *rest(other).values()]}
    for kind in ("rates", "distances", "code", "flip"):
        assert ", hidden 1 · " in titles[f"{kind}.0"]
        assert ", hidden 2 · " in titles[f"{kind}.1"]


@pytest.mark.parametrize("layer", ["code", "conv 2"])
def test_a_net_of_classes_and_an_autoencoder_show_a_layer_each(layer: str) -> None:
    conv, rebuilding = trained(small("convnet", **SHORT)), trained(small("autoencoder", **SHORT))
    tab = page(conv, beside=f"{rebuilding.id}-0", layer=layer, bit="70")
    assert "The address asks for" not in told(tab), "one of the layers has such a bit"
    assert f"in its place {'conv 2' if layer == 'code' else 'code'} is shown" in told(tab)
    assert "There is no bit 70: this layer has bits 0 to 7." in rest(tab)["bit.1"]["caption"]


def test_where_codes_of_one_net_alone_are_there_its_cards_name_it() -> None:
    first, second = trained(small("mlp", **SHORT)), trained(small("mlp", estimator="bernoulli", **SHORT))
    recorder = second.remembered(0).recorder
    recorder._frames = [replace(frame, codes={}) for frame in recorder._frames]  # as an earlier lab has kept them
    recorder._frame = recorder._frames[-1]
    tab = page(first, beside=f"{second.id}-0")
    (name,) = {card["title"].partition(" · ")[2] for card in [*film(tab)["cards"], *rest(tab).values()]}
    assert name
    assert f"Shown is {name} alone." in told(tab).replace("\\", "")


def test_what_is_saved_of_two_nets_says_the_step_of_each() -> None:
    shorter, longer = (trained(DEEP.with_changes([f"budget={steps}"])) for steps in (3, 6))
    first, second = (job.view().snapshots[0].frames[-1].step for job in (shorter, longer))
    assert first < second
    tab = page(shorter, beside=f"{longer.id}-0")
    until_it_shows(tab, lambda: bool(rest(tab)))
    (board,) = [board for board in contents(tab) if "moments" not in board]
    assert board["subject"].endswith(f" at steps {first} and {second}")
    menu = tab.menu_button(key="codes.data")
    for name, step in zip([name for name in menu.options if name.startswith("Codes")], (first, second), strict=True):
        shown(menu.click(name))
        head, content = handed(tab)
        assert head["name"].endswith(f"-at-step-{step}.npz")
        with np.load(io.BytesIO(content)) as arrays:
            assert arrays["step"] == step


def test_the_numbers_behind_the_panels_are_handed_over() -> None:
    job = trained(small("autoencoder", **SHORT))
    tab = page(job, bit="2")
    until_it_shows(tab, lambda: rest(tab)["extremes.0"]["kind"] == "pictures")
    menu = tab.menu_button(key="codes.data")
    names = list(menu.options)
    assert [name.partition(",")[0] for name in names] == [
        *("Codes", "Bits", "Correlation of bits", "Hamming distances", "Retrieval", "Map (PCA)"),
        *("Picture and its code", "Bit 2"),
    ]
    shown(menu.click(names[0]))
    head, content = handed(tab)
    assert head["name"].endswith(".npz")
    with np.load(io.BytesIO(content)) as arrays:
        assert arrays["codes"].shape == (len(arrays["labels"]), 8)
        assert arrays["run"] == f"run {job.number}"
        assert arrays["step"] == arrays["weights_step"] == film(tab)["moments"][-1]["step"]
    shown(menu.click(names[6]))
    with np.load(io.BytesIO(handed(tab)[1])) as arrays:
        assert arrays["picture_name"].item().startswith("test image")
        assert arrays["picture"].shape == (28, 28)
