"""Taking a packed net along: with what runs it, or for other runtimes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from lab.boards.seen import Seen
from lab.packed import PackedNet, runner, saved
from lab.packed.onnx_graph import onnx_of
from lab.probes.xnor_layers import Facts
from lab.ui.hand_over import hand_over

FORMATS = {"zip": "Packed net with its runner (zip)", "onnx": "ONNX"}
NO_ONNX = "ONNX files can be written where the package onnx is installed (`pip install onnx`)."
HOW = "In it, `python runner.py net.safetensors pictures.npy` needs numpy and numkong alone."


@st.fragment
def take_along(seen: Sequence[Seen[Facts]], numbers: Mapping[str, str]) -> None:
    """A menu of files; each is made when it is chosen.

    Args:
        seen: the packed nets.
        numbers: what they are called by their numbers, by their names.
    """
    formats = [name for name in FORMATS if name != "onnx" or find_spec("onnx") is not None]
    offered = [(place, name) for place in range(len(seen)) for name in formats]

    def title(which: tuple[int, str]) -> str:
        of = f", {seen[which[0]].run.name}" if len(seen) > 1 else ""
        return FORMATS[which[1]] + of

    chosen = st.menu_button(
        "Take it away",
        offered,
        format_func=title,
        key="xnor.take",
        icon=":material/download:",
        help=HOW + ("" if "onnx" in formats else f" {NO_ONNX}"),
    )
    if chosen is None:
        return
    place, name = chosen
    with st.spinner("Writing the file"):
        content = file_of(seen[place].answer.packed, name)
    of = f"packed net of {numbers[seen[place].run.name]} at step {seen[place].step}"
    hand_over(content, f"{of.replace(' ', '-')}.{name}", "application/octet-stream")


def file_of(packed: PackedNet, name: str) -> bytes:
    """A packed net as one of these formats."""
    if name == "onnx":
        return onnx_of(packed)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.safetensors", saved(packed))
        archive.writestr("runner.py", Path(runner.__file__).read_bytes())
    return stream.getvalue()
