"""Datasets, the folder they lie in, and their files. Nothing here leaves this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.data import BROKEN, DataError, Dataset, data_folder, default_dataset, split
from lab.data.digits import Digits
from lab.data.idx import FILES, FashionMnist, IdxDataset, Kmnist, Mnist
from tests.idx_files import NAMES, idx_bytes, write_raw

REAL_FOLDER = os.environ.get("LAB_DATA", "")
HAS_MNIST = all(os.path.isfile(os.path.join(REAL_FOLDER, "MNIST", "raw", name)) for name in NAMES)


def test_no_module_of_the_family_is_broken() -> None:
    assert BROKEN == []


@pytest.mark.parametrize("member", Dataset.members.values(), ids=lambda member: member.name)
def test_every_dataset_describes_itself(member: type[Dataset]) -> None:
    dataset = member()
    assert dataset.title
    assert dataset.summary
    assert dataset.paper
    assert len(set(dataset.classes)) == len(dataset.classes) == 10
    assert type(dataset).model_fields["validation"].description
    assert Dataset.model_validate(dataset.model_dump()) == dataset
    for wrong in (0, -1, 10**9, True, 1.5):
        with pytest.raises(ValidationError):
            dataset.changed(validation=wrong)


@pytest.mark.parametrize("member", [m for m in Dataset.members.values() if issubclass(m, IdxDataset)])
def test_an_idx_dataset_agrees_with_torchvision(member: type[IdxDataset]) -> None:
    from torchvision import datasets

    source = getattr(datasets, member.folder)
    assert [name for name, _ in source.resources] == list(member.sizes) == [f"{name}.gz" for name in NAMES]
    assert [text.split(" - ")[0] for text in source.classes] == list(member.classes)
    assert member.download_bytes == sum(member.sizes.values())


class TestFolder:
    @pytest.mark.parametrize("kind", ["missing", "file"])
    def test_a_named_folder_must_exist(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        named = tmp_path / "nowhere"
        if kind == "file":
            named.write_text("")
        before = sorted(tmp_path.rglob("*"))
        monkeypatch.setenv("LAB_DATA", str(named))
        for action in (data_folder, default_dataset, Mnist().present, Mnist().images):
            with pytest.raises(DataError, match="nowhere"):
                action()
        assert sorted(tmp_path.rglob("*")) == before

    def test_digits_do_not_need_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LAB_DATA", str(tmp_path / "nowhere"))
        assert Digits().present()
        assert len(Digits().images().train) == 1437

    @pytest.mark.parametrize("value", [None, ""])
    def test_unset_is_the_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("LAB_DATA", raising=False)
        if value is not None:
            monkeypatch.setenv("LAB_DATA", value)
        assert data_folder() == tmp_path / ".cache" / "binary-lab"
        assert default_dataset() == Digits()
        assert not data_folder().exists()

    def test_tilde_stands_for_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "mine").mkdir()
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("LAB_DATA", "~/mine")
        assert data_folder() == tmp_path / "mine"

    def test_mnist_is_the_default_where_it_is_whole(self, lab_data: Path) -> None:
        assert default_dataset() == Digits()
        raw = write_raw(lab_data)
        assert default_dataset() == Mnist()
        (raw / NAMES[3]).unlink()
        assert default_dataset() == Digits()


def test_digits_are_a_stratified_fixed_split() -> None:
    images = Digits().images()
    assert images.train.shape == (1437, 28, 28)
    assert images.test.shape == (360, 28, 28)
    assert images.train.dtype == images.test.dtype == torch.uint8
    assert images.train_labels.dtype == images.test_labels.dtype == torch.int64
    assert 35 <= int(images.test_labels.bincount().min()) <= int(images.test_labels.bincount().max()) <= 37
    assert images.train.max() > 240
    assert images.train[:, :4].max() == 0
    assert Digits().images() is images
    assert Digits(validation=7).images() is images
    again = Digits()._load(None)
    assert torch.equal(again.train, images.train)
    assert torch.equal(again.test_labels, images.test_labels)


class TestFiles:
    @pytest.mark.parametrize("member", [Mnist, FashionMnist, Kmnist])
    def test_read_without_writing(self, lab_data: Path, member: type[IdxDataset]) -> None:
        raw = write_raw(lab_data, member.folder)
        before = sorted(lab_data.rglob("*"))
        images = member().images()
        expected = torch.tensor(list((raw / NAMES[0]).read_bytes()[16:]), dtype=torch.uint8).view(12, 28, 28)
        assert torch.equal(images.train, expected)
        assert images.test_labels.tolist() == [0, 1, 2, 3, 4]
        assert images.mean == pytest.approx((expected.double() / 255).mean().item(), rel=1e-9)
        assert images.std == pytest.approx((expected.double() / 255).std(correction=0).item(), rel=1e-9)
        assert images.scale == (images.mean, images.std)
        assert sorted(lab_data.rglob("*")) == before

    @pytest.mark.parametrize(
        ("name", "change", "message"),
        [
            (NAMES[0], lambda old: old[:-1], r"is 9423 bytes long instead of the 9424 bytes"),
            (NAMES[0], lambda old: old + b"x", r"is 9425 bytes long instead of"),
            (NAMES[0], lambda old: old[:10], r"is 10 bytes long, shorter than the 16 bytes"),
            (NAMES[1], lambda old: b"", r"is 0 bytes long"),
            (NAMES[2], lambda old: b"<html>" + old[6:], r"starts with the number 0x3c68746d instead of 0x00000803"),
            (NAMES[3], lambda old: b"\0\0\x08\x03" + old[4:], r"instead of 0x00000801"),
            (NAMES[0], lambda old: old[:11] + b"\x20" + old[12:], r"announces 12×32×28 values instead of N×28×28"),
            (NAMES[0], lambda old: old[:4] + b"\xff" * 4 + old[8:], r"bytes long instead of"),
            (NAMES[1], lambda old: idx_bytes(torch.zeros(0)), r"announces 0 values"),
            (NAMES[1], lambda old: idx_bytes(torch.zeros(11).long()), r"holds 11 labels for the 12 images"),
            (NAMES[3], lambda old: old[:-1] + b"\x0a", r"holds the label 10, but labels go from 0 to 9"),
        ],
    )
    def test_a_corrupt_file_is_named(self, lab_data: Path, name: str, change: Any, message: str) -> None:
        file = write_raw(lab_data) / name
        file.write_bytes(change(file.read_bytes()))
        with pytest.raises(DataError, match=message) as caught:
            Mnist().images()
        assert str(file) in str(caught.value)
        assert "delete it and start again" in str(caught.value)

    @settings(max_examples=60)
    @given(st.binary(max_size=64), st.sampled_from(NAMES))
    def test_any_other_content_is_refused(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
    ) -> None:
        from lab.data.idx import read

        raw = write_raw(tmp_path_factory.mktemp("fuzz"))
        (raw / name).write_bytes(content)
        part = next(part for part, pair in FILES.items() if name in pair)
        with pytest.raises(DataError, match=name):
            read(raw, part, 10)

    def test_an_unreadable_file_is_named(self, lab_data: Path) -> None:
        from lab.data.idx import read

        raw = write_raw(lab_data)
        (raw / NAMES[1]).unlink()
        with pytest.raises(DataError, match=f"{NAMES[1]} cannot be read"):
            read(raw, "train", 10)


@pytest.mark.skipif(not HAS_MNIST, reason="LAB_DATA names no folder with MNIST/raw")
class TestRealMnist:
    def test_is_mnist(self) -> None:
        assert default_dataset() == Mnist()
        images = Mnist().images()
        assert images.train.shape == (60_000, 28, 28)
        assert images.test.shape == (10_000, 28, 28)
        assert images.scale == pytest.approx((0.1307, 0.3081), abs=5e-5)
        assert images.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
        assert len(split(Mnist(), images, 0).train) == 54_000

    def test_is_read_as_torchvision_reads_it(self) -> None:
        from torchvision.datasets import MNIST

        images = Mnist().images()
        for part, pixels, labels in (
            (True, images.train, images.train_labels),
            (False, images.test, images.test_labels),
        ):
            theirs = MNIST(REAL_FOLDER, train=part)
            assert torch.equal(theirs.data, pixels)
            assert torch.equal(theirs.targets, labels)
