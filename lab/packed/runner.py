"""Runs a packed net. Copy this one file and the net's anywhere, `pip install numpy numkong`, and

    python runner.py net.safetensors pictures.npy

A product of bits that stand for -1 and +1 is a count, a.w = K - 2 Hamming(a, w); batch norm and sign behind it are one
comparison with an integer. The net's file is of the safetensors format. It has these tensors of layer i, no others:

    i.weight     uint8 (outputs, ceil(K/8)): a row of bits for each output, the first the highest of its byte, filled up
                 with 0; or float32 (outputs, K), where weights are real. Inputs are in the order row, column, channel.
    i.threshold, i.flip  int32, or float64 where pixels or real weights are, (outputs,), and uint8 bits: a unit is on
                 where (w.x >= threshold) != flip. x is what bits stand for, or slope * pixel + offset; 0 beyond them.
    i.scale, i.offset  float32 (outputs,): a layer that ends in numbers gives scale * w.x + offset.

Its metadata has the version `format`, all else as JSON in `net`, and the `sha256` of `net` and the tensors' bytes.
`net` has `title`, `classes`, `notes`; `pixels`, which are the fields of Pixels below; and `layers`, of which each has
those fields of Layer below that are no tensors, and `outputs`. A window or pool is [kernel, stride, padding], or null.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numkong
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Bits = NDArray[np.bool_]
FORMAT = "binary-neuron-lab packed 1"
LEVELS = {"0/1": (0, 1), "-1/+1": (-1, 1)}
TYPES = {"F64": "<f8", "F32": "<f4", "I32": "<i4", "U8": "|u1"}
ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1, dtype=np.int32)
POWERS = 2 ** np.arange(7, -1, -1, dtype=np.int32)
"""What the bits of a byte stand for, the highest first."""
SIDE, MIDDLE = 28, 128
MOST_BYTES, MOST_HEADER, LARGEST, MOST_SCALE = 2**31, 2**20, 2**16, 2**30
KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
WEIGHTS = "it has the weights of a net as they were trained, for readers of safetensors; export it as packed instead"
FEW = 2
"""Rows of bytes that are taken apart into bits: eight times as many, with weights that are an eighth."""
REGISTER, NEAR = 64, 90 * 2**10
"""Bytes of the longest register; and of weights that many rows meet before the next ones, as they stay in caches."""
AT_ONCE = 2**25
"""Bytes that the largest layer takes for the images that are worked on together."""


class PackedError(ValueError):
    """A file that is no packed net, or not a whole one, or pictures that it cannot take; one sentence says why."""


class Window(NamedTuple):
    """A square that slides over pictures; all in pixels."""

    kernel: int
    stride: int
    padding: int

    def places(self, side: int) -> int:
        """How many it has along a side."""
        return (side + 2 * self.padding - self.kernel) // self.stride + 1

    def views(self, values: Array) -> list[Array]:
        """What it meets, (N, rows, columns, C) for each of its own pixels; zeros beyond the border."""
        rows, columns = (self.stride * (self.places(side) - 1) + 1 for side in values.shape[1:3])
        margin = (self.padding, self.padding)
        padded = np.pad(values, ((0, 0), margin, margin, (0, 0))) if self.padding else values
        corners = [(y, x) for y in range(self.kernel) for x in range(self.kernel)]
        return [padded[:, y : y + rows : self.stride, x : x + columns : self.stride] for y, x in corners]


class Pixels(NamedTuple):
    """What becomes of bytes: slope * byte + offset, or a bit that is on from `at_least` on."""

    slope: float
    offset: float
    at_least: int | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights and what follows up to the next. Values are (N, height, width, channels): bytes of pixels, or bits."""

    name: str
    shape: tuple[int, int, int]
    """Height, width and channels of what it reads."""
    reads: str
    """`pixels`, or the levels of bits."""
    weights: str
    """`real`, or the levels of their bits."""
    gives: str
    """`numbers`, `clipped` to [-1, 1], or the levels of bits."""
    window: Window | None
    """Of a convolution; a linear layer has none, and reads all as one row."""
    pool: Window | None
    """A bit is on where any of these is."""
    pixels: Pixels
    weight: Array
    threshold: Array
    flip: Bits
    """Empty, as `threshold` is, where it gives numbers; else these two are empty."""
    scale: Array
    offset: Array

    @property
    def outputs(self) -> int:
        """Units, or channels."""
        return len(self.weight)

    @property
    def length(self) -> int:
        """K, the inputs of one output."""
        return self.window.kernel**2 * self.shape[2] if self.window else math.prod(self.shape)

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of its outputs, before pooling."""
        return (self.window.places(self.shape[0]), self.window.places(self.shape[1])) if self.window else (1, 1)

    @property
    def gives_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what it gives."""
        rows, columns = (self.pool.places(side) for side in self.places) if self.pool else self.places
        return rows, columns, self.outputs

    @property
    def weight_bits(self) -> Bits:
        """Binary weights, (outputs, K)."""
        return np.unpackbits(self.weight, axis=1, count=self.length).view(np.bool_)

    @property
    def weight_values(self) -> Array:
        """What they stand for, or real ones as they are, (outputs, K)."""
        return self.weight if self.weights == "real" else _valued(self.weight_bits, self.weights, np.int8)

    def rows(self, values: Array) -> Array:
        """The inputs of each place, (N, rows, columns, K), with zeros beyond the border."""
        if not self.window:
            return values.reshape(len(values), 1, 1, -1)
        return np.stack(self.window.views(values), axis=3).reshape(len(values), *self.places, -1)

    def products(self, values: Array) -> Array:
        """w.x of every output, (N, rows, columns, outputs): int32 between bits, float64 of pixels, else float32."""
        return self._sums(values)

    def bits(self, values: Array) -> Bits:
        """Which units are on, pooled."""
        return self.pooled(np.not_equal(self._sums(values) >= self.limit, self.flip))

    def numbers(self, values: Array) -> NDArray[np.float32]:
        """What it gives that ends in numbers."""
        numbers = (self.products(values) * self.scale + self.offset).astype(np.float32)
        return numbers.clip(-1, 1) if self.gives == "clipped" else numbers

    def pooled(self, on: Bits) -> Bits:
        """Bits of all places, (N, rows, columns, outputs), as they are after pooling."""
        return np.logical_or.reduce(self.pool.views(on)) if self.pool else on

    def _sums(self, values: Array) -> Array:
        """What takes the time: real weights times what they read."""
        slope, offset, _ = self.pixels
        real = values * slope + offset if self.reads == "pixels" else _valued(values, self.reads, np.float32)
        return self.rows(real) @ self.weight.T.astype(real.dtype)

    @property
    def limit(self) -> Array:
        """What is compared with the sums that take the time, (outputs,) or (rows, columns, outputs): real numbers."""
        return self.threshold

    @cached_property
    def _total(self) -> Array:
        """Sum of the weights of each output."""
        ones = ONES[self.weight].sum(1)
        return ones if self.weights == "0/1" else 2 * ones - self.length

    @cached_property
    def _beyond(self) -> Array:
        """Sum of those weights that lie beyond the border, (rows, columns, outputs)."""
        if not self.window or not self.window.padding:
            return np.zeros((1, 1, self.outputs), np.int32)
        beyond = 1 - self.rows(np.ones((1, *self.shape), np.float32))[0]
        return np.rint(beyond @ self.weight_values.T).astype(np.int32)


class PixelLayer(Layer):
    """Binary weights on bytes, less 128 each to have a sign: exact integers, too."""

    def products(self, values: Array) -> Array:
        slope, offset, _ = self.pixels
        return slope * self._sums(values) + (MIDDLE * slope + offset) * (self._total - self._beyond)

    def _sums(self, values: Array) -> Array:
        if len(values) * math.prod(self.places) <= FEW:
            return self._of_planes(values)
        rows = self.rows((values ^ np.uint8(MIDDLE)).view(np.int8))
        sums = numkong.dots_packed(rows.reshape(-1, self.length), self._packed)
        return np.asarray(sums).reshape(*rows.shape[:3], self.outputs)

    def _of_planes(self, values: Array) -> Array:
        """Products with bytes less 128, each as eight bits: the sum of 2^k times those with the bits k."""
        rows = self.rows(values).reshape(-1, self.length)
        planes = np.packbits(np.unpackbits(rows[:, None], axis=1), axis=2).reshape(-1, self.weight.shape[1])
        counts = self._bit_layer.counts(planes).reshape(len(values), *self.places, 8, self.outputs)
        base, factor = self._of_planes_formula
        return (base - factor * np.einsum("k,...ko->...o", POWERS, counts)) >> 1

    @cached_property
    def _of_planes_formula(self) -> tuple[Array, int]:
        """Base and factor of twice such products, where counts are summed in the same way."""
        base, factor = self._bit_layer.formula
        return 255 * base - 2 * MIDDLE * (self._total - self._beyond), factor

    @cached_property
    def _bit_layer(self) -> BitLayer:
        """The same weights on bits."""
        return BitLayer(**{field.name: getattr(self, field.name) for field in fields(self)} | {"reads": "0/1"})

    @cached_property
    def _packed(self) -> Any:
        return numkong.dots_pack(self.weight_values, dtype="int8")

    @cached_property
    def limit(self) -> Array:
        """Integers from which on the sum of weights times bytes, less 128 each, is at the threshold."""
        slope, offset, _ = self.pixels
        least = (self.threshold - (MIDDLE * slope + offset) * (self._total - self._beyond)) / slope
        return np.ceil(least).clip(-(2**30), 2**30).astype(np.int32)


class BitLayer(Layer):
    """Binary weights on bits: 2 w.x = base - factor * count. Counts are Hamming distances; where weights are 0 and 1,
    less the number of bits that are on."""

    def products(self, values: Array) -> Array:
        words, (base, factor) = self._words(values), self.formula
        counts = self.counts(words.reshape(-1, words.shape[3])).reshape(*words.shape[:3], self.outputs)
        return (base - factor * counts) // 2 + self._wrong

    def bits(self, values: Array) -> Bits:
        words, limits = self._words(values), self.limit.reshape(-1, self.outputs)
        on = np.empty((words[..., 0].size // len(limits), len(limits), self.outputs), np.bool_)
        for outputs, counts in self._counted(words.reshape(-1, words.shape[3])):
            few = on[..., outputs]
            np.less_equal(counts.reshape(few.shape), limits[:, outputs], out=few)
        return self.pooled(np.not_equal(on, self.flip, out=on).reshape(*words.shape[:3], self.outputs))

    def _words(self, values: Array) -> Array:
        """The inputs of each place as rows of packed bits, (N, rows, columns, bytes)."""
        whole = self.shape[2] % 8 == 0  # a row of whole bytes can be made of bytes, which are fewer
        return self.rows(np.packbits(values, axis=3)) if whole else np.packbits(self.rows(values), axis=3)

    def counts(self, words: NDArray[np.uint8]) -> NDArray[np.int32]:
        """What is counted of rows of packed bits, (N, outputs)."""
        parts = [counts for _, counts in self._counted(words)]
        return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    def _counted(self, words: NDArray[np.uint8]) -> Iterator[tuple[slice, NDArray[np.int32]]]:
        """The same, some outputs after the other where there are many rows."""
        words = _filled(words)
        for i, part in enumerate(self._parts if len(words) > self._near else [self._packed]):
            counts = np.asarray(numkong.hammings_packed(words, part)).view(np.int32)
            counts = counts if self.weights == "-1/+1" else counts[:, :-1] - counts[:, -1:]
            yield slice(i * self._near, i * self._near + counts.shape[1]), counts

    @property
    def _near(self) -> int:  # outputs whose weights are as many
        return max(8, NEAR // self.weight.shape[1] // 8 * 8)

    @cached_property
    def _packed(self) -> Any:
        return self._pack(self.weight)

    @cached_property
    def _parts(self) -> list[Any]:
        return [self._pack(self.weight[start : start + self._near]) for start in range(0, self.outputs, self._near)]

    def _pack(self, rows: NDArray[np.uint8]) -> Any:
        more = int(self.weights == "0/1")  # a row of nothing: the distance to it is the number of bits that are on
        return numkong.hammings_pack(_filled(np.pad(rows, ((0, more), (0, 0)))), dtype="uint1")

    @cached_property
    def formula(self) -> tuple[Array, int]:
        """Base and factor."""
        ones = ONES[self.weight].sum(1, dtype=np.int32)
        if self.weights == "-1/+1":
            return (2 * ones, 2) if self.reads == "0/1" else (np.full_like(ones, 2 * self.length), 4)
        return (ones, 1) if self.reads == "0/1" else (0 * ones, 2)

    @property
    def _wrong(self) -> Array:
        """What is missing: bits beyond the border are off, and count as -1 where they are to count as 0."""
        return self._beyond if self.reads == "-1/+1" else 0 * self._beyond

    @cached_property
    def limit(self) -> Array:
        """Integers up to which a count is on the side of the threshold on which products are large."""
        base, factor = self.formula
        return ((base + 2 * (self._wrong - self.threshold.astype(np.int32))) // factor).astype(np.int32)


@dataclass(frozen=True, eq=False)
class PackedNet:
    """A net whose hidden units are bits."""

    title: str
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    """What to know about it, a sentence each."""
    layers: tuple[Layer, ...]

    def bits(self, images: Array) -> dict[str, Bits]:
        """The bits of every layer that gives some, by its name: (N, units) or (N, channels, height, width).

        Args:
            images: (N, 28, 28) uint8, light on dark.
        """
        giving = [layer for layer in self.layers if layer.gives in LEVELS]
        chunks = [list(self._run(chunk))[: len(giving)] for chunk in self._chunks(images)]
        whole = [np.concatenate(parts).transpose(0, 3, 1, 2) for parts in zip(*chunks, strict=True)]
        named = zip(giving, whole, strict=True)
        return {layer.name: bits if layer.window else bits.reshape(len(bits), -1) for layer, bits in named}

    def logits(self, images: Array) -> NDArray[np.float32]:
        """What it gives for such images, (N, outputs); the first outputs are those of the classes.

        Raises:
            PackedError: these are no such images, or it gives what is no number.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            given = np.concatenate([list(self._run(chunk))[-1] for chunk in self._chunks(images)])
        _require(np.isfinite(given).all(), "what the net gives is no number")
        levels = self.layers[-1].gives
        return (_valued(given, levels, np.float32) if levels in LEVELS else given).reshape(len(images), -1)

    def probabilities(self, images: Array) -> NDArray[np.float64]:
        """The softmax of the logits."""
        logits = self.logits(images).astype(np.float64)
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def name_of(self, output: int) -> str:
        """The class of an output; nets without a head have outputs that are of none."""
        return self.classes[output] if output < len(self.classes) else f"output {output}, which is no class"

    def inputs(self, images: Array) -> Array:
        """What the first layer reads, (N, 28, 28, 1): bytes, or bits."""
        least = self.layers[0].pixels.at_least
        return (images if least is None else images >= least)[..., None]

    def _chunks(self, images: Array) -> list[Array]:
        fits = images.dtype == np.uint8 and images.shape[1:] == (SIDE, SIDE) and len(images)
        told = f"{images.shape} of {images.dtype}" if images.size else "none"
        _require(fits, f"pictures are (N, {SIDE}, {SIDE}) bytes, and these are {told}")
        return [images[start : start + self._at_once] for start in range(0, len(images), self._at_once)]

    @cached_property
    def _at_once(self) -> int:
        """How many images are worked on together."""
        most = max(math.prod(layer.places) * (layer.length + 8 * layer.outputs) for layer in self.layers)
        return max(1, AT_ONCE // most)

    def _run(self, images: Array) -> Iterator[Array]:
        values = self.inputs(images)
        for layer in self.layers:
            values = layer.bits(values) if layer.gives in LEVELS else layer.numbers(values)
            yield values


def saved(net: PackedNet) -> bytes:
    """The file of a net."""
    plans = [_plan(layer) for layer in net.layers]
    words = {"title": net.title, "classes": list(net.classes), "notes": list(net.notes)}
    text = json.dumps({**words, "pixels": list(net.layers[0].pixels), "layers": plans})
    table = _table(plans)
    layers = [vars(layer) | {"flip": np.packbits(layer.flip)} for layer in net.layers]
    named = (name.partition(".") for name in table)
    arrays = [layers[int(place)][name] for place, _, name in named]
    pairs = zip(arrays, table.values(), strict=True)
    data = b"".join(np.ascontiguousarray(array, TYPES[entry["dtype"]]).tobytes() for array, entry in pairs)
    return _header(text, data, table) + data


def load(path: str | Path) -> PackedNet:
    """The net in a file.

    Raises:
        PackedError: it cannot be read, holds none, or was changed or cut off.
    """
    try:
        with open(path, "rb") as file:
            headed = 0 < int.from_bytes(file.peek(8)[:8], "little") <= MOST_HEADER  # some devices have no end
            return opened(file.read(MOST_BYTES + 1 if headed else 8))
    except OSError as error:
        raise PackedError(f"{path} cannot be read: {error.strerror}.") from None
    except PackedError as error:
        raise PackedError(f"{path}: {error}.") from None


def opened(content: bytes) -> PackedNet:
    """The net of a file's content; PackedError where it is none, or was changed or cut off."""
    try:
        length = int.from_bytes(content[:8], "little")
        _require(len(content) <= MOST_BYTES and 0 < length <= min(MOST_HEADER, len(content) - 8), "it has no header")
        metadata = json.loads(content[8 : 8 + length])["__metadata__"]
        _require("experiment" not in metadata, WEIGHTS)
        _require(metadata["format"] == FORMAT, f"it is not of the version {FORMAT!r}")
        told, data = json.loads(metadata["net"]), memoryview(content)[8 + length :]
        plans = _checked(told)
        table = _table(plans)
        size = max(entry["data_offsets"][1] for entry in table.values())
        text = json.dumps(told)
        whole = len(data) == size and content[: 8 + length] == _header(text, data, table)
        _require(whole, "it was changed or cut off")
        parts = [(data[slice(*entry["data_offsets"])], entry) for entry in table.values()]
        tensors = iter([np.frombuffer(part, TYPES[entry["dtype"]]).reshape(entry["shape"]) for part, entry in parts])
        layers = tuple(_layer(plan, tensors, told["pixels"] if i == 0 else [1.0, 0.0]) for i, plan in enumerate(plans))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        told_why = str(error) if isinstance(error, PackedError) else "it is something else, or was changed"
        raise PackedError(f"it is no packed net that can be run: {told_why}") from None
    return PackedNet(told["title"], tuple(told["classes"]), tuple(told["notes"]), layers)


def layer_of(**known: Any) -> Layer:
    """A layer of the kind that its fields ask for."""
    kind = Layer if known["weights"] == "real" else PixelLayer if known["reads"] == "pixels" else BitLayer
    return kind(**known)


def _plan(layer: Layer) -> dict[str, Any]:
    """All of a layer that is no tensor."""
    window, pool = (None if each is None else list(each) for each in (layer.window, layer.pool))
    said = {"name": layer.name, "reads": layer.reads, "weights": layer.weights, "gives": layer.gives}
    return {**said, "shape": list(layer.shape), "outputs": layer.outputs, "window": window, "pool": pool}


def _tensors(plan: dict[str, Any]) -> dict[str, tuple[str, list[int]]]:
    """The types and shapes of a layer's tensors."""
    outputs, length = plan["outputs"], _length(plan)
    binary, counted = plan["weights"] != "real", plan["weights"] != "real" and plan["reads"] != "pixels"
    weight = ("U8", [outputs, -(-length // 8)]) if binary else ("F32", [outputs, length])
    if plan["gives"] in LEVELS:
        bounds = ("I32" if counted else "F64", [outputs])
        return {"weight": weight, "threshold": bounds, "flip": ("U8", [-(-outputs // 8)])}
    return {"weight": weight, "scale": ("F32", [outputs]), "offset": ("F32", [outputs])}


def _table(plans: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the header says of the tensors: one after the other, layer by layer."""
    table, end = {}, 0
    for i, plan in enumerate(plans):
        for name, (kind, shape) in _tensors(plan).items():
            start, end = end, end + math.prod(shape) * np.dtype(TYPES[kind]).itemsize
            table[f"{i}.{name}"] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    return table


def _header(text: str, data: bytes | memoryview, table: dict[str, dict[str, Any]]) -> bytes:
    digest = hashlib.sha256(text.encode())
    digest.update(data)
    metadata = {"format": FORMAT, "net": text, "sha256": digest.hexdigest()}
    header = json.dumps({"__metadata__": metadata, **table}).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header


def _checked(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a description in which everything is as it can be."""
    slope, offset, least = told["pixels"]
    _require(set(told) == {"title", "classes", "notes", "pixels", "layers"}, "it says something else")
    _require(isinstance(told["classes"], list) and isinstance(told["notes"], list), "its words are no lists")
    names = [plan["name"] for plan in told["layers"]]
    words = [told["title"], *told["classes"], *told["notes"], *names]
    # No control characters, which a terminal would obey.
    _require(all(isinstance(word, str) and word.isprintable() for word in words), "its words cannot be printed")
    _require(len(set(names)) == len(names), "two of its layers have one name")
    _require(1 / MOST_SCALE <= slope <= MOST_SCALE and abs(offset) <= MOST_SCALE, "its pixels have no scale")
    _require(least is None or _within(least, 0, 256), "its pixels have no threshold")
    plans, shape = told["layers"], (SIDE, SIDE, 1)
    _require(0 < len(plans) <= 64, "it has no layers, or too many")
    for i, plan in enumerate(plans):
        before = plans[i - 1]["gives"] if i else "pixels" if least is None else plan["reads"]
        last = ("numbers", "clipped") if i == len(plans) - 1 else ()
        _require(
            set(plan) == {"name", "reads", "weights", "gives", "shape", "outputs", "window", "pool"}
            and plan["reads"] == before
            and plan["reads"] in (*LEVELS, "pixels")
            and (i > 0 or (plan["reads"] == "pixels") == (least is None))
            and plan["weights"] in (*LEVELS, "real")
            and plan["gives"] in (*LEVELS, *last)
            and plan["shape"] == list(shape)
            and _within(plan["outputs"], 1, LARGEST)
            and (plan["pool"] is None or (plan["gives"] in LEVELS and plan["window"])),
            f"its layer {i} does not fit",
        )
        sides = _slid(shape[:2], plan["window"]) if plan["window"] else (1, 1)
        most = math.prod(sides) * (_length(plan) + 8 * plan["outputs"])
        _require(most <= MOST_BYTES // 8, "it takes too much memory")
        shape = (*(_slid(sides, plan["pool"]) if plan["pool"] else sides), plan["outputs"])
    return plans


def _length(plan: dict[str, Any]) -> int:
    """K."""
    return plan["window"][0] ** 2 * plan["shape"][2] if plan["window"] else math.prod(plan["shape"])


def _slid(sides: tuple[int, ...], window: list[int]) -> tuple[int, ...]:
    """Rows and columns of what such a window gives."""
    kernel, stride, padding = window
    fits = _within(kernel, 1, LARGEST) and _within(stride, 1, LARGEST) and _within(padding, 0, kernel // 2)
    _require(fits, "one of its windows cannot be")
    places = tuple(Window(kernel, stride, padding).places(side) for side in sides)
    _require(min(places) > 0, "one of its windows is larger than what it slides over")
    return places


def _layer(plan: dict[str, Any], tensors: Iterator[Array], pixels: list[Any]) -> Layer:
    """A layer with its tensors, in which everything is as it can be."""
    none = np.empty(0, np.float32)
    arrays: dict[str, Array] = {"threshold": none, "flip": none.astype(np.bool_), "scale": none, "offset": none}
    arrays |= dict(zip(_tensors(plan), tensors, strict=False))
    if plan["gives"] in LEVELS:
        arrays["flip"] = np.unpackbits(arrays["flip"], count=plan["outputs"]).view(np.bool_)
    window, pool = (None if plan[name] is None else Window(*plan[name]) for name in ("window", "pool"))
    words = {name: plan[name] for name in ("name", "reads", "weights", "gives")}
    shape, read = tuple(plan["shape"]), Pixels(float(pixels[0]), float(pixels[1]), *pixels[2:])
    layer = layer_of(**words, **arrays, shape=shape, window=window, pool=pool, pixels=read)
    values = [layer.scale, layer.offset, layer.weight if layer.weights == "real" else none]
    finite = all(np.isfinite(value).all() for value in values) and not np.isnan(layer.threshold).any()
    _require(finite, "it has values that are no numbers")
    if layer.weights != "real":
        unused = -layer.length % 8
        _require(not (layer.weight[:, -1] & ((1 << unused) - 1)).any(), "its rows are not filled up with 0")
    if isinstance(layer, BitLayer):
        within = np.abs(layer.threshold.astype(np.int64)) <= layer.length + 1
        _require(within.all(), "its thresholds are beyond all sums")
    return layer


def _filled(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of more than a register with zeros up to whole ones: what is left over takes longer than a whole one."""
    more = -rows.shape[1] % REGISTER if rows.shape[1] > REGISTER else 0
    return np.concatenate([rows, np.zeros((len(rows), more), np.uint8)], axis=1) if more else rows


def _valued(bits: Bits, levels: str, kind: Any) -> Array:
    low, high = LEVELS[levels]
    return bits.astype(kind) * kind(high - low) + kind(low)


def _within(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _require(condition: object, otherwise: str) -> None:
    if not condition:
        raise PackedError(otherwise)


def pictures(path: str) -> Array:
    """Pictures as bytes (N, 28, 28), as they are: an array in a .npy file, or a picture that Pillow can read.

    Raises:
        PackedError: there are none; its sentence has neither the path nor a full stop.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is oddly written, and read anyway
            if path.endswith(".npy"):
                found = np.load(path, mmap_mode="r", allow_pickle=False)
                return found if found.ndim == 3 else found[None]
            from PIL import Image

            with Image.open(path, formats=KINDS) as picture:
                _require(picture.size == (SIDE, SIDE), f"it is not {SIDE} pixels wide and high")
                return _gray(picture)[None]
    except ImportError:
        raise PackedError("it takes Pillow to be read; install it, or take a .npy file") from None
    except Exception as error:  # readers fail in many ways on what is damaged or made to hurt them
        why = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else " as pictures"
        raise error if isinstance(error, PackedError) else PackedError(f"it cannot be read{why}") from None


def _gray(picture: Any) -> Array:
    """Gray values as the lab takes them: finer ones from the least to the largest, transparent ones on a far ground."""
    if picture.mode[0] in "IF":
        values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0, neginf=0)
        return np.round((values - values.min()) * (255 / max(np.ptp(values), 1e-12))).astype(np.uint8)
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("RGB").convert("L"))
    shade, opacity = np.asarray(picture.convert("RGBA").convert("LA"), np.float64).transpose(2, 0, 1)
    ground = 255 * ((shade * opacity).sum() <= 127.5 * opacity.sum())
    return np.round(ground + (shade - ground) * opacity / 255).astype(np.uint8)


def main(arguments: list[str]) -> int:
    """Print the class of each picture that can be read, and the probabilities of all. Returns the exit code."""
    code = 0
    try:
        _require(
            len(arguments) > 1, "usage: runner.py NET PICTURE..., 28x28 and light on dark, as .npy files or images"
        )
        net = load(arguments[0])
    except PackedError as error:
        print(error, file=sys.stderr)
        return 2
    for path in arguments[1:]:
        try:
            for probabilities in net.probabilities(pictures(path)):
                named = zip(net.classes, probabilities, strict=False)
                print(path, net.name_of(int(probabilities.argmax())), *(f"{name}:{p:.4f}" for name, p in named))
        except PackedError as error:
            print(f"{path}: {error}.", file=sys.stderr)
            code = 2
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
