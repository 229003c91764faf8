"""What pages say of a run of which something is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.experiment import Experiment
from lab.jobs.moments import moments
from tests.inside_page import SHORT, page, said, texts, trained
from tests.pages import forget_runs, opened, told, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")


def damage(state: Path) -> None:
    state.write_bytes(state.read_bytes()[:-40])


LOSSES: dict[str, Callable[[Path], None]] = {"missing": Path.unlink, "damaged": damage}
"""What becomes of a state."""


def without_state(kept_runs: Path, experiment: Experiment, loss: str) -> tuple[str, list[int]]:
    """The id of a run that ended, whose state is lost since, and the steps of its frames."""
    page()  # which keeps runs from now on
    job = trained(experiment)
    steps = [frame.step for frame in moments(job)]
    forget_runs()
    LOSSES[loss](kept_runs / job.id / "state")
    return job.id, steps


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("name", "words"),
    [("convnet", "They have the weights of their moments"), ("autoencoder", "answered by the untrained one of step 0")],
)
def test_of_a_run_without_its_state_its_frames_are_shown_and_it_is_said_what_is_missing(
    kept_runs: Path, name: str, words: str, loss: str
) -> None:
    run, steps = without_state(kept_runs, small(name, **SHORT), loss)
    tab = page(net=f"{run}-0")
    until_it_shows(tab, lambda: any(text.startswith("moments") for text in texts(tab)))
    assert said(tab, "moments") == str(steps)
    assert f"The file with the state of its run is {loss}, and with it its curves" in told(tab)
    assert words in told(tab)
    assert "A new run of the same experiment brings all of it back." in told(tab)


@pytest.mark.parametrize(("loss", "words"), [("missing", "missing from its folder"), ("damaged", "damaged")])
def test_the_train_page_says_so_too(kept_runs: Path, loss: str, words: str) -> None:
    run, _ = without_state(kept_runs, small("convnet", **SHORT), loss)
    tab = opened(run=run)
    until_it_shows(tab, lambda: f"The file with the state of this run is {words}, and" in told(tab))
