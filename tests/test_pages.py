"""The pages as scripts, on the embedded digits: what a person chooses, sees and is told. No browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.links import decode, encode
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.presets import PRESETS
from lab.presets.base import VERSIONS
from lab.schedules import Schedule
from lab.ui.presets import CARDS
from tests.pages import PAGES, button, forget_runs, never_load, newest, on_digits, opened, pressed, shown, told, until

pytestmark = pytest.mark.usefixtures("empty_lab")
CUT_SHORT = encode(on_digits("source-000"))[:-9]


def draft(tab) -> Experiment:  # type: ignore[no-untyped-def]
    """The experiment in the tab's address."""
    return decode(tab.query_params["experiment"])


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_the_embedded_images(page: str) -> None:
    tab = opened(page)
    assert not tab.error
    edits = [box.value for box in tab.sidebar.selectbox if box.label == "Images"]
    assert edits == (["digits"] if page in ("train.py", "compare.py") else [])


@pytest.mark.parametrize("page", PAGES)
def test_a_data_folder_that_is_not_there_is_said_and_the_rest_works(page: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "absent"))
    tab = opened(page)
    assert "absent" in tab.error[0].value
    assert "LAB_DATA" in tab.error[0].value
    assert not (tmp_path / "absent").exists()
    starts = {"train.py": "Train", "compare.py": "Race"}
    assert page not in starts or not button(tab, starts[page]).disabled


def test_one_click_starts_a_net_and_the_keys_of_the_transport_work() -> None:
    tab = pressed(opened(), "preset.source-003-det-st-both")
    job = newest()
    until(lambda: job.view().snapshots[0].steps["step"].size > 3)
    shown(tab)
    assert tab.get("bidi_component")
    pressed(tab, "train.play")
    until(lambda: job.status == "paused")
    steps = job.view().snapshots[0].steps["step"][-1]
    pressed(tab, "train.Step")
    until(lambda: job.view().snapshots[0].steps["step"][-1] == steps + 1)
    pressed(tab, "train.10 steps")
    until(lambda: job.view().snapshots[0].steps["step"][-1] == steps + 11)
    pressed(tab, "train.Rewind")
    until(lambda: job.status == "paused" and not job.view().snapshots[0].steps["step"].size)
    seed = job.experiments[0].seed
    pressed(tab, "train.New seed")
    assert job.experiments[0].seed != seed
    pressed(tab, "train.play")
    until(lambda: job.status == "running")
    pressed(tab, "train.Stop")
    until(lambda: job.status == "stopped")
    assert "What was recorded is kept" in told(shown(tab))


def test_single_channels_are_shown_for_the_picture_that_is_picked() -> None:
    tab = opened(experiment=encode(on_digits("source-003-det-st-both", "budget=2", "budget_unit=steps")))
    shown(button(tab, "Train").click())
    until(lambda: newest().ended)
    (picker,) = [item for item in shown(tab).get("button_group") if item.label == "Validation image"]
    assert "for validation image 1;" in board_of(tab)
    shown(picker.set_value(3))
    assert "for validation image 3;" in board_of(tab)


def board_of(tab) -> str:  # type: ignore[no-untyped-def]
    """What is sent to the live board."""
    (board,) = [item for item in tab.get("bidi_component") if item.key == "train.board"]
    return str(board.proto)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_starts_each_version_of_its_source(name: str, monkeypatch) -> None:
    never_load(Digits, monkeypatch)
    versions = {title: name + end for end, title in VERSIONS.items() if name + end in PRESETS}
    assert len(versions) > 1
    for title, preset in versions.items():
        tab = opened()
        assert tab.session_state[f"version.{name}"] == list(versions)[1]
        tab.session_state[f"version.{name}"] = title
        shown(tab)
        assert PRESETS[preset].summary in [item.value for item in tab.markdown]
        pressed(tab, f"preset.{name}")
        assert newest().experiments[0] == PRESETS[preset].experiment(Digits())
        assert newest().playing
        forget_runs()


def test_a_reload_and_a_second_tab_find_the_run() -> None:
    tab = pressed(opened(), "preset.source-004")
    job = newest()
    run = tab.query_params["run"]
    assert run == job.id
    for other in (opened(), opened(run=run, experiment=encode(job.experiments[0]))):
        assert any(item.label == "Pause" for item in other.button)
    assert not job.ended


def test_a_reload_keeps_what_was_being_edited_beside_the_run() -> None:
    pressed(opened(), "preset.source-000")
    edited = on_digits("source-000-corrected", "estimator=identity")
    tab = opened(run=newest().id, experiment=encode(edited))
    assert draft(tab) == edited
    assert "differs from this run in estimator" in told(tab)


def test_a_run_of_another_tab_goes_on_when_this_one_starts_its_own() -> None:
    pressed(opened(), "preset.source-001")
    first = newest()
    other = shown(opened().menu_button(key="presets").click("source-004"))
    second = newest()
    assert not first.ended
    shown(other.menu_button(key="presets").click("source-000"))
    until(lambda: second.status == "stopped")
    assert not first.ended


def test_the_speed_shown_is_that_of_the_run_shown() -> None:
    tab = pressed(opened(), "preset.source-003-det-st-both")
    shown(tab.select_slider(key="train.speed").set_value("5"))
    assert newest().pace.limit == 5
    shown(button(tab, "Train").click())
    assert newest().pace.limit is None
    assert tab.select_slider(key="train.speed").value == "full"


def test_the_address_and_the_panel_follow_a_new_seed() -> None:
    tab = pressed(opened(), "preset.source-003-det-st-both")
    before = newest().experiments[0].seed
    shown(button(tab, "New seed").click())
    seed = newest().experiments[0].seed
    assert seed != before
    assert draft(tab) == newest().experiments[0]


def test_a_message_about_the_link_goes_when_something_is_started() -> None:
    tab = opened(experiment="nonsense")
    assert tab.error
    assert not pressed(tab, "preset.source-003-det-st-both").error


def test_train_starts_what_the_panel_shows() -> None:
    tab = opened(experiment=encode(on_digits("source-000", "seed=7", "optimizer.lr.name=cosine")))
    shown(button(tab, "Train").click())
    assert newest().experiments[0] == on_digits("source-000", "seed=7", "optimizer.lr.name=cosine")


@pytest.mark.parametrize("name", PRESETS)
def test_the_address_carries_every_field(name: str) -> None:
    experiment = on_digits(name, "seed=12345", "budget=3.5")
    assert draft(opened(experiment=encode(experiment))) == experiment


@pytest.mark.parametrize(
    ("link", "words"),
    [("nonsense", "format"), ("1.abc", "damaged"), ("9.abc", "reads format '1'"), (CUT_SHORT, "cut short")],
)
def test_a_broken_link_is_said_and_the_rest_works(link: str, words: str) -> None:
    tab = opened(experiment=link)
    assert tab.error[0].value.startswith("The link could not be opened.")
    assert words in tab.error[0].value
    pressed(tab, "preset.source-000")
    assert not newest().ended


def members(family: type[Part]) -> list[tuple[str, type[Part]]]:
    return [(name, member) for name, member in family.members.items()]


def chosen(tab, label: str, name: str):  # type: ignore[no-untyped-def]
    """The tab after a part was chosen in the panel."""
    (box,) = [item for item in tab.sidebar.selectbox if item.label == label]
    return shown(box.set_value(name))


@pytest.mark.parametrize(("name", "member"), members(Estimator))
def test_every_estimator_explains_itself(name: str, member: type[Estimator]) -> None:
    tab = chosen(opened(), "Gradient estimator", name)
    refusal = member().refusal(draft(tab).architecture.shapes)
    if refusal:
        assert refusal in tab.sidebar.error[0].value
        assert button(tab, "Train").disabled
        return
    assert draft(tab).estimator.name == name
    (formula,) = [item.value for item in tab.sidebar.markdown if item.value.startswith("$")]
    lines = [line.strip(" ,") for line in member.formula.split(r"\qquad")]
    assert formula.split("\n\n") == [rf"$\displaystyle {line}$" for line in lines]
    for fact in (member.paper, member.is_not, *member.aliases):
        assert fact in told(tab)
    if member().zero_gradient:
        assert "No gradient reaches" in tab.warning[0].value
    if member().unbiased:
        assert f"{member.title} is not unbiased in this net" in told(tab), "batch norm follows the bits"


@pytest.mark.parametrize(("name", "member"), members(Architecture))
def test_every_architecture_can_be_chosen(name: str, member: type[Architecture]) -> None:
    tab = chosen(opened(), "Architecture", name)
    assert draft(tab).architecture == member()


@pytest.mark.parametrize(("name", "member"), members(Optimizer))
def test_every_optimizer_can_be_chosen_where_it_fits(name: str, member: type[Optimizer]) -> None:
    tab = chosen(opened(), "Optimizer", name)
    if member.needs_binary_weights:
        assert f"optimizer '{name}' flips binary weights" in tab.sidebar.error[0].value
        assert button(tab, "Train").disabled
        tab = chosen(tab, "Architecture", "binary-mlp")
    assert draft(tab).optimizer.name == name
    assert not tab.error


@pytest.mark.parametrize("name", Schedule.members)
def test_every_schedule_is_drawn_before_the_run(name: str) -> None:
    tab = chosen(opened(), "Learning rate", name)
    charts = tab.sidebar.get("plotly_chart")
    assert draft(tab).optimizer.lr.name == name
    assert len(charts) == (1 if name == "constant" else 2), "the estimator's picture, and the schedule"


def test_a_run_that_diverges_says_so_and_keeps_its_curves() -> None:
    hot = on_digits("source-000", "optimizer.lr=100", "optimizer.weight_decay=10")
    tab = opened(experiment=encode(hot))
    shown(button(tab, "Train").click())
    job = newest()
    until(lambda: job.ended)
    assert "the run ended there" in told(shown(tab))
    assert job.view().snapshots[0].steps["step"].size


def test_a_device_that_is_not_there_is_said_and_what_is_offered() -> None:
    tab = opened(experiment=encode(on_digits("source-000", "device=mps")))
    shown(button(tab, "Train").click())
    until(lambda: newest().ended)
    assert "'mps' is not on this machine; it offers auto, cpu" in told(shown(tab))


def finished_run(tab):  # type: ignore[no-untyped-def]
    """The run of a tab, once it has come to its end."""
    shown(button(tab, "Train").click())
    job = newest()
    until(lambda: job.ended)
    shown(tab)
    return job


@pytest.mark.parametrize("key", ["train.play", "train.Rewind", "train.New seed"])
def test_what_a_run_that_has_ended_recorded_is_never_lost(key: str) -> None:
    tab = opened(experiment=encode(on_digits("source-000", "budget=2", "budget_unit=steps")))
    job = finished_run(tab)
    pressed(tab, key)
    assert newest() is not job
    assert newest().experiments[0].architecture == job.experiments[0].architecture
    assert (newest().experiments[0].seed != job.experiments[0].seed) == (key == "train.New seed")
    assert draft(tab) == newest().experiments[0]
    assert job.view().snapshots[0].report is not None


def test_a_single_run_that_is_not_shown_can_be_chosen() -> None:
    job = finished_run(opened(experiment=encode(on_digits("source-000", "budget=2", "budget_unit=steps"))))
    tab = opened(experiment=encode(on_digits("source-001")))
    (choice,) = [item for item in tab.selectbox if item.label == "Run"]
    shown(choice.set_value(job.id))
    assert any(item.label == "Again" for item in tab.button)
    assert draft(tab) == job.experiments[0]


def test_what_is_wrong_is_said_beside_the_button_that_does_not_work() -> None:
    tab = chosen(opened(), "Optimizer", "bop")
    elements = [element.type for element in tab.sidebar]
    assert elements.index("error") < elements.index("selectbox")
    assert abs(elements.index("error") - elements.index("button")) == 1
