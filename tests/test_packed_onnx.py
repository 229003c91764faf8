"""The ONNX file of a packed net, run by ONNX Runtime, beside the PyTorch net."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch

from lab.data import Dataset
from lab.data.batches import normalized
from lab.packed import pack, saved
from lab.packed.onnx_graph import OnnxMissing, onnx_of
from tests.packed_nets import moved_net
from tests.small import small

IMAGES = Dataset.members["digits"]().images()
ALL = ["conv1", "conv2", "classifier"]
NETS: list[tuple[str, dict[str, Any]]] = [
    ("binary-mlp", {"hidden": 100, "levels": "-1/+1", "weight_levels": "-1/+1", "head": "real", "htanh": True}),
    ("binary-mlp", {"hidden": 50, "output": "binarized"}),
    (
        "binary-mlp",
        {"hidden": 33, "head": "none", "batch_norm": False, "bias": True, "binary_input": True, "htanh": True},
    ),
    ("convnet", {"binary_weights": ALL, "levels": "-1/+1"}),
    ("convnet", {"binary_weights": ALL, "weight_levels": "0/1", "pooling": "stride", "weight_scale": "mean"}),
    ("convnet", {"binary_weights": ["conv2"], "levels": "-1/+1"}),
]


@pytest.mark.parametrize(("architecture", "shape"), NETS, ids=str)
def test_it_does_what_the_net_does(architecture: str, shape: dict[str, Any]) -> None:
    runtime = pytest.importorskip("onnxruntime")
    experiment = small(architecture, shape)
    net = moved_net(experiment)
    packed = pack(experiment, net)
    content, pictures = onnx_of(packed), IMAGES.test[:40]
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    logits, *bits = session.run(None, {"pixels": pictures.numpy()})
    with torch.no_grad(), net.evaluating():
        expected = net(normalized(pictures, *experiment.architecture.normalization(IMAGES), "cpu")).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
    for name, found in zip(names[1:], bits, strict=True):
        assert np.array_equal(found, packed.bits(pictures.numpy())[name])
    assert len(content) < len(saved(packed)) + 70_000  # its weights are bits in the file


def test_thresholds_of_real_weights_may_be_any_numbers() -> None:
    # Integers end where float32 has no longer all of them, and real sums do not.
    runtime = pytest.importorskip("onnxruntime")
    experiment = small("convnet", {"binary_weights": ["conv2"]})
    net, pictures = moved_net(experiment), IMAGES.test[:20].numpy()
    with torch.no_grad():
        net.get_parameter("conv1.weight").mul_(1e10)
        net.get_buffer("norm1.running_mean").mul_(1e10)
    packed = pack(experiment, net)
    name = packed.layers[0].name
    assert (np.abs(packed.layers[0].threshold) > 2**24).any()
    expected = packed.bits(pictures)[name]
    assert 0.1 < expected.mean() < 0.9
    (found,) = runtime.InferenceSession(onnx_of(packed)).run([name], {"pixels": pictures})
    assert np.array_equal(found, expected)


def test_without_the_package_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    experiment = small("binary-mlp")
    with pytest.raises(OnnxMissing, match="pip install onnx"):
        onnx_of(pack(experiment, moved_net(experiment)))
