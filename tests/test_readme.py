"""What README and CONTRIBUTING say is so: commands run, the example trains, the tree lists what is there."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.events import Finished
from lab.experiment import Experiment
from lab.probes.neuron import look
from lab.training import train
from tests.latex import value_of

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README + CONTRIBUTING, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip()
    for language, block in BLOCKS
    for line in block.splitlines()
    if language == "bash" and line.startswith("python -m lab ")
]
QUICK = ["--dataset", "digits", "--set", "subset=64", "--epochs", "1"]


def block(language: str) -> str:
    """The first block of a language."""
    return next(text for found, text in BLOCKS if found == language)


def test_it_is_short_and_starts_with_how_to_start() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    first_screen = "\n".join(lines[:30])
    for command in ("make run", "make test", "pip install -r requirements.txt", "streamlit run app.py", "pytest"):
        assert command in first_screen


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command: str) -> None:
    arguments = shlex.split(command)[3:]
    if arguments[0] == "train":
        arguments += QUICK  # the last of an option that is given twice wins
    elif arguments[0] == "bench":
        arguments.append("--help")
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_it_shows_every_command() -> None:
    shown = {tuple(shlex.split(command)[3:5]) for command in COMMANDS}
    assert {words[0] for words in shown} == {"train", "list", "runs", "bench"}
    assert "python -m lab resume ID" in README
    assert "python -m lab export ID" in README
    assert "python -m lab reproduce STUDY" in README
    benchmarks = {"train", "live", "race", "watchers", "gradients", "frames", "pages", "xnor"}
    assert {words[1] for words in shown if words[0] == "bench"} == benchmarks


@pytest.fixture
def example(tmp_path: Path) -> Iterator[type[Estimator]]:
    """The README's estimator, as a plug-in file of its own; forgotten again afterwards."""
    before = dict(Estimator.members)
    file = tmp_path / "readme_example.py"
    file.write_text(block("python"), encoding="utf-8")
    specification = importlib.util.spec_from_file_location(file.stem, file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[file.stem] = module
    specification.loader.exec_module(module)
    (added,) = Estimator.members.keys() - before.keys()
    yield Estimator.members[added]
    del sys.modules[file.stem], Estimator.members[added]


def test_the_first_start_on_a_machine_asks_nothing(tmp_path: Path) -> None:
    start = (
        "from streamlit import config; from streamlit.runtime.credentials import check_credentials; "
        "config.get_config_options(); check_credentials()"
    )
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", start],
        cwd=REPOSITORY,
        env={**os.environ, **home},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0
    assert b"mail" not in ended.stdout + ended.stderr


def test_its_estimator_trains(example: type[Estimator]) -> None:
    fields = {"dataset": Digits(), "estimator": example.name, "budget": 2, "budget_unit": "steps", "subset": 64}
    *_, end = train(Experiment.parse(fields))
    assert isinstance(end, Finished)
    assert end.reason == "done"
    result = CliRunner().invoke(app, ["list", "estimators"])
    assert example.name in result.output


def test_its_estimator_is_worked_out_under_the_microscope(example: type[Estimator]) -> None:
    unit = look(example(), x=0.4, slope=2.0, noise=0.5, target=0.0)
    assert [value_of(line.split("=")[-2]) for line in unit.worked] == pytest.approx([1 / 1.8**2, 2 / 1.8**2], rel=1e-3)


def test_its_tree_lists_what_is_there() -> None:
    folders: list[str] = []
    for line in block("").splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        folders = [*folders[:depth], name]
        assert (REPOSITORY / "".join(folders)).exists(), line


def test_its_tree_leaves_nothing_out() -> None:
    tree = block("")
    for entry in (REPOSITORY / "lab").iterdir():
        if not entry.name.startswith("__") or entry.name == "__main__.py":
            assert f"  {entry.name}" in tree, entry


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README + CONTRIBUTING):
        assert target.startswith("https://") or (REPOSITORY / target).exists(), target
