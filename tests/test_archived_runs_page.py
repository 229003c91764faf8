"""The Runs page with what only MLflow has."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab.jobs import Jobs
from lab.jobs.archivists import archivist
from tests.archives import looked, runs, trained
from tests.pages import button, forget_runs, handed, newest, opened, pressed, shown, tick, until

__all__ = ["runs"]
pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def state_of(tab: AppTest, id: str) -> str:
    cells = tab.dataframe[0].value
    return str(cells["state"][cells["id"].tolist().index(id)])


def test_what_only_mlflow_has_is_listed_exported_and_opened(
    jobs: Jobs, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (trained(jobs, runs, title=title).id for title in ("Far away", "Farther away"))
    looked(runs)
    other = tmp_path / "another"
    other.mkdir()
    monkeypatch.setenv("LAB_RUNS", str(other))
    monkeypatch.setenv("LAB_MLFLOW", "on")
    monkeypatch.setattr("lab.jobs.archivist.FIRST_LOOK", 0.0)
    tab = opened("runs.py")
    keeper = archivist(other)
    assert keeper is not None
    until(lambda: {first, second} <= {job.id for job in keeper.elsewhere()})
    keeper.close()
    assert state_of(shown(tab), first) == state_of(tab, second) == "In MLflow"
    ids = tab.dataframe[0].value["id"].tolist()
    assert first.encode() in handed(pressed(tick(tab, 0, [ids.index(first)]), "export.results.csv"))[1]
    assert (state_of(shown(tab), first), state_of(tab, second)) == ("Finished", "In MLflow")
    shown(button(tick(tab, 0, [ids.index(second)]), "Open").click())
    assert tab.session_state["train"] == newest().id == second
    forget_runs()
