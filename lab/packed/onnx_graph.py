"""A packed net as ONNX: bits in the file, unpacked where it is loaded.

Units behind binary weights compare the same integers as in the packed net, also those that read pixels. Behind real
weights sums and thresholds are float32, where the packed net has sums of pixels and all such thresholds as float64: a
unit may differ there whose sum is at its threshold but for rounding. Logits are the same but for rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.packed.runner import LEVELS, MIDDLE, Layer, PackedNet, PixelLayer

OPSET, VERSION = 18, 10
Array = NDArray[Any]


class OnnxMissing(RuntimeError):
    """The package that writes ONNX is not installed."""


def onnx_of(net: PackedNet) -> bytes:
    """The ONNX file of a packed net.

    Its input is `pixels`, uint8 (N, 28, 28). It gives `logits`, float32 (N, outputs), and the bits of each layer by its
    name. Products of binary weights are float32 integers there, for ONNX has no popcount; so they are exact as well.

    Raises:
        OnnxMissing: the package onnx is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError:
        raise OnnxMissing("ONNX is written by the package onnx, which is not installed: pip install onnx.") from None

    graph = _Graph()
    values = graph.pixels(net.layers[0])
    given = [values]
    for layer in net.layers:
        given.append(graph.layer(layer, given[-1]))
    graph.renamed(given[-1], "logits")
    giving = [layer for layer in net.layers if layer.gives in LEVELS]
    bits = [helper.make_tensor_value_info(layer.name, TensorProto.BOOL, _shape(layer)) for layer in giving]
    made = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **fields) for kind, inputs, output, fields in graph.nodes],
        "packed",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", net.layers[-1].outputs]), *bits],
        [numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=VERSION)
    model.doc_string = " ".join([net.title, *net.notes])
    helper.set_model_props(model, {"classes": ", ".join(net.classes)})
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _shape(layer: Layer) -> list[str | int]:
    """Of the bits of a layer."""
    rows, columns, channels = layer.gives_shape
    return ["N", channels, rows, columns] if layer.window else ["N", channels]


class _Graph:
    """Nodes and constants by what they give. Pictures are (N, channels, height, width)."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []
        self.constants: dict[str, Array] = {}
        self._in_rows = False
        """Whether what the last layer gave has a row for each picture."""

    def add(self, kind: str, *inputs: str | Array, **fields: Any) -> str:
        """A node, and constants for those of its inputs that are arrays."""
        output = f"{kind} {len(self.nodes)}"
        self.nodes.append((kind, [self._named(each) for each in inputs], output, fields))
        return output

    def renamed(self, value: str, name: str) -> None:
        """A name that is kept for what a node gives."""
        self.nodes.append(("Identity", [value], name, {}))

    def _named(self, value: str | Array) -> str:
        if isinstance(value, str):
            return value
        name = f"constant {len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(value)
        return name

    def real(self, value: str) -> str:
        return self.add("Cast", value, to=1)

    def pixels(self, layer: Layer) -> str:
        """What the first layer reads: the bytes as numbers, or the values of bits."""
        pictures = self.add("Unsqueeze", "pixels", np.array([1]))
        least = layer.pixels.at_least
        if least is None:
            return self.real(pictures)
        on = self.add("GreaterOrEqual", self.add("Cast", pictures, to=6), np.array(least, np.int32))
        return self.levels(on, layer.reads)

    def levels(self, on: str, levels: str) -> str:
        """What bits stand for."""
        low, high = (np.array(level, np.float32) for level in LEVELS[levels])
        return self.add("Where", on, high, low)

    def layer(self, layer: Layer, values: str) -> str:
        """A layer: its bits are noted, and what it gives is what they stand for, or its numbers."""
        column = (-1, 1, 1) if layer.window else (-1,)
        if layer.gives not in LEVELS:
            numbers = self.add("Mul", self.products(layer, self.presented(layer, values)), layer.scale.reshape(column))
            numbers = self.add("Add", numbers, layer.offset.reshape(column))
            ends = (np.array(end, np.float32) for end in (-1, 1))
            return self.rows(self.add("Clip", numbers, *ends) if layer.gives == "clipped" else numbers)
        if isinstance(layer, PixelLayer):  # bytes less 128, as the runner has them, for its thresholds
            values, least = self.add("Sub", values, np.array(MIDDLE, np.float32)), layer.limit.transpose(2, 0, 1)
            least = least if layer.window else least.ravel()
        else:
            values, least = self.presented(layer, values), layer.threshold.reshape(column)
        with np.errstate(over="ignore"):  # what is beyond float32 is beyond all its sums
            least = least.astype(np.float32)
        on = self.add("GreaterOrEqual", self.products(layer, values), least)
        on = self.add("Xor", on, layer.flip.reshape(column))
        if layer.pool:
            kernel, stride, padding = layer.pool
            sizes = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [padding] * 4}
            on = self.add("Cast", self.add("MaxPool", self.real(on), **sizes), to=9)
        self.renamed(on, layer.name)
        return self.levels(on, layer.gives)

    def presented(self, layer: Layer, values: str) -> str:
        """Pixels as the net was trained on them; what bits stand for as it is."""
        if layer.reads != "pixels":
            return values
        slope, offset, _ = layer.pixels
        return self.add("Add", self.add("Mul", values, np.array(slope, np.float32)), np.array(offset, np.float32))

    def products(self, layer: Layer, values: str) -> str:
        weights = self.weights(layer)
        if layer.window is None:
            values, self._in_rows = self.rows(values), True
            return self.add("MatMul", values, self.add("Transpose", weights, perm=[1, 0]))
        kernel, stride, padding = layer.window
        shape = np.array([layer.outputs, kernel, kernel, layer.shape[2]])
        kernels = self.add("Transpose", self.add("Reshape", weights, shape), perm=[0, 3, 1, 2])
        return self.add("Conv", values, kernels, strides=[stride] * 2, pads=[padding] * 4)

    def rows(self, values: str) -> str:
        """Each picture as one row, in the order row, column, channel; rows as they are."""
        if self._in_rows:
            return values
        return self.add("Flatten", self.add("Transpose", values, perm=[0, 2, 3, 1]), axis=1)

    def weights(self, layer: Layer) -> str:
        """(outputs, K): bits are made one number each from the eight of a byte."""
        if layer.weights == "real":
            return self._named(layer.weight)
        bytes_of_rows = self.add("Unsqueeze", layer.weight, np.array([2]))
        shifted = self.add("BitShift", bytes_of_rows, np.arange(7, -1, -1, dtype=np.uint8), direction="RIGHT")
        bits = self.add(
            "Reshape", self.add("BitwiseAnd", shifted, np.array(1, np.uint8)), np.array([layer.outputs, -1])
        )
        bits = self.add("Slice", bits, np.array([0]), np.array([layer.length]), np.array([1]))
        return self.levels(self.add("Cast", bits, to=9), layer.weights)
