"""A page that looks inside nets, and tells what it sees as text."""

from __future__ import annotations

import threading
from typing import Any

from streamlit.testing.v1 import AppTest

from lab.experiment import Experiment
from lab.jobs import JOBS, Job
from lab.probes import Specimen
from tests.pages import PATIENCE, shown
from tests.small import small

SHORT: dict[str, Any] = {"budget": 6, "evaluate_every": 0.5}


ASKED: list[str] = []
"""What was asked in the background, in order."""
TROUBLE: set[str] = set()
"""What fails."""


def _asked(what: str) -> None:
    ASKED.append(what)
    if what in TROUBLE:
        raise RuntimeError(f"{what} is out of order")


def asked_later(specimen: Specimen) -> int:
    """A slow question."""
    _asked("later")
    if specimen.experiment.estimator.name in TROUBLE:
        raise RuntimeError(f"{specimen.experiment.estimator.name} is out of order")
    return len(specimen.test_images)


def asked_soon(specimen: Specimen) -> int:
    """A question at every moment, which only fails where nobody waits for it."""
    if threading.current_thread().name.startswith("answers"):
        _asked("soon")
    return specimen.step


def _script() -> None:
    import streamlit as st

    from lab.boards.seen import answers_there, said_instead
    from lab.ui.inside.asking import answers, film_answers, instants, version_of
    from lab.ui.inside.look import live, look_inside
    from lab.ui.inside.waiting import film_soon, later
    from lab.ui.keep import keep_runs
    from tests.inside_page import asked_later, asked_soon

    def fits(experiment):  # type: ignore[no-untyped-def]
        return "" if experiment.architecture.name != "mlp" else "This page shows no such nets. Choose another run."

    def body(look):  # type: ignore[no-untyped-def]
        st.text(f"looks at {look.picture.words} with {look.subject}")
        st.text(f"moments {[instant.step for instant in instants(look)]}")
        film = film_answers(look, lambda specimen: specimen.step, "film", 2)
        st.text(f"film {[[(seen.step, seen.weights_step, seen.answer) for seen in side] for side in film]}")
        st.text(f"step 2 {[(seen.run.name, seen.answer) for seen in answers(look, lambda s: s.step, 'rest', 2)]}")
        soon = film_soon(look, asked_soon, "soon", 2)
        st.text(f"soon {[[seen.answer for seen in side] for side in soon]}")
        found = later(look, asked_later, "later", 2)
        lacking = said_instead(found)
        st.text(f"instead {lacking}" if lacking else f"later {[seen.answer for seen in found]}")
        st.text(f"there {[seen.answer for seen in answers_there(found)]}")
        st.text(f"version {version_of(look, 'this')}")

    keep_runs()
    look = look_inside(fits)
    if look is not None:
        live(look, body)


def page(**parameters: str) -> AppTest:
    """A new tab with that page, its address carrying these parameters."""
    tab = AppTest.from_function(_script, default_timeout=PATIENCE)
    for name, value in parameters.items():
        tab.query_params[name] = value
    return shown(tab)


def trained(*experiments: Experiment) -> Job:
    """A job that has ended, of the small conv net where nothing else is asked for."""
    job = JOBS.start(experiments or [small("convnet", **SHORT)], "a run")
    assert job.wait(PATIENCE)
    assert job.status == "finished", job.view().message
    return job


def texts(tab: AppTest) -> list[str]:
    """What the page saw."""
    return [item.value for item in tab.text]


def said(tab: AppTest, begin: str) -> str:
    """The rest of the text that begins so; nothing while there is none, such as where a run is being read."""
    return next((text.removeprefix(f"{begin} ") for text in texts(tab) if text.startswith(f"{begin} ")), "")
