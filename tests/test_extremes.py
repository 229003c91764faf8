"""Which pictures drive each unit most and least, against sorting what enters it."""

from __future__ import annotations

import numpy as np
import pytest

from lab.models import Architecture
from lab.probes.codes import codes
from lab.probes.extremes import extremes
from lab.probes.likelier import run
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from tests.specimens import PICTURES, left_as_it_was, specimen

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


@pytest.mark.parametrize("name", Architecture.members)
def test_are_the_ends_of_all_pictures_by_what_enters_a_unit(name: str) -> None:
    net = specimen(name)
    layers = run(net, presented(net, PICTURES)).layers
    for site, layer in zip(net.experiment.architecture.site_names, layers, strict=True):
        driven = layer.x.flatten(1).float().numpy()
        with left_as_it_was(net):
            found = extremes(net, PICTURES, site, count=3)
        np.testing.assert_array_equal(found.most, np.argsort(-driven, axis=0, kind="stable")[:3].T)
        np.testing.assert_array_equal(found.least, np.argsort(driven, axis=0, kind="stable")[:3].T)
        np.testing.assert_array_equal(found.highest, -np.sort(-driven, axis=0)[:3].T)
        np.testing.assert_array_equal(found.lowest, np.sort(driven, axis=0)[:3].T)
        np.testing.assert_array_equal(found.codes.on(), codes(net, PICTURES)[site])


def test_of_fewer_pictures_all_are_told() -> None:
    assert extremes(specimen("mlp"), PICTURES[:2], "hidden 1").most.shape == (16, 2)


def test_a_layer_that_there_is_not_is_refused() -> None:
    with pytest.raises(NoCodes, match="no binary layer 'conv 9'"):
        extremes(specimen("mlp"), PICTURES, "conv 9")
    with pytest.raises(NoCodes, match="at least one"):
        extremes(specimen("mlp"), PICTURES[:0], "hidden 1")
