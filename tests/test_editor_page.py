"""The panel of an experiment: which of its fields are offered."""

from __future__ import annotations

import pytest

from lab.data import Dataset
from lab.experiment import Experiment
from tests.pages import newest, opened, pressed, shown

pytestmark = pytest.mark.usefixtures("empty_lab")


def test_fields_show_while_they_change_anything() -> None:
    def offered() -> set[str]:
        return {item.label for kind in ("selectbox", "toggle", "button_group") for item in tab.sidebar.get(kind)}

    about_weights = {"Weight levels", "Weight rule", "Stochastic weights", "Weight scale"}
    tab = pressed(opened(), "preset.source-003-det-st-both")
    assert not about_weights & offered()
    layers = next(item for item in tab.sidebar.get("button_group") if item.label == "Binary weights")
    shown(layers.set_value(["conv2"]))
    assert about_weights <= offered()
    assert Experiment.parse(tab.session_state["draft.train"]).architecture.has_binary_weights
    shown(layers.set_value([]))
    assert not about_weights & offered()


def test_a_preset_is_trained_on_the_images_that_are_chosen() -> None:
    tab = opened()
    (validation,) = [item for item in tab.sidebar.number_input if item.label == "Validation images"]
    shown(validation.set_value(123))
    pressed(tab, "preset.source-000")
    assert newest().experiments[0].dataset == Dataset.members["digits"](validation=123)
    assert Experiment.parse(tab.session_state["draft.train"]).dataset.validation == 123
