"""Picking one of the test images: by its number, by its class, or by how wrong a net is on it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lab.jobs import Job
from lab.probes import Specimen
from lab.probes.mistakes import Judged
from lab.ui.background import failure
from lab.ui.notices import show_problems
from lab.ui.picture.held import ALL, WRONG, held, put_on_pad
from lab.ui.picture.images import Offered
from lab.ui.picture.ranking import rank_again, ranking
from lab.ui.thumbnails import Thumbnail, choose_thumbnail
from lab.ui.told import told

AMONG, INDEX = "picture.among", "picture.index"
SHOWN = 20
"""Thumbnails at once."""
SIDE = 44
"""Of a thumbnail, in pixels of the page."""
GONE = "That run has no net to ask: it ended before anything was seen inside it."


def picked_image(tests: Offered, job: Job | None, contestant: int, specimen: Specimen | None) -> int:
    """The controls; the index of the test image that is chosen."""
    choice = held()
    choice["index"] = min(choice["index"], tests.count - 1)
    if tests.problem:
        instead = f"Until then test images are those of {tests.dataset.title}."
        st.warning(f"{told(tests.problem)} {instead}", icon=":material/cloud_off:")
    askable = job if not tests.problem else None
    _choose_among(tests, askable is not None)
    judged = None
    if choice["among"] == WRONG and askable is not None:
        judged = _ranked(askable, contestant, specimen, tests)
    order = _order(tests, judged)
    if choice["page"] < 0:  # chosen by a link
        choice["page"] = _page_of(choice["index"], order, 0)
    choice["page"] = min(choice["page"], (len(order) - 1) // SHOWN)
    _move(tests, order)
    _show(tests, order, judged)
    return choice["index"]


def _choose_among(tests: Offered, askable: bool) -> None:
    choice = held()
    offered = [ALL, *([WRONG] if askable else []), *map(str, np.unique(tests.labels).tolist())]
    if choice["among"] not in offered:
        choice["among"] = ALL
    st.session_state[AMONG] = choice["among"]
    titles = {ALL: "All", WRONG: "Most wrong"}
    st.segmented_control(
        "Which test images",
        offered,
        format_func=lambda name: titles.get(name) or tests.class_of(int(name)),
        required=True,
        key=AMONG,
        label_visibility="collapsed",
        on_change=lambda: choice.update({"among": st.session_state[AMONG], "page": 0}),
    )


def _ranked(job: Job, contestant: int, specimen: Specimen | None, tests: Offered) -> Judged | None:
    """What the net makes of the test images; None, and what is said about it, while that is not known."""
    future = ranking(job, contestant, specimen, tests.images)
    st.fragment(_wait, run_every=None if future.done() else 0.5, key="picture.waiting")(future, future.done())
    if not future.done():
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        judged = _found(future)
        if judged is not None:
            kind = "highest loss" if judged.guesses is not None else "highest squared error"
            st.caption(f"{kind.capitalize()} first, by the net as it was after step {judged.step}.", width="content")
        if judged is None or (specimen is None and not job.ended):
            st.button(
                "Ask the net again",
                icon=":material/refresh:",
                type="tertiary",
                key="picture.again",
                on_click=rank_again,
                args=(job, contestant, specimen),
            )
    return judged


def _wait(future: Future[Judged], was_done: bool) -> None:
    if was_done:
        return
    if future.done():
        st.rerun()
    st.caption(":material/hourglass: The net is asked about every test image; until then they are in their own order.")


def _found(future: Future[Judged]) -> Judged | None:
    problem = failure(future)
    if problem is None:
        return future.result()
    show_problems([_why(problem)])
    return None


def _why(problem: BaseException) -> str:
    if isinstance(problem, CancelledError):
        return GONE
    if isinstance(problem, TimeoutError):
        return "The net has not answered for a minute: its run is not ready yet. Ask again later."
    return f"The net could not be asked: {type(problem).__name__}: {problem}"


def _order(tests: Offered, judged: Judged | None) -> NDArray[np.int64]:
    """The indices of the test images that are offered, in their order."""
    among = held()["among"]
    if judged is not None and len(judged.losses) == tests.count:
        return judged.worst
    return np.arange(tests.count) if among in (ALL, WRONG) else np.flatnonzero(tests.labels == int(among))


def _move(tests: Offered, order: NDArray[np.int64]) -> None:
    """To another image: by its number, to the one before or after, and onto the pad."""
    choice = held()

    def go(index: int) -> None:
        choice.update({"index": index, "page": _page_of(index, order, choice["page"])})

    st.session_state[INDEX] = choice["index"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            f"Test image, 0 to {tests.count - 1}",
            0,
            tests.count - 1,
            key=INDEX,
            on_change=lambda: go(st.session_state[INDEX]),
            width=170,
        )
        for label, step in (("Previous", -1), ("Next", 1)):
            there = _beside(choice["index"], order, choice["page"], step)
            st.button(
                label,
                key=f"picture.{label.lower()}",
                disabled=there is None,
                on_click=go,
                args=(there,),
            )
        st.button(
            "Change it on the pad",
            icon=":material/draw:",
            key="picture.change",
            on_click=lambda: put_on_pad(tests.pixels(choice["index"])),
        )


def _page_of(index: int, order: NDArray[np.int64], otherwise: int) -> int:
    """The page on which a test image is offered."""
    found = np.flatnonzero(order == index)
    return int(found[0]) // SHOWN if len(found) else otherwise


def _beside(index: int, order: NDArray[np.int64], page: int, step: int) -> int | None:
    """The test image before or after the chosen one; where that is out of sight, the last or first one in sight."""
    shown = order[page * SHOWN : (page + 1) * SHOWN]
    if index not in shown:
        return int(shown[0 if step > 0 else -1])
    there = int(np.flatnonzero(order == index)[0]) + step
    return int(order[there]) if 0 <= there < len(order) else None


def _show(tests: Offered, order: NDArray[np.int64], judged: Judged | None) -> None:
    """Some of the test images that are offered, to be clicked on."""
    choice = held()
    pages = -(-len(order) // SHOWN)
    first = choice["page"] * SHOWN
    shown = [_thumbnail(tests, int(index), judged) for index in order[first : first + SHOWN]]
    choose_thumbnail(
        "picture.thumbnails", "Test images", shown, choice["index"], SIDE, lambda index: choice.update({"index": index})
    )
    if pages > 1:
        # A new one for what else changes the page: to set the value of one that is there is warned of.
        key = f"picture.page.{choice['among']}.{choice['index']}"
        default = choice["page"] + 1
        st.pagination(
            pages, default=default, key=key, on_change=lambda: choice.update({"page": st.session_state[key] - 1})
        )


def _thumbnail(tests: Offered, index: int, judged: Judged | None) -> Thumbnail:
    words, label = tests.words(index), int(tests.labels[index])
    if judged is None:
        return Thumbnail(index, tests.pixels(index), words)
    loss = float(judged.losses[index])
    if judged.guesses is None:
        return Thumbnail(index, tests.pixels(index), f"{words}, squared error {loss:.3g}", f"{loss:.2g}")
    guess = int(judged.guesses[index])
    found = "which the net gets right" if guess == label else f"taken for {tests.class_of(guess)}"
    caption = _short([tests.class_of(label), tests.class_of(guess)])
    return Thumbnail(index, tests.pixels(index), f"{words}, {found}, loss {loss:.3g}", caption)


def _short(names: Sequence[str]) -> str:
    """What an image is, and what it is taken for, where there is room for both."""
    return " → ".join(names) if max(map(len, names)) <= 2 else ""
