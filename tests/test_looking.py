"""Whoever looks at the conv layers of a net leaves it as it was, and sees the same every time."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lab.models import Architecture
from lab.probes import Specimen
from lab.probes.feature_maps import feature_maps
from lab.probes.filters import filters
from lab.probes.firing import firing
from lab.probes.grad_cam import NoGradient, grad_cam
from lab.probes.occlusion import occlusion
from lab.probes.patches import peaks
from tests.looking import WEIGHTS, looked_at, pictures

IMAGES = pictures(3)
RULES = ["identity", "bernoulli", "rloo", "concrete", "ternary", "in-place-clamp", "detached-sample"]
SHAPES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in Architecture.members),
    *(("convnet", shape) for shape in WEIGHTS.values() if shape),
    ("convnet", {"pooling": "stride", "binary_layers": [1]}),
    ("mlp", {"shortcut": True}),
]


def looks(specimen: Specimen) -> list[Any]:
    """All that can be seen."""
    found: list[Any] = [
        feature_maps(specimen, IMAGES),
        filters(specimen),
        firing(specimen, IMAGES),
        occlusion(specimen, IMAGES[0], stride=14),
    ]
    for layer in peaks(specimen, IMAGES):
        found += [layer, layer.patches(IMAGES, 0)]
    for each in specimen.net.conv_layers:
        try:
            found.append(grad_cam(specimen, IMAGES, each.name))
        except NoGradient as refusal:
            found.append(str(refusal))
    return found


def arrays(value: Any) -> list[np.ndarray]:
    if is_dataclass(value):
        return [array for field in fields(value) for array in arrays(getattr(value, field.name))]
    if isinstance(value, tuple | list):
        return [array for item in value for array in arrays(item)]
    return [value] if isinstance(value, np.ndarray) else []


def hooks(net: nn.Module) -> list[int]:
    return [
        len(hooks_of)
        for module in net.modules()
        for hooks_of in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
    ]


def state(specimen: Specimen) -> tuple[Any, ...]:
    net, stage = specimen.net, specimen.net.stage
    return (
        [module.training for module in net.modules()],
        hooks(net),
        [parameter.grad for parameter in net.parameters()],
        [parameter.requires_grad for parameter in net.parameters()],
        (stage.visit, stage.noise, stage.slope, stage.step),
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
    )


@pytest.mark.parametrize("evaluation", ["threshold", "mean"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("name", "shape"), SHAPES, ids=str)
def test_the_net_is_as_before_and_shows_the_same_again(
    name: str, shape: dict[str, Any], rule: str, evaluation: str
) -> None:
    specimen = looked_at(name, shape, estimator=rule, evaluation=evaluation, evaluation_samples=2)
    specimen.net.train()
    before, weights = state(specimen), {key: value.clone() for key, value in specimen.net.state_dict().items()}
    first = looks(specimen)
    assert state(specimen) == before
    assert all(torch.equal(value, weights[key]) for key, value in specimen.net.state_dict().items())
    specimen.net.eval()
    again = looks(specimen)
    for one, two in zip(arrays(first), arrays(again), strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.base is None or one.base.nbytes == one.nbytes, "an array must not hold a whole batch"


def test_what_fails_leaves_no_trace_either() -> None:
    specimen = looked_at("convnet", estimator="zero-gradient")
    specimen.net.train()
    before = state(specimen)
    with pytest.raises(NoGradient):
        grad_cam(specimen, IMAGES, "conv 1")
    with torch.no_grad(), pytest.raises(NoGradient):
        grad_cam(specimen, IMAGES, "conv 1")
    assert state(specimen) == before


def test_a_gradient_is_there_where_none_is_recorded() -> None:
    specimen = looked_at("convnet")
    with torch.no_grad():
        silent = grad_cam(specimen, IMAGES, "conv 1")
    np.testing.assert_array_equal(silent.maps, grad_cam(specimen, IMAGES, "conv 1").maps)


def test_half_precision_is_shown_in_single() -> None:
    specimen = looked_at("convnet", precision="bfloat16", estimator="bernoulli")
    for array in arrays([feature_maps(specimen, IMAGES), grad_cam(specimen, IMAGES, "conv 1")]):
        assert array.dtype in (np.float32, np.int64)
        assert np.isfinite(array).all()
