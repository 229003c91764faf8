"""The Reproduce page: the story, ours beside theirs, the runs behind a number, and a row trained by one click."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab import studies
from lab.jobs import JOBS
from lab.studies import STUDIES
from lab.studies.base import Trained
from lab.studies.results import ResultsFolder, usual_place
from lab.studies.tables import write_all
from tests.idx_files import write_raw
from tests.pages import boards, button, contents, newest, opened, pressed, shown, told, until
from tests.studies import MNIST, TINY, results, tiny


@pytest.fixture(autouse=True)
def lab_of_its_own(
    empty_lab: None, kept_runs: Path, lab_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A tiny MNIST of 12 images, a tiny study of it, and no results that came with the lab."""
    write_raw(lab_data)
    JOBS.runs_folder = kept_runs
    monkeypatch.setattr("lab.studies.shown.SHIPPED", tmp_path)
    monkeypatch.setitem(studies.STUDIES, "tiny", tiny(dataset={"name": "mnist", "validation": 4}, subset=None))


def page(study: str = "tiny") -> AppTest:
    return opened("reproduce.py", study=study)


def column(tab: AppTest, name: str, which: int = 0) -> list[str]:
    return tab.table[which].value[name].tolist()


def texts(tab: AppTest) -> str:
    return "\n".join(item.value for item in tab.markdown) + told(tab)


@pytest.mark.parametrize("name", list(STUDIES))
def test_a_study_that_was_not_measured_says_so_and_how_to(name: str) -> None:
    tab = page(name)
    study = STUDIES[name]
    assert tab.subheader[0].value == study.title
    assert study.story in texts(tab)
    assert "been trained to its end on this machine yet. Train a row below, or all of them" in told(tab)
    assert f"`python -m lab reproduce {name}`" in told(tab)
    assert set(column(tab, "verdict")) == {"not measured"}
    assert len(boards(tab)) == 1
    assert not tab.error


def test_the_first_thing_to_see_is_source_003_and_its_story() -> None:
    tab = opened("reproduce.py")
    assert tab.query_params["study"] in ("source-003", ["source-003"])
    assert "Six rows are frozen random features" in texts(tab)
    assert "Slope annealing is off in all thirteen rows" in texts(tab)
    assert len(column(tab, "published")) == 13


def test_a_study_that_does_not_exist_is_explained() -> None:
    tab = page("nonsense")
    assert "The address asks for study 'nonsense'; this page has source-003" in tab.error[0].value


def test_results_that_came_with_the_lab_are_shown_with_what_made_them(tmp_path: Path) -> None:
    (row,) = [row for row in STUDIES["source-003"].rows if row.name == "det-st-both"]
    found = results(STUDIES["source-003"], row.name, [0.97, 0.972, 0.974])
    (tmp_path / "source-003.json").write_text(found.model_dump_json())
    tab = page("source-003")
    assert "python -m lab reproduce source-003 --rows det-st-both --seeds 3" in [item.value for item in tab.code]
    place = [row.name for row in STUDIES["source-003"].rows].index(row.name)
    assert column(tab, "ours, mean ± s.e.")[place] == "97.20 ± 0.12"
    assert column(tab, "N")[place] == "3"
    assert column(tab, "verdict")[place] == "not told apart, 1.6 s.e."
    cards = [card["id"] for card in contents(tab)[0]["cards"]]
    assert cards == ["test_accuracy.beside", "test_accuracy.apart", "test_loss.beside", "test_loss.apart"]
    shown(tab.selectbox(key="study.source-003.row").set_value(row.name))
    assert "Seed 2: 97.40 %" in texts(tab)
    experiment = found.measured[2].experiment
    assert experiment is not None
    assert any("python -m lab train --link" in item.value for item in tab.code), "that run is not on this machine"
    for suffix in ("csv", "md", "tex", "json"):
        pressed(tab, f"study.export.{suffix}")
        (file,) = [item for item in tab.get("bidi_component") if item.proto.component_name == "lab_hand_over"]
        assert f"source-003-reproduced.{suffix}".encode() in file.proto.bytes


def test_results_that_cannot_be_read_are_told(tmp_path: Path, kept_runs: Path) -> None:
    (tmp_path / "source-003.json").write_text("{")
    assert "source-003.json is not readable as JSON" in page("source-003").error[0].value
    folder = usual_place(kept_runs, STUDIES["autoencoder"])
    folder.mkdir(parents=True)
    (folder / "measured.json").write_text("{")
    assert "measured.json is not readable as JSON" in page("autoencoder").error[0].value


def test_computed_figures_of_this_machine_are_shown(kept_runs: Path) -> None:
    folder = ResultsFolder(usual_place(kept_runs, TINY))
    with folder.held():
        write_all(folder, TINY, results(TINY, "computed", [0.25, 0.25, 0.25]))
    assert "0.2500 ± 0.0000" in column(page(), "ours, mean ± s.e.", which=2)


def test_a_row_that_is_trained_is_shown_where_it_appears(tmp_path: Path) -> None:
    (tmp_path / "tiny.json").write_text(results(TINY, "computed", [0.25] * 3).model_dump_json())
    tab = page()
    assert tab.segmented_control(key="study.tiny.which").value == "lab"
    pressed(tab, "study.tiny.published.train")
    assert tab.segmented_control(key="study.tiny.which").value == "here"
    assert "Seed 0: " in texts(tab)
    until(lambda: all(job.ended for job in JOBS.all()))
    assert newest().title == "A tiny study. As published, seed 0"


def test_a_row_is_trained_by_one_click_and_its_run_is_opened_on_train() -> None:
    tab = page()
    tab.number_input(key="study.tiny.published.count").set_value(2)
    pressed(tab, "study.tiny.published.train")
    until(lambda: all(job.ended for job in JOBS.all()))
    row = studies.STUDIES["tiny"].rows[0]
    assert isinstance(row, Trained)
    assert sorted(job.experiments[0].seed for job in JOBS.all()) == [0, 1]
    assert all(row.is_of(job.experiments[0], MNIST) for job in JOBS.all())
    shown(tab)
    report = newest().view().snapshots[0].report
    assert report is not None, newest().view().message
    assert column(tab, "N")[0] == "2"
    assert column(tab, "verdict")[0] == "too few seeds"
    assert f"Seed 1: {100 * (report.test.accuracy or 0):.2f} %" in texts(tab)
    pressed(tab, "study.tiny.published.train")
    until(lambda: all(job.ended for job in JOBS.all()))
    assert sorted(job.experiments[0].seed for job in JOBS.all()) == [0, 1, 2, 3]
    id = newest().id
    pressed(tab, f"study.open.{id}")
    assert tab.session_state["train"] == id
    assert button(tab, "Train")
