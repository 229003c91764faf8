"""What a person asks for on the command line, made into one Experiment. Knows no printing and no training."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from lab.data import data_folder, default_dataset
from lab.experiment import Experiment, InvalidExperiment
from lab.links import decode
from lab.presets import PRESETS, Preset

LINK_PARAMETER = "experiment="
"""What stands in front of an experiment in the app's address."""


@dataclass(frozen=True)
class Request:
    """The options of `train`: exactly one of `preset`, `file` and `link`; any other that is None changes nothing."""

    preset: str | None = None
    file: Path | None = None
    link: str | None = None
    changes: Sequence[str] = ()
    dataset: str | None = None
    epochs: float | None = None
    seed: int | None = None
    device: str | None = None

    def experiment(self) -> Experiment:
        """The experiment to run.

        Raises:
            InvalidExperiment: a name is unknown, a value out of bounds, a field set twice, a file or link unreadable.
            DataError: LAB_DATA names no folder.
        """
        data_folder()  # a wrong LAB_DATA is an error even for images that need no file
        own = {
            "budget": self.epochs,
            "budget_unit": None if self.epochs is None else "epochs",
            "seed": self.seed,
            "device": self.device,
        }
        options = [f"{path}={value}" for path, value in own.items() if value is not None]
        images = [] if self.dataset is None else [f"dataset={json.dumps({'name': self.dataset})}"]
        changes = [*images, *self.changes, *options]
        _require_once([change.partition("=")[0].strip() for change in changes])
        return self._start().with_changes(changes)

    def _start(self) -> Experiment:
        given = [value is not None for value in (self.preset, self.file, self.link)]
        if given.count(True) != 1:
            raise InvalidExperiment(["Give one of --preset, --experiment and --link, and only one."])
        if self.preset is not None:
            return named_preset(self.preset).experiment(default_dataset())
        return read_link(self.link) if self.link is not None else read_file(self.file or Path())


def _require_once(paths: list[str]) -> None:
    twice = [path for path in dict.fromkeys(paths) if paths.count(path) > 1]
    if twice:
        raise InvalidExperiment([f"{path} is set more than once, by --set or by its own option." for path in twice])


def named_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InvalidExperiment([f"preset names no preset (given: {name!r}).{hint} Allowed: {', '.join(PRESETS)}."])
    return PRESETS[name]


def read_file(file: Path) -> Experiment:
    """The experiment in a JSON file.

    Raises:
        InvalidExperiment: the file cannot be read, or holds no experiment.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidExperiment([f"experiment file {str(file)!r} cannot be read: {error.strerror}."]) from None
    return Experiment.from_json(content)


def read_link(link: str) -> Experiment:
    """The experiment of a link: the app's whole address, or what follows `experiment=` in it.

    Raises:
        InvalidExperiment: the link is broken.
    """
    text = link.strip().rpartition(LINK_PARAMETER)[2]
    return decode(unquote(text.partition("&")[0].partition("#")[0]))
