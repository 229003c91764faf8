"""What the cards of reconstructions show: what a net answers is what its probes give, and files have the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

from lab.boards.reconstruction_answers import (
    DRAWN,
    DRAWS,
    STRONGEST,
    code_of,
    draw_codes,
    look_at,
    over_tests,
    scaled_as_pixels,
    strongest,
    walk_between,
)
from lab.boards.reconstruction_film import course_of, errors_of
from lab.boards.reconstruction_sheets import (
    course_sheet,
    drawn_sheets,
    error_sheets,
    frame_sheets,
    looked_sheets,
    strongest_sheets,
    tradeoff_sheet,
    walk_sheets,
)
from lab.boards.reconstruction_tradeoff import stars
from lab.figures.tradeoff import Line
from lab.probes import Specimen, probe
from lab.probes.decoding import decode
from lab.probes.reconstruction import reconstruct
from lab.probes.refusals import NoCodes
from tests.reconstruction_sides import STEP, rebuilding, seen, with_test_images
from tests.specimens import LABELS, PICTURES, left_as_it_was, specimen

LINES = [Line("ITQ", [4, 8, 16], [0.3, 0.2, 0.1], [0.01, 0.01, np.nan])]
PIXELS = PICTURES[3]
QUESTIONS: dict[str, Callable[[Specimen], object]] = {
    "look": partial(look_at, pixels=PIXELS, flips=(2,)),
    "strongest": partial(strongest, pixels=PIXELS),
    "walk": partial(walk_between, start=PIXELS, end=PICTURES[8]),
    "draw": partial(draw_codes, stack=0),
    "test": over_tests,
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("estimator", ["identity", "bernoulli", "ternary"])
def test_to_ask_a_net_leaves_it_as_it_was_and_always_gives_the_same(question: str, estimator: str) -> None:
    net = rebuilding(estimator=estimator)
    with left_as_it_was(net):
        first = QUESTIONS[question](net)
    np.testing.assert_equal(first, QUESTIONS[question](net))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_classifier_is_refused_in_a_sentence(question: str) -> None:
    with pytest.raises(NoCodes, match=r"gives classes, not pictures"):
        QUESTIONS[question](with_test_images(specimen("mlp")))


@pytest.mark.parametrize("estimator", ["identity", "bernoulli"])
def test_a_look_is_the_reconstruction_and_what_the_flipped_code_decodes_to(estimator: str) -> None:
    net = rebuilding(estimator=estimator)
    found = look_at(net, PIXELS, (1, 6, 40))
    assert found.flips == (1, 6), "the code has no bit 40"
    np.testing.assert_array_equal(np.flatnonzero(found.changed != found.code), [1, 6])
    np.testing.assert_array_equal(found.flipped, decode(net, found.changed[None])[0])
    np.testing.assert_allclose(found.rebuilt, reconstruct(net, PIXELS[None]).pictures[0])
    assert found.error == pytest.approx(np.square(found.rebuilt - scaled_as_pixels(PIXELS)).mean(), rel=1e-5)


def test_the_strongest_flips_are_those_that_change_most() -> None:
    net = rebuilding(12)
    found = strongest(net, PIXELS)
    code = code_of(net, PIXELS[None])[0]
    whole = decode(net, code[None])[0]
    alone = decode(net, code ^ np.eye(12, dtype=bool))
    np.testing.assert_allclose(found.sizes, np.square(alone - whole).mean(axis=(1, 2)), rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found.errors, np.square(alone - scaled_as_pixels(PIXELS)).mean(axis=(1, 2)), rtol=1e-5)
    assert len(found.bits) == STRONGEST
    assert found.sizes[found.bits].min() >= np.delete(found.sizes, found.bits).max()
    np.testing.assert_allclose(found.pictures - whole, found.differences, atol=1e-6)


def test_a_walk_ends_at_the_other_code_and_a_draw_depends_on_its_number() -> None:
    net = rebuilding(64, estimator="identity")
    walked = walk_between(net, PIXELS, PICTURES[8])
    ends = reconstruct(net, PICTURES[[3, 8]]).pictures
    np.testing.assert_allclose(walked.pictures[[0, -1]], ends, atol=1e-5)
    start, end = code_of(net, PICTURES[[3, 8]])
    assert walked.flipped[-1] == (start != end).sum() > 0
    assert len(walk_between(net, PIXELS, PIXELS).pictures) == 1
    one, other = draw_codes(net, 0), draw_codes(net, 1)
    assert one.pictures.shape == one.crossed_pictures.shape == (DRAWN * DRAWS, 28, 28)
    assert (one.independent != other.independent).any()
    np.testing.assert_allclose(one.on_rates, code_of(net, PICTURES).mean(axis=0))


def test_tests_are_scored_one_by_one() -> None:
    net = rebuilding()
    found = over_tests(net)
    errors = reconstruct(net, PICTURES).errors
    np.testing.assert_allclose(found.errors, errors)
    assert [pair.error for pair in found.best] == sorted(errors)[:8]
    assert [pair.error for pair in found.worst] == sorted(errors, reverse=True)[:8]
    for (low, high), row in zip(found.ends, found.classes, strict=True):
        own = errors[row.label == LABELS]
        assert (low.error, high.error, low.label, high.label) == (own.min(), own.max(), row.label, row.label)
        np.testing.assert_array_equal(low.original, scaled_as_pixels(PICTURES[low.image]))


def test_files_have_what_the_cards_show() -> None:
    net = rebuilding()
    (looked,) = seen([net], partial(look_at, pixels=PIXELS, flips=(2,)))
    (found,) = seen([net], over_tests)
    (sheet,) = looked_sheets("", looked)
    arrays = np.load(io.BytesIO(sheet.file("run 1").content))
    np.testing.assert_array_equal(arrays["code"], looked.answer.code)
    np.testing.assert_array_equal(arrays["flipped"], looked.answer.flipped)
    images, classes = (pd.read_csv(io.BytesIO(each.file("run 1").content)) for each in error_sheets("", found))
    np.testing.assert_allclose(images["error"], found.answer.errors)
    assert list(classes["class"]) == sorted(set(LABELS))
    np.testing.assert_allclose(classes["mean"], [row.mean for row in found.answer.classes])
    frame = probe(net, 0.5)
    (course,) = [pd.read_csv(io.BytesIO(course_sheet(lambda: [course_of(looked.run, [frame])]).file("").content))]
    assert course["error"].tolist() == [pytest.approx(errors_of(frame).mean())]
    tradeoff = tradeoff_sheet(LINES, stars(net.experiment.dataset.name, [found]))
    table = pd.read_csv(io.BytesIO(tradeoff.file("").content))
    *measured, own = table.to_dict("records")
    assert {row["standard_error_over"] for row in measured} == {"seeds"}
    assert own["standard_error_over"] == "test images"
    assert own["bits_or_components"] == looked.answer.code.size
    assert own["error"] == pytest.approx(found.answer.errors.mean())
    assert stars("another", [found]) == []
    others = [
        *strongest_sheets("", seen([net], partial(strongest, pixels=PIXELS))[0]),
        *walk_sheets("", seen([net], partial(walk_between, start=PIXELS, end=PICTURES[8]))[0]),
        *drawn_sheets("", seen([net], partial(draw_codes, stack=0))[0]),
        *frame_sheets("", looked.run, [frame]),
    ]
    for each in others:
        name, _, content = each.file("run 1")
        if name.endswith(".csv"):
            table = pd.read_csv(io.BytesIO(content))
            assert len(table)
            assert table["step"].tolist() == [STEP] * len(table)
        else:
            assert all(array.size for array in np.load(io.BytesIO(content)).values())
