"""The XNOR page: what it shows of every net that can be packed, and what it says of the others."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pytest

from lab.jobs import JOBS
from lab.models import Architecture
from lab.packed import why_not
from lab.packed.runner import opened as read
from lab.probes import Frame
from lab.probes.xnor import Meeting, binary_layers, meeting
from lab.probes.xnor_layers import Facts, compared, facts
from lab.ui.xnor import timing
from lab.ui.xnor.taking import file_of
from tests.inside_page import SHORT, trained
from tests.packed_nets import moved_net
from tests.pages import PATIENCE, contents, forget_runs, handed, opened, pressed, shown, told, until_it_shows
from tests.small import small
from tests.specimens import specimen
from tests.xnor_cards import SIGNS, cards, page, readouts

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
    assert float(counted["dot product by counting"].replace("\N{MINUS SIGN}", "-")) == float(
        counted["by PyTorch in float32"].replace("\N{MINUS SIGN}", "-")
    )
    assert found["binary.0"]["rows"][0]["cells"][-1] == "yes"
    assert found["exact.0"]["caption"].startswith("It is exact")
    assert "gain little or nothing" in told(tab)
    assert not tab.error


@pytest.mark.parametrize("name", WITHOUT)
def test_of_the_others_it_says_why_not_and_what_to_do(name: str) -> None:
    experiment = small(name, **SHORT)
    tab = opened("xnor.py", net=f"{trained(experiment).id}-0")
    assert why_not(experiment) in told(tab).replace("\\", "")
    assert contents(tab) == []


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
    gc.collect()
    assert frame() is None


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
    assert {"costs.0", "costs.1", "binary.0", "binary.1"} <= set(found)


def test_a_net_that_trains_is_packed_as_it_is_then() -> None:
    job = JOBS.start([small("binary-mlp", SIGNS, budget=100_000)], "a run")
    try:
        tab = page(job)
        counted = readouts(cards(tab).get("counted.0", {"readouts": []}))
        assert not counted or counted["dot product by counting"] + ".0" == counted["by PyTorch in float32"]
    finally:
        job.stop()
        assert job.wait(PATIENCE)


def test_data_are_handed_over() -> None:
    tab = page(trained(small("binary-mlp", SIGNS, **SHORT)))
    menu = tab.menu_button(key="xnor.data")
    shown(menu.click(next(name for name in menu.options if name.startswith("Layers"))))
    head, content = handed(tab)
    assert head["name"].endswith(".csv")
    assert content.startswith(b"layer,")


def known(name: str, shape: dict[str, Any]) -> tuple[Any, Facts]:
    found = specimen(name, shape)
    scale = found.experiment.architecture.normalization(found.experiment.dataset.images())
    found = found._replace(net=moved_net(found.experiment), test_images=found.images, scale=scale)
    return found, facts(found)


@pytest.mark.parametrize("name", WITH_BITS)
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
@pytest.mark.parametrize("weight_levels", ["0/1", "-1/+1"])
def test_counting_gives_the_float_product_and_the_same_unit(name: str, levels: str, weight_levels: str) -> None:
    of, found = known(name, shape_of(name) | {"levels": levels, "weight_levels": weight_levels})
    assert compared(of, found.packed, 0, len(of.test_images)).exact
    for layer in binary_layers(found.packed):
        rows, columns = layer.places
        for unit, place in ((0, (0, 0)), (layer.outputs - 1, (rows - 1, columns // 2))):
            met = meeting(of, found.packed, of.images[1].numpy(), layer.name, unit, place)
            require_the_same(met)


def require_the_same(met: Meeting) -> None:
    assert met.fires == met.net_fires
    if met.layer.reads != "pixels":
        assert met.sums == [met.dot] == [met.float_dot]
        return
    assert met.dot == pytest.approx(met.float_dot, rel=1e-4, abs=1e-3)
    slope, offset, _ = met.layer.pixels
    weights = np.where(met.weights, 1, -1 if met.layer.weights == "-1/+1" else 0)[met.there].sum()
    total = sum(2 ** (7 - k) * part for k, part in enumerate(met.sums))
    assert slope * total + offset * weights == pytest.approx(met.dot, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("name", WITH_BITS)
def test_layers_are_counted_as_they_are(name: str) -> None:
    _, found = known(name, shape_of(name) | {"weight_scale": "mean"})
    for cost, each in zip(found.costs, found.distinct, strict=True):
        assert cost.products >= cost.weights == cost.layer.weight_bits.size
        assert cost.bytes_before > 20 * cost.layer.weight.nbytes
        assert (each.per_output, each.packed) == (2, 2)
        assert each.latent > each.used > 2
