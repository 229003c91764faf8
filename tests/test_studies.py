"""Studies: every row trains what its table says, and baselines are what they are called."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lab.jobs.siblings import same_but
from lab.presets import PRESETS
from lab.presets.base import BEST, CORRECTED
from lab.presets.source_003 import LAYERS
from lab.schedules import Progress
from lab.studies import BROKEN, STUDIES, Study, Trained
from lab.studies import baselines as base
from lab.studies.shown import shipped
from tests.studies import DIGITS, MNIST

ALL = list(STUDIES.values())


def named(study: Study) -> str:
    return study.name


def test_the_studies_are_those_that_were_promised() -> None:
    assert not BROKEN
    asked = {"source-003", "wizaron", "autoencoder", "binary-mlp", "latent-free"}
    assert set(STUDIES) == asked | {"best", "score-function"}
    assert len(STUDIES["source-003"].rows) == 13
    assert len(STUDIES["wizaron"].rows) == 10


@pytest.mark.parametrize("study", ALL, ids=named)
def test_every_row_has_an_experiment_that_can_be(study: Study) -> None:
    for row in study.rows:
        assert row.title
        assert row.measures
        assert all(0 < figure.value < 5 for figure in row.published)
        if row.published:
            assert row.meaning, f"{row.name} has a figure, and does not say what it measured"
        if isinstance(row, Trained):
            experiment = row.experiment(MNIST, 7)
            assert experiment.seed == 7
            assert row.is_of(experiment, MNIST)
            assert row.experiment(MNIST, 7, 0.5).budget == 0.5


def test_no_row_of_source_003_is_annealed_and_six_are_frozen() -> None:
    experiments = {row.name: row.experiment(MNIST) for row in STUDIES["source-003"].rows if isinstance(row, Trained)}
    assert {each.slope.at(Progress(0, 10, 9.0, 10)) for each in experiments.values()} == {1.0}
    frozen = {name for name, each in experiments.items() if each.estimator.zero_gradient}
    assert frozen == {f"{units}-detached-{where}" for units in ("det", "stoch") for where in ("conv1", "conv2", "both")}
    assert {(each.budget, each.evaluate_every, each.report) for each in experiments.values()} == {
        (10, 1, "best-validation")
    }


def test_true_score_functions_are_presets_as_the_study_trained_them() -> None:
    rows = [row for row in STUDIES["score-function"].rows if isinstance(row, Trained)]
    for layers in LAYERS:
        preset = f"source-003-stoch-detached-{layers}"
        long = [row.experiment(MNIST) for row in rows if row.rival is not None and row.name.endswith(f"{layers}-long")]
        assert PRESETS[f"{preset}{BEST}"].experiment(MNIST) in long
        short = next(row for row in rows if row.name == f"rloo-{layers}").experiment(MNIST)
        assert same_but(PRESETS[f"{preset}{CORRECTED}"].experiment(MNIST), short, "budget")


def test_slopes_of_wizaron_grow_after_every_epoch_up_to_1_64() -> None:
    slopes = {row.name: row.experiment(MNIST).slope for row in STUDIES["wizaron"].rows if isinstance(row, Trained)}
    for name, slope in slopes.items():
        last = slope.at(Progress(99, 100, 99.0, 100))
        assert last == pytest.approx(1.005**99 if name.endswith("annealed") else 1.0)


@pytest.mark.parametrize("study", ALL, ids=named)
def test_what_comes_with_the_lab_is_of_its_rows_as_they_are(study: Study) -> None:
    there = shipped(study)
    assert there is not None
    assert there.command == there.holding(study, there.measured).command
    assert there.command.startswith(f"python -m lab reproduce {study.name}")
    rows = {row.name: row for row in study.rows}
    assert all(there.fits(rows[each.row], each) for each in there.measured)


@pytest.mark.parametrize("study", ALL, ids=named)
def test_every_row_comes_with_figures_of_three_seeds_or_more(study: Study) -> None:
    there = shipped(study)
    assert there is not None
    seeds = {row.name: {each.seed for each in there.of_row(row)} for row in study.rows}
    assert {name: len(own) for name, own in seeds.items() if len(own) < 3} == {}


class TestBaselines:
    def test_principal_components_are_those_of_scikit_learn(self) -> None:
        found = base.pictures(DIGITS, 3)
        for count in (1, 20):
            fitted = PCA(count).fit(found.train)
            rebuilt = fitted.inverse_transform(fitted.transform(found.test))
            assert base.pca(DIGITS, 3, count) == pytest.approx(np.square(found.test - rebuilt).mean(), rel=1e-4)
        assert base.mean_image(DIGITS, 3) == pytest.approx(np.square(found.test).mean(), rel=1e-5)
        np.testing.assert_allclose(found.train.mean(axis=0), 0, atol=1e-5)

    def test_a_rotation_is_one_and_brings_values_nearer_to_their_signs(self) -> None:
        found = base.pictures(DIGITS, 0)
        values = found.train @ found.directions[:, :8]
        turn = base.rotation(values, 0)
        np.testing.assert_allclose(turn @ turn.T, np.eye(8), atol=1e-5)

        def far(turned: np.ndarray) -> float:
            return float(np.square(base.signs(turned) - turned).sum())

        assert far(values @ turn) < far(values)

    def test_a_decoder_of_least_squares_is_better_than_any_scales_of_the_same_signs(self) -> None:
        errors = [base.itq(DIGITS, 0, bits) for bits in (4, 16)]
        assert base.mean_image(DIGITS, 0) > errors[0] > errors[1]
        assert all(error < base.sign_pca(DIGITS, 0, bits) for error, bits in zip(errors, (4, 16), strict=True))
        assert all(base.pca(DIGITS, 0, bits) < error for error, bits in zip(errors, (4, 16), strict=True))

    def test_more_components_than_pictures_have_are_no_error(self) -> None:
        assert base.pca(DIGITS, 0, 784) == pytest.approx(0, abs=1e-5)
        assert math.isfinite(base.sign_pca(DIGITS, 0, 512))
