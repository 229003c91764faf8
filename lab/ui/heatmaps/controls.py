"""What a person chooses on the Heatmaps page: the layer, the channel, and what is explained; all is in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from lab.boards.heatmap_card import Choice
from lab.boards.heatmap_kernels import BITS, LATENT
from lab.boards.heatmap_maps import AFTER, BEFORE, MEANS
from lab.experiment import Experiment
from lab.models.binary_mlp import CLASSES
from lab.probes.sight import ConvSize, conv_sizes
from lab.ui import address
from lab.ui.notices import show_problems
from lab.ui.picked import Picked

LAYER, CHANNEL, CLASS = "layer", "channel", "class"
"""What the choices are called in the address."""
PLACE = "heatmaps"
PROBLEMS = "heatmaps.problems"
"""What the address asks for in vain; said until something is chosen, for a page may soon be drawn again."""

ANSWER = -1
"""In place of a class, whichever the net gives."""


class Chosen(NamedTuple):
    """What is looked at."""

    at: Choice
    label: int | None
    """The class that Grad-CAM and occlusion ask classifiers for; None is the one that each gives."""


def layers_of(experiments: Sequence[Experiment]) -> dict[str, ConvSize]:
    """The conv layers of some nets by their names, each as large as it is where it is largest."""
    found: dict[str, ConvSize] = {}
    for experiment in experiments:
        for size in conv_sizes(experiment.architecture):
            there = found.get(size.name, size)
            found[size.name] = max(there, size, key=lambda each: each.channels)
    return found


def classes_of(experiments: Sequence[Experiment]) -> list[str]:
    """What each class is called in the datasets of the nets that tell classes; nothing where none does."""
    datasets = [each.dataset for each in experiments if each.architecture.task == "classification"]
    if not datasets:
        return []
    return [" or ".join(dict.fromkeys(each.class_name(label) for each in datasets)) for label in range(CLASSES)]


def choose(layers: dict[str, ConvSize], classes: Sequence[str]) -> Chosen:
    """The controls, and what is chosen.

    Args:
        layers: by name, one at least.
        classes: what they are called; nothing where none of the nets tells classes.
    """
    _follow_address(layers)
    show_problems(st.session_state.get(PROBLEMS, []))
    with st.container(horizontal=True, vertical_alignment="bottom", key="heatmaps.controls"):
        layer = _segments(layers)
        channel = _number(layer)
        label = _explained(classes) if classes else ANSWER
    address.write(**{LAYER: layer.name, CHANNEL: str(channel + 1), CLASS: None if label == ANSWER else str(label)})
    return Chosen(Choice(layer, channel), None if label == ANSWER else label)


def picked(pick: Picked, layers: dict[str, ConvSize]) -> None:
    """Choose what was clicked: a layer among the means, a channel elsewhere."""
    if pick.kind == MEANS and pick.name in layers:
        _keep(LAYER, pick.name)
    elif pick.kind in (BEFORE, AFTER, LATENT, BITS) and pick.number:
        _keep(CHANNEL, pick.number - 1)


def _keep(what: str, value: Any) -> None:
    st.session_state[f"{PLACE}.{what}"] = value
    st.session_state[PROBLEMS] = []


def _kept(what: str, usual: Any) -> Any:
    return st.session_state.get(f"{PLACE}.{what}", usual)


def _layer(layers: dict[str, ConvSize]) -> ConvSize:
    """The one that was chosen, where these nets have it."""
    return layers.get(_kept(LAYER, ""), next(iter(layers.values())))


def _segments(layers: dict[str, ConvSize]) -> ConvSize:
    widget, layer = f"{PLACE}.layers.{'/'.join(layers)}", _layer(layers)
    st.session_state[widget] = layer.name
    st.segmented_control(
        "Layer", list(layers), required=True, key=widget, on_change=lambda: _keep(LAYER, st.session_state[widget])
    )
    return layer


def _number(layer: ConvSize) -> int:
    channel: int = min(_kept(CHANNEL, 0), layer.channels - 1)
    widget = f"{PLACE}.channel.{layer.name}.{layer.channels}"
    st.session_state[widget] = channel + 1
    st.number_input(
        f"Channel, 1 to {layer.channels}",
        1,
        layer.channels,
        key=widget,
        on_change=lambda: _keep(CHANNEL, st.session_state[widget] - 1),
        disabled=layer.channels == 1,
        width=170,
    )
    return channel


def _explained(classes: Sequence[str]) -> int:
    widget = f"{PLACE}.explained"
    label: int = _kept(CLASS, ANSWER)
    st.session_state[widget] = label
    st.selectbox(
        "Explain",
        [ANSWER, *range(len(classes))],
        format_func=lambda label: "the net's answer" if label == ANSWER else f"class {classes[label]}",
        key=widget,
        on_change=lambda: _keep(CLASS, st.session_state[widget]),
        help="What Grad-CAM and the occlusion map look for in the picture. Of an autoencoder, which tells no classes, "
        "they show what its reconstruction needs.",
        width=170,
    )
    return label


def _follow_address(layers: dict[str, ConvSize]) -> None:
    """Choose what the address asks for, and say what of it there is not."""
    linked = address.asked(PLACE, LAYER, CHANNEL, CLASS)
    if linked is None:
        return
    problems, name = [], linked[LAYER]
    if name in layers:
        _keep(LAYER, name)
    elif name is not None:
        problems.append(f"The address asks for the layer {address.quoted(name)}; there are {', '.join(layers)}.")
    layer = _layer(layers)
    problems += _take(CHANNEL, linked[CHANNEL], 1, layer.channels, f"channel of {layer.name}")
    problems += _take(CLASS, linked[CLASS], 0, CLASSES - 1, "class")
    st.session_state[PROBLEMS] = problems


def _take(what: str, text: str | None, first: int, last: int, named: str) -> list[str]:
    """Choose a number that the address asks for; else why not."""
    if text is None:
        return []
    number = address.whole(text)
    if number is None or not first <= number <= last:
        return [f"The address asks for the {named} {address.quoted(text)}; allowed are {first} to {last}."]
    _keep(what, number - first)
    return []
