"""Downloads of the datasets from a web server on this machine: progress, damage, and no trace of a failure."""

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

from lab.data import DataError, Images
from lab.data.idx import FashionMnist
from tests.idx_files import NAMES, tiny_files, write_raw


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

    def test_the_next_mirror_is_tried(self, lab_data: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
