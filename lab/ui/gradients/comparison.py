"""A comparison of estimators on one batch, made in the background on a copy of the net."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager

from lab.estimators import Estimator
from lab.jobs import Job
from lab.probes import Specimen
from lab.probes.forward import fitted, same_forward
from lab.probes.gradients import Agreement, CannotCompare, compare_gradients, draws_of, refusal_of

PATIENCE = 60.0
"""Seconds that a comparison goes on while nobody looks."""

_ONE_AT_A_TIME = threading.Lock()
"""Many at once would take all processors from the runs that they are about."""

log = logging.getLogger(__name__)


class Comparison:
    """What the estimators would send to each layer of a run's net, as far as it is known.

    Args:
        job: the run, whose net is copied between two of its steps.
        rules: what is compared.
        reference: what it is compared to.
        images: in the batch.
        draws: of each rule that samples.
        reference_draws: of the reference.
    """

    def __init__(
        self,
        job: Job,
        rules: Sequence[Estimator],
        reference: Estimator,
        images: int,
        draws: int,
        reference_draws: int,
    ) -> None:
        trained = job.experiments[0].estimator
        self.job, self.reference = job, fitted(reference, trained)
        self.rules = tuple(fitted(rule, trained) for rule in rules)
        self.strangers = [rule for rule in (self.reference, *self.rules) if not same_forward(rule, trained)]
        """Rules under which the units do something else than in the run, so that the gradients are another net's."""
        self.found: list[Agreement] = []
        self.step: int | None = None
        """The step after which the net was copied; None before that."""
        self.refused: list[str] = []
        """What rules that are left out say for themselves."""
        self.problem: str | None = None
        """Why nothing can be compared."""
        self._counts = images, draws, reference_draws
        self._draws = 0
        self._stop = threading.Event()
        self._watched = time.monotonic()
        self.abandoned = False
        """Whether it was left because nobody looked for long."""
        # A thread of its own: those that answer other sections would be kept from it for as long as it takes.
        self._thread = threading.Thread(target=self._compare, args=(job,), name="comparison", daemon=True)
        self._thread.start()

    @property
    def told(self) -> str:
        """How much was drawn."""
        images, draws, of_reference = self._counts
        words = [f"{images} images"]
        words += [f"{draws} draws"] if any(rule.stochastic for rule in self.rules) else []
        return ", ".join(
            [*words, f"{of_reference} of the reference" if self.reference.stochastic else "no noise in the reference"]
        )

    def look(self) -> None:
        """Say that somebody still waits for it."""
        self._watched = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    @property
    def progress(self) -> float:
        """The share of the draws that have been made."""
        _, draws, reference_draws = self._counts
        own = sum(draws_of(rule, draws) for rule in (self.reference, *self.rules))
        return min(1.0, self._draws / (own + draws_of(self.reference, reference_draws)))

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Make no further draw."""
        self._stop.set()

    def _compare(self, job: Job) -> None:
        try:
            specimen = self._copied(job)
            while not _ONE_AT_A_TIME.acquire(timeout=0.2):
                self._require_wanted()
            with _held(_ONE_AT_A_TIME):
                self._draw(specimen)
        except _Stopped:
            pass
        except CancelledError:
            self.problem = (
                "That run has no net to look into: it failed, stopped before its first step, or ended long ago."
            )
        except CannotCompare as error:
            self.problem = str(error)
        except Exception as error:  # the page must learn of any failure, and the log keeps its trace
            log.exception("a comparison failed")
            self.problem = f"The comparison failed: {type(error).__name__}: {error}"

    def _copied(self, job: Job) -> Specimen:
        answer = job.questions.ask(lambda specimens: specimens[0].copied())
        while True:
            try:
                return answer.result(0.2)
            except TimeoutError:
                self._require_wanted()

    def _draw(self, specimen: Specimen) -> None:
        self.step = specimen.step
        refused = {rule: refusal_of(specimen, rule) for rule in self.rules}
        self.refused = [refusal for refusal in refused.values() if refusal]
        self.rules = tuple(rule for rule in self.rules if not refused[rule])
        self.strangers = [rule for rule in self.strangers if not refused.get(rule)]
        for found in compare_gradients(specimen, self.rules, self.reference, *self._counts, self._count_draw):
            self.found += found

    def _count_draw(self) -> None:
        self._require_wanted()
        self._draws += 1

    def _require_wanted(self) -> None:
        self.abandoned = time.monotonic() > self._watched + PATIENCE
        if self.stopped or self.abandoned:
            raise _Stopped


class _Stopped(Exception):
    """Leaves a comparison that nobody waits for any more."""


@contextmanager
def _held(lock: threading.Lock) -> Iterator[None]:
    """A lock that has been acquired, released at the end of the block."""
    try:
        yield
    finally:
        lock.release()
