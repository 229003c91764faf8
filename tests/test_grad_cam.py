"""Grad-CAM: weights are derivatives by finite differences where units are real, elsewhere of the surrogate."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.data.base import SIDE
from lab.estimators import Estimator
from lab.models import Net
from lab.probes import Specimen
from lab.probes.feature_maps import feature_maps
from lab.probes.grad_cam import GradCam, NoGradient, grad_cam
from lab.probes.targets import CannotExplain, ClassScore, Reconstruction
from tests.looking import inputs_of, looked_at, pictures, predicted

IMAGES = pictures(2)
NUDGE = 1e-5
SILENT = [name for name, rule in Estimator.members.items() if rule().inner.zero_gradient]


def small_net(rule: str) -> str | None:
    """Why a rule cannot train the conv net."""
    return Estimator.members[rule]().refusal(looked_at("convnet").experiment.architecture.shapes)


def moved(specimen: Specimen, layer: str, score: Callable[[Net, Tensor], Tensor]) -> np.ndarray:
    """The derivatives of a score by a shift of each of a layer's first channels, (B, channels): central differences in
    double precision."""
    net = copy.deepcopy(specimen.net).double().eval()
    inputs = inputs_of(IMAGES).double()
    (shown,) = (each for each in net.conv_layers if each.name == layer)
    found = []
    for channel in range(min(4, shown.convolution.out_channels)):
        ends = []
        for nudge in (NUDGE, -NUDGE):

            def push(_: object, __: object, maps: Tensor, nudge: float = nudge, channel: int = channel) -> Tensor:
                maps = maps.clone()
                maps[:, channel] += nudge
                return maps

            with shown.after.register_forward_hook(push), torch.no_grad():
                ends.append(score(net, inputs))
        found.append((ends[0] - ends[1]) / (2 * NUDGE))
    return torch.stack(found, 1).numpy()


def agree(cam: GradCam, derivatives: np.ndarray) -> None:
    positions = cam.coarse[0].size
    largest = np.abs(derivatives).max()
    assert largest > 1e-5
    np.testing.assert_allclose(cam.weights[:, : derivatives.shape[1]] * positions, derivatives, atol=2e-3 * largest)


class TestRealUnits:
    """Nothing stands between the target and the true derivative."""

    @pytest.mark.parametrize("layer", ["conv 1", "conv 2"])
    @pytest.mark.parametrize("pooling", ["max", "stride"])
    def test_weights_of_a_class(self, pooling: str, layer: str) -> None:
        specimen = looked_at("convnet", {"binary_layers": (), "pooling": pooling}, estimator="identity")
        specimen.net.stage.slope = specimen.slope  # of the copy that is nudged

        def score(net: Net, inputs: Tensor) -> Tensor:
            return net(inputs)[:, 3]

        cam = grad_cam(specimen, IMAGES, layer, ClassScore(3))
        agree(cam, moved(specimen, layer, score))
        assert (cam.through, cam.crossed) == ("nothing", ())
        np.testing.assert_array_equal(cam.labels, [3, 3])

    @pytest.mark.parametrize("layer", ["code", "decoder 1", "decoder 3", "decoder 4"])
    def test_weights_of_a_reconstruction_behind_the_code(self, layer: str) -> None:
        specimen = looked_at("autoencoder", estimator="identity")
        cam = grad_cam(specimen, IMAGES, layer)
        agree(cam, moved(specimen, layer, lambda net, x: -(net(x) - x).square().flatten(1).mean(1)))
        assert cam.labels is None
        assert cam.crossed == ()


class TestBits:
    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    @pytest.mark.parametrize("name", ["identity", "saturated", "hard-sigmoid"])
    def test_the_surrogate_stands_in_for_their_derivative(self, name: str, levels: str) -> None:
        specimen = looked_at("convnet", {"levels": levels}, estimator=name)
        rule, net = specimen.experiment.estimator, specimen.net.eval()
        maps = torch.from_numpy(feature_maps(specimen, IMAGES)[0].after).requires_grad_()
        below = net.get_submodule("pool2")(net.get_submodule("norm2")(net.get_submodule("conv2")(maps)))
        factor = rule.surrogate(below, specimen.slope) if name == "hard-sigmoid" else torch.ones_like(below)  # type: ignore[attr-defined]
        if name == "saturated":
            factor = (below.detach().abs() <= 1).float()
        on, low = (below.detach() > 0).float(), 0.0 if levels == "0/1" else -1.0
        # A surrogate for one pair of levels is rescaled to another by the chain rule.
        gain = {("hard-sigmoid", "-1/+1"): 2.0, ("saturated", "0/1"): 0.5}.get((name, levels), 1.0)
        bits = on + low * (1 - on) + gain * factor.detach() * (below - below.detach())
        logits = net.get_submodule("classifier")(bits.flatten(1))
        labels = logits.argmax(1)
        (slopes,) = torch.autograd.grad(logits.gather(1, labels[:, None]).sum(), maps)
        cam = grad_cam(specimen, IMAGES, "conv 1")
        np.testing.assert_array_equal(cam.labels, labels.numpy())
        np.testing.assert_allclose(cam.weights, slopes.mean((2, 3)).numpy(), atol=1e-5)
        assert (cam.through, cam.crossed) == ("surrogate", ("conv 2",))

    @pytest.mark.parametrize("evaluation", ["threshold", "sample"])
    @pytest.mark.parametrize(("name", "through"), [("score-function", "probability"), ("mean-field", "surrogate")])
    def test_rules_of_the_same_bits_and_slopes_agree(self, name: str, through: str, evaluation: str) -> None:
        """Logistic units whose bits are judged by their loss, or replaced by their probability while training."""
        cam, known = (
            grad_cam(looked_at("convnet", estimator=rule, evaluation=evaluation), IMAGES, "conv 1", ClassScore(4))
            for rule in (name, "bernoulli")
        )
        np.testing.assert_allclose(cam.weights, known.weights, atol=1e-6)
        np.testing.assert_allclose(cam.scores, known.scores, atol=1e-6)
        assert cam.through == through
        assert np.abs(cam.weights).max() > 0

    @pytest.mark.parametrize("name", Estimator.members)
    def test_every_rule_answers_or_says_why_not(self, name: str) -> None:
        if small_net(name):
            pytest.skip("too many units")
        specimen = looked_at("convnet", estimator=name, evaluation="threshold")
        last = grad_cam(specimen, IMAGES, "conv 2")
        assert last.through == "nothing"
        for index, image in enumerate(IMAGES):
            logits = predicted(specimen, image)
            assert last.labels is not None
            assert last.labels[index] == int(logits.argmax())
        if name in SILENT:
            with pytest.raises(NoGradient, match="sends nothing back through its bits, and those of 'conv 2'"):
                grad_cam(specimen, IMAGES, "conv 1")
            return
        first = grad_cam(specimen, IMAGES, "conv 1")
        assert np.isfinite(first.weights).all()
        assert np.abs(first.weights).max() > 0
        np.testing.assert_allclose(first.scores, last.scores, atol=1e-3)


class TestMap:
    def test_is_the_weighted_sum_where_it_is_positive(self) -> None:
        specimen = looked_at("convnet", estimator="bernoulli")
        for index, name in enumerate(("conv 1", "conv 2")):
            cam, maps = grad_cam(specimen, IMAGES, name), feature_maps(specimen, IMAGES)[index].after
            summed = sum(cam.weights[:, c, None, None] * maps[:, c] for c in range(maps.shape[1]))
            np.testing.assert_allclose(cam.coarse, np.maximum(summed, 0), atol=1e-5)
            assert cam.coarse.any()

    def test_is_enlarged_around_the_centers_of_its_positions(self) -> None:
        cam = grad_cam(looked_at("convnet"), IMAGES, "conv 2")
        side = cam.coarse.shape[1]
        at = np.clip((np.arange(SIDE) + 0.5) * side / SIDE - 0.5, 0, side - 1)
        columns = np.array([[np.interp(at, np.arange(side), row) for row in one] for one in cam.coarse])
        rows = np.array([[np.interp(at, np.arange(side), column) for column in one.T] for one in columns])
        np.testing.assert_allclose(cam.maps, rows.transpose(0, 2, 1), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "layer", "target", "sentence"),
    [
        ("convnet", "conv 3", None, "no conv layer called 'conv 3'; there are: conv 1, conv 2"),
        ("mlp", "conv 1", None, "no conv layer called 'conv 1'; this net has none"),
        ("convnet", "conv 1", ClassScore(10), "no class 10; allowed are 0 to 9"),
        ("convnet", "conv 1", Reconstruction(), "tells classes"),
        ("autoencoder", "code", ClassScore(1), "rebuilds pictures"),
    ],
)
def test_what_does_not_fit_the_net_is_said(
    name: str, layer: str, target: ClassScore | Reconstruction | None, sentence: str
) -> None:
    with pytest.raises(CannotExplain, match=sentence):
        grad_cam(looked_at(name), IMAGES, layer, target)
