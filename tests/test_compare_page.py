"""The Compare page as a script, on the embedded digits: choosing contestants, racing them, reading where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.experiment import Experiment
from lab.jobs import JOBS
from lab.links import decode, encode
from lab.ui.plain import plain
from tests.pages import button, leader_board, newest, on_digits, opened, pressed, shown, told, until, until_it_shows

pytestmark = pytest.mark.usefixtures("empty_lab")

MLP = ("source-000", "budget=6", "budget_unit=steps", "evaluate_every=0.1")


def link(*changes: str) -> str:
    """The link of a race of the small MLP, a contestant for each change."""
    return "~".join(encode(on_digits(*MLP, change)) for change in changes)


def test_a_new_tab_proposes_a_race_that_can_be_started() -> None:
    tab = opened("compare.py")
    shown(button(tab, "Race").click())
    job = newest()
    assert len({experiment.estimator.name for experiment in job.experiments}) == len(job.experiments) == 3
    assert len({experiment.with_changes(["estimator=identity"]).key for experiment in job.experiments}) == 1


def test_a_race_to_its_end_with_its_table() -> None:
    tab = opened("compare.py", race=link("estimator=identity", "estimator=saturated", "estimator=zero-gradient"))
    shown(button(tab, "Race").click())
    job = newest()
    until(lambda: job.ended)
    table = leader_board(shown(tab))
    assert [row["place"] for row in table] == ["1", "2", "3"]
    losses = [float(row["validation loss"]) for row in table]
    assert losses == sorted(losses)
    assert {row["step"] for row in table} == {"6"}
    titles = [experiment.estimator.title for experiment in job.experiments]
    reports = dict(zip(titles, (snapshot.report for snapshot in job.view().snapshots), strict=True))
    for row in table:
        assert row["test accuracy"] == f"{100 * reports[row['contestant']].test.accuracy:.2f} %"


def test_contestants_may_differ_in_any_field() -> None:
    race = link("optimizer.lr=0.02", "architecture.hidden=[32]", "slope=2", "evaluation=threshold")
    tab = opened("compare.py", race=race)
    assert differ(tab).value == ["architecture.hidden", "slope", "optimizer.lr", "evaluation"]
    assert decode_all(tab.query_params["race"]) == decode_all(race)


def decode_all(race: str) -> list[Experiment]:
    return [decode(part) for part in race.split("~")]


def test_what_all_must_share_cannot_be_chosen_and_cannot_come_by_link() -> None:
    tab = opened("compare.py", race=link("seed=1", "seed=2"))
    assert "Contestants differ in seed (1 and 2)" in tab.error[0].value
    (fields,) = [item for item in tab.multiselect if item.label == "They differ in"]
    assert "seed" not in fields.options
    assert "estimator" in fields.options


def test_a_race_by_the_clock_is_refused() -> None:
    by_the_clock = [item.with_changes(["budget_unit=seconds"]) for item in decode_all(link("slope=1", "slope=2"))]
    tab = opened("compare.py", race="~".join(map(encode, by_the_clock)))
    assert "budget_unit is seconds" in tab.error[0].value


@pytest.mark.parametrize("count", [1, 7])
def test_a_race_has_two_to_six_contestants(count: int) -> None:
    tab = opened("compare.py", race=link(*[f"optimizer.lr=0.0{index}" for index in range(1, count + 1)]))
    assert f"A race has 2 to 6 contestants; this link has {count}." in tab.error[0].value


def test_contestants_that_do_not_differ_are_refused() -> None:
    tab = opened("compare.py")
    for box in [item for item in tab.main.selectbox if item.label == "Gradient estimator"]:
        box.set_value("identity")
    assert "Two contestants are the same experiment" in told(shown(tab))
    assert button(tab, "Race").disabled


def test_contestants_that_differ_in_what_changes_nothing_are_refused() -> None:
    tab = opened("compare.py", race=link("optimizer.latent_clip=0.5", "optimizer.latent_clip=0.25"))
    assert "let them differ in something that changes something" in told(tab)
    assert button(tab, "Race").disabled


def test_what_changes_nothing_is_no_choice() -> None:
    (fields,) = [item for item in opened("compare.py").multiselect if item.label == "They differ in"]
    assert "optimizer.lr" in fields.options
    assert "optimizer.latent_clip" not in fields.options


def test_an_estimator_that_a_contestant_cannot_use_is_said_with_its_number() -> None:
    tab = opened("compare.py", race=link("estimator=identity", "estimator=rloo"))
    (layers,) = [item for item in tab.sidebar.text_input if item.label == "Binary layers"]
    assert "Contestant 2: estimator 'rloo' needs binary units" in told(shown(layers.set_value("")))


def test_a_linked_race_is_not_hidden_by_another_that_runs() -> None:
    shown(button(opened("compare.py"), "Race").click())
    tab = opened("compare.py", race=link("estimator=identity", "estimator=saturated"))
    assert not any(item.label == "Pause" for item in tab.button)
    assert any(item.label == "Race" for item in tab.button)
    shown(button(tab, "Race").click())
    again = opened("compare.py", race=tab.query_params["race"])
    assert len(newest().experiments) == 2
    assert "Identity straight\\-through vs Saturated" in "".join(item.proto.text for item in again.get("progress"))


def test_a_contestant_that_diverges_is_named() -> None:
    explosive = 'optimizer={"name": "sgd", "lr": 100, "weight_decay": 10}'
    longer = [experiment.with_changes(["budget=60"]) for experiment in decode_all(link("evaluation=sample", explosive))]
    tab = opened("compare.py", race="~".join(map(encode, longer)))
    shown(button(tab, "Race").click())
    job = newest()
    until(lambda: job.ended)
    first, second = leader_board(shown(tab))
    assert (first["state"], second["state"]) == ("done", "diverged")
    name = second["contestant"]
    assert tab.warning[0].value.startswith(f"{plain(name)}: ")
    assert job.view().progress == 1.0


def test_a_second_tab_finds_the_race() -> None:
    tab = opened("compare.py")
    shown(button(tab, "Race").click())
    other = opened("compare.py")
    assert any(item.label == "Pause" for item in other.button)
    assert len(JOBS.all()) == 1


def test_the_panel_shows_what_contestants_share_and_leaves_the_train_page_alone() -> None:
    tab = opened("compare.py")
    labels = {item.label for item in tab.sidebar.selectbox}
    assert "Architecture" in labels
    assert "Gradient estimator" not in labels, "each contestant has its own"
    (architecture,) = [item for item in tab.sidebar.selectbox if item.label == "Architecture"]
    shown(architecture.set_value("mlp"))
    shown(button(tab, "Race").click())
    assert {experiment.architecture.name for experiment in newest().experiments} == {"mlp"}
    tab.switch_page("views/train.py")
    (architecture,) = [item for item in shown(tab).sidebar.selectbox if item.label == "Architecture"]
    assert architecture.value == "convnet"


def test_more_contestants_bring_estimators_of_their_own() -> None:
    tab = opened("compare.py")
    (count,) = [item for item in tab.get("button_group") if item.label == "Contestants"]
    shown(count.set_value(6))
    assert not tab.error
    shown(button(tab, "Race").click())
    assert len({experiment.estimator.name for experiment in newest().experiments}) == 6
    again = opened("compare.py", race=tab.query_params["race"])
    assert decode_all(again.query_params["race"]) == list(newest().experiments)


def test_a_single_setting_may_be_what_differs_and_the_rest_of_its_part_is_shared() -> None:
    tab = opened("compare.py", race=link("slope=1", "slope=2"))
    shown(differ(tab).set_value(["slope", "architecture.binary_layers", "optimizer.lr"]))
    key = differ(tab).key.replace(".fields", ".2.architecture.mlp.binary_layers")
    shown(tab.text_input(key=key).set_value(""))
    assert not any(item.label == "Binary layers" for item in tab.sidebar.text_input)
    (hidden,) = [item for item in tab.sidebar.text_input if item.label == "Hidden"]
    shown(hidden.set_value("8, 8"))
    first, second = decode_all(tab.query_params["race"])
    assert (first.architecture.binary_layers, second.architecture.binary_layers) == ((1,), ())  # type: ignore[attr-defined]
    assert first.architecture.hidden == second.architecture.hidden == (8, 8)  # type: ignore[attr-defined]
    (optimizer,) = [item for item in tab.sidebar.selectbox if item.label == "Optimizer"]
    shown(optimizer.set_value("adam"))
    assert {item.optimizer.name for item in decode_all(tab.query_params["race"])} == {"adam"}
    shown(differ(tab).set_value(["slope", "architecture", "architecture.binary_layers"]))
    assert not tab.error
    assert button(tab, "Race")


def test_what_only_fits_together_may_be_what_differs() -> None:
    tab = opened("compare.py", race=link("estimator=identity", "estimator=saturated"))
    shown(differ(tab).set_value(["estimator", "architecture"]))
    for index in (1, 2):
        key = differ(tab).key.replace(".fields", f".{index}.architecture.name")
        shown(tab.selectbox(key=key).set_value("binary-mlp"))
    (optimizer,) = [item for item in tab.sidebar.selectbox if item.label == "Optimizer"]
    assert not shown(optimizer.set_value("hypermask")).error
    assert button(tab, "Race")


def differ(tab: AppTest) -> Any:
    """The choice of the fields in which contestants differ."""
    (fields,) = [item for item in tab.multiselect if item.label == "They differ in"]
    return fields


def test_a_race_is_found_again_after_its_panel_was_edited() -> None:
    tab = opened("compare.py")
    shown(button(tab, "Race").click())
    job = newest()
    (architecture,) = [item for item in tab.sidebar.selectbox if item.label == "Architecture"]
    shown(architecture.set_value("mlp"))
    assert tab.query_params["run"] in (job.id, [job.id])
    race = tab.query_params["race"]
    again = opened("compare.py", run=job.id, race=race if isinstance(race, str) else race[0])
    assert any(item.label == "Pause" for item in again.button)
    (architecture,) = [item for item in again.sidebar.selectbox if item.label == "Architecture"]
    assert architecture.value == "mlp", "what was being edited is kept, too"


def test_the_panel_follows_another_race_that_is_chosen() -> None:
    tab = opened("compare.py")
    shown(button(tab, "Race").click())
    first = newest()
    (architecture,) = [item for item in tab.sidebar.selectbox if item.label == "Architecture"]
    shown(architecture.set_value("mlp"))
    shown(button(tab, "Race").click())
    (choice,) = [item for item in tab.selectbox if item.label == "Run"]
    shown(choice.set_value(first.id))
    (architecture,) = [item for item in tab.sidebar.selectbox if item.label == "Architecture"]
    assert architecture.value == "convnet"


def test_a_race_on_the_projector_goes_on_and_is_found_by_its_address() -> None:
    tab = opened("compare.py")
    shown(button(tab, "Race").click())
    pressed(tab, "projector.switch")
    until_it_shows(tab, lambda: all(int(row["step"]) for row in leader_board(tab)))
    again = opened("compare.py", run=newest().id)
    assert any(item.label == "Pause" for item in again.button)


def asked(tab: AppTest) -> set[str]:
    """The last part of the key of every widget."""
    kinds = ("number_input", "selectbox", "toggle", "button_group")
    return {str(item.key).rpartition(".")[2] for kind in kinds for item in tab.get(kind)}


def test_what_all_share_is_asked_for_as_soon_as_one_contestant_needs_it() -> None:
    tab = opened("compare.py", race=link("estimator=identity", "estimator=saturated"))
    assert "evaluation" not in asked(tab)
    (_, second) = [item for item in tab.main.selectbox if item.label == "Gradient estimator"]
    shown(second.set_value("bernoulli"))
    assert "evaluation" in asked(tab)
    assert newest_experiments(tab)[1].estimator.name == "bernoulli"


def newest_experiments(tab: AppTest) -> list[Experiment]:
    """The contestants as the address has them."""
    return decode_all(tab.query_params["race"])


def test_a_contestant_is_not_asked_for_what_changes_nothing() -> None:
    real = ["architecture.name=convnet", "architecture.binary_layers=[]"]
    plain_mlp = ["architecture.name=mlp", "architecture.binary_layers=[]"]
    race = "~".join(encode(on_digits(*MLP, *changes)) for changes in (real, plain_mlp))
    tab = opened("compare.py", race=race)
    hidden = {"levels", "weight_levels", "weight_scale", "stochastic_weights", "shortcut"}
    assert asked(tab) & hidden == set()
    assert {"pooling", "activation"} <= asked(tab)
