"""Grad-CAM: where in a picture a conv layer finds what speaks for an answer (Selvaraju et al. 2017, arXiv:1610.02391).

The maps A of a layer, as its units give them, are weighed by the mean of the target's gradient over their positions,
and what is positive of the sum is kept: relu(sum_k a_k A_k) with a_k = mean_ij d target / d A_kij.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from lab.data.base import SIDE
from lab.models import ConvLayer
from lab.probes.passes import PURPOSE, EvaluatedUnits, Pictures, copied, evaluating, listening, presented
from lab.probes.specimen import Specimen
from lab.probes.targets import (
    CannotExplain,
    Target,
    check_target,
    explained_labels,
    target_scores,
    usual_target,
)

Through = Literal["nothing", "surrogate", "probability"]


class NoGradient(CannotExplain):
    """A target whose gradient does not reach a layer, and why, in one sentence."""


@dataclass(frozen=True, eq=False)
class GradCam:
    """Grad-CAM of one conv layer for B pictures."""

    layer: str
    maps: NDArray[np.float32]
    """Over the picture, (B, 28, 28), from 0 on: the coarse map, enlarged bilinearly."""
    coarse: NDArray[np.float32]
    """As the layer has it: (B, height, width)."""
    weights: NDArray[np.float32]
    """What each channel counts for: (B, channels)."""
    scores: NDArray[np.float32]
    """The target's value: (B,)."""
    labels: NDArray[np.int64] | None
    """The explained class of each picture; None where the target is no class."""
    through: Through
    """What the gradient took for the derivative of the bits between layer and target: nothing, for there are none and
    it is exact; the surrogate of the run's estimator; or the derivative of their probability, where it judges bits
    by their loss and has no derivative for them."""
    crossed: tuple[str, ...]
    """The layers of binary units between layer and target."""


def grad_cam(specimen: Specimen, pictures: Pictures, layer: str, target: Target | None = None) -> GradCam:
    """Where a conv layer finds what speaks for an answer.

    The net runs as its run evaluates it, with bits; of an evaluation by the mean of many samples this is the first one.
    A gradient has no other way through bits than the estimator's surrogate, and is as good as that.

    Args:
        specimen: the net, which is left as it is.
        pictures: (B, 28, 28) uint8.
        layer: name of the conv layer.
        target: what to explain; by default the class that the net gives, or the reconstruction.

    Raises:
        CannotExplain: the net has no such layer or target.
        NoGradient: no gradient of the target reaches the layer.
        ValueError: the pictures are not of that kind.
    """
    target = usual_target(specimen.net) if target is None else target
    check_target(specimen.net, target)
    inputs, shown = presented(specimen, pictures), _layer(specimen, layer)
    with torch.enable_grad():
        maps, score, labels, units = _run(specimen, inputs, shown, target)
        (slopes,) = torch.autograd.grad(score.sum(), maps, allow_unused=True) if score.requires_grad else (None,)
    if slopes is None:
        raise NoGradient(units.refusal(layer))
    weights = slopes.float().mean((2, 3))
    coarse = torch.einsum("bc,bchw->bhw", weights, maps.detach().float()).relu()
    enlarged = F.interpolate(coarse[:, None], size=(SIDE, SIDE), mode="bilinear", align_corners=False)[:, 0]
    return GradCam(
        layer=layer,
        maps=copied(enlarged),
        coarse=copied(coarse),
        weights=copied(weights),
        scores=copied(score),
        labels=None if labels is None else labels.cpu().numpy().copy(),
        through=units.through,
        crossed=units.crossed,
    )


def _layer(specimen: Specimen, name: str) -> ConvLayer:
    layers = {layer.name: layer for layer in specimen.net.conv_layers}
    if name not in layers:
        allowed = f"there are: {', '.join(layers)}" if layers else "this net has none"
        raise CannotExplain(f"There is no conv layer called {name!r}; {allowed}.")
    return layers[name]


def _run(
    specimen: Specimen, inputs: Tensor, layer: ConvLayer, target: Target
) -> tuple[Tensor, Tensor, Tensor | None, _Differentiable]:
    """The layer's maps, as a leaf, the target's values that depend on them, and what lies between."""
    units = _Differentiable(specimen)
    leaves: list[Tensor] = []

    def hear(_: ConvLayer, before: Tensor, after: Tensor) -> Tensor:
        leaves.append(after.detach().requires_grad_())
        units.begin()
        return leaves[0]

    with evaluating(specimen, units), listening([layer], hear):
        outputs = specimen.net(inputs).float()[None]
    labels = explained_labels(target, outputs)
    return leaves[0], target_scores(target, outputs, inputs, labels), labels, units


class _Differentiable(EvaluatedUnits):
    """Units that give the bits of an evaluation, with a derivative; they note which of them stand behind a layer."""

    def __init__(self, specimen: Specimen) -> None:
        super().__init__(specimen, specimen.generator(PURPOSE))
        self._names = specimen.experiment.architecture.site_names
        self._ran = self._first = 0

    def begin(self) -> None:
        """The layer has run: what runs from now on stands behind it."""
        self._first = self._ran

    @property
    def crossed(self) -> tuple[str, ...]:
        """The layers of units between layer and target."""
        return self._names[self._first :]

    @property
    def through(self) -> Through:
        """What stands in for the derivative of the bits."""
        if not self.crossed:
            return "nothing"
        return "surrogate" if self._has_surrogate else "probability"

    def refusal(self, layer: str) -> str:
        """Why no gradient comes from the target to the layer, as a sentence."""
        names = ", ".join(map(repr, self.crossed))
        return (
            f"{self.experiment.estimator.title} sends nothing back through its bits, and those of {names} stand "
            f"between layer {layer!r} and what is to be explained; an occlusion map needs no gradient."
        )

    def codes(self, x: Tensor, noise: Tensor | None) -> Tensor:
        self._ran += 1
        rule, bits = self.experiment.estimator.inner, super().codes(x, noise)
        if self._has_surrogate:
            surrogate = rule.binarize(x, self.slope, noise)
            # A rule may train on something between the bits; the net is looked at with bits all the same.
            return _straight_through(bits, surrogate) if rule.forward == "soft" else surrogate
        if rule.stochastic and not rule.zero_gradient:
            return _straight_through(bits, rule.probability(x, self.slope).to(x.dtype))
        return bits

    @property
    def _has_surrogate(self) -> bool:
        rule = self.experiment.estimator.inner
        return rule.binarizes_only and not rule.zero_gradient


def _straight_through(value: Tensor, slope_of: Tensor) -> Tensor:
    """One value, to the last bit, with the derivative of another."""
    return value + (slope_of - slope_of.detach())
