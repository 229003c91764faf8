"""Watching a job: its controls, its progress and its board, kept up to date by one fragment."""

from __future__ import annotations

import os
from contextlib import suppress

import streamlit as st

from lab.jobs import JOBS, Job, JobView, Status, with_seed
from lab.limits import BeyondLimits
from lab.store import StoreError
from lab.ui import state
from lab.ui.alarms import show_alarms
from lab.ui.draft import Draft
from lab.ui.live_board import show_encoded
from lab.ui.moment import picked_moment
from lab.ui.picture_picker import picked_picture
from lab.ui.plain import plain
from lab.ui.showing import MakeBoard, Showing, showing, watchers
from lab.ui.told import told
from lab.ui.transport import transport
from lab.ui.turns import one_update

LONGEST = 2.5
"""Seconds between updates at most, so that everybody sees something new every three even where an update is late."""
WHILE_TRAINING = min(LONGEST, max(0.8, 5.0 / (os.cpu_count() or 1)))
"""Every update takes a browser on this machine a third of a processor's second: where there are few, from the run."""
WAITING = {"opening": 0.3, "preparing": 0.6, "queued": 1.0, "paused": 1.0}
ELSEWHERE = {"elsewhere": 2.0, "interrupted": 2.0}
"""What another process may change at any time. To look whether it did costs next to nothing."""
SECONDS_BETWEEN_UPDATES = {"running": WHILE_TRAINING, **WAITING, **ELSEWHERE}
"""Where few watch."""
AN_UPDATE, UPDATES = 0.02, 0.25
"""Processor seconds that an update takes of this process, and the share of one processor that all may take together.

Only one processor counts, however many there are: Python makes one update at a time, and no step of a run meanwhile.
"""
AFTER_THE_END = 3.0
"""Seconds between two looks whether a job that has ended goes on, was rewound, or is gone: others may do that."""
CHANGE = 1.5
"""The page draws itself anew for another time between updates if that is so many times as long or as short."""
SHARED = 0.5
"""What another watcher was shown within this share of the time between updates is shown again: each sees something new
at every update, and what all see is made at most twice in that time, however many they are."""
WORDS = {
    "preparing": "Preparing the images and the net",
    "opening": "Reading what is kept",
    "queued": "Waiting in line",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
    "elsewhere": "Trained by another process",
}


def watch(job: Job, key: str, draft: Draft, board: MakeBoard) -> None:
    """Show a job live.

    Args:
        job: what to watch.
        key: where the session keeps the id of the job; names the widgets of this view.
        draft: follows the job to a new seed, so that links and panel stay those of the run.
        board: makes the board from what there is to see; must tell by its arguments alone what it shows.
    """

    drawn = job.experiments

    def controlled() -> None:
        follow()
        if _has_new_seed(job, key):
            draft.change(seed=job.experiments[0].seed)
            st.rerun()
        transport(job, key, again)
        shown = job.status
        every = seconds_between_updates(shown, watchers(job))
        st.fragment(live, run_every=every, key=f"live-{key}")(shown, every)
        if every is None:
            st.fragment(awake, run_every=AFTER_THE_END, key=f"ended-{key}")(job.version)

    def awake(version: int) -> None:
        follow()
        if job.version != version:
            st.rerun()

    def follow() -> None:
        if state.watched(key) is not job:  # a button, or another process, has started another, or let this one go on
            st.rerun()

    def again(seed: int | None, playing: bool) -> Job:
        if seed is not None:
            draft.change(seed=seed)
        state.start(with_seed(job.experiments, seed), job.title, key, playing)
        return state.watched(key) or job

    def live(shown: Status, every: float | None) -> None:
        with one_update:
            look(shown, every)

    def look(shown: Status, every: float | None) -> None:
        follow()
        shared = showing(job, SHARED * (every or 1.0), state.session())
        view = shared.view
        with st.container():  # whatever it says, the board stays the same element of the page
            _status(shared)
            show_alarms(shared.runs)
        if _anything(view):
            show_encoded(f"{key}.board", shared.board(board, picked_picture(view), picked_moment(view)))
        wanted = seconds_between_updates(shown, watchers(job))
        if view.status != shown or view.experiments != drawn or _changed(every, wanted):
            st.rerun()

    st.fragment(controlled, key=f"controlled-{key}")()


def await_return(key: str) -> None:
    """Watch the job again that this tab has watched, and that is gone, when someone brings it back."""

    def back() -> None:
        with suppress(StoreError, BeyondLimits):
            if JOBS.find(st.session_state.get(key)) is not None:
                st.rerun()

    if st.session_state.get(key) is not None:
        st.fragment(back, run_every=AFTER_THE_END, key=f"gone-{key}")()


def seconds_between_updates(status: Status, watching: int) -> float | None:
    """How long each of so many watchers waits for the next update, so that they never take too much from the run.

    None where it has ended: then the board stays as it is.
    """
    least = SECONDS_BETWEEN_UPDATES.get(status)
    return None if least is None else max(least, min(LONGEST, watching * AN_UPDATE / UPDATES))


def _anything(view: JobView) -> bool:
    """Whether there is a board to show: curves, or those to come."""
    return any(len(each.steps["step"]) for each in view.snapshots) or (
        view.download is None and view.status not in ("opening", "failed")
    )


def _changed(every: float | None, wanted: float | None) -> bool:
    return every is not None and wanted is not None and not every / CHANGE < wanted < every * CHANGE


def _has_new_seed(job: Job, key: str) -> bool:
    """Whether the job got another seed since this was last asked about it."""
    before, seed = st.session_state.get(f"{key}.seed"), job.experiments[0].seed
    st.session_state[f"{key}.seed"] = job.id, seed
    return before not in (None, (job.id, seed)) and before[0] == job.id


def _status(shared: Showing) -> None:
    view = shared.view
    word = WORDS[view.status]
    if view.download is not None and view.status == "preparing":
        done, total = view.download
        st.progress(min(1.0, done / max(total, 1)), f"Downloading images: {done / 1e6:.1f} of {total / 1e6:.1f} MB")
    elif view.status == "failed":
        st.error(plain(told(view.message)), icon=":material/error:")
    else:
        st.progress(view.progress, f"**{word}** · {plain(view.title)}{_detail(view)}")
        note = st.empty()  # takes away at once what was said of a run that goes on
        if view.state_lost or view.status in ("stopped", "interrupted", "elsewhere"):
            note.info(plain(told(view.message)), icon=":material/info:")
    if view.unkept:
        st.warning(f"This run is not kept on disk at the moment. {told(view.unkept)}", icon=":material/warning:")
    for run in shared.runs:
        if run.snapshot.finished is not None and run.snapshot.finished.reason == "diverged":
            st.warning(f"{plain(run.name)}: {plain(run.snapshot.finished.message)}", icon=":material/warning:")


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
