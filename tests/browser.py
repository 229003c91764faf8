"""A real browser and a running app, for tests that must see what a reader sees."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
START_SECONDS = 60


@contextmanager
def launch_browser() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own; without either the test is skipped, or fails where CI is true."""
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright)
        except Error as error:
            reason = f"no browser could be started: {str(error).splitlines()[0]}"
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright) -> Browser:
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if system:
        try:
            return playwright.chromium.launch(executable_path=system, args=ARGUMENTS)
        except Error:
            pass  # a system browser that does not start leaves Playwright's own
    return playwright.chromium.launch(args=ARGUMENTS)


@contextmanager
def run_app(
    script: Path, cwd: Path, env: Mapping[str, str] | None = None, port: int | None = None, base: str = ""
) -> Iterator[str]:
    """Serve a Streamlit script from the folder `cwd`, whose `.streamlit/config.toml` counts; yields its address.

    `env` adds environment variables; `port` defaults to a free one; `base` is the path to serve under, such
    as "deep/lab". The server ends with the block.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false"]
    command += [f"--server.baseUrlPath={base}"] if base else []
    address = f"http://127.0.0.1:{port}/{base}".rstrip("/")
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=cwd, env=variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_healthy(server, address, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str, log: IO[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"the app did not start; its log ends:\n{log.read().decode(errors='replace')[-2000:]}")
