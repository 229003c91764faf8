"""A real MLflow server over a real PostgreSQL, both of them processes of their own on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDERS = Path("/usr/lib/postgresql")
"""Where Debian has PostgreSQL's programs, a folder for each version."""
ACCOUNT = "postgres"
"""Who may run PostgreSQL, where root may not."""
PATIENCE = 240
"""Seconds for a server to start: it makes its tables first."""


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database. Without PostgreSQL the test is skipped, or fails where CI is true."""
    programs = next(iter(sorted(FOLDERS.glob("*/bin"), reverse=True)), None)
    if programs is None or not (programs / "initdb").exists():
        missing = "PostgreSQL is not installed (Debian's package postgresql)."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="postgres"))  # short: its socket's path may not be long
    if os.getuid() == 0:
        shutil.chown(folder, ACCOUNT)
    data, port = folder / "data", free_port()
    try:
        _as_account([f"{programs}/initdb", "-D", f"{data}", "-U", "lab", "-A", "trust", "--no-sync"], folder)
        control = [f"{programs}/pg_ctl", "-D", f"{data}", "-w"]
        options = f"-c fsync=off -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        _as_account([*control, "-o", options, "start"], folder)
        try:
            yield f"postgresql+psycopg2://lab@127.0.0.1:{port}/postgres"
        finally:
            _as_account([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mlflow_server(database: str, artifacts: Path, port: int) -> Iterator[str]:
    """The address of a server that keeps runs in a database, and their files in a folder."""
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
    command += ["--artifacts-destination", str(artifacts), "--host", "127.0.0.1", "--port", str(port)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    env = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | quiet
    with (artifacts.parent / "server.log").open("wb") as output:
        server = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port) and server.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert _answers(port), (artifacts.parent / "server.log").read_text()[-2000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _as_account(command: Sequence[str], folder: Path) -> None:
    prefix = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups"] if os.getuid() == 0 else []
    with (folder / "output").open("ab") as output:  # a pipe would stay open as long as the server
        done = subprocess.run([*prefix, *command], cwd=folder, stdout=output, stderr=output, check=False, timeout=120)
    assert done.returncode == 0, (folder / "output").read_text()[-2000:]


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
