"""The choice of a picture as a script without a browser: one choice for all pages, kept in the address."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from streamlit.testing.v1 import AppTest

from lab.data import Dataset
from lab.data.centering import centered
from lab.jobs import JOBS
from lab.ui.pad import encoded
from lab.ui.picture.links import Linked, said
from tests.pages import PATIENCE, button, forget_runs, shown, told, until_it_shows
from tests.small import small

pytestmark = pytest.mark.usefixtures("empty_lab")

SCRIPT = """
import streamlit as st
from lab.jobs import JOBS
from lab.ui.chosen_picture import choose_picture
from lab.ui.pad import encoded

job = JOBS.find(st.query_params["run"]) if "run" in st.query_params else None
chosen = choose_picture(job)
st.session_state["chosen"] = [encoded(chosen.pixels), chosen.label, chosen.words, chosen.key]
"""
DIGITS = Dataset.members["digits"]().images()
IMAGES, LABELS = DIGITS.test.numpy(), DIGITS.test_labels.numpy()
SEVEN = np.zeros((28, 28), dtype=np.uint8)
SEVEN[3:5, 2:14] = SEVEN[5:22, 12:14] = 255


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Two pages of an app."""
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(SCRIPT)
    entry = "import streamlit as st\nst.navigation([st.Page('one.py', default=True), st.Page('two.py')]).run()\n"
    (tmp_path / "app.py").write_text(entry)
    yield tmp_path
    forget_runs()


@pytest.fixture
def tab(folder: Path) -> AppTest:
    return opened(folder)


def opened(folder: Path, **parameters: str) -> AppTest:
    """A new tab."""
    tab = AppTest.from_file(str(folder / "app.py"), default_timeout=PATIENCE)
    for name, value in parameters.items():
        tab.query_params[name] = value
    return shown(tab)


def chosen(tab: AppTest) -> tuple[str, int | None, str, str]:
    """What the page was given: pixels as text, label, words and key."""
    return tuple(tab.session_state["chosen"])


def image(tab: AppTest) -> str:
    """What the address says of the picture."""
    said_there = tab.query_params["img"]
    return said_there if isinstance(said_there, str) else said_there[0]


def shows(tab: AppTest, pixels: NDArray[np.uint8]) -> bool:
    return chosen(tab)[0] == encoded(pixels)


def way(tab: AppTest, how: str) -> AppTest:
    return shown(tab.segmented_control(key="picture.how").set_value(how))


def among(tab: AppTest, which: str) -> AppTest:
    return shown(tab.segmented_control(key="picture.among").set_value(which))


def component(tab: AppTest, name: str) -> list[Any]:
    """What the browser is told by the components of a kind."""
    found = [item.proto for item in tab.get("bidi_component") if item.proto.component_name == name]
    return [json.loads(proto.json) for proto in found]


def thumbnails(tab: AppTest) -> list[dict[str, Any]]:
    (row,) = [each for each in component(tab, "lab_thumbnails") if each["choice"]]
    return list(row["pictures"])


def drawn(tab: AppTest, pixels: NDArray[np.uint8]) -> AppTest:
    """The tab after the browser told of a drawing on the pad as it is."""
    choice = tab.session_state["chosen_picture"]
    choice.update(drawn=encoded(pixels))
    return shown(tab)


def png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def uploaded(tab: AppTest, content: bytes, name: str) -> AppTest:
    return shown(tab.file_uploader(key="picture.file").upload(name, content, "image/png"))


def test_the_first_picture_is_a_test_image_and_the_address_says_which(tab: AppTest) -> None:
    assert shows(tab, IMAGES[0])
    assert chosen(tab)[1:3] == (int(LABELS[0]), f"test image 0 (class {LABELS[0]})")
    assert image(tab) == "t0"
    assert f"What is looked at: test image 0 (class {LABELS[0]})" in json.dumps(component(tab, "lab_thumbnails"))


def test_number_next_and_previous(tab: AppTest) -> None:
    shown(tab.number_input(key="picture.index").set_value(41))
    assert shows(tab, IMAGES[41])
    assert 41 in [each["id"] for each in thumbnails(tab)]
    shown(button(tab, "Next").click())
    assert shows(tab, IMAGES[42])
    shown(button(tab, "Previous").click())
    shown(button(tab, "Previous").click())
    assert shows(tab, IMAGES[40])
    assert image(tab) == "t40"


def test_test_images_of_a_class(tab: AppTest) -> None:
    among(tab, "3")
    threes = np.flatnonzero(LABELS == 3)
    assert [each["id"] for each in thumbnails(tab)] == threes[:20].tolist()
    assert shows(tab, IMAGES[0])  # nobody chose another one
    shown(button(tab, "Next").click())
    assert shows(tab, IMAGES[threes[0]])
    shown(button(tab, "Next").click())
    assert shows(tab, IMAGES[threes[1]])
    assert all("class 3" in each["title"] for each in thumbnails(tab))


def test_a_picture_flows_to_another_page_and_back(tab: AppTest) -> None:
    shown(tab.number_input(key="picture.index").set_value(7))
    shown(tab.switch_page("two.py"))
    assert shows(tab, IMAGES[7])
    assert image(tab) == "t7"
    drawn(way(tab, "draw"), SEVEN)
    shown(tab.switch_page("one.py"))
    assert shows(tab, centered(SEVEN))
    assert chosen(tab)[1:3] == (None, "your drawing")


def test_a_drawing_is_centered_unless_that_is_switched_off(tab: AppTest) -> None:
    drawn(way(tab, "draw"), SEVEN)
    assert shows(tab, centered(SEVEN))
    key = chosen(tab)[3]
    shown(tab.toggle(key="picture.as_mnist").set_value(False))
    assert shows(tab, SEVEN)
    assert chosen(tab)[3] != key
    assert image(tab) == said(Linked("r", pixels=SEVEN))


def test_a_blank_pad_says_what_to_do_and_a_test_image_stays(tab: AppTest) -> None:
    shown(tab.number_input(key="picture.index").set_value(5))
    way(tab, "draw")
    assert "The pad is blank. Draw on it, or begin with one of the samples" in told(tab)
    assert shows(tab, IMAGES[5])
    assert image(tab) == "d"


def test_the_pad_offers_a_sample_of_each_class(tab: AppTest) -> None:
    (pad,) = component(way(tab, "draw"), "lab_pad")
    assert [each["title"][-8:-1] for each in pad["samples"]] == [f"class {digit}" for digit in range(10)]


def test_a_test_image_goes_on_the_pad(tab: AppTest) -> None:
    shown(tab.number_input(key="picture.index").set_value(9))
    shown(button(tab, "Change it on the pad").click())
    (pad,) = component(tab, "lab_pad")
    assert (pad["version"], pad["pixels"]) == (1, encoded(IMAGES[9]))
    assert chosen(tab)[2] == "your drawing"


def test_an_upload_is_centered_and_survives_a_change_of_the_page(tab: AppTest) -> None:
    way(tab, "upload")
    assert "There is no uploaded picture yet. Choose a file" in told(tab)
    uploaded(tab, png(255 - np.kron(SEVEN, np.ones((10, 10), dtype=np.uint8))), "my *seven*.png")
    pixels, label, words, _ = chosen(tab)
    assert (label, words) == (None, "the picture my *seven*.png")
    assert any(r"my \*seven\*\.png" in caption.value for caption in tab.caption)
    shown(tab.switch_page("two.py"))
    assert chosen(tab)[0] == pixels


def test_a_bad_upload_says_so_and_what_was_taken_before_stays(tab: AppTest) -> None:
    uploaded(way(tab, "upload"), png(IMAGES[3]), "three.png")
    assert shows(tab, IMAGES[3])
    uploaded(tab, b"Dear all, here it is.", "digit.png")
    assert "digit.png is no picture that can be read" in told(tab)
    assert shows(tab, IMAGES[3])


@pytest.mark.parametrize("kind", ["d", "r", "u"])
def test_a_link_opens_what_it_was_made_of(folder: Path, kind: str) -> None:
    text = said(Linked(kind, pixels=SEVEN))
    tab = opened(folder, img=text)
    assert shows(tab, centered(SEVEN) if kind == "d" else SEVEN)
    assert image(tab) == text


def test_a_link_to_a_test_image_shows_it_among_the_others(folder: Path) -> None:
    tab = opened(folder, img="t123")
    assert shows(tab, IMAGES[123])
    assert [each["id"] for each in thumbnails(tab)] == list(range(120, 140))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("x", "The address asks for the picture 'x'"), ("t360", "There is no test image 360"), ("d!", "not shortened")],
)
def test_a_bad_link_is_told_and_the_page_works(folder: Path, text: str, sentence: str) -> None:
    tab = opened(folder, img=text)
    assert sentence in told(tab)
    assert image(tab).startswith("t")
    assert shows(tab, IMAGES[359 if text == "t360" else 0])
    assert sentence in told(tab.run())  # drawn again, the page has not forgotten it
    assert sentence not in told(way(tab, "draw"))


def test_the_images_that_a_run_is_most_wrong_on_come_first(folder: Path) -> None:
    job = JOBS.start([small()], "run")
    assert job.wait(PATIENCE)
    tab = opened(folder, run=job.id)
    among(tab, "wrong")
    until_it_shows(tab, lambda: "Highest loss first, by the net as it was after step 4." in told(tab))
    losses = [float(each["title"].rsplit(" ", 1)[1]) for each in thumbnails(tab)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 2
    assert "taken for" in thumbnails(tab)[0]["title"]
    assert "→" in thumbnails(tab)[0]["caption"]
    shown(button(tab, "Next").click())
    assert image(tab) == f"t{thumbnails(tab)[0]['id']}"


def test_an_autoencoder_is_asked_for_its_error(folder: Path) -> None:
    job = JOBS.start([small("autoencoder")], "run")
    assert job.wait(PATIENCE)
    tab = among(opened(folder, run=job.id), "wrong")
    until_it_shows(tab, lambda: "Highest squared error first" in told(tab))
    assert "squared error" in thumbnails(tab)[0]["title"]


def test_a_net_that_is_still_training_is_asked_again_on_demand(folder: Path) -> None:
    job = JOBS.start([small(budget=10**6)], "run", playing=False)
    job.step(2)
    job.settle(PATIENCE)
    tab = among(opened(folder, run=job.id), "wrong")
    until_it_shows(tab, lambda: "after step 2" in told(tab))
    job.step(3)
    job.settle(PATIENCE)
    assert "after step 2" in told(shown(tab))
    shown(button(tab, "Ask the net again").click())
    until_it_shows(tab, lambda: "after step 5" in told(tab))


def test_a_run_without_a_net_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.ui.picture.ranking.moment", lambda *_: None)  # nothing was seen inside it
    job = JOBS.start([small()], "run", playing=False)
    job.stop()
    assert job.wait(PATIENCE)
    job.questions.let_go()
    tab = among(opened(folder, run=job.id), "wrong")
    until_it_shows(tab, lambda: "That run has no net to ask" in told(tab))
    assert [each["id"] for each in thumbnails(tab)] == list(range(20))


def test_images_that_are_not_here_are_not_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.data.idx.download", lambda *_: pytest.fail("a download"))
    monkeypatch.setattr("lab.ui.state.images", Dataset.members["fashion_mnist"])
    tab = opened(folder)
    assert "The files of Fashion-MNIST are not on this machine" in told(tab)
    assert shows(tab, IMAGES[0])


def test_only_plain_values_are_held(tab: AppTest) -> None:
    uploaded(way(drawn(way(tab, "draw"), SEVEN), "upload"), png(IMAGES[3]), "three.png")
    assert json.loads(json.dumps(tab.session_state["chosen_picture"])) == tab.session_state["chosen_picture"]
