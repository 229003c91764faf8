"""The benchmark of packed words: what it tells a script, and that it times nothing that differs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lab.__main__ import app
from lab.bench import xnor
from lab.bench.xnor import Length, _print_tables, measured
from lab.bench.xnor_cases import SMALL, Built, NotEqual, experiment_of, layer_pair, pictures
from lab.data.batches import normalized
from lab.models import Architecture
from lab.packed.float_net import float_net
from tests.packed_nets import moved_net
from tests.small import small

TINY = Length(
    rounds=2, seconds=0.005, small_seconds=0.002, width=72, preset="source-004-corrected", small=(*SMALL,)[:2]
)
WITH_BITS = sorted(name for name, member in Architecture.members.items() if "weight_levels" in member.model_fields)


def test_its_json_ends_with_the_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xnor, "Length", lambda: TINY)
    ran = CliRunner().invoke(app, ["bench", "xnor", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout.splitlines()[-1])
    assert set(told["ratios"]) == {"layer_batch1", "layer_batch256", "net_batch1", "net_batch256", "disk"}
    assert all(isinstance(ratio, float) and ratio > 0 for ratio in told["ratios"].values())
    assert told["threads"] == 1
    assert 20 < told["ratios"]["disk"] < 32


def test_it_says_where_it_does_not_pay(capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.get_num_threads()
    result = measured(TINY)
    assert torch.get_num_threads() == before
    assert list(result["small"]) == list(TINY.small)
    first, second = (result["small"][name] for name in TINY.small)
    for batch in ("batch1", "batch16"):
        first[batch]["ratio"]["median"] = second[batch]["ratio"]["median"] = 2.0
    first["batch16"]["ratio"]["median"] = 0.5
    _print_tables(result)
    told = capsys.readouterr().out
    assert f"does not pay for: {TINY.small[0]} at batch 16 (0.5)" in told
    assert result["titles"]["layer_batch1"] == "A layer of 72×72 with its units, batch 1"
    assert result["titles"]["net_batch1"].startswith("source-004-corrected, 784 – 1024 – 1024 – 1024 – 10, ")
    assert "72×72" in told
    assert "6144" not in told


@pytest.mark.parametrize("name", SMALL)
def test_all_its_nets_can_be_packed(name: str) -> None:
    pair = Built(experiment_of(SMALL[name])).forms.pair(pictures(3))
    assert pair.images == 3


def test_nothing_that_differs_is_timed() -> None:
    built = Built(experiment_of(SMALL["784 – 32 – 10"]))
    weight = next(each for each in built.forms.floats.modules() if isinstance(each, torch.nn.Linear)).weight
    with torch.no_grad():
        weight.neg_()
    with pytest.raises(NotEqual, match="The logits of 8 of 8 images differ"):
        built.forms.pair(pictures(8))
    assert (layer_pair(2, 40).floats() == torch.from_numpy(layer_pair(2, 40).packed().reshape(2, 40))).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WITH_BITS)
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
def test_the_float_net_gives_what_the_net_gives(name: str, levels: str) -> None:
    shape = {"levels": levels} | ({"binary_weights": ["conv1", "conv2"]} if name == "convnet" else {"htanh": True})
    experiment = small(name, shape)
    net = moved_net(experiment)
    images = experiment.dataset.images()
    inputs = normalized(images.test[:16], *experiment.architecture.normalization(images), "cpu")
    plain = float_net(net, experiment.estimator, inputs[:2])
    with net.evaluating(), torch.inference_mode():
        np.testing.assert_allclose(plain(inputs).numpy(), net(inputs).numpy(), rtol=1e-5, atol=1e-5)
    assert not any(isinstance(module, torch.nn.Hardtanh) for module in plain)
