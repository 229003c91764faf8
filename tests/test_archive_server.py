"""A real MLflow server over PostgreSQL that comes late and goes away: no run is lost, and all are written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.jobs import Jobs
from lab.jobs.archivist import Archivist
from lab.store.tracking import URI_VARIABLE
from tests.archives import client, listed, mark_of, trained
from tests.mlflow_server import free_port, mlflow_server, postgresql
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_runs_wait_for_a_server_and_come_back_from_it(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    runs, other, artifacts = tmp_path / "runs", tmp_path / "another", tmp_path / "artifacts"
    for folder in (runs, other):
        folder.mkdir()
    monkeypatch.setenv(URI_VARIABLE, address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr("lab.jobs.archivist.BETWEEN_LISTS", 0.0)
    archivist = Archivist(runs)
    race = trained(jobs, runs, small(), small(estimator="saturated"), title="Waited")
    archivist.look()
    assert "1 run is written to it when it is back." in archivist.problems[0]
    with postgresql() as database, mlflow_server(database, artifacts, port):
        archivist.look()
        assert archivist.problems == []
        assert len(listed(address, race)) == 3
        parent = client(address).get_run(mark_of(race).runs[0])
        assert (parent.info.run_name, parent.info.status) == ("Waited", "FINISHED")
        there = Archivist(other)
        there.look()
        fetched = there.fetch(race.id)
        names = ["job.json", "state", *(f"frames/{file.name}" for file in (race.path / "frames").iterdir())]
        for name in names:
            assert (fetched.path / name).read_bytes() == (race.path / name).read_bytes()
        jobs.delete(race.id)
        archivist.look()
        assert listed(address, race) == []
        jobs.recover(race.id)
        archivist.look()
        assert len(listed(address, race)) == 3
    late = trained(jobs, runs)
    archivist.look()
    archivist.close()
    assert "1 run is written to it when it is back." in archivist.problems[0]
    assert late.facts().status == "finished"
