"""What all tests share: no data folder but what a test names itself, and one number of threads."""

from __future__ import annotations

# First of all: `lab` says how the threads of torch wait, and torch reads that once, when it is loaded. Threads that
# spin take the cores from the other process of tests.
from lab.jobs import Jobs  # isort: skip

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch
from playwright.sync_api import BrowserContext
from xdist.scheduler import LoadFileScheduling

from tests.app_page import app
from tests.archives import store
from tests.browser import launch_browser
from tests.film_page import film_app
from tests.inside_app import inside_app
from tests.pages import forget_runs, look_from_this_machine

__all__ = ["app", "film_app", "inside_app", "store"]

# No test is about seconds, which on a busy machine tell nothing.
hypothesis.settings.register_profile("without a deadline", deadline=None)
hypothesis.settings.load_profile("without a deadline")


class OneBrowser(LoadFileScheduling):
    """Tests in a browser are left to one process, which starts browser and app once; of others each has its files."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "browser" if file.endswith("_browser.py") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    return OneBrowser(config, log)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """A process of tests computes in one thread, where an experiment does not ask for more: cores are fewer."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def rare_collections() -> None:
    """Python looks for garbage less often, and not in its libraries: that took a tenth of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True, scope="session")
def no_runs_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What runs leave behind is left where nobody looks for it, and in MLflow only where a test asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_RUNS", str(tmp_path_factory.mktemp("kept")))
        patch.setenv("LAB_MLFLOW", "off")
        yield


@pytest.fixture(autouse=True, scope="session")
def pages_are_looked_at_from_this_machine() -> Iterator[None]:
    """And what a test does beside them is done there, too."""
    with pytest.MonkeyPatch.context() as patch:
        look_from_this_machine(patch)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """A real browser, one for each process of tests."""
    with launch_browser() as browser:
        yield browser


@pytest.fixture
def kept_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty place for what a test's runs leave behind."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setenv("LAB_RUNS", str(folder))
    return folder


@pytest.fixture
def no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget LAB_DATA for a test on the embedded digits, so that no folder of this machine can matter."""
    monkeypatch.delenv("LAB_DATA", raising=False)


@pytest.fixture
def threads_kept() -> Iterator[None]:
    """Give the number of CPU threads back as it was, whatever a failing test did."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def lab_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of its own for a test's data files."""
    root = tmp_path / "data"
    root.mkdir()
    monkeypatch.setenv("LAB_DATA", str(root))
    return root


@pytest.fixture
def empty_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The app's process as it is at its start: no data folder, and no run of another test."""
    monkeypatch.delenv("LAB_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    forget_runs()
    yield
    forget_runs()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """A registry of its own, whose threads end with the test."""
    registry = Jobs(running_at_once=2)
    yield registry
    registry.stop_all(timeout=60)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Where runs are kept, or will be."""
    return tmp_path / "runs"


@pytest.fixture
def keeping(jobs: Jobs, runs: Path) -> Jobs:
    """A registry that keeps its jobs."""
    jobs.runs_folder = runs
    return jobs


@pytest.fixture
def later(runs: Path) -> Iterator[Jobs]:
    """The registry of another process, such as a later one, which knows nothing of what was done in this one."""
    registry = Jobs()
    registry.runs_folder = runs
    yield registry
    registry.stop_all(timeout=60)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No images but the embedded digits, whatever this machine has."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("LAB_DATA", str(folder))
    return folder
