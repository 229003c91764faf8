"""What a person chooses on the Heatmaps page: the layer, the channel, and what is explained; all is in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from lab.boards.heatmap_card import Choice
from lab.boards.heatmap_kernels import BITS, LATENT
from lab.boards.heatmap_maps import AFTER, BEFORE, MEANS
from lab.experiment import Experiment
from lab.models.binary_mlp import CLASSES
from lab.probes.sight import ConvSize, conv_sizes
from lab.ui import address
from lab.ui.page_choices import PageChoices
from lab.ui.picked import Picked

LAYER, CHANNEL, CLASS = "layer", "channel", "class"
"""What the choices are called in the address."""
CHOICES = PageChoices("heatmaps")
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
    CHOICES.show_problems()
    layer = _layer(layers)
    number = min(CHOICES.kept(CHANNEL, 1), layer.channels)
    with st.container(horizontal=True, vertical_alignment="bottom", key="heatmaps.controls"):
        CHOICES.segments("Layer", LAYER, list(layers), layer.name)
        CHOICES.number("Channel", CHANNEL, 1, layer.channels, number, of=layer.name)
        label = _explained(classes) if classes else ANSWER
    address.write(**{LAYER: layer.name, CHANNEL: str(number), CLASS: None if label == ANSWER else str(label)})
    return Chosen(Choice(layer, number - 1), None if label == ANSWER else label)


def picked(pick: Picked, layers: dict[str, ConvSize]) -> None:
    """Choose what was clicked: a layer among the means, a channel elsewhere."""
    if pick.kind == MEANS and pick.name in layers:
        CHOICES.keep(LAYER, pick.name)
    elif pick.kind in (BEFORE, AFTER, LATENT, BITS) and pick.number:
        CHOICES.keep(CHANNEL, pick.number)


def _layer(layers: dict[str, ConvSize]) -> ConvSize:
    """The one that was chosen, where these nets have it."""
    return layers.get(CHOICES.kept(LAYER, ""), next(iter(layers.values())))


def _explained(classes: Sequence[str]) -> int:
    widget = "heatmaps.explained"
    label: int = CHOICES.kept(CLASS, ANSWER)
    st.session_state[widget] = label
    st.selectbox(
        "Explain",
        [ANSWER, *range(len(classes))],
        format_func=lambda label: "the net's answer" if label == ANSWER else f"class {classes[label]}",
        key=widget,
        on_change=lambda: CHOICES.keep(CLASS, st.session_state[widget]),
        help="What Grad-CAM and the occlusion map look for in the picture. Of an autoencoder, which tells no classes, "
        "they show what its reconstruction needs.",
        width=170,
    )
    return label


def _follow_address(layers: dict[str, ConvSize]) -> None:
    """Choose what the address asks for, and note what of it there is not."""
    linked = CHOICES.asked(LAYER, CHANNEL, CLASS)
    if linked is None:
        return
    problems = CHOICES.take_name(LAYER, linked[LAYER], layers)
    layer = _layer(layers)
    problems += CHOICES.take_number(CHANNEL, linked[CHANNEL], 1, layer.channels, where=layer.name)
    problems += CHOICES.take_number(CLASS, linked[CLASS], 0, CLASSES - 1)
    CHOICES.tell(problems)
