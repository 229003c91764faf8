"""Presets: the sources by name, as they are written."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from lab.boards.board import board
from lab.data.digits import Digits
from lab.data.idx import Mnist
from lab.jobs import JOBS
from lab.presets import BROKEN, PRESETS
from lab.presets.base import BEST, CORRECTED
from lab.schedules import Constant
from lab.training import Training
from tests.small import steps, without_frames

CONV = [
    f"source-003-{units}-{rule}-{layers}"
    for units in ("det", "stoch")
    for rule in ("st", "detached")
    for layers in ("conv1", "conv2", "both")
]
PARAMETERS = {
    "source-000": 50_890,
    "source-001": 6_985_729,
    "source-002": 80_332_800,
    "source-002-corrected": 80_412_682,
    "source-003-float": 29_034,
    **dict.fromkeys(CONV, 29_034),
    "source-004": 2_916_372,
}
"""The presets that scripts rely on, and the size of their nets as published."""

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_every_named_preset_is_there_and_no_module_is_broken() -> None:
    assert BROKEN == []
    assert set(PARAMETERS) <= set(PRESETS)


def narrow(name: str) -> list[str]:
    """What keeps a net of 80 million weights out of a test."""
    return ["architecture.hidden=64"] if name.startswith("source-002") else []


@pytest.mark.parametrize("name", PRESETS)
def test_documents_itself(name: str) -> None:
    preset = PRESETS[name]
    assert preset.name == name
    assert all((preset.title, preset.summary, preset.source))
    titles = [other.title for other in PRESETS.values()]
    assert titles.count(preset.title) == 1


@pytest.mark.parametrize("name", PARAMETERS)
def test_has_the_published_number_of_parameters(name: str) -> None:
    with torch.device("meta"):
        net = PRESETS[name].experiment(Digits()).architecture.net()
    assert sum(parameter.numel() for parameter in net.parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_takes_the_images_it_is_given(name: str) -> None:
    assert PRESETS[name].experiment(Mnist()).dataset == Mnist()
    assert PRESETS[name].experiment(Digits(validation=30)).dataset == Digits(validation=30)


@pytest.mark.parametrize("name", PRESETS)
def test_trains(name: str) -> None:
    batch = 4 if name == "source-001" else 16
    quick = [f"batch_size={batch}", f"subset={4 * batch}", "evaluate_every=9", "threads=2", *narrow(name)]
    training = Training(PRESETS[name].experiment(Digits(validation=20)).with_changes(quick), frames=False)
    events = steps(islice(without_frames(training.events()), 2))
    assert [event.step for event in events] == [1, 2]
    assert all(torch.isfinite(torch.tensor(event.loss)) for event in events)


@pytest.mark.parametrize("name", CONV)
def test_source_003_is_as_its_name_says(name: str) -> None:
    _, _, units, rule, layers = name.split("-")
    experiment = PRESETS[name].experiment(Digits())
    assert experiment.estimator.stochastic == (units == "stoch")
    assert experiment.estimator.zero_gradient == (rule == "detached")
    assert (
        experiment.architecture.site_names
        == {"conv1": ("conv 1",), "conv2": ("conv 2",), "both": ("conv 1", "conv 2")}[layers]
    )
    assert experiment.optimizer.model_dump()["lr"] == Constant(value=0.1).model_dump()
    assert (experiment.optimizer.model_dump()["momentum"], experiment.batch_size) == (0.9, 64)


def test_the_real_valued_net_has_no_bits() -> None:
    assert PRESETS["source-003-float"].experiment(Digits()).architecture.site_names == ()


def test_source_000_clips_the_value_of_the_gradient() -> None:
    experiment = PRESETS["source-000"].experiment(Digits())
    assert experiment.estimator.model_dump() == {"name": "value-clipped", "gradient_clip": 1.0, "gate": None}
    assert experiment.architecture.model_dump()["hidden"] == (64,)
    assert experiment.architecture.model_dump()["weight_init"] == "xavier-normal"


def test_source_001_is_an_autoencoder_of_512_bits_behind_a_relu() -> None:
    shape = PRESETS["source-001"].experiment(Digits()).architecture.model_dump()
    assert (shape["name"], shape["code_bits"], shape["relu"]) == ("autoencoder", 512, True)


def test_source_004_flips_bits_as_the_gist_does() -> None:
    experiment = PRESETS["source-004"].experiment(Digits())
    optimizer, shape = experiment.optimizer.model_dump(), experiment.architecture.model_dump()
    assert (optimizer["name"], optimizer["zero_gradient"]) == ("hypermask", "to-one")
    assert (shape["name"], shape["output"], shape["levels"], shape["weight_levels"]) == (
        "binary-mlp",
        "binarized",
        "0/1",
        "0/1",
    )


def test_source_002_ends_in_its_last_hidden_layer_and_clips_nothing() -> None:
    experiment = PRESETS["source-002"].experiment(Digits())
    optimizer, shape = experiment.optimizer.model_dump(), experiment.architecture.model_dump()
    assert (shape["hidden"], shape["depth"], shape["head"]) == (3 * 2048, 3, "none")
    assert (shape["batch_norm"], shape["htanh"], shape["bias"], shape["binary_input"]) == (False, True, True, True)
    assert (optimizer["name"], optimizer["latent_clip"]) == ("adam", None)
    net = experiment.with_changes(["architecture.hidden=48"]).architecture.build(0)
    x = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0)) - 0.4
    weights, biases = ([net.get_parameter(f"layers.{i}.{kind}") for i in (1, 4, 7)] for kind in ("weight", "bias"))
    hidden = x.flatten(1)
    for weight, bias in zip(weights, biases, strict=True):  # as the source prints it
        hidden = torch.nn.functional.hardtanh(torch.sign(hidden) @ torch.sign(weight).T + bias)
    torch.testing.assert_close(net(x), hidden)


def test_source_002_corrected_has_what_the_printed_net_lacks() -> None:
    experiment = PRESETS["source-002-corrected"].experiment(Digits())
    optimizer, shape = experiment.optimizer.model_dump(), experiment.architecture.model_dump()
    assert (shape["hidden"], shape["depth"], shape["head"], shape["batch_norm"]) == (3 * 2048, 4, "real", True)
    assert optimizer["latent_clip"] == 1


@pytest.mark.parametrize("version", ["", CORRECTED])
def test_source_002_is_there_with_any_infl_ratio(version: str) -> None:
    names = (f"source-002-infl-1{version}", f"source-002{version}")
    narrow, wide = (PRESETS[name].experiment(Digits()).architecture for name in names)
    assert narrow.changed(hidden=3 * 2048) == wide
    recipes = [wide.model_validate(fields) for fields in type(wide).recipes.values()]
    rule = wide.model_dump()["weight_rule"]
    assert {narrow, wide} <= {recipe.changed(weight_rule=rule) for recipe in recipes}


@pytest.mark.parametrize("name", [name for name in PRESETS if name.endswith((CORRECTED, BEST))])
def test_another_version_is_of_the_same_source_and_another_experiment(name: str) -> None:
    written = PRESETS[name.removesuffix(CORRECTED).removesuffix(BEST)]
    assert PRESETS[name].source == written.source
    assert PRESETS[name].experiment(Digits()) != written.experiment(Digits())
    assert not written.wrong or CORRECTED in name or f"{written.name}{CORRECTED}" in PRESETS


@pytest.mark.parametrize("name", [name for name in PRESETS if not PRESETS[name].defect_of])
def test_what_is_wrong_and_what_to_look_for_is_said(name: str) -> None:
    preset = PRESETS[name]
    assert preset.look
    assert preset.paragraph == " ".join(part for part in (preset.summary, preset.wrong, preset.look) if part)


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if ": " in preset.look[:40]])
def test_what_to_look_for_is_on_its_board(name: str, empty_lab: None) -> None:
    preset = PRESETS[name]
    short = [*narrow(name), "subset=4", "budget=1", "budget_unit=steps"]
    experiment = preset.experiment(Digits(validation=20)).with_changes(short)
    job = JOBS.start([experiment], name)
    assert job.wait(60)
    titles = [card.title.lower() for card in board(job.view(), 0).cards]
    for word in preset.look.partition(":")[0].removeprefix("Validation ").lower().split(" and "):
        said = word.removesuffix(" is no proof")
        assert any(title.startswith(said) for title in titles), f"{said} is none of {titles}"
