"""MLflow, and how this lab reaches it. Only here is it imported, by whoever can wait: that takes seconds."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filelock import FileLock

from lab.store.values import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient

SWITCH_VARIABLE = "LAB_MLFLOW"
"""Set to `off`, it leaves runs in their folders alone."""
URI_VARIABLE = "MLFLOW_TRACKING_URI"
"""MLflow's own name for the variable that says where runs are to be written."""
EXPERIMENT = "Binary Neuron Lab"
DATABASE, ARTIFACTS = "mlflow.db", "mlflow-artifacts"
"""Beside the folders of the runs, where no other store is named."""
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "PGCONNECT_TIMEOUT": "10",
}
"""Variables that MLflow and PostgreSQL's driver read; those that are set stay as they are. Who asks again after a while
needs no retries."""
DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""What pip calls the drivers of databases, where that is not the name of the module."""
LONGEST_REASON = 300
UNREACHED = {"ConnectionError", "ConnectTimeout", "ReadTimeout"}
"""What the library of requests, which comes with MLflow, calls a server that does not answer."""

log = logging.getLogger(__name__)


class ArchiveError(StoreError):
    """MLflow is away, or refuses something: one sentence that says which, and why."""


class Tracking:
    """The lab's experiment in MLflow: in the store that MLFLOW_TRACKING_URI names, or in a file beside the runs.

    Args:
        runs: the folder of all runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._embedded = not os.environ.get(URI_VARIABLE)
        self._uri = os.environ.get(URI_VARIABLE) or _address(runs / DATABASE)
        self._client: MlflowClient | None = None
        self._experiment: str | None = None

    @property
    def name(self) -> str:
        """The store's address, without a name and password that it may carry."""
        address = self._uri.replace(self._credentials, "")
        return address if self._embedded else address.partition("?")[0]  # which may hold a password, too

    @property
    def _credentials(self) -> str:
        return "".join(urlsplit(self._uri).netloc.rpartition("@")[:2])

    @contextmanager
    def reached(self) -> Iterator[MlflowClient]:
        """MLflow's client, for as long as a request takes.

        Raises:
            ArchiveError: MLflow is away, or refuses the request.
        """
        try:
            yield self._connected()
        except StoreError:
            raise
        except ModuleNotFoundError as error:
            package = DRIVERS.get(error.name or "", error.name)
            raise ArchiveError(
                f'MLflow at {self.name} needs a Python package that is not here: pip install "{package}"'
            ) from None
        except Exception as error:  # of MLflow, of what it stands on, or of a plug-in of either
            log.debug("MLflow", exc_info=True)
            if _unreached(error):
                raise ArchiveError(f"MLflow at {self.name} is away.") from None
            reason = _reason(error).replace(self._credentials, "")
            raise ArchiveError(f"MLflow at {self.name} cannot be used: {reason}") from None

    @property
    def experiment(self) -> str:
        """The id of the lab's experiment, which is made where there is none. Ask for it while MLflow is reached."""
        if self._experiment is None:
            client = self._connected()
            with FileLock(self._runs / "mlflow.lock"):  # of two processes, one makes it
                found = client.get_experiment_by_name(EXPERIMENT)
                place = self._artifacts if self._embedded else None
                self._experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT, place)
        return self._experiment

    @property
    def _artifacts(self) -> str:
        return (self._runs / ARTIFACTS).as_uri()

    @property
    def empty(self) -> bool:
        """Whether it is the file beside the runs, and nothing was written yet: to make it takes seconds."""
        return self._embedded and not (self._runs / DATABASE).exists()

    def there(self) -> bool:
        """Whether MLflow answers."""
        try:
            with self.reached() as client:
                client.search_experiments(max_results=1)
        except ArchiveError:
            return False
        return True

    def _connected(self) -> MlflowClient:
        if self._client is None:
            for name, value in SETTINGS.items():
                os.environ.setdefault(name, value)
            if self._embedded:
                self._make_database()
                self._settle_in()
            from mlflow import MlflowClient
            from mlflow.store.db import utils

            # There is no setting for either: it asks ten times, which takes minutes, and makes folders for what it
            # takes for the path in a quoted address.
            utils.MAX_RETRY_COUNT = 1
            utils._make_parent_dirs_if_sqlite = lambda db_uri: None

            if "MLFLOW_LOGGING_LEVEL" not in os.environ:
                logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # what it has to say is told as a sentence
            self._client = MlflowClient(tracking_uri=self._uri)
        return self._client

    def _make_database(self) -> None:
        """Make the file, whole or not at all, in a process of its own: it takes seconds of computing."""
        if not self.empty:
            return
        file = self._runs / DATABASE
        beside = file.with_name(f".{DATABASE}.part")
        with FileLock(self._runs / "mlflow.lock"):
            if not self.empty:
                return
            beside.unlink(missing_ok=True)
            command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{beside.name}"]
            quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
            made = subprocess.run(command, cwd=self._runs, check=False, **quiet)
            if made.returncode:
                raise ArchiveError(f"MLflow cannot make {file}: {_last_line(made.stderr)}")
            beside.replace(file)

    def _settle_in(self) -> None:
        """Let files of runs be where the folder of runs is now. It may have been moved, or be a copy, and MLflow keeps
        whole paths: it would go on writing to the old place.
        """
        with closing(sqlite3.connect(self._runs / DATABASE)) as database, database:
            asked = "SELECT artifact_location FROM experiments WHERE name = ?"
            for (before,) in database.execute(asked, (EXPERIMENT,)).fetchall():
                if before != self._artifacts:
                    moved = "artifact_uri = ? || substr(artifact_uri, ?) WHERE substr(artifact_uri, 1, ?) = ?"
                    places = (self._artifacts, len(before) + 1, len(before) + 1, f"{before}/")
                    database.execute(f"UPDATE runs SET {moved}", places)
                    location = (self._artifacts, EXPERIMENT)
                    database.execute("UPDATE experiments SET artifact_location = ? WHERE name = ?", location)


def _address(file: Path) -> str:
    """Of a database in a file; a question mark would end its path, and what follows a percent sign be a code."""
    return f"sqlite:///{str(file).replace('%', '%25').replace('?', '%3F')}"


def switched_off() -> bool:
    """Whether runs are to stay in their folders alone."""
    return os.environ.get(SWITCH_VARIABLE, "").casefold() == "off"


def _unreached(error: BaseException | None) -> bool:
    """Whether what is behind an error is a connection that there was not."""
    while error is not None:
        if isinstance(error, ConnectionError) or type(error).__name__ in UNREACHED:
            return True
        error = error.__cause__ or error.__context__
    return False


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    reason = text[0] if text else type(error).__name__
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} …"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given."])[-1]
