"""A comparison of estimators on one batch, made in the background on a copy of the net."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError

from lab.estimators import Estimator
from lab.jobs import Job
from lab.probes.gradients import Agreement, CannotCompare, compare_gradients, refusal_of
from lab.ui.background import begin


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
        self.job_id, self.rules, self.reference = job.id, tuple(rules), reference
        self.found: list[Agreement] = []
        self.step: int | None = None
        """The step after which the net was copied; None before that."""
        self.refused: list[str] = []
        """What rules that are left out say for themselves."""
        self.problem: str | None = None
        """Why nothing can be compared."""
        self._counts = images, draws, reference_draws
        self._stop = threading.Event()
        self._work = begin(lambda: self._compare(job))

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._work.done()

    @property
    def progress(self) -> float:
        """The share of the estimators that are there, the reference among them."""
        return len({agreement.rule for agreement in self.found}) / (len(self.rules) + 1)

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Work out no further estimator."""
        self._stop.set()

    def _compare(self, job: Job) -> None:
        try:
            specimen = job.questions.ask(lambda specimens: specimens[0].copied()).result()
            self.step = specimen.step
            refused = {rule: refusal_of(specimen, rule) for rule in self.rules}
            self.refused = [refusal for refusal in refused.values() if refusal]
            self.rules = tuple(rule for rule in self.rules if not refused[rule])
            for agreements in compare_gradients(specimen, self.rules, self.reference, *self._counts):
                self.found += agreements
                if self.stopped:
                    return
        except CancelledError:
            self.problem = "That run has no net to look into: it failed, or was stopped before its first step."
        except CannotCompare as error:
            self.problem = str(error)
