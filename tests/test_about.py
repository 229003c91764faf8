"""What people say about a run, and how a list of runs reads the disk: whole, only what changed, and taking nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.jobs import Jobs
from lab.jobs.shelf import rewrite, shelf
from lab.store import About, RunFolder, StoreError, about_of, describe
from lab.store.about import NOTE, TAG, TAGS
from lab.store.bin import deleted, erase
from lab.store.mark import MARK, read_mark
from tests.job_waits import PATIENCE, held
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TAG_WORDS = st.builds("{}x{}".format, WORDS, st.text(max_size=5))


@pytest.fixture
def keeping(jobs: Jobs, tmp_path: Path) -> Jobs:
    jobs.runs_folder = tmp_path
    return jobs


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """Of a job that is kept."""
    found = RunFolder(tmp_path / "0123abcd")
    found.path.mkdir()
    (found.path / "job.json").write_text("{}")
    return found


def kept(jobs: Jobs, title: str) -> str:
    """The id of a job that has ended."""
    job = jobs.start([small()], title)
    assert job.wait(60)
    return job.id


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=WORDS, note=WORDS, tags=st.lists(TAG_WORDS, max_size=TAGS), pinned=st.booleans())
def test_what_is_said_is_read_again(folder: RunFolder, title: str, note: str, tags: list[str], pinned: bool) -> None:
    said = describe(folder, title=title, note=note, tags=tags, pinned=pinned)
    assert about_of(folder) == said
    assert (said.note, said.pinned) == (note, pinned)
    for line in (said.title, *said.tags):
        assert line.isprintable()
        assert line == line.strip()
    if title.isprintable():
        assert said.title == " ".join(title.split())
    assert len(set(said.tags)) == len(said.tags)


def test_two_who_write_different_fields_lose_nothing(folder: RunFolder) -> None:
    describe(folder, note="mine")
    describe(RunFolder(folder.path), tags=["yours"])
    assert about_of(folder) == About(note="mine", tags=("yours",))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"note": "x" * (NOTE + 1)}, f"note string should have at most {NOTE} characters"),
        ({"tags": ["x" * (TAG + 1)]}, f"at most {TAG} characters"),
        ({"tags": [str(number) for number in range(TAGS + 1)]}, f"at most {TAGS} items"),
        ({"tags": [" "]}, "at least 1 character"),
        ({"mood": "good"}, "has no field 'mood'"),
    ],
)
def test_what_cannot_be_said_is_told_and_changes_nothing(
    folder: RunFolder, wrong: dict[str, object], told: str
) -> None:
    before = describe(folder, note="before")
    with pytest.raises(StoreError, match=told):
        describe(folder, **wrong)
    assert about_of(folder) == before


@pytest.mark.parametrize("spoiled", ["{", '{"format": "9"}', '{"note": 3}', "[]", "x" * 200_000, None])
def test_a_file_that_cannot_be_read_is_told_and_hides_no_run(
    keeping: Jobs, tmp_path: Path, spoiled: str | None
) -> None:
    id = kept(keeping, "Whole")
    file = tmp_path / id / "about.json"
    file.mkdir() if spoiled is None else file.write_text(spoiled)
    there = shelf(keeping)
    assert [(found.id, found.title) for found in there.jobs] == [(id, "Whole")]
    assert [str(file) in problem for problem in there.problems] == [True]
    with pytest.raises(StoreError, match="about"):
        rewrite(keeping, id, note="new")  # nothing of what is there is lost
    assert spoiled is None or file.read_text() == spoiled


def test_nothing_is_written_about_what_is_not_kept(jobs: Jobs, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not kept here"):
        rewrite(jobs, "0123abcd", note="lost")
    with pytest.raises(StoreError, match="not kept on disk"):
        describe(RunFolder(tmp_path / "0123abcd"), note="lost")
    assert not list(tmp_path.iterdir())


def test_a_file_that_was_replaced_within_a_tick_of_the_clock_is_read_again(keeping: Jobs, tmp_path: Path) -> None:
    id = kept(keeping, "one")
    keeping._jobs.clear()
    assert [found.title for found in shelf(keeping).jobs] == ["one"]
    file = tmp_path / id / "job.json"
    status, text = file.stat(), file.read_text()
    beside = file.with_name("new")
    beside.write_text(text.replace('"one"', '"two"'))
    os.utime(beside, ns=(status.st_atime_ns, status.st_mtime_ns))
    beside.replace(file)
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (status.st_mtime_ns, status.st_size)
    assert [found.title for found in shelf(keeping).jobs] == ["two"]


def test_looking_takes_no_lock_and_leaves_nothing(keeping: Jobs, tmp_path: Path) -> None:
    id = kept(keeping, "Broken off")
    keeping._jobs.clear()
    path = tmp_path / id
    (path / "job.json").write_text(json.dumps(json.loads((path / "job.json").read_text()) | {"status": "under way"}))
    (path / "lock").unlink()
    assert [found.standing for found in shelf(keeping).jobs] == ["interrupted"]
    assert not (path / "lock").exists()
    with FileLock(path / "lock"):
        assert [found.standing for found in shelf(keeping).jobs] == ["elsewhere"]
    assert [found.standing for found in shelf(keeping).jobs] == ["interrupted"]


def test_the_bin_keeps_what_was_deleted_until_it_is_emptied(keeping: Jobs, tmp_path: Path) -> None:
    id = kept(keeping, "Old")
    rewrite(keeping, id, note="kept with it")
    keeping.delete(id)
    assert [folder.id for folder in deleted(tmp_path)] == [id]
    keeping.recover(id)
    assert shelf(keeping).jobs[0].about.note == "kept with it"
    keeping.delete(id)
    erase(tmp_path, id)
    erase(tmp_path, id)  # somebody else did
    assert deleted(tmp_path) == []
    with pytest.raises(StoreError, match="cannot be brought back"):
        keeping.recover(id)


def test_a_bin_that_leads_elsewhere_is_none(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "0123abcd"
    elsewhere.mkdir(parents=True)
    (tmp_path / "deleted").symlink_to(elsewhere.parent)
    erase(tmp_path, "0123abcd")
    assert deleted(tmp_path) == []
    assert elsewhere.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_links_and_pipes_in_place_of_files_are_told_and_not_followed(tmp_path: Path, jobs: Jobs) -> None:
    jobs.runs_folder = tmp_path / "runs"
    job = jobs.start([small()], "A run")
    assert job.wait(60)
    folder = RunFolder(jobs.runs_folder / job.id)
    outside = tmp_path / "outside"
    outside.write_text('{"title": "from outside"}')
    (folder.path / "about.json").symlink_to(outside)
    with pytest.raises(StoreError, match="cannot be read"):
        about_of(folder)
    (folder.path / MARK).unlink(missing_ok=True)
    os.mkfifo(folder.path / MARK)
    assert read_mark(folder.path) is None
    (folder.path / "lock").unlink()
    os.mkfifo(folder.path / "lock")
    assert folder.held is False


def test_the_title_that_a_run_was_started_with_stays_beside_the_one_that_people_gave(
    keeping: Jobs, tmp_path: Path
) -> None:
    job = held(keeping, small(budget=3))
    folder = RunFolder(tmp_path / job.id)
    first = job.title
    rewrite(keeping, job.id, title="Better")
    job.stop()
    assert job.wait(PATIENCE)
    later = Jobs()
    later.runs_folder = tmp_path
    again = later.go_on(job.id)
    assert again.wait(PATIENCE)
    assert (again.title, folder.facts().title) == ("Better", first)
    rewrite(later, job.id, title="")
    assert again.title == first
