"""A Streamlit app in a process of its own, and a real browser: for benchmarks and tests that see what a reader sees."""

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
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
START_SECONDS = 120
LOG_CHARACTERS = 2000


class NotStarted(RuntimeError):
    """There is no app or no browser: what is missing, and how to get it."""


class App(NamedTuple):
    """A running app."""

    address: str
    pid: int


@contextmanager
def running_app(script: Path, env: Mapping[str, str] | None = None, base: str = "") -> Iterator[App]:
    """Serve a Streamlit script on a free port of this machine, until the end of the block.

    Args:
        script: its folder is the app's, whose `.streamlit/config.toml` counts.
        env: more environment variables.
        base: the path to serve under, such as "deep/lab".

    Raises:
        NotStarted: it is not there, or does not start.
    """
    if not script.is_file():
        raise NotStarted(f"The app is not there: {script} is missing. Run this from a checkout of the lab.")
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false"]
    command += [f"--server.baseUrlPath={base}"] if base else []
    address = f"http://127.0.0.1:{port}/{base}".rstrip("/")
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command, cwd=script.parent, env={**os.environ, **(env or {})}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(server, address, log)
            yield App(address, server.pid)
        finally:
            server.kill()  # to end in peace would take seconds, and nothing of it is wanted any more
            server.wait()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own, until the end of the block. Nobody sees its window.

    Raises:
        NotStarted: there is no Playwright, or no browser starts.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        raise NotStarted("There is no Playwright: pip install -r requirements-test.txt.") from None
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright)
        except Error as error:
            raise NotStarted(f"No Chromium starts here ({str(error).splitlines()[0]}).") from None
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright) -> Browser:
    from playwright.sync_api import Error

    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if system:
        try:
            return playwright.chromium.launch(executable_path=system, args=FLAGS)
        except Error:
            pass  # a system browser that does not start leaves Playwright's own
    return playwright.chromium.launch(args=FLAGS)


def _free_port() -> int:
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
    raise NotStarted(f"The app did not start; its log ends:\n{log.read().decode(errors='replace')[-LOG_CHARACTERS:]}")
