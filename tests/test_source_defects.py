"""The defects of the sources: each symptom is there as written and gone when mended, on the digits, in few steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from lab.data.digits import Digits
from lab.data.idx import Mnist
from lab.estimators import Drawn, Estimator, Levels, StraightThrough, to_levels
from lab.events import Step
from lab.facts import remarks
from lab.jobs import JOBS, require_raceable
from lab.models import Net, Rollout
from lab.models.layers import Around, BinaryUnits
from lab.presets import PRESETS
from lab.presets.source_defects import DEFECTS, Defect, Fields
from lab.training import Training
from tests.pages import newest, opened, pressed, until

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

BY_NAME = {defect.name: defect for defect in DEFECTS}
by_defect = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


def training(defect: Defect, side: Fields, *changes: str) -> Training:
    """A few steps of one side, on one thread."""
    small = ["threads=1", "budget=3", *(["batch_size=4", "subset=16"] if "autoencoder" in str(defect) else [])]
    return Training(defect.experiment(side, Digits(validation=20)).with_changes([*small, *changes]))


def updates(run: Training) -> list[Step]:
    """All steps of a run, without the report on the test images, which takes longer than they do."""
    steps = (event for event in run.events() if isinstance(event, Step))
    return list(itertools.islice(steps, run.experiment.length()[0]))


def losses(run: Training) -> list[float]:
    return [step.loss for step in updates(run)]


def first_layer(run: Training) -> Tensor:
    return next(run.net.parameters()).detach().clone()


@by_defect
def test_documents_itself_and_can_race(defect: Defect) -> None:
    assert all((defect.name, defect.title, defect.wrong, defect.symptom))
    assert bool(defect.witness) == bool(defect.witnessed)
    for images in (Digits(), Mnist()):
        contestants = defect.race(images)
        require_raceable(contestants)
        assert len({experiment.key for experiment in contestants}) == len(contestants)


@by_defect
def test_is_a_preset_that_says_whose_defect_it_is(defect: Defect) -> None:
    preset = PRESETS[f"defect-{defect.name}"]
    assert preset.defect_of == defect.source.split(":")[0]
    assert preset.experiment(Digits()) == defect.race(Digits())[0]


def test_every_source_with_code_has_its_defects_and_every_defect_of_an_estimator_is_shown() -> None:
    assert {defect.source[:10] for defect in DEFECTS} == {f"source 00{number}" for number in range(5)}
    written = {defect.experiment(defect.as_written, Digits()).estimator.name for defect in DEFECTS}
    # Rounding is source 003's other detached rule; the preset source-003-det-detached-… shows it.
    assert {name for name, rule in Estimator.members.items() if rule.defect_of} - written == {"detached-round"}


@pytest.mark.parametrize("name", ["in-place-alias", "relu-of-sign", "detached-reinforce"])
def test_the_first_layer_is_frozen_as_written_and_learns_when_mended(name: str) -> None:
    defect = BY_NAME[name]
    for side, frozen in ((defect.as_written, True), (defect.mended, False)):
        run = training(defect, side)
        before = first_layer(run)
        updates(run)
        assert torch.equal(first_layer(run), before) == frozen


@pytest.mark.parametrize("defect", [defect for defect in DEFECTS if defect.witness], ids=lambda defect: defect.name)
def test_the_witness_draws_the_same_curve_and_the_mended_another(defect: Defect) -> None:
    written, mended, witness = (
        losses(training(defect, side)) for side in (defect.as_written, defect.mended, defect.witness)
    )
    assert witness == written
    assert mended[0] == written[0], "all start from the same weights and the same batch"
    assert mended[-1] != written[-1]


def arriving(run: Training, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Drawn]]:
    """What arrives at the units of a run, step by step; filled while it runs."""
    arrived: list[tuple[Tensor, Drawn]] = []
    backward = StraightThrough.backward

    def listening(rule: StraightThrough, gradient: Tensor, drawn: Drawn) -> Tensor:
        arrived.append((gradient.clone(), drawn))
        return backward(rule, gradient, drawn)

    monkeypatch.setattr(StraightThrough, "backward", listening)
    updates(run)
    return arrived


def test_the_clip_of_source_001_never_acts_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    defect = BY_NAME["inert-clip"]
    for side, acts in ((defect.as_written, False), (defect.mended, True)):
        run = training(defect, side)
        bound = run.experiment.estimator.model_dump()["gradient_clip"]
        clipped = sum(int((gradient.abs() > bound).sum()) for gradient, _ in arriving(run, monkeypatch))
        assert (clipped > 0) == acts


def test_the_relu_blocks_the_gradient_of_every_bit_that_is_0() -> None:
    defect = BY_NAME["relu-before-binarizer"]
    for side, blocked in ((defect.as_written, True), (defect.mended, False)):
        run = training(defect, side)
        normed: list[Tensor] = []
        layers = list(run.net.modules())
        norm = next(
            m for m in reversed(layers[: layers.index(run.net.sites[0])]) if isinstance(m, torch.nn.BatchNorm2d)
        )
        norm.register_forward_hook(lambda _, __, output, normed=normed: normed.append(output) or output.retain_grad())
        inputs, targets = next(iter(run.batches.epoch()))
        run.experiment.estimator.loss(rollout(run, inputs, targets), None).backward()
        gradient, off = normed[0].grad, normed[0] <= 0
        assert gradient is not None
        assert 0.2 < off.float().mean() < 0.8
        assert bool((gradient[off] == 0).all()) == blocked
        assert (gradient[~off] != 0).all()


def rollout(run: Training, inputs: Tensor, targets: Tensor) -> Rollout:
    return Rollout(run.net.train(), inputs, targets, run.experiment.estimator, 1.0, run.noise)


class TestInPlaceClamp:
    def around(self, name: str, levels: Levels) -> Callable[[Tensor], Tensor]:
        """y = h + b(h), run as a net runs it."""
        net = Net()
        layer = net.around = Around(BinaryUnits(net.stage, levels))  # type: ignore[assignment]
        rule = Estimator.members[name]()

        def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
            return to_levels(rule.binarize(x, 1.0, None), unit.levels, rule.levels)

        def run(h: Tensor) -> Tensor:
            with net.visited(visit):
                return layer(h)

        return run

    @pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
    @pytest.mark.parametrize(("name", "expected"), [("in-place-clamp", [2, -2, 1]), ("value-clipped", [6, -8, 1])])
    def test_a_shortcut_shares_the_gradient(self, name: str, expected: list[float], levels: Levels) -> None:
        x = torch.tensor([0.3, -0.2, 1.5], requires_grad=True)
        self.around(name, levels)(x * 1.0).backward(torch.tensor([5.0, -7.0, 0.5]))
        assert x.grad is not None
        assert x.grad.tolist() == expected

    def test_where_elements_share_one_place_it_leaves_them_alone(self) -> None:
        x = torch.tensor([0.3, -0.2], requires_grad=True)
        (self.around("in-place-clamp", "0/1")(x * 1.0) * 1.0).sum().backward()
        y = torch.tensor([0.3, -0.2], requires_grad=True)
        Estimator.members["in-place-clamp"](gradient_clip=0.25).binarize(y, 1.0, None).sum().backward()
        assert y.grad is not None
        assert y.grad.tolist() == [0.25, 0.25]

    def test_without_a_shortcut_it_trains_as_the_mended_does(self) -> None:
        defect = BY_NAME["in-place-clamp"]
        plain = ["architecture.shortcut=false"]
        written, mended = (losses(training(defect, side, *plain)) for side in (defect.as_written, defect.mended))
        assert written == mended

    def test_with_one_the_first_layer_learns_more_slowly(self) -> None:
        defect = BY_NAME["in-place-clamp"]
        moved = []
        for side in (defect.as_written, defect.mended):
            run = training(defect, side, "budget=40", "evaluate_every=9")
            before = first_layer(run)
            updates(run)
            moved.append((first_layer(run) - before).norm().item())
        assert moved[0] < moved[1] / 2


def test_sign_of_zero_gives_a_third_value_behind_a_relu(monkeypatch: pytest.MonkeyPatch) -> None:
    defect = BY_NAME["sign-of-zero"]
    for side, values in ((defect.as_written, {0.5, 1.0}), (defect.mended, {0.0, 1.0})):
        run = training(defect, side)
        said = [remark for remark in remarks(run.experiment) if "third value" in remark.text]
        codes = torch.cat([drawn.codes.flatten() for _, drawn in arriving(run, monkeypatch)])
        assert set(codes.tolist()) == values
        assert 0.2 < (codes < 1).float().mean() < 0.8
        assert bool(said) == (0.5 in values)


def test_binarized_logits_have_a_floor() -> None:
    defect, floor = BY_NAME["binarized-output"], torch.log(torch.e + torch.tensor(9.0)).item() - 1
    written, mended = (
        losses(training(defect, side, "budget=60", "evaluate_every=99")) for side in (defect.as_written, defect.mended)
    )
    assert min(written) >= floor == pytest.approx(1.4612, abs=5e-5)
    assert min(mended) < floor


def test_weights_of_black_pixels_drift_to_1_or_stay() -> None:
    defect = BY_NAME["zero-gradient-to-one"]
    for side, drifts in ((defect.as_written, True), (defect.mended, False)):
        run = training(defect, side, "budget=60", "evaluate_every=99")
        black = (run.images.train[run.indices.train].amax(0) == 0).flatten()
        before = first_layer(run)[:, black]
        updates(run)
        after = first_layer(run)[:, black]
        assert (after >= before).all()
        assert before.mean().item() == pytest.approx(0.5, abs=0.02)
        assert (after.mean() > 0.65) == drifts
        assert torch.equal(after, before) != drifts


def test_pytorch_refuses_the_code_of_source_000_and_its_mended_form_is_relu_backward() -> None:
    x = torch.tensor([-1.0, 2.0, 3.0], requires_grad=True)
    forward = backward = x.relu()
    forward[forward <= 0] = 0
    forward[forward > 0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (backward + (forward - backward).detach()).sum().backward()
    rectified = x.relu()
    mended = rectified - rectified.detach() + (rectified > 0).float()
    rule = Estimator.members["relu-backward"]().binarize(x, 1.0, None)
    assert mended.tolist() == rule.tolist() == [0.0, 1.0, 1.0]
    for value in (mended, rule):
        (gradient,) = torch.autograd.grad((value * torch.tensor([1.0, 2.0, 3.0])).sum(), x)
        assert gradient.tolist() == [0.0, 2.0, 3.0]


@pytest.mark.usefixtures("empty_lab")
class TestSection:
    def test_train_as_written_goes_to_the_train_page(self) -> None:
        tab = opened("gradients.py", section="defects")
        assert len([item for item in tab.button if item.label == "Train as written"]) == len(DEFECTS)
        pressed(tab, "defect.train.in-place-alias")
        assert newest().experiments[0] == PRESETS["defect-in-place-alias"].experiment(Digits())
        assert newest().title in "".join(item.proto.text for item in tab.get("progress")) or tab.get("bidi_component")

    def test_a_race_against_mended_goes_to_the_compare_page(self) -> None:
        tab = pressed(opened("gradients.py", section="defects"), "defect.race.detached-reinforce")
        job = newest()
        assert list(job.experiments) == BY_NAME["detached-reinforce"].race(Digits())
        assert len(JOBS.all()) == 1
        until(lambda: job.view().snapshots[0].steps["step"].size > 0)
        (fields,) = [item for item in tab.multiselect if item.label == "They differ in"]
        assert fields.value == ["estimator"]
