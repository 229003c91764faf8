"""Downloads of torchvision's datasets with progress: from the same mirrors, checked, and all or nothing."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from lab.data.base import DataError, OnProgress

TIMEOUT_SECONDS = 20.0
"""How long a mirror may stay silent."""
CHUNK_BYTES = 1 << 16
NETWORK_ERRORS = (URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


def download(folder: str, raw: Path, sizes: dict[str, int], progress: OnProgress | None = None) -> None:
    """Bring the missing files of torchvision's dataset class `folder` into the folder `raw`, unpacked.

    `sizes` gives the bytes of each compressed file, for `progress`. A file appears in `raw` only when it is whole.

    Raises:
        DataError: no mirror gave the file, or `raw` cannot be written.
    """
    from torchvision import datasets
    from torchvision.datasets.utils import extract_archive

    source = getattr(datasets, folder)
    missing = [(file, md5) for file, md5 in source.resources if not os.path.isfile(raw / _unpacked(file))]
    meter = _Meter(progress, sum(sizes.get(file, 0) for file, _ in missing))
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=raw, prefix=".download-") as work:
            for file, md5 in missing:
                archive = Path(work) / file
                _from_any_mirror(source.mirrors, archive, md5, meter)
                extract_archive(str(archive), work)
                os.replace(Path(work) / _unpacked(file), raw / _unpacked(file))
                meter.finish(sizes.get(file, 0))
    except OSError as error:
        raise DataError(
            f"{folder} is not in {raw} and cannot be stored there ({error.strerror or error}); "
            "make room and grant write access, or set LAB_DATA to a folder that holds it."
        ) from error
    finally:
        with suppress(OSError):  # a folder with something in it stays
            raw.rmdir()
            raw.parent.rmdir()


class _Meter:
    """Adds the bytes of one file after another up to a known total."""

    def __init__(self, progress: OnProgress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._finished = 0

    def show(self, received: int) -> None:
        """Report the bytes received of the file under way; a second mirror starts again from 0."""
        if self._progress is not None:
            self._progress(min(self._finished + received, self._total), self._total)

    def finish(self, size: int) -> None:
        """Count a whole file."""
        self._finished += size
        self.show(0)


def _unpacked(file: str) -> str:
    return file.removesuffix(".gz")


def _from_any_mirror(mirrors: list[str], target: Path, md5: str, meter: _Meter) -> None:
    from torchvision.datasets.utils import check_integrity

    problems = []
    for mirror in mirrors:
        url = f"{mirror}{target.name}"
        try:
            _stream(url, target, meter)
        except NETWORK_ERRORS as error:
            problems.append(f"{url} ({_reason(error)})")
            continue
        if check_integrity(target, md5):
            return
        problems.append(f"{url} (what came is not the expected file: its MD5 differs)")
    raise DataError(
        f"Could not download {' or '.join(problems)}; check the network and start again, "
        "set LAB_DATA to a folder that holds the files, or take the embedded digits."
    )


def _stream(url: str, target: Path, meter: _Meter) -> None:
    received = 0
    request = Request(url, headers={"User-Agent": "binary-neuron-lab"})
    with urlopen(request, timeout=TIMEOUT_SECONDS) as response, target.open("wb") as file:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            received += len(chunk)
            meter.show(received)


def _reason(error: Exception) -> str:
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        error = error.reason if isinstance(error.reason, Exception) else error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
