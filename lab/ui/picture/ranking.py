"""Test images by how wrong a net is on them, worked out in the background while pages are shown and nets trained."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future

from lab.data import Images
from lab.devices import computing_with
from lab.jobs import Job
from lab.jobs.moments import moment
from lab.probes import Specimen
from lab.probes.mistakes import Judged, judge
from lab.ui.background import Asked, answer

PATIENCE = 60.0
"""Seconds until a net that trains has to begin to answer, which it does between two steps."""

_asked_again: Counter[str] = Counter()


def ranking(job: Job, contestant: int, specimen: Specimen | None, images: Images) -> Future[Judged]:
    """What a net of a job makes of all test images: kept for all who ask, until someone asks again.

    Args:
        job: whose net is copied between two steps.
        contestant: which of its nets.
        specimen: the net at another moment of the run, if not as it is now.
        images: of the run's dataset.
    """
    key = f"{_key(job, contestant, specimen)}.{_asked_again[_key(job, contestant, specimen)]}"
    return answer(("mistakes", key), lambda: _judged(job, contestant, specimen, images))


def rank_again(job: Job, contestant: int, specimen: Specimen | None) -> None:
    """Forget what is kept: the net may have learned since, or the answer failed."""
    _asked_again[_key(job, contestant, specimen)] += 1


def _key(job: Job, contestant: int, specimen: Specimen | None) -> str:
    moment = f"at {specimen.step}" if specimen is not None else "at its end" if job.ended else "now"
    return f"{job.id}.{contestant}.{job.experiments[contestant].key}.{moment}"


def _judged(job: Job, contestant: int, specimen: Specimen | None, images: Images) -> Judged | Asked:
    def judged(own: Specimen) -> Judged:
        with computing_with(1):  # the other processors are for nets that are trained
            return judge(own, images.test, images.test_labels)

    if specimen is not None:
        return judged(specimen.copied())
    at = moment(job, contestant) if job.ended else None
    if at is not None:  # also of a run whose own net is gone, whose weights are kept
        return judged(at.copied())
    return Asked(job.questions.ask(lambda specimens: specimens[contestant].copied(), PATIENCE), judged)
