"""The one picture that all pages of a tab look into nets with: drawn, picked among the test images, or uploaded."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import streamlit as st

from lab.data import Dataset
from lab.jobs import Job
from lab.probes import Specimen
from lab.ui import address, in_vain, state
from lab.ui.draft import TRAIN
from lab.ui.pad import Pixels
from lab.ui.picture.drawing import drawn_picture
from lab.ui.picture.held import Held, follow_address, held, linked
from lab.ui.picture.images import Offered, images_of
from lab.ui.picture.links import PICTURE, said
from lab.ui.picture.picking import picked_image
from lab.ui.picture.uploading import uploaded_picture
from lab.ui.plain import plain
from lab.ui.thumbnails import one_picture

__all__ = ["PICTURE", "ChosenPicture", "choose_picture"]

HOW = "picture.how"
WAYS = {"draw": "Draw", "test": "Test images", "upload": "Upload"}
PREVIEW = 84
"""Side of the picture that is looked at, in pixels of the page."""


class ChosenPicture(NamedTuple):
    """What a tab looks at."""

    pixels: Pixels
    """(28, 28) uint8, light on dark."""
    label: int | None
    """Its class, where that is known."""
    words: str
    """What it is called in a sentence, without marks of Markdown that mean something: "test image 7 (class 9)"."""
    key: str
    """The same for the same pixels alone, to keep answers by."""
    dataset: Dataset
    """Whose test images are offered."""
    number: int | None = None
    """Of the test image; None where it is none."""


def choose_picture(job: Job | None, specimen: Specimen | None = None, contestant: int = 0) -> ChosenPicture:
    """The control, the same on every page, and what is chosen; while nothing is drawn or uploaded, a test image.

    A page that writes its whole address has to keep PICTURE in it. The control is to be placed in the page itself and
    not in a fragment, so that all of the page follows.

    Args:
        job: the run that is shown; its dataset gives the test images.
        specimen: the net of the moment that is shown, for the test images it is most wrong on; else as it is now.
        contestant: which net of a race.
    """
    problem = follow_address()
    tests = images_of(_dataset(job))
    choice = held()
    if choice["how"] == "test" and choice["index"] >= tests.count:
        problem = problem or (
            f"There is no test image {choice['index']}: {tests.dataset.title} has those from 0 to {tests.count - 1}."
        )
    with st.container(border=True, key="chosen-picture"):
        _choose_how(choice)
        with st.container(horizontal=True, vertical_alignment="center"):
            preview = st.container(width=PREVIEW)
            told = st.container(width="stretch")
        problems = st.container()
        own = _own_picture(choice, tests)
        index = choice["index"] if own is not None else _index(choice, tests, job, specimen, contestant)
    chosen = _chosen(choice, own, tests, index)
    with preview:
        one_picture("picture.preview", chosen.pixels, f"What is looked at: {chosen.words}", PREVIEW)
    with told:
        st.caption(f"All pages look at **{plain(chosen.words)}**.")
    link = said(linked())
    if problem:
        in_vain.remember(PICTURE, problem, link)
    with problems:
        in_vain.say(PICTURE, link)
    address.write(**{PICTURE: link})
    return chosen


def _dataset(job: Job | None) -> Dataset:
    if job is not None:
        return job.experiments[0].dataset  # the same for all of a race
    return state.chosen_images() if TRAIN.exists else state.images()


def _choose_how(choice: Held) -> None:
    st.session_state[HOW] = choice["how"]
    st.segmented_control(
        "Picture",
        list(WAYS),
        format_func=WAYS.__getitem__,
        required=True,
        key=HOW,
        label_visibility="collapsed",
        on_change=lambda: choice.update({"how": st.session_state[HOW]}),
    )


def _own_picture(choice: Held, tests: Offered) -> Pixels | None:
    if choice["how"] == "draw":
        return drawn_picture(tests)
    return uploaded_picture() if choice["how"] == "upload" else None


def _index(choice: Held, tests: Offered, job: Job | None, specimen: Specimen | None, contestant: int) -> int:
    """The test image that is looked at, also in place of what is not there yet."""
    if choice["how"] == "test":
        return picked_image(tests, job, contestant, specimen)
    index = min(choice["index"], tests.count - 1)
    missing = (
        "The pad is blank. Draw on it, or begin with one of the samples"
        if choice["how"] == "draw"
        else "There is no uploaded picture yet. Choose a file"
    )
    st.info(f"{missing}; until then all pages look at {plain(tests.words(index))}.", icon=":material/info:")
    return index


def _chosen(choice: Held, own: Pixels | None, tests: Offered, index: int) -> ChosenPicture:
    pixels = tests.pixels(index) if own is None else own
    key = hashlib.sha256(pixels.tobytes()).hexdigest()[:16]
    if own is None:
        return ChosenPicture(pixels, int(tests.labels[index]), tests.words(index), key, tests.dataset, index)
    drawn = choice["how"] == "draw"
    words = "your drawing" if drawn else f"the picture {choice['name'] or 'that was uploaded'}"
    return ChosenPicture(pixels, None, words, key, tests.dataset)
