"""The app with runs that have ended, for tests of the pages that look inside nets in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.jobs import Jobs
from tests.browser import REPOSITORY, run_app
from tests.job_waits import PATIENCE
from tests.small import small

NETS = ("convnet", "autoencoder", "binary-mlp")


class InsideApp(NamedTuple):
    """A running app, and the runs that are kept there."""

    address: str
    runs: dict[str, str]
    """Their ids, by the architecture of their net."""
    folder: Path
    """In which they are kept, and others may be."""

    def page(self, name: str, architecture: str) -> str:
        """The address of a page that shows a net."""
        return f"{self.address}/{name}?net={self.runs[architecture]}-0"


@pytest.fixture(scope="session")
def inside_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideApp]:
    """One app for all of these pages: each takes seconds to start."""
    folder = tmp_path_factory.mktemp("inside")
    jobs = Jobs()
    jobs.runs_folder = folder
    started = {name: jobs.start([small(name, budget=6, evaluate_every=0.5)], "A run") for name in NETS}
    assert all(job.wait(PATIENCE) for job in started.values())
    jobs.stop_all()
    env = {"LAB_RUNS": str(folder), "LAB_DATA": "", "HOME": str(folder), "LAB_MLFLOW": "off"}
    with run_app(REPOSITORY / "app.py", env) as address:
        yield InsideApp(address, {name: job.id for name, job in started.items()}, folder)
