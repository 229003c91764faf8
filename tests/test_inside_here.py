"""Nets of runs from other machines: without their images nothing is asked, without their device they are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lab.boards.wording import WAITING
from lab.data import DataError
from lab.devices import devices
from lab.jobs import JOBS
from tests.idx_files import write_raw
from tests.inside_page import SHORT, trained
from tests.pages import PATIENCE, boards, contents, forget_runs, opened, shown, told, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab", "kept_runs")

NETS: dict[str, dict[str, Any]] = {
    "codes": {"architecture": "mlp"},
    "heatmaps": {"architecture": "convnet"},
    "reconstructions": {"architecture": "autoencoder"},
    "xnor": {"architecture": "binary-mlp", "shape": {"levels": "-1/+1", "weight_levels": "-1/+1"}},
}
"""One that each page can show."""
MISSING = next(name for name in ("cuda", "mps") if name not in devices())


def no_network(*_: object) -> None:
    raise DataError("There is no network here.")


def all_there(tab: AppTest) -> None:
    """Wait until all is worked out."""

    def there() -> bool:
        captions = [card["caption"] or "" for board in contents(tab) for card in board["cards"]]
        return bool(captions) and WAITING not in captions and WAITING not in told(tab)

    until_it_shows(tab, there)


@pytest.mark.parametrize("page", NETS)
def test_a_run_whose_images_are_not_here_is_told_and_shown_when_they_come(
    page: str, lab_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.data.idx.download", no_network)
    raw = write_raw(lab_data)
    opened()
    images = {"name": "mnist", "validation": 4}
    job = trained(small(**NETS[page], **SHORT, dataset=images, subset=8, batch_size=4))
    forget_runs()
    away = raw.rename(lab_data / "away")
    monkeypatch.setattr("lab.data.base._loaded", {})
    tab = opened(f"{page}.py", net=f"{job.id}-0")
    until_it_shows(tab, lambda: JOBS.all()[0].wait(PATIENCE))
    assert "The files of MNIST are not on this machine; training a run on it downloads them." in told(tab)
    assert boards(tab) == []
    away.rename(raw)
    all_there(tab)
    assert "The files of MNIST" not in told(tab)


@pytest.mark.parametrize("page", NETS)
def test_a_net_that_trained_on_a_device_which_is_not_here_is_looked_at_on_the_processor(
    page: str, kept_runs: Path
) -> None:
    opened()
    job = trained(small(**NETS[page], **SHORT))
    forget_runs()
    told_of_it = kept_runs / job.id / "job.json"
    facts = told_of_it.read_text("utf-8")
    assert '"device": "auto"' in facts
    told_of_it.write_text(facts.replace('"device": "auto"', f'"device": "{MISSING}"'), "utf-8")
    tab = opened(f"{page}.py", net=f"{job.id}-0")
    all_there(tab)
    assert f"Its device, {MISSING}, is not on this machine. It is looked at on the processor" in told(tab)
    all_there(tab)
    assert "could not answer" not in told(shown(tab))


def test_nets_that_learned_from_different_images_are_told(lab_data: Path) -> None:
    write_raw(lab_data)
    opened()
    other = {"dataset": {"name": "mnist", "validation": 4}, "subset": 8, "batch_size": 4}
    one, two = trained(small("mlp", **SHORT)), trained(small("mlp", **SHORT, **other))
    tab = opened("codes.py", net=f"{one.id}-0", beside=f"{two.id}-0")
    assert "The nets learned from different images" in told(tab)
    assert "The nets learned from different images" not in told(opened("codes.py", net=f"{two.id}-0"))
