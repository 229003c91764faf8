"""Nets that are loaded to be asked: what they cost, how long they stay, and how their weights are named."""

from __future__ import annotations

import pytest

from lab.jobs import Jobs, loaded_nets
from lab.jobs.moments import at_each, start_of
from lab.models import Architecture
from tests.job_waits import is_held, until
from tests.small import small
from tests.test_moments import at, ended, weights_of

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def test_as_many_nets_as_a_page_shows_stay_at_hand_however_large_they_are(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded_nets, "AT_HAND", 1)
    both = [ended(jobs, small("autoencoder", seed=seed)) for seed in (0, 1)]
    first = [at(job).ask(lambda specimen: specimen.net) for job in both]
    again = [at(job).ask(lambda specimen: specimen.net) for job in both]
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_no_net_is_drawn_to_be_given_other_weights(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    several = [ended(jobs, small(name, budget=2)) for name in Architecture.members]
    monkeypatch.setattr("lab.models.net.draw_weights", lambda *_: pytest.fail("drawn"))
    for job in several:
        assert at(job).weights_step == 2
        at_each(job, 0, weights_of, "weights")


def test_weights_are_named_by_the_start_of_the_run_and_the_step(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_nets, "AT_HAND", 1)
    job, other = (ended(jobs, small("autoencoder", budget=2)) for _ in range(2))
    before = at(job).weights
    at(other), at(other, 0)
    assert at(job).weights == before, "though the net is another one by now"
    assert before != at(other).weights
    job.rewind()
    until(lambda: is_held(job, 0))
    assert at(job).weights != before
    assert start_of(job, 0) == at(job).weights[0]
