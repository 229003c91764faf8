"""The engine: the same numbers for the same experiment, budgets, what is reported, and no trace outside a run."""

from __future__ import annotations

import copy
import itertools
import random
from typing import Any

import numpy as np
import pytest
import torch

import lab.training
from lab.data import Images
from lab.data.digits import Digits
from lab.devices import DeviceMissing, devices, resolve_device
from lab.events import Evaluated, Finished, Step
from lab.models import Architecture
from lab.probes import Frame
from lab.training import Training, train
from tests.small import clockless, curves, evaluations, finished, frames, small, steps, without_frames

every_architecture = pytest.mark.parametrize("name", Architecture.members)
pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


class TestSameNumbers:
    @every_architecture
    def test_the_same_seed_gives_the_same_curves(self, name: str) -> None:
        experiment = small(name, estimator="reinforce", evaluation="sample", evaluate_every=0.5)
        first = curves(experiment, 6)
        assert len(steps(first)) == 4
        assert len(evaluations(first)) == 2
        assert curves(experiment, 6) == first
        assert steps(curves(experiment.with_changes(["seed=1"]), 1)) != steps(first)[:1]

    def test_two_runs_in_turns_are_as_if_alone(self) -> None:
        experiments = [small("mlp", estimator="disarm"), small("convnet", estimator="bernoulli")]
        alone = [curves(experiment) for experiment in experiments]
        rounds = list(itertools.zip_longest(*map(train, experiments)))
        for index, expected in enumerate(alone):
            assert clockless(events[index] for events in rounds if events[index] is not None) == expected

    @pytest.mark.parametrize("name", ["convnet", "autoencoder", "binary-mlp"])
    def test_looking_inside_leaves_no_trace(self, name: str) -> None:
        experiment = small(name, estimator="stochastic-hard-sigmoid", evaluate_every=0.5)
        training, seen = Training(experiment), []
        training.frame()
        for event in itertools.islice(without_frames(training.events()), 6):
            training.frame()
            seen.append(event)
        assert clockless(seen) == curves(experiment, 6)

    def test_frames_come_often_at_first_and_at_the_end(self) -> None:
        events = list(train(small("convnet", estimator="bernoulli", budget=10, evaluate_every=1.25)))
        at = [(event.step, events[index - 1]) for index, event in enumerate(events) if isinstance(event, Frame)]
        assert [step for step, _ in at] == [0, 1, 2, 3, 4, 5, 6, 8, 10], "also at the evaluation of step 5"
        for step, before in at[1:]:
            assert isinstance(before, Step | Evaluated)
            assert before.step == step, "a frame shows what was last trained"

    def test_the_same_seed_gives_the_same_frames(self) -> None:
        experiment = small("autoencoder", estimator="stochastic-hard-sigmoid")
        for one, two in zip(*(frames(train(experiment)) for _ in range(2)), strict=True):
            assert (one.step, one.epoch) == (two.step, two.epoch)
            assert np.array_equal(one.reconstructions.codes, two.reconstructions.codes)
            assert all(np.array_equal(one.on_rates[site], two.on_rates[site]) for site in one.on_rates)

    def test_evaluating_more_often_changes_no_update(self) -> None:
        seldom = curves(small(evaluate_every=1, estimator="bernoulli", budget=8))
        often = curves(small(evaluate_every=0.25, estimator="bernoulli", budget=8))
        assert steps(seldom) == steps(often)
        assert len(evaluations(often)) == 8
        assert set(evaluations(seldom)) <= set(evaluations(often))

    @every_architecture
    def test_no_global_random_state_is_touched(self, name: str) -> None:
        before = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
        curves(small(name, estimator="reinforce"), 5)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (random.getstate(), repr(np.random.get_state())) == before[1:]

    def test_global_seeds_decide_nothing(self) -> None:
        torch.manual_seed(1)
        first = curves(small("convnet", estimator="rloo"))
        torch.manual_seed(2)
        assert curves(small("convnet", estimator="rloo")) == first

    def test_contestants_start_with_the_layers_they_share(self) -> None:
        nets = [
            Training(small("convnet", {"binary_layers": layers}, estimator=rule)).net
            for layers, rule in (([1], "identity"), ([2], "disarm"), ([], "identity"))
        ]
        for other in nets[1:]:
            for (name, one), (other_name, two) in zip(
                nets[0].named_parameters(), other.named_parameters(), strict=True
            ):
                assert name == other_name
                assert torch.equal(one, two)


class TestBudget:
    @pytest.mark.parametrize(
        ("fields", "count", "epochs"),
        [
            ({"budget": 5, "budget_unit": "steps"}, 5, 1.25),
            ({"budget": 2, "budget_unit": "epochs"}, 8, 2.0),
            ({"budget": 0.5, "budget_unit": "epochs"}, 2, 0.5),
            ({"budget": 0.01, "budget_unit": "epochs"}, 1, 0.25),
            ({"budget": 2, "budget_unit": "epochs", "subset": 40}, 6, 2.0),
        ],
    )
    def test_in_steps_and_epochs(self, fields: dict[str, Any], count: int, epochs: float) -> None:
        events = curves(small(**fields))
        assert [event.step for event in steps(events)] == list(range(1, count + 1))
        report = finished(events).report
        assert report is not None
        assert (report.steps, report.epochs) == (count, pytest.approx(epochs))
        assert evaluations(events)[-1].step == count, "the last weights are always evaluated"

    def test_in_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = itertools.count(step=0.01)  # whatever is measured takes a hundredth of a second
        monkeypatch.setattr(lab.training, "perf_counter", lambda: next(clock))
        training = Training(small(budget=0.165, budget_unit="seconds", evaluate_every=100), checkups=False)
        events = list(training.events())
        assert len(steps(events)) == 10
        assert training.progress.fraction == 1
        assert finished(events).reason == "done"

    def test_evaluations_and_frames_count_as_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = itertools.count(step=0.01)
        monkeypatch.setattr(lab.training, "perf_counter", lambda: next(clock))
        experiment = small(budget=0.095, budget_unit="seconds", evaluate_every=0.25)
        events = list(Training(experiment, checkups=False).events())
        assert len(steps(events)) == 4
        assert len(evaluations(events)) == 4

    def test_a_subset_is_all_that_is_seen(self) -> None:
        training = Training(small(subset=32, budget=3, budget_unit="epochs"))
        list(training.events())
        assert len(training.indices.train) == 32
        assert training.images_seen == 96
        assert not set(training.indices.train.tolist()) & set(training.indices.validation.tolist())

    def test_schedules_follow_the_budget(self) -> None:
        line = {"name": "linear", "start": 2, "end": 4}
        events = steps(curves(small(slope=line, optimizer={"name": "sgd", "lr": {"name": "cosine", "start": 1}})))
        assert [event.slope for event in events] == pytest.approx([2, 2.5, 3, 3.5])
        assert [event.rates["lr"] for event in events] == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)

    def test_weights_are_evaluated_and_seen_with_the_slope_of_their_last_step(self) -> None:
        training = Training(small(slope={"name": "linear", "start": 2, "end": 4}, report="last"))
        assert training.specimen().slope == 2
        *_, last = steps(list(training.events()))
        assert training.kept is not None
        assert (training.kept.step, training.kept.slope) == (last.step, last.slope)
        assert training.specimen().slope == last.slope

    def test_training_lowers_the_loss(self) -> None:
        events = curves(small(subset=1000, budget=3, budget_unit="epochs", optimizer="sgd"))
        report = finished(events).report
        assert report is not None
        assert report.test.accuracy is not None
        assert report.test.accuracy > 0.7
        assert report.validation.loss < 0.7 * evaluations(events)[0].scores.loss


class TestReport:
    BUMPY: dict[str, Any] = {"optimizer": {"name": "sgd", "lr": 1.5}, "evaluate_every": 0.25, "budget": 14}

    @pytest.mark.parametrize("report", ["best-validation", "best-validation-accuracy", "last"])
    def test_the_weights_that_were_asked_for_are_reported(self, report: str) -> None:
        training = Training(small(report=report, **self.BUMPY))
        weights, scores = {}, {}
        for event in training.events():
            if isinstance(event, Evaluated):
                weights[event.step], scores[event.step] = copy.deepcopy(training.net.state_dict()), event.scores
        assert isinstance(event, Finished)
        assert event.report is not None
        best = min(scores, key=lambda step: scores[step].loss)
        most = max(scores, key=lambda step: scores[step].accuracy or 0)  # the first of several
        assert len({1, best, most, 14}) == 4, "they must not be the same for this test to tell"
        reported = event.report.reported_step
        assert reported == {"best-validation": best, "best-validation-accuracy": most}.get(report, 14)
        assert event.report.validation == scores[reported]
        for name, value in training.net.state_dict().items():
            assert torch.equal(value, weights[reported][name])

    def test_the_test_images_choose_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        experiment = small(**self.BUMPY)
        before, images = curves(experiment), Digits().images()
        spoiled = Images(
            images.train, images.train_labels, 255 - images.test, images.test_labels.flip(0), *images.scale
        )
        monkeypatch.setattr(Digits, "images", lambda self, progress=None: spoiled)
        after = curves(experiment)
        assert after[:-1] == before[:-1]
        one, two = finished(before).report, finished(after).report
        assert one is not None
        assert two is not None
        assert (one.reported_step, one.validation) == (two.reported_step, two.validation)
        assert one.test != two.test

    def test_the_last_frame_shows_the_weights_that_are_reported(self) -> None:
        changes = {"slope": {"name": "linear", "start": 1.0, "end": 5.0}, "evaluate_every": 0.25, "budget": 12}
        training = Training(small(**changes, optimizer={"name": "sgd", "lr": 3.0}))
        frames = {}
        for event in training.events():
            frames[training.step] = training.frame() if not isinstance(event, Finished) else frames[training.step]
        report_step = training.frame().step
        assert report_step < 12, "the best weights are not the last"
        assert np.array_equal(training.frame().filters.array(), frames[report_step].filters.array())

    def test_an_autoencoder_has_an_error_and_no_accuracy(self) -> None:
        events = curves(small("autoencoder"))
        assert all(event.accuracy is None for event in steps(events))
        report = finished(events).report
        assert report is not None
        assert report.test.accuracy is None
        assert 0 < report.test.loss < 4

    def test_flips_of_binary_weights_are_counted(self) -> None:
        flipping = {"name": "hypermask", "delta": 0.2}
        events = steps(curves(small("binary-mlp", optimizer=flipping, budget=5, subset=1200, batch_size=6)))
        assert [event.step for event in events if event.flips is not None] == [1, 3, 5], "100 counts in 200 steps"
        assert all(0 < event.flips.realized <= event.flips.attempted for event in events if event.flips)  # type: ignore[operator]
        assert all(event.flips is None for event in steps(curves(small())))


class TestMachine:
    def test_a_device_that_is_not_there_is_named_with_what_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        assert devices() == ["auto", "cpu"]
        assert resolve_device("auto") == torch.device("cpu")
        for name in ("cuda", "mps"):
            with pytest.raises(DeviceMissing) as caught:
                train(small(device=name))
            assert str(caught.value) == f"device {name!r} is not on this machine; it offers auto, cpu."

    def test_auto_takes_a_gpu_where_there_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        assert resolve_device("auto") == torch.device("cuda")
        assert resolve_device("cpu") == torch.device("cpu")

    def test_each_of_several_runs_in_a_thread_has_its_own_number_of_threads(self) -> None:
        torch.set_num_threads(2)
        seen: dict[int, list[int]] = {1: [], 2: []}
        runs = []
        for threads, counts in seen.items():
            training = Training(small(threads=threads, budget=threads))
            training.net.register_forward_hook(lambda *_, counts=counts: counts.append(torch.get_num_threads()))
            runs.append(training.events())
        for _ in itertools.zip_longest(*runs):
            assert torch.get_num_threads() == 2, "given back between two events"
        assert all(set(counts) == {threads} and len(counts) > threads for threads, counts in seen.items())

    @pytest.mark.parametrize("name", ["convnet", "autoencoder"])
    def test_bfloat16_is_near_float32_and_keeps_its_weights(self, name: str) -> None:
        training = Training(small(name, precision="bfloat16"))
        half, full = steps(itertools.islice(without_frames(training.events()), 3)), steps(curves(small(name), 1))
        assert all(parameter.dtype == torch.float32 for parameter in training.net.parameters())
        assert half[0].loss != full[0].loss
        assert half[0].loss == pytest.approx(full[0].loss, rel=0.1)
        assert len(half) == 2
