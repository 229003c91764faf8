"""The XNOR page: what it shows of every net that can be packed, and what it says of the others."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from threading import Event
from typing import Any
from weakref import ref

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.wording import WAITING
from lab.models import Architecture
from lab.packed import why_not
from lab.packed.runner import opened as read
from lab.probes import Frame, Specimen
from lab.probes.xnor_layers import Facts, facts
from lab.ui.inside.sides import NET
from lab.ui.xnor import choices, timing
from lab.ui.xnor import page as xnor_page
from lab.ui.xnor.taking import file_of
from tests.inside_page import SHORT, trained
from tests.packed_nets import moved_net
from tests.pages import (
    PATIENCE,
    contents,
    forget_runs,
    handed,
    newest,
    opened,
    pressed,
    shown,
    told,
    until,
    until_it_shows,
)
from tests.small import small
from tests.specimens import specimen
from tests.xnor_cards import SIGNS, cards, number, page, readouts, under_way

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

WITH_BITS = sorted(name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields)
WITHOUT = sorted(set(Architecture.members) - set(WITH_BITS))


def shape_of(name: str) -> dict[str, Any]:
    fields = Architecture.members[name].model_fields
    return {"binary_weights": ["conv1", "conv2", "classifier"]} if "binary_weights" in fields else {}


@pytest.mark.parametrize("name", WITH_BITS)
def test_every_net_that_can_be_packed_is_shown_bit_by_bit(name: str) -> None:
    job = trained(small(name, shape_of(name) | SIGNS, **SHORT))
    tab = page(job)
    found = cards(tab)
    assert set(found) == {f"{kind}.0" for kind in ("bits", "counted", "exact", "costs", "binary")}
    counted = readouts(found["counted.0"])
    assert number(counted["dot product by counting"]) == number(counted["by PyTorch in float32"])
    assert found["binary.0"]["rows"][0]["cells"][1] == "yes"
    assert found["exact.0"]["caption"].startswith("It is exact")
    assert "may even take longer than in float32" in told(tab)
    assert not tab.error


@pytest.mark.parametrize("name", WITHOUT)
def test_of_the_others_it_says_why_not_and_what_to_do(name: str) -> None:
    experiment = small(name, **SHORT)
    tab = opened("xnor.py", net=f"{trained(experiment).id}-0")
    assert why_not(experiment) in told(tab).replace("\\", "")
    assert contents(tab) == []


def test_a_net_that_can_be_packed_is_one_press_away() -> None:
    job = trained(small("convnet", precision="bfloat16", **SHORT))
    tab = pressed(opened("xnor.py", net=f"{job.id}-0"), f"xnor.train.{job.id}-0")
    (experiment,) = newest().experiments
    assert newest().id != job.id
    assert tab.session_state[NET] == f"{newest().id}-0"  # which this page shows next
    assert why_not(experiment) == ""
    assert experiment.architecture.pooling == job.experiments[0].architecture.pooling  # all else is as it was
    other = opened("xnor.py", net=f"{trained(small('mlp', **SHORT)).id}-0")
    assert not [button for button in other.button if "packed" in button.label]


def test_the_unit_is_in_the_address_and_comes_from_it() -> None:
    job = trained(small("convnet", shape_of("convnet") | SIGNS, **SHORT))
    asked = {"layer": "conv 2", "unit": "3", "row": "1", "column": "14"}
    tab = page(job, **asked)
    assert {name: tab.query_params[name] for name in asked} == asked
    assert cards(tab)["bits.0"]["title"] == "The bits that meet: conv 2, channel 3, row 1, column 14"
    (number,) = [item for item in tab.number_input if item.label.startswith("Channel")]
    shown(number.set_value(5))
    assert "channel 5" in cards(tab)["counted.0"]["title"]
    assert tab.query_params["unit"] == "5"
    wrong = page(job, layer="conv 9", unit="999", row="99")
    assert [item.value[:60] for item in wrong.error] == [
        "The address asks for the layer 'conv 9'; there are conv 1, c",
        "The address asks for the unit '999'; allowed in conv 2 are 0",
        "The address asks for the row '99'; allowed in conv 2 are 1 t",
    ]
    pixels = page(job, layer="conv 1")
    assert len(cards(pixels)["planes.0"]["rows"]) == 9


def test_a_layer_that_is_no_convolution_has_no_places() -> None:
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    (problem,) = page(job, layer="hidden 2", row="1").error
    assert problem.value == "The address asks for a row; hidden 2 is no convolution, and has none."


def test_the_unit_that_is_looked_at_first_can_turn_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    job = trained(small("convnet", shape_of("convnet") | SIGNS, **SHORT))
    monkeypatch.setattr(choices, "first_that_turns", lambda layer: 4)
    tab = page(job)
    assert "channel 4" in cards(tab)["counted.0"]["title"]
    monkeypatch.setattr(choices, "first_that_turns", lambda layer: 2)  # as it is after more training
    assert "channel 4" in cards(shown(tab))["counted.0"]["title"]


def test_it_is_measured_when_asked_and_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SECONDS", 0.002)
    tab = pressed(page(trained(small("binary-mlp", SIGNS, **SHORT))), "xnor.measure")
    until_it_shows(tab, lambda: bool(cards(tab)["speed.0"]["readouts"]))
    card = cards(tab)["speed.0"]
    assert set(readouts(card)) == {"times as fast", "packed", "PyTorch, float32", "packing the net", "batch"}
    assert readouts(card)["batch"] == "1"
    assert "packing the activations" in card["caption"]
    assert "numkong" in card["caption"]


def test_what_was_measured_keeps_nothing_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SECONDS", 0.002)

    def measured() -> ref[Frame]:
        job = trained(small("binary-mlp", SIGNS, **SHORT))
        tab = pressed(page(job), "xnor.measure")
        until_it_shows(tab, lambda: bool(cards(tab)["speed.0"]["readouts"]))
        return ref(job.view().snapshots[0].frames[-1])

    frame = measured()
    forget_runs()
    until(lambda: gc.collect() >= 0 and frame() is None)  # after what is worked out in the background, too


def test_what_is_taken_away_runs_by_itself(tmp_path: Path) -> None:
    experiment = small("binary-mlp", SIGNS, **SHORT)
    net = moved_net(experiment)
    packed = facts(specimen("binary-mlp", SIGNS)._replace(net=net)).packed
    with zipfile.ZipFile(io.BytesIO(file_of(packed, "zip"))) as archive:
        archive.extractall(tmp_path)
    images = experiment.dataset.images().test[:3].numpy()
    np.save(tmp_path / "pictures.npy", images)
    command = [sys.executable, "-I", "runner.py", "net.safetensors", "pictures.npy"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    expected = packed.logits(images).argmax(1)
    assert [line.split()[1] for line in ran.stdout.splitlines()] == [packed.name_of(int(each)) for each in expected]
    assert (read((tmp_path / "net.safetensors").read_bytes()).logits(images).argmax(1) == expected).all()


def test_two_nets_stand_beside_each_other_also_where_only_one_has_the_layer() -> None:
    deep = trained(small("binary-mlp", SIGNS | {"depth": 4}, **SHORT))
    other = trained(small("convnet", shape_of("convnet"), **SHORT))
    tab = opened("xnor.py", net=f"{deep.id}-0", beside=f"{other.id}-0", layer="hidden 3", unit="2")
    until_it_shows(tab, lambda: all(cards(tab).get(f"exact.{i}", {}).get("readouts") for i in (0, 1)))
    found = cards(tab)
    assert found["bits.0"]["row"] == found["bits.1"]["row"] == "bits"
    assert "no such unit" in found["bits.1"]["caption"]
    for kind in ("costs.0", "costs.1", "binary.0", "binary.1"):  # a whole line for each, which takes all columns
        assert (found[kind]["wide"], found[kind]["row"]) == (True, "")


def test_what_is_asked_for_waits_for_the_net_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = trained(small("binary-mlp", SIGNS | {"depth": 4}, **SHORT))
    other = trained(small("convnet", shape_of("convnet"), **SHORT))
    go_on = Event()

    def slow(looked_at: Specimen) -> Facts | str:
        if looked_at.experiment.architecture.name == "binary-mlp":
            assert go_on.wait(PATIENCE)
        return facts(looked_at)

    monkeypatch.setattr(xnor_page, "_facts", slow)
    tab = opened("xnor.py", net=f"{deep.id}-0", beside=f"{other.id}-0", layer="hidden 3", unit="2")
    assert WAITING in told(tab)
    go_on.set()
    until_it_shows(tab, lambda: "counted.0" in cards(tab))
    assert not tab.error
    assert cards(tab)["counted.0"]["title"].startswith("What is counted: hidden 3, unit 2")
    assert [name for name in cards(tab) if name.startswith(("costs", "binary"))] == [
        "costs.0",
        "costs.1",
        "binary.0",
        "binary.1",
    ]


def test_a_net_that_trains_is_packed_as_it_is_then() -> None:
    with under_way() as job:
        tab = page(job)
        until_it_shows(tab, lambda: "counted.0" in cards(tab))
        counted = readouts(cards(tab)["counted.0"])
        assert number(counted["dot product by counting"]) == number(counted["by PyTorch in float32"])
        step = {card["caption"].rpartition("At step ")[2] for name, card in cards(tab).items() if name != "exact.0"}
        assert len(step) == 1


def test_data_are_handed_over() -> None:
    tab = page(trained(small("binary-mlp", SIGNS, **SHORT)))
    menu = tab.menu_button(key="xnor.data")
    shown(menu.click(next(name for name in menu.options if name.startswith("Layers"))))
    head, content = handed(tab)
    assert head["name"].endswith(".csv")
    assert content.startswith(b"run,net,step,weights_step,layer,")


def test_the_numbers_of_a_unit_are_handed_over() -> None:
    job = trained(small("binary-mlp", SIGNS, **SHORT))
    found = unit_of(page(job, layer="hidden 2", unit="4"))
    assert (found["layer"], found["unit"], found["place"].tolist()) == ("hidden 2", 4, [0, 0])
    assert (found["run"], found["picture_name"]) == (f"run {job.number}", "test image 0 (class 7)")
    assert found["step"] == found["weights_step"] == job.view().snapshots[0].frame.step
    on = (found["dot"] >= found["threshold"]) != found["flip"]
    assert on == found["fires"]
    assert found["alike"].sum() == found["popcounts"].sum()
    found = unit_of(page(job, layer="output", unit="2"))
    assert found["gives"] == pytest.approx(found["scale"] * found["dot"] + found["offset"], abs=1e-5)


def unit_of(tab: AppTest) -> dict[str, Any]:
    menu = tab.menu_button(key="xnor.data")
    shown(menu.click(next(name for name in menu.options if name.startswith("Unit"))))
    _, content = handed(tab)
    return dict(np.load(io.BytesIO(content)))
