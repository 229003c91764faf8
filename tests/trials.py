"""The entry points of the app, one after the other, with inputs that went wrong."""

from __future__ import annotations

import json
import logging
import random
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lab.cli.request import read_file, read_link
from lab.experiment import Experiment, InvalidExperiment
from lab.facts import remarks
from lab.jobs import JOBS
from lab.jobs.continuing import continued
from lab.jobs.records import records
from lab.jobs.shelf import rewrite, shelf
from lab.limits import Limits, variable, wrong_variables
from lab.links import decode, encode
from lab.store import RunFolder, StoreError, describe, run_folders
from lab.store.archive import Archive
from lab.store.bin import deleted, size
from lab.store.folder import BIN
from lab.store.mark import Mark, versions, write_mark
from tests.guarded import Trial
from tests.mutations import mutate_folder, mutated_environment, mutated_file, mutated_json, mutated_link
from tests.pages import look_from_this_machine
from tests.small import small

LIMITS = Limits(parameters=200_000, memory=0.3, steps=200, epochs=100, seconds=5)
"""A mutated run is opened, and must not take the time of the others."""
APP = str(Path(__file__).resolve().parents[1] / "app.py")
ID, WHOLE = "0123abcd", "whole"


class Trials:
    """Tries mutations.

    Args:
        numbers: say which.
        trial: counts what comes of them.
        runs: the folder of runs, which is empty.
        outside: a place that nothing may lead to.
    """

    def __init__(self, numbers: random.Random, trial: Trial, runs: Path, outside: Path) -> None:
        self.numbers, self.trial, self.runs, self.outside = numbers, trial, runs, outside
        JOBS.runs_folder, JOBS.limits = runs, LIMITS
        logging.disable(logging.CRITICAL)
        look_from_this_machine(pytest.MonkeyPatch())
        self.samples = [self._kept(small("mlp"), small("mlp", slope=2)), self._kept(small("convnet", budget=2))]
        for sample in self.samples:
            describe(RunFolder(sample), title="A run", note="worth a look", tags=["talk"], pinned=True)
            write_mark(sample, Mark(store="a store", experiments="0", runs=("1",), files=versions(sample)))
        shutil.copytree(self.samples[0], outside)

    def rehearse(self, pages: bool) -> None:
        """Do everything once with whole inputs."""
        self._experiment(small().model_dump_json().encode())
        for sample in self.samples:
            shutil.copytree(sample, self.runs / ID)
            self._folder()
            shutil.copytree(sample, self.runs / BIN / ID)
            self._bin()
        if pages:
            for page in ("train", "compare", "runs"):
                self._page(page, run="", experiment="")
        self.trial.counts.clear()
        self.trial.escaped.clear()

    def run(self, count: int, pages: int) -> None:
        """Try so many."""
        for number in range(count):
            if number % 5 == 4:
                shutil.copytree(self.numbers.choice(self.samples), self.runs / ID)
                mutate_folder(self.numbers, self.runs / ID, self.outside)
                self._folder()
            elif number % 20 == 3:
                shutil.copytree(self.numbers.choice(self.samples), self.runs / BIN / ID)
                mutate_folder(self.numbers, self.runs / BIN / ID, self.outside)
                self._bin()
            elif number % 20 == 8:
                self._try("limits", lambda: self._limits(mutated_environment(self.numbers)))
            elif number % 5 == 3:
                link = mutated_link(self.numbers)
                self._try("link", lambda link=link: (decode(link), read_link(link)))
            elif number % 5 == 2:
                file = self.runs.parent / "experiment.json"
                file.write_bytes(mutated_file(self.numbers))
                self._try("file", lambda file=file: read_file(file))
            else:
                self._experiment(mutated_json(self.numbers))
        for _ in range(pages):
            self._pages()

    def _try(self, name: str, act: object) -> None:
        self.trial.attempt(name, act, (InvalidExperiment, StoreError))  # type: ignore[arg-type]

    def _experiment(self, raw: bytes) -> None:
        def act() -> None:
            experiment = Experiment.from_json(raw)
            assert decode(encode(experiment)) == experiment
            remarks(experiment)
            LIMITS.require([experiment], [])

        self._try("experiment", act)

    def _folder(self) -> None:
        """Everything that the app and the command line do with a run."""
        told = shelf(JOBS)
        for job in told.jobs:
            json.dumps(job.facts.model_dump(mode="json"), allow_nan=False).encode()
        self._try("records", lambda: records(JOBS, ID))
        self._try("mark", lambda: [Archive(self.runs).owes(folder, trains=False) for folder in run_folders(self.runs)])
        self._try("about", lambda: rewrite(JOBS, ID, tags=["paper"]))
        self._try("continue", lambda: self._ended(continued(JOBS, ID, 5).id))
        if all(job.facts.contestants[0].experiment.dataset.name == "digits" for job in told.jobs):
            self._try("open", self._open)
            self._try("go on", lambda: self._ended(JOBS.go_on(ID).id))
        self._try("delete", lambda: JOBS.delete(ID))
        self._forget()

    def _open(self) -> None:
        job = JOBS.find(ID)
        if job is not None:
            self._ended(job.id)

    def _ended(self, id: str) -> None:
        job = JOBS.get(id)
        assert job is not None
        job.settle(30)
        job.stop()
        assert job.wait(60), "it hangs"
        assert not job.view().message.startswith("The run failed:"), job.view().message
        job.facts().model_dump_json()

    def _bin(self) -> None:
        """Everything that is done with what was deleted."""
        self._try("bin", lambda: [size(folder) for folder in deleted(self.runs)])
        self._try("recover", lambda: JOBS.recover(ID))
        self._try("delete", lambda: JOBS.delete(ID))
        self._try("erase", lambda: JOBS.erase(ID))
        self._forget()

    def _limits(self, environment: dict[str, str]) -> None:
        allowed, wrong = Limits.from_environment(environment), wrong_variables(environment)
        kept = {name for name, value in allowed if value == getattr(Limits(), name)}
        assert all(any(told.startswith(variable(name)) for name in kept) for told in wrong)
        if wrong:
            raise InvalidExperiment(wrong)

    def _pages(self) -> None:
        """The folder on the page of all runs, then each page with it in the address, and a broken link."""
        shutil.copytree(self.numbers.choice(self.samples), self.runs / ID)
        mutate_folder(self.numbers, self.runs / ID, self.outside)
        self._page("runs", run=ID)
        self._page("train", run=ID, experiment=mutated_link(self.numbers))
        self._page("compare", run=ID, race=mutated_link(self.numbers))
        self._page("gradients", section=mutated_link(self.numbers), run="../outside")
        JOBS.stop_all()
        self._forget()

    def _page(self, page: str, **address: str) -> None:
        def act() -> None:
            tab = AppTest.from_file(APP, default_timeout=60)
            if page != "train":
                tab.run()
                tab.switch_page(f"views/{page}.py")
            for name, value in address.items():
                tab.query_params[name] = value
            for _ in range(2):
                tab.run()
                assert not tab.exception, tab.exception[0].stack_trace

        self._try(f"page {page}", act)

    def _kept(self, *experiments: Experiment) -> Path:
        job = JOBS.start(experiments, "sample")
        assert job.wait(60)
        place = self.runs.parent / f"{WHOLE}-{job.id}"
        (self.runs / job.id).rename(place)
        JOBS._jobs.clear()
        return place

    def _forget(self) -> None:
        JOBS._jobs.clear()
        for path in [*self.runs.iterdir()]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
