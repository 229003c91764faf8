"""Every run in MLflow: parameters, metrics, tags, checkpoint and frames. Knows no threads and no pages.

A job is one run of MLflow; a race is one that has a child for each contestant. The folder of a job stays the place
where it is trained, and says in a mark what of it is here.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab.recorder import Snapshot
from lab.store import bundle, words
from lab.store.curves import Point, curves_of, goes_on, points, up_to
from lab.store.facts import Facts
from lab.store.folder import RunFolder
from lab.store.listing import Archived, jobs_in
from lab.store.mark import Mark, Version, Written, read_mark, versions, write_mark
from lab.store.tracking import ArchiveError, Tracking
from lab.store.values import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

MOST_METRICS, MOST_PARAMETERS = 1000, 100
"""In one request to MLflow."""
RUNS_A_PAGE = 200
"""Runs listed in one request."""


class Archive:
    """The runs of a folder in MLflow. Whatever fails there is raised as an ArchiveError, a sentence.

    Args:
        runs: the folder of all runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs, self._tracking = runs, Tracking(runs)

    @property
    def name(self) -> str:
        """Where it is."""
        return self._tracking.name

    def there(self) -> bool:
        """Whether it answers."""
        return self._tracking.there()

    def owes(self, folder: RunFolder, trains: bool) -> set[str]:
        """The files of a run that are not here as they are there. None need to be: then how it goes may be another.

        Raises:
            StoreError: the folder cannot be read.
        """
        mark, files = read_mark(folder.path), _versions(folder)
        if mark is None or mark.store != self.name:
            return set(files)
        changed = {name for name, version in files.items() if mark.files.get(name) != version}
        if not changed and mark.status != words.word(folder.facts(), trains):
            changed.add(bundle.FACTS)
        return changed

    def write(self, folder: RunFolder, names: Iterable[str], trains: bool) -> None:
        """Write a run down as it is: what is told of it, its curves, and some of its files.

        Raises:
            ArchiveError: MLflow is away, or refuses it: what is missing then is written the next time. Or it has what
                another folder made of the run.
            StoreError: the folder cannot be read, or not be marked.
        """
        files, facts = _versions(folder), folder.facts()
        names = {name for name in names if name in files}
        snapshots = [curves_of(folder, place) for place in range(len(facts.contestants))]
        with self._tracking.reached() as client, tempfile.TemporaryDirectory() as beside:
            packed = bundle.pack(folder, names, Path(beside))
            mark = _taken_turn(client, folder, self._begun(client, folder, facts, snapshots))
            told, word = words.told_by_people(folder, facts), words.word(facts, trains)
            for place, (run, snapshot) in enumerate(zip(_contestants(mark), snapshots, strict=True)):
                contestant = facts.contestants[place]
                _log_points(client, run, points(snapshot, mark.curves[place]), facts.created)
                _tag(client, run, words.contestant_tags(folder.id, facts, place))
                name = f"{place + 1}. {contestant.experiment.estimator.title}" if len(snapshots) > 1 else told.title
                _tell(client, run, words.word_of_contestant(contestant, word), name, folder)
            curves = tuple(up_to(snapshot) for snapshot in snapshots)
            mark = write_mark(folder.path, mark, curves=curves)
            for file in packed:
                client.log_artifact(mark.runs[0], str(file))
            _tag(client, mark.runs[0], words.job_tags(folder.id, facts) | told.tags)
            if len(snapshots) > 1:
                _tell(client, mark.runs[0], word, told.title, folder)
            there = {**mark.files, **{name: files[name] for name in names}}
            write_mark(folder.path, mark, files=there, status=word)

    def delete(self, mark: Mark) -> None:
        """Take a job off MLflow's list, which keeps it for a while. One that is gone for good is no error.

        Raises:
            ArchiveError: MLflow is away, or refuses it.
        """
        with self._tracking.reached() as client:
            for run in mark.runs:
                with _missing_allowed():
                    client.delete_run(run)

    def restore(self, mark: Mark) -> None:
        """Bring a job back to MLflow's list.

        Raises:
            ArchiveError: MLflow is away, or refuses it.
        """
        with self._tracking.reached() as client:
            for run in mark.runs:
                with _missing_allowed():
                    client.restore_run(run)

    def jobs(self) -> list[Archived]:
        """Every job that is here; what others have written into the experiment is left out.

        Raises:
            ArchiveError: MLflow is away.
        """
        if self._tracking.empty:
            return []
        with self._tracking.reached() as client:
            return jobs_in(_search(client, self._tracking.experiment, ""))

    def fetch(self, job: Archived) -> RunFolder:
        """Bring a job into the folder of all runs, where it was not.

        Raises:
            ArchiveError: MLflow is away, or does not have it.
            StoreError: what is there is not a run of this lab, or the folder cannot be written.
        """
        beside = RunFolder(self._runs / f".{job.id}-{secrets.token_hex(4)}" / job.id)
        try:
            beside.path.mkdir(parents=True)
            with self._tracking.reached() as client:
                turn = client.get_run(job.runs[0]).data.tags.get(words.TURN)
                _download(client, job, beside.path)
            bundle.unpack(beside)
            facts = beside.facts()
            curves = tuple(up_to(curves_of(beside, place)) for place in range(len(facts.contestants)))
            turns = () if turn is None else (turn,)
            mark = Mark(store=self.name, experiments=words.digest(facts), runs=job.runs, curves=curves, turns=turns)
            # As it is there: what was interrupted is told so again, once it is looked at.
            write_mark(beside.path, mark, files=versions(beside.path), status=words.word(facts, trains=False))
            beside.path.rename(self._runs / job.id)
        except OSError as error:
            raise StoreError(f"Run {job.id} cannot be fetched: {error.strerror or error}.") from None
        finally:
            shutil.rmtree(beside.path.parent, ignore_errors=True)
        return RunFolder(self._runs / job.id)

    def _begun(self, client: MlflowClient, folder: RunFolder, facts: Facts, snapshots: Sequence[Snapshot]) -> Mark:
        """The mark of a job that has its runs in MLflow: those that it has, or new ones where it began anew."""
        mark, own = read_mark(folder.path), words.digest(facts)
        if mark is not None and mark.store == self.name and _active(client, mark.runs):
            _require_turn(client, folder, mark)
            same = mark.experiments == own and len(mark.curves) == len(snapshots)
            if same and all(map(goes_on, snapshots, mark.curves)):
                return mark
            for run in mark.runs:
                client.delete_run(run)
        blank = tuple(Written() for _ in snapshots)
        runs = self._found(client, folder.id, own, len(snapshots)) or self._created(client, folder.id, facts)
        begun = Mark(store=self.name, experiments=own, runs=runs, curves=blank)
        for run, contestant in zip(_contestants(begun), facts.contestants, strict=True):
            _log_parameters(client, run, words.parameters(contestant.experiment))
        return write_mark(folder.path, begun)  # only now: what is broken off before is begun again

    def _found(self, client: MlflowClient, id: str, own: str, contestants: int) -> tuple[str, ...]:
        """The runs of a job whose folder lost its mark, or never came to write it."""
        asked = f"tags.`{words.JOB}` = '{id}' and tags.`{words.DIGEST}` = '{own}'"
        found = jobs_in(_search(client, self._tracking.experiment, asked))
        return next((job.runs for job in found if len(job.facts.contestants) == contestants), ())

    def _created(self, client: MlflowClient, id: str, facts: Facts) -> tuple[str, ...]:
        started, experiment = int(facts.created.timestamp() * 1000), self._tracking.experiment
        places = range(len(facts.contestants))
        tags = [words.contestant_tags(id, facts, place) for place in places]
        if len(tags) == 1:
            run = client.create_run(experiment, started, tags[0] | words.job_tags(id, facts), facts.title)
            return (run.info.run_id,)
        job = client.create_run(experiment, started, words.job_tags(id, facts), facts.title).info.run_id
        children = [client.create_run(experiment, started, each | {words.PARENT: job}) for each in tags]
        return (job, *(child.info.run_id for child in children))


def _require_turn(client: MlflowClient, folder: RunFolder, mark: Mark) -> None:
    turn = client.get_run(mark.runs[0]).data.tags.get(words.TURN)
    if turn is not None and turn not in mark.turns:
        raise ArchiveError(
            f"Run {folder.id} was written to MLflow from another folder, too, which has trained it on. MLflow keeps "
            f"that course of it, and {folder.path} alone keeps this one."
        )


def _taken_turn(client: MlflowClient, folder: RunFolder, mark: Mark) -> Mark:
    """Let MLflow know that this folder writes, and the folder before it, so that it knows its turn whatever happens."""
    turn = secrets.token_hex(8)
    write_mark(folder.path, mark, turns=(*mark.turns[-1:], turn))
    _tag(client, mark.runs[0], {words.TURN: turn})
    return write_mark(folder.path, mark, turns=(turn,))


def _contestants(mark: Mark) -> tuple[str, ...]:
    return mark.runs[1:] or mark.runs


def _versions(folder: RunFolder) -> dict[str, Version]:
    try:
        return versions(folder.path)
    except OSError as error:
        raise StoreError(f"{folder.path} cannot be read: {error.strerror}.") from None


def _search(client: MlflowClient, experiment: str, asked: str) -> Iterator[Run]:
    token = None
    while True:
        page = client.search_runs([experiment], asked, max_results=RUNS_A_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _active(client: MlflowClient, runs: Sequence[str]) -> bool:
    """Whether MLflow has all of these, none of them deleted."""
    with _missing_allowed():
        return all(client.get_run(run).info.lifecycle_stage == "active" for run in runs)
    return False


@contextmanager
def _missing_allowed() -> Iterator[None]:
    """Goes on where MLflow does not have what it is asked for."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise


def _log_parameters(client: MlflowClient, run: str, parameters: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    all_of_them = [Param(path, value) for path, value in parameters.items()]
    for start in range(0, len(all_of_them), MOST_PARAMETERS):
        client.log_batch(run, params=all_of_them[start : start + MOST_PARAMETERS])


def _log_points(client: MlflowClient, run: str, told: Sequence[Point], began: datetime) -> None:
    from mlflow.entities import Metric

    # The time of each is a function of the run, so that what is written twice is there once.
    start_time = began.timestamp()
    metrics = [Metric(name, value, int((start_time + seconds) * 1000), step) for name, value, step, seconds in told]
    for start in range(0, len(metrics), MOST_METRICS):
        client.log_batch(run, metrics=metrics[start : start + MOST_METRICS])


def _tag(client: MlflowClient, run: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    client.log_batch(run, tags=[RunTag(name, value) for name, value in tags.items()])


def _tell(client: MlflowClient, run: str, word: words.Word, name: str, folder: RunFolder) -> None:
    """Say how a run goes, and what it is called."""
    client.update_run(run, word, name)
    if word != "RUNNING":
        written = folder.stamp
        client.set_terminated(run, word, written.modified // 1_000_000 if written is not None else None)


def _download(client: MlflowClient, job: Archived, into: Path) -> None:
    for item in client.list_artifacts(job.runs[0]):
        most = bundle.limit(item.path)
        if item.is_dir or not most:
            continue
        if item.file_size is not None and item.file_size <= most:
            client.download_artifacts(job.runs[0], item.path, str(into))
        if not (into / item.path).is_file() or (into / item.path).stat().st_size > most:
            raise StoreError(f"The file {item.path} of run {job.id} is larger than any that this lab writes.")
    if not (into / bundle.FACTS).exists():
        raise ArchiveError(f"MLflow has the curves of run {job.id}, and not its files.")
