"""The Gradients page as a script: what each section shows, and what it says where there is nothing to show."""

from __future__ import annotations

import numpy as np
import pytest

from lab.estimators import Estimator
from lab.jobs import JOBS
from lab.ui.gradients.curves import active_share
from tests.pages import boards, on_digits, opened, shown, told, until, until_it_shows

pytestmark = pytest.mark.usefixtures("empty_lab")


def section(name: str, **parameters: str):  # type: ignore[no-untyped-def]
    return opened("gradients.py", section=name, **parameters)


def charts(tab) -> int:  # type: ignore[no-untyped-def]
    return len(boards(tab))


def test_a_section_that_does_not_exist_is_explained() -> None:
    tab = section("nonsense")
    assert "section 'nonsense'" in tab.error[0].value
    assert "bias" in tab.error[0].value


def test_the_section_is_in_the_address() -> None:
    tab = section("curves")
    (choice,) = [item for item in tab.get("button_group") if item.label == "Section"]
    assert choice.value == "curves"
    shown(choice.set_value("neuron"))
    assert tab.query_params["section"] in ("neuron", ["neuron"])


@pytest.mark.parametrize("name", ["bias", "curves", "neuron"])
def test_no_estimator_is_no_error(name: str) -> None:
    tab = section(name)
    shown(tab.multiselect(key=f"{name}.rules").set_value([]))
    assert not tab.error
    assert "Choose at least one estimator" in tab.info[0].value


class TestBias:
    def test_every_dot_comes_and_the_timer_stops(self) -> None:
        tab = section("bias")
        until_it_shows(tab, lambda: "Measuring" not in told(tab))
        assert charts(tab) == 1
        (numbers,) = tab.dataframe
        assert len(numbers.value) == 15
        assert (numbers.value["Draws"] == 20_000).sum() == 14, "a deterministic rule needs no draws"

    def test_every_rule_gets_a_dot_or_a_sentence(self) -> None:
        tab = section("bias")
        shown(tab.select_slider(key="bias.draws").set_value(1000))
        shown(tab.multiselect(key="bias.rules").set_value(list(Estimator.members)))
        until_it_shows(tab, lambda: "Measuring" not in told(tab))
        assert len(tab.dataframe[0].value) == len(Estimator.members)

    @pytest.mark.parametrize(
        ("logits", "sentence"),
        [
            ("0.1, inf", "Pre-activation 2 should be a finite number"),
            ("0.1, ten", "Pre-activations has 'ten'"),
            ("", "Pre-activations has an empty place"),
            (", ".join(["0"] * 7), "Pre-activations has 7 numbers and Weights has 6"),
        ],
    )
    def test_a_net_that_cannot_be_is_explained_in_place(self, logits: str, sentence: str) -> None:
        tab = section("bias")
        shown(tab.text_input(key="bias.logits").set_value(logits))
        assert sentence in tab.error[0].value
        assert charts(tab) == 0
        shown(tab.text_input(key="bias.logits").set_value("1, 1, 1, 1, 1, 1"))
        assert not tab.error

    def test_units_are_added_and_taken_away_by_their_number(self) -> None:
        tab = section("bias")
        shown(tab.number_input(key="bias.units").set_value(8))
        assert tab.text_input(key="bias.logits").value == "0.3, -0.7, 1.2, 0, -1.5, 0.8, 0.5, 0.5"
        assert tab.text_input(key="bias.weights").value.endswith("-0.9, 1, 1")
        shown(tab.number_input(key="bias.units").set_value(2))
        assert tab.text_input(key="bias.logits").value == "0.3, -0.7"
        until_it_shows(tab, lambda: "Measuring" not in told(tab))
        assert "2 units, 4 codes" in told(tab)
        assert not tab.error
        shown(tab.text_input(key="bias.logits").set_value("1, 2, 3"))
        assert tab.number_input(key="bias.units").value == 3
        assert "Pre-activations has 3 numbers" in tab.error[0].value
        shown(tab.text_input(key="bias.logits").set_value("0.1; 0.2; 1; 2"))
        assert tab.number_input(key="bias.units").value == 4
        shown(tab.number_input(key="bias.units").set_value(5))
        assert tab.text_input(key="bias.logits").value == "0.1, 0.2, 1, 2, 0.5"
        assert not tab.error

    def test_a_net_too_large_to_enumerate_is_told_its_cost_and_the_limit(self) -> None:
        tab = section("bias")
        many = ", ".join(["0.5"] * 13)
        for field in ("bias.logits", "bias.weights"):
            shown(tab.text_input(key=field).set_value(many))
            (error,) = tab.error
            assert "2^13 codes" in error.value
            assert "allowed are 1 to 12 units" in error.value
        assert not shown(tab.number_input(key="bias.units").set_value(12)).error

    def test_bits_too_rare_to_be_measured_and_a_gradient_of_zero_are_said(self) -> None:
        tab = section("bias")
        shown(tab.text_input(key="bias.logits").set_value("-9"))
        shown(tab.text_input(key="bias.weights").set_value("1"))
        until_it_shows(tab, lambda: "Measuring" not in told(tab))
        assert "The rarest bit has a probability of 0.0001" in told(tab)
        shown(tab.text_input(key="bias.logits").set_value("0"))
        shown(tab.text_input(key="bias.weights").set_value("2"))
        until_it_shows(tab, lambda: "Measuring" not in told(tab))
        assert "The exact gradient is 0 here" in told(tab)
        assert "1 unit, 2 codes" in told(tab)


class TestCurves:
    def test_active_share_of_a_normal_distribution(self) -> None:
        tab = section("curves")
        (table,) = tab.dataframe
        row = table.value.set_index("Estimator").loc["Hard-sigmoid straight-through"]
        assert row["Active (%)"] == pytest.approx(68.3, abs=0.05)
        assert row["Area"] == pytest.approx(1, abs=0.01)
        shown(tab.select_slider(key="curves.slope").set_value(5.0))
        (table,) = tab.dataframe
        row = table.value.set_index("Estimator").loc["Hard-sigmoid straight-through"]
        assert row["Active (%)"] == pytest.approx(15.9, abs=0.05)

    def test_active_share_of_pre_activations_beyond_the_curves(self) -> None:
        x = np.array([15.0, 20.0, -30.0, 9.0])
        assert active_share(Estimator.members["hard-sigmoid"](), 0.1, x) == pytest.approx(0.25, abs=1e-3)
        assert active_share(Estimator.members["hard-sigmoid"](), 0.1, x[:3]) == 0
        assert active_share(Estimator.members["identity"](), 0.1, x) == 1

    def test_a_rule_around_another_is_shown_as_what_it_averages(self) -> None:
        tab = section("curves")
        shown(tab.multiselect(key="curves.rules").set_value(["bernoulli", "monte-carlo", "rloo", "zero-gradient"]))
        (table,) = tab.dataframe
        rows = table.value.set_index("Estimator")
        inner, wrapper = rows.loc["Bernoulli straight-through"], rows.loc["Monte Carlo average"]
        assert inner.drop("Paper").equals(wrapper.drop("Paper"))
        assert rows["Sent back through"].tolist() == ["the bits", "the bits", "the loss of whole codes", "nothing"]

    def test_pre_activations_of_a_run(self) -> None:
        job = JOBS.start([on_digits("source-003-det-st-both", "budget=2", "budget_unit=steps")], "a run")
        until(lambda: job.ended)
        tab = section("curves")
        shown(tab.selectbox(key="curves.source").set_value(job.id))
        assert "in conv 1 of run" in told(tab)

    def test_a_gate_narrows_the_rules_that_have_one(self) -> None:
        tab = section("curves")
        shown(tab.select_slider(key="curves.gate").set_value(0.5))
        (table,) = tab.dataframe
        areas = table.value.set_index("Estimator")["Area"]
        assert areas["Saturated straight-through (Htanh)"] == pytest.approx(0.5, abs=0.01), "half of that on -1/+1"
        assert areas["Identity straight-through"] == pytest.approx(1, abs=0.02)
        (levels,) = [item for item in tab.get("button_group") if item.label == "Values of a unit"]
        shown(levels.set_value("-1/+1"))
        (table,) = tab.dataframe
        assert table.value.set_index("Estimator")["Area"]["Saturated straight-through (Htanh)"] == pytest.approx(
            1, abs=0.02
        )


class TestCatalogue:
    @staticmethod
    def titles(tab) -> list[str]:  # type: ignore[no-untyped-def]
        return tab.dataframe[0].value["Estimator"].tolist()

    @staticmethod
    def text(tab) -> str:  # type: ignore[no-untyped-def]
        return "\n".join(item.value for item in tab.markdown)

    def search(self, tab, words: str) -> list[str]:  # type: ignore[no-untyped-def]
        return self.titles(shown(tab.text_input(key="catalogue.search").set_value(words)))

    def choose(self, tab, label: str, value: str | None) -> list[str]:  # type: ignore[no-untyped-def]
        (pills,) = [item for item in tab.get("button_group") if item.label == label]
        return self.titles(shown(pills.set_value(value)))

    def test_every_member_is_there_with_all_that_is_known_about_it(self) -> None:
        tab = section("catalogue")
        members = Estimator.members.values()
        assert self.titles(tab) == [member.title for member in members]
        assert self.text(tab).count("**Name in links and files:**") == 1, "the first row is ticked"
        rows = list(range(len(members)))
        tab.session_state["catalogue.table..None.None"] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        text = self.text(shown(tab))
        for member in members:
            rule = member()
            for fact in (f"**{rule.title}**", rule.summary, rule.is_not, *rule.aliases, rule.cost, rule.defect_of):
                assert fact in text, f"{rule.name} does not show {fact}"
            assert rule.objective == Estimator.objective or f"**Trains on:** {rule.objective}" in text
            assert rule.forward == "bits" or f"the layers after it see:** {rule.forward}" in text
            for line in rule.formula.split(r"\qquad"):
                assert rf"$\displaystyle {line.strip(' ,')}$" in text
            for name, field in member.model_fields.items():
                assert f"- **{name}** = " in text
                assert " ".join(str(field.description).split()) in text
            assert rule.paper in told(tab)

    def test_facts_find_estimators_too(self) -> None:
        tab = section("catalogue")
        defects = [member.title for member in Estimator.members.values() if member.defect_of]
        assert sorted(self.search(tab, "defect of source")) == sorted(defects)
        assert "Exact enumeration" in self.search(tab, "")

    def test_any_name_finds_its_estimator(self) -> None:
        tab = section("catalogue")
        for member in Estimator.members.values():
            assert member.title in self.search(tab, member.title.upper())
            for name in (member.name, *member.aliases):
                assert member.title in self.search(tab, name)
        assert self.search(tab, "SteSign") == [Estimator.members["saturated"].title]
        assert self.search(tab, "relax")[0] == "RELAX", "before those that only mention it"
        assert self.search(tab, "lazaro") == ["Local expectation"], "accents do not matter"
        assert len(self.search(tab, "")) == len(Estimator.members)

    def test_the_first_that_is_found_is_shown_with_its_settings(self) -> None:
        tab = section("catalogue")
        assert self.search(tab, "VarGrad") == ["Leave-one-out (RLOO)"]
        text = self.text(tab)
        assert r"\frac{1}{K-1}\sum_{j \ne k} L_j" in text
        assert "**Loss evaluations of a step:** K" in text
        assert "- **samples** = 4 (at least 2, at most 64): Sets of bits drawn per example (K)." in text
        assert self.search(tab, "reste")[0] == "ReSTE"
        assert "- **gate** = 1.5 (above 0, at most 1,000,000, or none): No gradient" in self.text(tab)

    def test_filters(self) -> None:
        tab = section("catalogue")
        rules = [member() for member in Estimator.members.values()]
        sampled = self.choose(tab, "Bits", "sampled")
        assert sampled == [rule.title for rule in rules if rule.stochastic]
        assert self.choose(tab, "Gradient", "none") == [
            rule.title for rule in rules if rule.stochastic and rule.zero_gradient
        ]
        self.choose(tab, "Bits", None)
        assert self.choose(tab, "Gradient", "unbiased") == [rule.title for rule in rules if rule.unbiased]

    def test_no_match_is_explained(self) -> None:
        tab = section("catalogue")
        shown(tab.text_input(key="catalogue.search").set_value("no such thing"))
        assert f"None of the {len(Estimator.members)} estimators is like that" in tab.info[0].value
        assert not tab.dataframe


def test_neuron_shows_every_number() -> None:
    tab = section("neuron")
    (table,) = tab.dataframe
    assert len(table.value) == 8
    assert sum(item.value.startswith(r"$\displaystyle") for item in tab.markdown) == 16, "a formula and its numbers"
    shown(tab.slider(key="neuron.u").set_value(0.99))
    (table,) = tab.dataframe
    assert table.value.set_index("Estimator").loc["Bernoulli straight-through", "Bit b"] == "0"
