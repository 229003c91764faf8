"""Experiments, links, files and run folders that went wrong in every way a person or a disk can think of.

Each is drawn from a generator of numbers, so that a seed names it.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import random
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.data.digits import Digits
from lab.experiment import Experiment
from lab.limits import Limits, variable
from lab.links import FORMAT, encode
from lab.presets import PRESETS
from tests.strategies import EVERY_MEMBER, fitting

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**70), 10**400, 0.0, -0.0, 1e-320, 1e308, -1e308),
    *(
        float("nan"),
        float("inf"),
        "",
        " ",
        "x" * 5000,
        "\ud800",
        "\x00",
        "../../etc/passwd",
        "mlp",
        "digits",
        "monte-carlo",
    ),
    *([], {}, [[]], [1] * 300, {"name": None}, {"name": "relax"}, {"name": []}, {"": 0}, {"name": "adam", "lr": {}}),
)
"""What stands where something else should."""
PICKLE = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94."
HEADS = (
    PICKLE,
    b"PK\x03\x04",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"\x1f\x8b\x08",
    b"\x00" * 64,
    b"%PDF-1.7",
    b"",
)
"""How files begin that are no experiment."""
DEEP = 600


def sound() -> list[dict[str, Any]]:
    """Experiments as plain data: every preset, and every member of every family."""
    presets = [preset.experiment(Digits()).model_dump(mode="json") for preset in PRESETS.values()]
    members = [Experiment.parse(fitting(*member)).model_dump(mode="json") for member in EVERY_MEMBER]
    return [*presets, *members]


SOUND = sound()


def mutated_json(numbers: random.Random) -> bytes:
    """The JSON of an experiment that went wrong in one to three places."""
    data = copy.deepcopy(numbers.choice(SOUND))
    for _ in range(numbers.randint(1, 3)):
        numbers.choice((_replace, _replace, _remove, _add, _nest))(numbers, data)
    text = json.dumps(data)
    if numbers.random() < 0.2:
        text = _twice(numbers, text)
    raw = text.encode("utf-8", "surrogatepass")
    return damaged(numbers, raw) if numbers.random() < 0.2 else raw


def mutated_link(numbers: random.Random) -> str:
    """What stands in an address where a link should."""
    whole = encode(Experiment.parse(numbers.choice(SOUND)))
    kind = numbers.randrange(8)
    if kind == 0:
        return whole[: numbers.randrange(len(whole))]
    if kind == 1:
        place = numbers.randrange(len(whole))
        return whole[:place] + chr(numbers.randrange(1, 0xD7FF)) + whole[place + 1 :]
    if kind == 2:
        return whole.translate(str.maketrans("-_", "+/")) + "=="
    if kind == 3:
        return FORMAT + "." + "".join(map(chr, numbers.choices(range(33, 0x3000), k=numbers.randrange(400))))
    if kind == 4:
        return _packed(bytes([numbers.randrange(256)]) * numbers.choice((10**5, 10**7)))
    if kind == 5:
        return "~".join([whole] * numbers.randint(2, 9))
    return _packed(numbers.choice((mutated_json, mutated_file))(numbers))


def mutated_environment(numbers: random.Random) -> dict[str, str]:
    """The variables of the limits, some of them what nobody should set them to."""
    strange = [str(value) for value in STRANGE if "\x00" not in str(value)]
    named = numbers.sample(sorted(Limits.model_fields), numbers.randint(1, len(Limits.model_fields)))
    return {variable(name): numbers.choice((*strange, "1e3", "7", " 12 ", "١٢", "0b1")) for name in named}


def mutated_file(numbers: random.Random) -> bytes:
    """What someone chooses where a file with an experiment is asked for."""
    body = numbers.randbytes(numbers.randrange(2000))
    return numbers.choice((numbers.choice(HEADS) + body, mutated_json(numbers), b"[" * DEEP, b'{"a":' * DEEP))


def damaged(numbers: random.Random, raw: bytes) -> bytes:
    """Bytes that were cut off, changed, doubled or replaced."""
    place = numbers.randrange(len(raw) + 1)
    kind = numbers.randrange(5)
    if kind == 0:
        return raw[:place]
    if kind == 1:
        return raw[:place] + bytes([numbers.randrange(256)]) + raw[place + 1 :]
    if kind == 2:
        return raw[:place] + numbers.randbytes(8) + raw[place:]
    if kind == 3:
        return raw + raw
    return numbers.choice(HEADS) + raw[place:]


def mutate_folder(numbers: random.Random, folder: Path, outside: Path) -> None:
    """Damage the folder of a run: one or two of its files, or what they are.

    Args:
        numbers: say how.
        folder: a whole one.
        outside: a whole one elsewhere, which nothing in `folder` may lead to.
    """
    for _ in range(numbers.randint(1, 2)):
        files = sorted(file for file in folder.rglob("*") if not file.is_dir())
        named = ("job.json", "state", "lock", "about.json", "archived.json")
        file = numbers.choice([*files, *(folder / name for name in named)])
        if folder.is_symlink() or file.parent.is_symlink():
            return  # what is behind a link is not to be changed, here neither
        if file.exists() or file.is_symlink():
            numbers.choice((_damage, _damage, _damage, _tree, _told, _told, _swap, _link, _link, _folder, _pipe))(
                numbers, folder, file, outside
            )


def _damage(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    if file.is_file() and not file.is_symlink():
        file.write_bytes(damaged(numbers, file.read_bytes()))


def _tree(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    """Change the header of a checkpoint: its JSON, or the length it says it has."""
    file = folder / "state" if file.name in ("job.json", "lock") else file
    if not file.is_file() or file.is_symlink():
        return
    raw = file.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    if numbers.random() < 0.2:
        file.write_bytes(numbers.choice((0, 2**20, 2**40, 2**63)).to_bytes(8, "little") + raw[8:])
        return
    try:
        header = json.loads(raw[8 : 8 + size])
        tree = json.loads(header["__metadata__"]["state"])
    except (ValueError, KeyError, TypeError):
        return
    numbers.choice((_replace, _remove, _add, _nest))(numbers, numbers.choice((header, tree, tree)))
    if isinstance(header.get("__metadata__"), dict):
        header["__metadata__"]["state"] = json.dumps(tree)
    changed = json.dumps(header).encode()
    file.write_bytes(len(changed).to_bytes(8, "little") + changed + raw[8 + size :])


def _told(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    """Change what is told of a run, by the lab, by people, or about MLflow."""
    file = folder / numbers.choice(("job.json", "job.json", "about.json", "archived.json"))
    if not file.is_file() or file.is_symlink():
        return
    try:
        told = json.loads(file.read_bytes())
    except ValueError:
        return
    if isinstance(told, dict):
        numbers.choice((_replace, _remove, _add))(numbers, told)
        if file.name == "job.json":
            told |= numbers.choice(({}, {"status": "under way"}, {"status": "stopped"}))
    file.write_text(json.dumps(told))


def _swap(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    other = numbers.choice([path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()] or [file])
    if file.is_file() and not file.is_symlink():
        raw = file.read_bytes()
        file.write_bytes(other.read_bytes())
        other.write_bytes(raw)


def _link(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    """A link in the place of a file, of the frames, or of the whole folder."""
    place = numbers.choice((file, file, folder / "frames", folder))
    there = outside / place.relative_to(folder)
    _clear(place)
    place.symlink_to(numbers.choice((there, there, os.path.relpath(there, place.parent))))


def _folder(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    _clear(file)
    (file / "inside").mkdir(parents=True)


def _pipe(numbers: random.Random, folder: Path, file: Path, outside: Path) -> None:
    _clear(file)
    os.mkfifo(file)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


Holder = dict[str, Any] | list[Any]


def _holders(value: Any) -> list[Holder]:
    """All that has items, at any depth, and not empty."""
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [*([value] if value else []), *(holder for item in inner for holder in _holders(item))]


def _place(numbers: random.Random, data: Holder) -> tuple[Any, Any]:
    holder = numbers.choice(_holders(data) or [{"": None}])
    return holder, numbers.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))


def _replace(numbers: random.Random, data: Holder) -> None:
    holder, place = _place(numbers, data)
    other, taken = _place(numbers, numbers.choice(SOUND))
    holder[place] = copy.deepcopy(numbers.choice((numbers.choice(STRANGE), other[taken])))


def _remove(numbers: random.Random, data: Holder) -> None:
    holder, place = _place(numbers, data)
    del holder[place]


def _add(numbers: random.Random, data: Holder) -> None:
    holder, _ = _place(numbers, data)
    strange = copy.deepcopy(numbers.choice(STRANGE))
    if isinstance(holder, dict):
        holder[numbers.choice(("name", "rule", "value", "__class__", "\ud800", "x" * 3000, "tensor"))] = strange
    else:
        holder.append(strange)


def _nest(numbers: random.Random, data: Holder) -> None:
    holder, place = _place(numbers, data)
    wrap: Callable[[Any], Any] = numbers.choice(
        (lambda x: [x], lambda x: {"name": "monte-carlo", "rule": x}, lambda x: {"name": "constant", "value": x})
    )
    for _ in range(numbers.choice((1, 2, 40, 150))):
        holder[place] = wrap(holder[place])


def _twice(numbers: random.Random, text: str) -> str:
    place = text.find('"', numbers.randrange(len(text)))
    end = text.find(",", place)
    return text if place < 0 or end < 0 else text[: end + 1] + text[place : end + 1] + text[end + 1 :]


def _packed(raw: bytes) -> str:
    return f"{FORMAT}.{base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip('=')}"
