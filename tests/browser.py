"""A real browser and a running app, for tests that must see what a reader sees."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copy

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lab.bench.serving import NotStarted, running_app, running_browser

REPOSITORY = Path(__file__).resolve().parents[1]
PATIENCE = 120_000
"""Milliseconds that a page may take: what is asked is that it comes, not how fast this machine is today."""
expect.set_options(timeout=PATIENCE)


@contextmanager
def launch_browser() -> Iterator[BrowserContext]:
    """A browser whose pages share a cache. Without one the test is skipped, or fails where CI is true."""
    try:
        with running_browser() as browser:
            yield browser.new_context()
    except NotStarted as reason:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def new_page(browser: BrowserContext, width: int, height: int = 900) -> Page:
    """A light page of that size."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light")
    return page


@contextmanager
def page_without_errors(browser: BrowserContext, width: int, height: int = 900) -> Iterator[Page]:
    """A new page, which is closed at the end; by then no script may have failed on it."""
    page = new_page(browser, width, height)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == [], errors  # pytest tells what is compared in files of tests alone


@contextmanager
def run_app(script: Path, env: Mapping[str, str] | None = None, base: str = "") -> Iterator[str]:
    """Serve a Streamlit script that may import the lab; yields its address."""
    with running_app(script, {"PYTHONPATH": str(REPOSITORY), **(env or {})}, base) as app:
        yield app.address


@contextmanager
def run_script(folder: Path, script: str, base: str = "") -> Iterator[str]:
    """Serve the source of a Streamlit script from an empty folder, on the embedded digits; yields its address."""
    (folder / ".streamlit").mkdir()
    copy(REPOSITORY / ".streamlit" / "config.toml", folder / ".streamlit")
    (folder / "script.py").write_text(script)
    with run_app(folder / "script.py", {"HOME": str(folder), "LAB_DATA": ""}, base) as address:
        yield address
