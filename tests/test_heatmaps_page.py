"""The Heatmaps page: what it shows of which net, what its address asks for, and what it says where it cannot."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from lab.boards.contestants import contestants
from lab.boards.seen import Seen
from lab.jobs import JOBS
from lab.jobs.moments import moment, moments
from lab.models import Architecture
from lab.probes.sight import conv_sizes, kernels, sight
from lab.recorder import Recorder
from lab.ui.chosen_picture import ChosenPicture
from lab.ui.heatmaps.controls import layers_of
from lab.ui.heatmaps.fitting import without_heatmaps
from lab.ui.heatmaps.questions import grad_cam_of, habits_of, occlusion_of
from lab.ui.heatmaps.sheets import sheets
from lab.ui.picked import Picked
from tests.inside_page import SHORT, trained
from tests.looking import looked_at, pictures
from tests.pages import PATIENCE, boards, contents, shown, told, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")


def _script() -> None:
    from lab.ui.heatmaps.body import heatmaps
    from lab.ui.heatmaps.fitting import without_heatmaps
    from lab.ui.inside.look import live, look_inside
    from lab.ui.keep import keep_runs

    keep_runs()
    look = look_inside(without_heatmaps)
    if look is not None:
        live(look, heatmaps)


def page(**parameters: str) -> AppTest:
    tab = AppTest.from_function(_script, default_timeout=PATIENCE)
    for name, value in parameters.items():
        tab.query_params[name] = value
    return shown(tab)


def film(tab: AppTest) -> dict[str, Any]:
    """What moves, as the browser gets it, at its last moment."""
    told = contents(tab)[0]
    for path, numbers in told["moving"]:
        holder = told["cards"]
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = told["values"][numbers if isinstance(numbers, int) else numbers[-1]]
    return told


def said(tab: AppTest, name: str) -> str:
    """What the address has under a name."""
    value = tab.query_params[name]
    return value if isinstance(value, str) else value[0]


def titles(tab: AppTest) -> list[str]:
    """Those of all cards that do not change."""
    return [card["title"] for card in film(tab)["cards"]] + [card["title"] for card in rest(tab)]


def rest(tab: AppTest) -> list[dict[str, Any]]:
    """The cards that do not move."""
    cards: list[dict[str, Any]] = contents(tab)[1]["cards"]
    return cards


def worked_out(tab: AppTest) -> bool:
    return "Being worked out…" not in [card["caption"] for card in rest(tab)]


def test_a_net_is_shown_at_all_its_moments_and_what_takes_long_comes_later() -> None:
    job = trained()
    tab = page()
    assert [each["step"] for each in film(tab)["moments"]] == [frame.step for frame in moments(job)]
    assert titles(tab)[:5] == [
        "Answer",
        "Channel means",
        "Channel 1, conv 1",
        "Before the units, conv 1",
        "After the units, conv 1",
    ]
    until_it_shows(tab, lambda: worked_out(tab))
    last = film(tab)["moments"][-1]["step"]
    assert all(f"At step {last}." in card["caption"] for card in rest(tab))
    kinds = [card["id"].partition(".")[0] for card in rest(tab)]
    assert kinds == ["grad-cam", "occlusion", "patches", "firing"]
    assert len(rest(tab)[2]["tiles"]) == 9
    assert all(card["caption"] and card["alt"] for card in rest(tab))
    assert (said(tab, "layer"), said(tab, "channel")) == ("conv 1", "1")


@pytest.mark.parametrize("name", [name for name, each in Architecture.members.items() if conv_sizes(each())])
def test_every_net_with_conv_layers_is_shown_also_before_its_last_step(name: str) -> None:
    job = trained(small(name, **SHORT))
    early = moments(job)[2].step
    tab = page(at=str(early))
    shown(tab)
    near = moment(job, 0, early)
    assert near is not None
    large = near.weights_step != early
    sentence = f"At step {early}, by the weights of step {near.weights_step}: " if large else f"At step {early}."
    assert sentence in rest(tab)[0]["caption"]
    if large:
        assert all(sentence in card["caption"] for card in film(tab)["cards"] if card["caption"])


def test_the_address_chooses_layer_channel_and_class() -> None:
    trained()
    tab = page(layer="conv 2", channel="7", **{"class": "3"})
    assert "Channel 7, conv 2" in titles(tab)
    assert "class 3" in rest(tab)[0]["caption"]
    assert not tab.error
    again = shown(tab)
    assert "Channel 7, conv 2" in titles(again)
    assert [said(again, name) for name in ("layer", "channel", "class")] == ["conv 2", "7", "3"]


def test_back_leads_before_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    trained()
    tab = page(layer="conv 2")
    (explained,) = [item for item in tab.selectbox if item.label == "Explain"]
    shown(explained.set_value(4))
    assert said(tab, "class") == "4"
    tab.query_params.pop("class")
    monkeypatch.setattr("lab.ui.address._through_history", lambda: True)
    assert "class" not in shown(tab).query_params
    assert said(tab, "layer") == "conv 2"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": "conv 9"}, "asks for the layer 'conv 9'; there are conv 1, conv 2."),
        ({"channel": "17"}, "asks for the channel '17'; allowed in conv 1 are 1 to 16."),
        ({"channel": "0"}, "allowed in conv 1 are 1 to 16."),
        ({"channel": "-1"}, "allowed in conv 1 are 1 to 16."),
        ({"channel": "9" * 5000}, "allowed in conv 1 are 1 to 16."),
        ({"channel": "²"}, "allowed in conv 1 are 1 to 16."),
        ({"class": "10"}, "asks for the class '10'; allowed are 0 to 9."),
        ({"class": "cat"}, "allowed are 0 to 9."),
    ],
)
def test_what_the_address_asks_for_in_vain_is_told(asked: dict[str, str], words: str) -> None:
    trained()
    tab = page(**asked)
    assert words in told(tab)
    assert "Channel 1, conv 1" in titles(tab)


def test_layer_channel_and_class_are_chosen_with_controls() -> None:
    trained()
    tab = page()
    (channel,) = [item for item in tab.number_input if item.label.startswith("Channel")]
    assert channel.label == "Channel, 1 to 16"
    shown(channel.set_value(16))
    assert "Channel 16, conv 1" in titles(tab)
    (explained,) = [item for item in tab.selectbox if item.label == "Explain"]
    shown(explained.set_value(4))
    assert "class 4" in rest(tab)[0]["caption"]
    assert said(tab, "class") == "4"
    (layer,) = [item for item in tab.button_group if item.label == "Layer"]
    shown(layer.set_value("conv 2"))
    assert "Channel 16, conv 2" in titles(tab)
    assert said(tab, "channel") == "16"


def _picking() -> None:
    import streamlit as st

    from lab.experiment import Experiment
    from lab.ui.heatmaps.controls import choose, layers_of, picked
    from lab.ui.picked import Picked

    layers = layers_of([Experiment.parse({"dataset": "digits", "architecture": "convnet"})])
    for card, name in st.session_state.get("picks", []):
        picked(Picked(card, name), layers)
    at = choose(layers, classes=[str(label) for label in range(10)]).at
    st.text(f"{at.layer.name} {at.number}")


@pytest.mark.parametrize(
    ("picks", "chosen"),
    [
        ([("means.0", "conv 2")], "conv 2 1"),
        ([("means.0", "conv 2"), ("after.1", "30")], "conv 2 30"),
        ([("before.0", "5"), ("latent.0", "6"), ("bits.0", "7")], "conv 1 7"),
        ([("before.0", "5"), ("answer.0", "8"), ("means.0", "8"), ("after.0", "0"), ("after.0", "x")], "conv 1 5"),
        ([("after.0", "99999")], "conv 1 16"),
    ],
)
def test_tiles_are_picked(picks: list[tuple[str, str]], chosen: str) -> None:
    tab = shown(AppTest.from_function(_picking, default_timeout=PATIENCE))
    tab.session_state["picks"] = [Picked(*pick) for pick in picks]
    assert [item.value for item in shown(tab).text] == [chosen]


@pytest.mark.parametrize("name", Architecture.members)
def test_of_a_net_without_conv_layers_it_is_said_what_is_wrong_and_what_to_do(name: str) -> None:
    experiment = small(name)
    problem = without_heatmaps(experiment)
    if conv_sizes(experiment.architecture):
        assert problem == ""
        return
    assert f"“{experiment.architecture.title}”, has no conv layer" in problem
    assert "Choose another net above, or train one with the architecture" in problem
    trained(small(name, **SHORT))
    tab = page()
    assert "has no conv layer" in told(tab)
    assert not boards(tab)


def test_two_nets_stand_beside_each_other() -> None:
    job = trained(small("convnet", {"binary_layers": []}, **SHORT), small("convnet", estimator="bernoulli", **SHORT))
    tab = page(net=f"{job.id}-0", beside=f"{job.id}-1")
    ids = [card["id"] for card in film(tab)["cards"]]
    assert {id.partition(".")[2] for id in ids} == {"0", "1"}
    assert ids[:4] == ["answer.0", "answer.1", "means.0", "means.1"]
    until_it_shows(tab, lambda: worked_out(tab))


def test_a_net_of_classes_beside_one_that_rebuilds() -> None:
    one, other = trained(small("autoencoder", **SHORT)), trained()
    tab = page(net=f"{one.id}-0", beside=f"{other.id}-0")
    assert not tab.exception
    (layer,) = [item for item in tab.button_group if item.label == "Layer"]
    assert list(layer.options)[-2:] == ["conv 1", "conv 2"]
    assert "Explain" in [item.label for item in tab.selectbox]


def test_a_net_that_trains_is_shown() -> None:
    job = JOBS.start([small("convnet", budget=1e6)], "a long run")
    try:
        tab = page()
        until_it_shows(tab, lambda: len(boards(tab)) > 1 and "Answer" in titles(tab))
        job.pause()
        job.settle(PATIENCE)
        assert "Answer" in titles(shown(tab))
    finally:
        job.stop()


def test_a_net_whose_weights_are_no_numbers_says_so() -> None:
    wild = {"name": "sgd", "lr": 100, "weight_decay": 10}
    job = JOBS.start([small("convnet", optimizer=wild, budget=200, budget_unit="steps")], "a wild run")
    assert job.wait(PATIENCE)
    tab = page()
    until_it_shows(tab, lambda: "no finite numbers any more" in json.dumps(film(tab)))


def test_layers_of_two_nets_are_those_of_either_as_large_as_the_larger() -> None:
    one, other = small("autoencoder", {"code_bits": 8}), small("autoencoder", {"code_bits": 20})
    found = layers_of([one, other, small("convnet")])
    assert found["code"].channels == 20
    assert list(found)[-2:] == ["conv 1", "conv 2"]
    assert layers_of([small("mlp")]) == {}


@pytest.mark.parametrize("experiment", [{}, {"binary_weights": ["conv1"], "weight_scale": "mean"}])
def test_the_numbers_behind_the_panels_are_handed_over(experiment: dict[str, Any]) -> None:
    tests = torch.from_numpy(pictures(12, seed=2))
    specimen = looked_at("convnet", experiment)._replace(test_images=tests, test_labels=torch.arange(12))
    picture = ChosenPicture(pictures(1)[0], None, "a blot", "blot", specimen.experiment.dataset)
    (run,) = contestants([specimen.experiment], [Recorder().snapshot()])

    def seen(answer: Any) -> list[Seen[Any]]:
        return [Seen(run, 3, 2, answer)]

    found = sheets(
        picture,
        seen(sight(specimen, picture.pixels)),
        seen(kernels(specimen, "conv 1", 0)),
        seen(grad_cam_of(picture, "conv 1", None).ask(specimen)),
        seen(occlusion_of(picture, 3).ask(specimen)),
        seen(habits_of().ask(specimen)),
    )
    assert len({sheet.title for sheet in found}) == 5
    arrays = {name: each for sheet in found for name, each in np.load(io.BytesIO(sheet.file("").content)).items()}
    assert [arrays[name].item() for name in ("net", "step", "weights_step")] == [run.name, 3, 2]
    assert [sheet.origin and sheet.origin.picture_name for sheet in found] == ["a blot", "", "a blot", "a blot", ""]
    np.testing.assert_array_equal(arrays["picture"], picture.pixels)
    assert arrays["conv 2 after"].shape == (32, 7, 7)
    assert arrays["conv 1 firing rates"].shape == (16, 14, 14)
    assert arrays["falls"].shape == (28, 28)
    assert ("binary" in arrays) == bool(experiment)
    assert sheets(picture, [], seen(None), seen("No gradient comes here."), [], []) == []
