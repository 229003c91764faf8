"""Datasets, their files and downloads, the split, and the batches. Nothing here leaves this machine."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.data import BROKEN, Batches, DataError, Dataset, Images, data_folder, default_dataset, normalized, split
from lab.data.digits import Digits
from lab.data.idx import FILES, FashionMnist, IdxDataset, Kmnist, Mnist

NAMES = [name for pair in FILES.values() for name in pair]
REAL_FOLDER = os.environ.get("LAB_DATA", "")
HAS_MNIST = all(os.path.isfile(os.path.join(REAL_FOLDER, "MNIST", "raw", name)) for name in NAMES)


def idx_bytes(values: torch.Tensor, magic: int | None = None) -> bytes:
    header = [0x0800 + values.dim() if magic is None else magic, *values.shape]
    return b"".join(number.to_bytes(4, "big") for number in header) + bytes(values.flatten().tolist())


def tiny_files(train: int = 12, test: int = 5, seed: int = 0) -> dict[str, bytes]:
    generator = torch.Generator().manual_seed(seed)
    files = {}
    for count, (images, labels) in zip((train, test), FILES.values(), strict=True):
        files[images] = idx_bytes(torch.randint(256, (count, 28, 28), generator=generator))
        files[labels] = idx_bytes(torch.arange(count) % 10)
    return files


def write_raw(root: Path, folder: str = "MNIST") -> Path:
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for name, content in tiny_files().items():
        (raw / name).write_bytes(content)
    return raw


@pytest.fixture
def lab_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "data"
    root.mkdir()
    monkeypatch.setenv("LAB_DATA", str(root))
    return root


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

    @settings(max_examples=60, deadline=None)
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


@pytest.fixture
def mirror(tmp_path: Path, lab_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A web server on this machine, in place of the mirrors of Fashion-MNIST; its folder."""
    from torchvision import datasets

    served = tmp_path / "served"
    served.mkdir()
    packed = {f"{name}.gz": gzip.compress(content) for name, content in tiny_files().items()}
    for name, content in packed.items():
        (served / name).write_bytes(content)
    handler = partial(CountingHandler, directory=str(served))
    CountingHandler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in packed.items()]
    monkeypatch.setattr(datasets.FashionMNIST, "resources", sums)
    monkeypatch.setattr(FashionMnist, "sizes", {name: len(content) for name, content in packed.items()})
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


class CountingHandler(SimpleHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


class TestDownload:
    def raw(self, lab_data: Path) -> Path:
        return lab_data / "FashionMNIST" / "raw"

    def test_brings_the_files_and_reports_progress(self, lab_data: Path, mirror: Path) -> None:
        seen: list[tuple[int, int]] = []
        images = FashionMnist().images(lambda done, total: seen.append((done, total)))
        total = sum(FashionMnist.sizes.values())
        assert len(images.train) == 12
        assert seen[-1] == (total, total)
        assert {of for _, of in seen} == {total}
        assert seen == sorted(seen)
        assert sorted(os.listdir(self.raw(lab_data))) == sorted(NAMES)
        assert FashionMnist().present()
        assert {(self.raw(lab_data) / name).read_bytes() for name in NAMES} == set(tiny_files().values())

    def test_brings_only_what_is_missing(self, lab_data: Path, mirror: Path) -> None:
        (write_raw(lab_data, "FashionMNIST") / NAMES[2]).unlink()
        FashionMnist().images()
        assert CountingHandler.asked == [f"/{NAMES[2]}.gz"]

    def test_happens_once_for_all_threads(self, mirror: Path) -> None:
        results: list[Images] = []
        threads = [threading.Thread(target=lambda: results.append(FashionMnist().images())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(CountingHandler.asked) == len(NAMES)
        assert len(results) == 4
        assert len(set(map(id, results))) == 1

    @pytest.mark.parametrize("damage", ["changed", "truncated", "absent"])
    def test_a_bad_file_leaves_nothing_behind(self, lab_data: Path, mirror: Path, damage: str) -> None:
        served = mirror / f"{NAMES[1]}.gz"
        good = served.read_bytes()
        if damage == "absent":
            served.unlink()
        else:
            served.write_bytes(good[:-3] + (b"xyz" if damage == "changed" else b""))
        reason = "404" if damage == "absent" else "MD5 differs"
        with pytest.raises(DataError, match=f"Could not download .*{NAMES[1]}.gz .*{reason}"):
            FashionMnist().images()
        assert os.listdir(self.raw(lab_data)) == [NAMES[0]]
        served.write_bytes(good)
        assert len(FashionMnist().images().test) == 5

    def test_the_next_mirror_is_tried(
        self, lab_data: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from torchvision import datasets

        good = datasets.FashionMNIST.mirrors[0]
        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [f"{good}elsewhere/", good])
        assert len(FashionMnist().images().train) == 12

    def test_without_a_network(self, lab_data: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from torchvision import datasets

        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])
        with pytest.raises(DataError, match=r"Could not download http://127.0.0.1:9/.* check the network"):
            FashionMnist().images()
        assert os.listdir(lab_data) == []

    def test_a_folder_that_cannot_be_written(self, lab_data: Path, mirror: Path) -> None:
        (lab_data / "FashionMNIST").write_text("in the way")
        with pytest.raises(DataError, match="cannot be stored there"):
            FashionMnist().images()
        assert CountingHandler.asked == []

    def test_stopping_leaves_nothing_behind(self, lab_data: Path, mirror: Path) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            FashionMnist().images(stop)
        assert os.listdir(lab_data) == []


def blank(count: int) -> Images:
    pixels, labels = torch.zeros(count, 28, 28, dtype=torch.uint8), torch.zeros(count, dtype=torch.int64)
    return Images(pixels, labels, pixels[:1], labels[:1], 0.0, 1.0)


class TestSplit:
    @settings(max_examples=50, deadline=None)
    @given(st.data(), st.integers(2, 300), st.integers(0, 2**32))
    def test_is_disjoint_complete_and_seeded(self, data: st.DataObject, count: int, seed: int) -> None:
        dataset = Digits(validation=data.draw(st.integers(1, count - 1)))
        images = blank(count)
        whole = split(dataset, images, seed)
        assert len(whole.validation) == dataset.validation
        assert sorted([*whole.train.tolist(), *whole.validation.tolist()]) == list(range(count))
        assert whole.train.dtype == whole.validation.dtype == torch.int64
        subset = data.draw(st.integers(1, count - dataset.validation))
        part = split(dataset, images, seed, subset)
        assert torch.equal(part.validation, whole.validation)
        assert torch.equal(part.train, whole.train[:subset])

    def test_depends_on_the_seed(self) -> None:
        first, second = (split(Digits(validation=50), blank(200), seed) for seed in (0, 1))
        assert not torch.equal(first.validation, second.validation)

    def test_leaves_the_global_generator_alone(self) -> None:
        before = torch.get_rng_state()
        split(Digits(), blank(300), 3)
        assert torch.equal(torch.get_rng_state(), before)

    @pytest.mark.parametrize("subset", [0, 101, 10_000])
    def test_refuses_a_subset_that_is_not_there(self, subset: int) -> None:
        with pytest.raises(DataError, match=rf"subset of {subset} .* has 100 beside"):
            split(Digits(validation=20), blank(120), 0, subset)

    def test_refuses_to_hold_out_everything(self) -> None:
        with pytest.raises(DataError, match=r"has 20 training images, so 20 cannot"):
            split(Digits(validation=20), blank(20), 0)


def marked(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images, and their own numbers for labels."""
    pixels = torch.randint(256, (count, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return pixels, torch.arange(count)


def batches(count: int, size: int, seed: int = 0, indices: torch.Tensor | None = None) -> Batches:
    chosen = torch.arange(count) if indices is None else indices
    return Batches(*marked(count), chosen, size, (0.13, 0.31), "cpu", torch.Generator().manual_seed(seed))


class TestBatches:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 700), st.integers(1, 800), st.integers(0, 99))
    def test_every_index_once_an_epoch(self, count: int, size: int, seed: int) -> None:
        indices = torch.randperm(700, generator=torch.Generator().manual_seed(seed))[:count]
        served = batches(700, size, seed, indices)
        for _ in range(2):
            labels = [batch for _, batch in served.epoch()]
            assert len(labels) == served.steps_per_epoch
            assert all(len(batch) == size for batch in labels[:-1])
            lone = size > 1 and count > 1 and count % size == 1  # batch norm cannot take a batch of one
            assert len(torch.cat(labels)) == count - lone
            assert set(torch.cat(labels).tolist()) <= set(indices.tolist())
            assert len(set(torch.cat(labels).tolist())) == count - lone

    def test_images_are_normalized_and_go_with_their_labels(self) -> None:
        pixels, _ = marked(600)
        for values, labels in batches(600, 64).epoch():
            assert values.shape == (len(labels), 1, 28, 28)
            assert values.dtype == torch.float32
            plain = (pixels[labels].unsqueeze(1).double() / 255 - 0.13) / 0.31
            torch.testing.assert_close(values.double(), plain, rtol=0, atol=5e-7)
        torch.testing.assert_close(
            normalized(pixels, 0.13, 0.31, "cpu").double(), (pixels.unsqueeze(1).double() / 255 - 0.13) / 0.31,
            rtol=0, atol=5e-7,
        )

    def test_the_seed_decides_and_epochs_differ(self) -> None:
        one, same, other = (batches(300, 32, seed) for seed in (1, 1, 2))
        orders = [
            [torch.cat([labels for _, labels in served.epoch()]).tolist() for _ in range(2)]
            for served in (one, same, other)
        ]
        assert orders[0] == orders[1]
        assert orders[0] != orders[2]
        assert orders[0][0] != orders[0][1]

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 40), st.sampled_from([1, 7, 32, 100, 300, 700]))
    def test_skipping_serves_the_rest(self, skip: int, size: int) -> None:
        whole, rest = list(batches(600, size).epoch()), list(batches(600, size).epoch(skip))
        assert len(rest) == max(0, len(whole) - skip)
        for (values, labels), (same_values, same_labels) in zip(whole[skip:], rest, strict=True):
            assert torch.equal(values, same_values)
            assert torch.equal(labels, same_labels)

    def test_the_order_is_drawn_at_the_call(self) -> None:
        generator = torch.Generator().manual_seed(0)
        served = Batches(*marked(50), torch.arange(50), 8, (0.0, 1.0), "cpu", generator)
        before = generator.get_state()
        epoch = served.epoch()
        after = generator.get_state()
        list(epoch)
        assert not torch.equal(before, after)
        assert torch.equal(after, generator.get_state())

    def test_kept_batches_stay_and_images_are_not_touched(self) -> None:
        pixels, labels = marked(500)
        original = pixels.clone()
        served = Batches(pixels, labels, torch.arange(500), 16, (0.1, 0.3), "cpu", torch.Generator())
        kept = [(values, values.clone()) for _ in range(2) for values, _ in served.epoch()]
        assert all(torch.equal(values, copy) for values, copy in kept)
        for values, _ in served.epoch():
            values.zero_()
        assert torch.equal(pixels, original)


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
            (True, images.train, images.train_labels), (False, images.test, images.test_labels),
        ):
            theirs = MNIST(REAL_FOLDER, train=part)
            assert torch.equal(theirs.data, pixels)
            assert torch.equal(theirs.targets, labels)
