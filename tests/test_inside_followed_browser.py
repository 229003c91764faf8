"""A page that looks inside a net follows what another process trains, while nobody touches it."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from lab.jobs import Jobs
from lab.store import RunFolder
from tests.browser import new_page
from tests.inside_app import InsideApp
from tests.job_waits import held, is_held, until
from tests.small import small


@pytest.mark.usefixtures("no_data_folder", "threads_kept")
def test_a_net_that_another_process_trains_is_followed(
    browser: BrowserContext, inside_app: InsideApp, jobs: Jobs
) -> None:
    jobs.runs_folder = inside_app.folder
    run = held(jobs, small("convnet"))
    until(lambda: RunFolder(inside_app.folder / run.id).known)
    page = new_page(browser, 1000)
    page.goto(f"{inside_app.address}/heatmaps?net={run.id}-0")
    expect(page.get_by_text("is trained by another process, which has kept step 0")).to_be_visible()
    expect(page.locator("[data-card='firing.0']")).to_contain_text("The share of")
    page.wait_for_timeout(3000)  # until no answer is waited for, with which the page would look anew
    run.step(2)
    until(lambda: is_held(run, 2))
    run.stop()
    expect(page.get_by_text("was stopped at step 2")).to_be_visible()
    page.close()
