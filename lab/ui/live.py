"""Watching a job: its controls, its progress and its board, kept up to date by one fragment."""

from __future__ import annotations

import os
from collections.abc import Callable

import streamlit as st

from lab.figures.board import Board
from lab.jobs import JOBS, Job, JobView, Status, with_seed
from lab.ui import state
from lab.ui.alarms import show_alarms
from lab.ui.contestants import contestants
from lab.ui.draft import Draft
from lab.ui.live_board import live_board
from lab.ui.transport import transport

WHILE_TRAINING = max(0.8, 5.0 / (os.cpu_count() or 1))
"""Every update takes a browser on this machine a third of a processor's second: where there are few, from the run."""
SECONDS_BETWEEN_UPDATES = {"running": WHILE_TRAINING, "preparing": 0.6, "queued": 1.0, "paused": 1.0}
WORDS = {
    "preparing": "Preparing the images and the net",
    "queued": "Waiting in line",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
}


def watch(
    job: Job, key: str, draft: Draft, board: Callable[[JobView], Board], above: Callable[[JobView], None] | None = None
) -> None:
    """Show a job live.

    Args:
        job: what to watch.
        key: where the session keeps the id of the job; names the widgets of this view.
        draft: follows the job to a new seed, so that links and panel stay those of the run.
        board: makes the board from what there is to see.
        above: draws more, above the board, at every update.
    """

    drawn = job.experiments

    def controlled() -> None:
        if _has_new_seed(job, key):
            draft.change(seed=job.experiments[0].seed)
            st.rerun()
        transport(job, key, again)
        shown = job.status
        st.fragment(live, run_every=SECONDS_BETWEEN_UPDATES.get(shown), key=f"live-{key}")(shown)

    def again(seed: int | None, playing: bool) -> Job:
        if seed is not None:
            draft.change(seed=seed)
        state.start(with_seed(job.experiments, seed), job.title, key, playing)
        return state.watched(key) or job

    def live(shown: Status) -> None:
        view = job.view()
        _status(view)
        show_alarms(contestants(view.experiments, view.snapshots))
        if above is not None:
            above(view)
        if view.download is None and (view.status != "failed" or any(len(s.steps["step"]) for s in view.snapshots)):
            live_board(f"{key}.board", board(view))
        if view.status != shown or view.experiments != drawn:
            st.rerun()

    st.fragment(controlled, key=f"controlled-{key}")()


def _has_new_seed(job: Job, key: str) -> bool:
    """Whether the job got another seed since this was last asked about it."""
    before, seed = st.session_state.get(f"{key}.seed"), job.experiments[0].seed
    st.session_state[f"{key}.seed"] = job.id, seed
    return before not in (None, (job.id, seed)) and before[0] == job.id


def _status(view: JobView) -> None:
    word = WORDS[view.status]
    if view.download is not None and view.status == "preparing":
        done, total = view.download
        st.progress(min(1.0, done / max(total, 1)), f"Downloading images: {done / 1e6:.1f} of {total / 1e6:.1f} MB")
    elif view.status == "failed":
        st.error(view.message, icon=":material/error:")
    else:
        st.progress(view.progress, f"**{word}** · {view.title}{_detail(view)}")
        if view.status == "stopped":
            st.info(view.message, icon=":material/info:")
    if view.unkept:
        st.warning(f"This run is not kept on disk at the moment. {view.unkept}", icon=":material/warning:")
    for run in contestants(view.experiments, view.snapshots):
        if run.snapshot.finished is not None and run.snapshot.finished.reason == "diverged":
            st.warning(f"{run.name}: {run.snapshot.finished.message}", icon=":material/warning:")


def _detail(view: JobView) -> str:
    if view.status == "queued":
        return f" · {view.place_in_line} ahead; at most {JOBS.running_at_once} train at a time"
    if view.seconds_left is None:
        return ""
    return f" · {_duration(view.seconds_left)} left" if view.status == "running" else ""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes}:{rest:02d}"
