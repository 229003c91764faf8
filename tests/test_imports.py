"""Who may import whom, and other rules about the shape of the code, read off the syntax trees."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = [
    *(
        "parts",
        "schedules",
        "data",
        "devices",
        "estimators",
        "models",
        "optimizers",
        "experiment",
        "paths",
        "idle",
        "links",
        "presets",
    ),
    *(
        "bit_watch",
        "oracle",
        "toy",
        "proofs",
        "evaluation",
        "packed",
        "limits",
        "probes",
        "events",
        "files",
        "versions",
        "run_state",
        "checkpoints",
        "training",
        "columns",
        "recorder",
        "store",
        "jobs",
        "facts",
        "training_memory",
        "alarms",
        "statistics",
        "figures",
        "boards",
        "exports",
        "studies",
        "cli",
        "bench",
        "ui",
    ),
    "__main__",
]
"""Modules and packages of `lab`: each imports only what stands before it."""
MAY_CATCH_ALL = {
    "lab/parts.py": ["discover"],
    "lab/data/uploads.py": ["_gray"],
    "lab/jobs/job.py": ["_attempt"],
    "lab/packed/runner.py": ["pictures"],
    "lab/jobs/saver.py": ["_write"],
    "lab/jobs/waiting.py": ["settle"],
    "lab/store/tracking.py": ["reached"],
    "lab/ui/gradients/comparison.py": ["_compare"],
    "tests/guarded.py": ["attempt"],
}
"""Where code of other people, or a thread's last line, may fail in any way."""
LONGER = {"lab/packed/runner.py": 630}
"""Files that may have so many lines, because they go away alone."""
VAGUE = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}

LAB = sorted((ROOT / "lab").rglob("*.py"))
PAGES = sorted((ROOT / "views").glob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
APP = [ROOT / "app.py"]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


class Imports(ast.NodeVisitor):
    """The modules that a file imports, anywhere in it, as absolute names; types alone are no import."""

    def __init__(self, path: Path) -> None:
        self.found: list[str] = []
        self._package = module_of(path).split(".")[: None if path.name == "__init__.py" else -1]
        self.visit(ast.parse(path.read_text()))

    def visit_If(self, node: ast.If) -> None:
        body = node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else [*node.body, *node.orelse]
        for statement in body:
            self.visit(statement)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [name.name for name in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._package[: len(self._package) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        self.found += [f"{module}.{name.name}" for name in node.names]

    def visit_Call(self, node: ast.Call) -> None:
        if ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__"):
            self.found += [item.value for item in node.args[:1] if isinstance(item, ast.Constant)]
        self.generic_visit(node)


def imports(path: Path) -> list[str]:
    return Imports(path).found


def named(found: str, package: str) -> bool:
    return found == package or found.startswith(f"{package}.")


def rank(module: str) -> int | None:
    """The place in the order of a dotted name below `lab`; None for `lab` itself and what is not ours."""
    parts = module.split(".")
    return ORDER.index(parts[1]) if parts[0] == "lab" and len(parts) > 1 and parts[1] in ORDER else None


def test_the_order_names_every_module_once() -> None:
    there = {module_of(path).split(".")[1] for path in LAB if module_of(path) != "lab"}
    assert sorted(ORDER) == sorted(there)


def test_the_reader_of_imports_sees_all_kinds() -> None:
    source = (
        "import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\n"
        "def h():\n    import i\n    importlib.import_module('j.k')\n"
        "if TYPE_CHECKING:\n    import not_at_run_time\nelse:\n    import l\n"
    )
    reader = Imports.__new__(Imports)
    reader.found, reader._package = [], ["lab", "ui"]
    reader.visit(ast.parse(source))
    assert reader.found == ["a.b", "c.d", "lab.ui.e", "lab.f.g", "i", "j.k", "l"]


@pytest.mark.parametrize("path", LAB, ids=shown)
def test_imports_go_one_way(path: Path) -> None:
    own = rank(module_of(path))
    for found in imports(path):
        assert not named(found, "views"), f"nothing imports views, and {shown(path)} does"
        other = rank(found)
        if found.startswith("lab."):
            assert other is not None, f"{shown(path)} imports {found}, which has no place in the order"
            assert own is not None, f"{shown(path)} stands below everything and imports {found}"
            assert other <= own, f"{ORDER[own]} stands before {ORDER[other]}, and {shown(path)} imports {found}"


@pytest.mark.parametrize("path", [*LAB, *PAGES, *APP], ids=shown)
def test_heavy_libraries_stay_where_they_belong(path: Path) -> None:
    for found in imports(path):
        if named(found, "streamlit"):
            # A watcher has no page; it speaks the protocol of one.
            allowed = ("lab/ui/", "views/", "app.py", "lab/bench/watcher.py")
            assert shown(path).startswith(allowed), f"{shown(path)} imports streamlit"
        if named(found, "plotly"):
            assert shown(path).startswith(("lab/figures/", "lab/ui/")), f"{shown(path)} imports plotly"
        if named(found, "torch"):
            assert not shown(path).startswith(("lab/figures/", "views/", "app.py")), f"{shown(path)} imports torch"


@pytest.mark.parametrize("path", [*PAGES, *APP], ids=shown)
def test_pages_import_lab_and_streamlit_alone(path: Path) -> None:
    allowed = {"lab", "streamlit", *sys.stdlib_module_names}
    assert {found.split(".")[0] for found in imports(path)} <= allowed


def fresh(code: str) -> list[str]:
    """The modules loaded by some code in a new process."""
    code += "\nimport sys\nprint(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout.split()


def test_figures_and_the_start_of_the_command_line_load_nothing_heavy() -> None:
    figures = [module_of(path) for path in LAB if named(module_of(path), "lab.figures")]
    loaded = fresh("\n".join(f"import {module}" for module in [*figures, "lab.__main__"]))
    assert set(figures) <= set(loaded)
    assert not {"torch", "streamlit", "sklearn", "torchvision", "mlflow"} & set(loaded)


def test_the_engine_loads_what_costs_seconds_only_where_it_is_used() -> None:
    engine = ["lab.jobs", "lab.jobs.archivist", "lab.facts", "lab.oracle", "lab.links", "lab.presets"]
    loaded = fresh("\n".join(f"import {module}" for module in engine))
    assert set(engine) <= set(loaded)
    assert not {"streamlit", "sklearn", "torchvision", "mlflow", "plotly"} & set(loaded)


@pytest.mark.parametrize("path", [*LAB, *PAGES, *APP, *TESTS], ids=shown)
def test_files_stay_small_and_have_a_name_that_says_something(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    most = 80 if path in PAGES else LONGER.get(shown(path), 300)
    assert lines <= most, f"{shown(path)} has {lines} lines"
    assert not VAGUE & {part.lower() for part in path.relative_to(ROOT).with_suffix("").parts}


def catchers(tree: ast.AST, function: str = "") -> Iterator[str]:
    """The functions of a syntax tree that catch every exception there is."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "BaseException"
            if re.search(r"\b(Base)?Exception\b", caught):
                yield function
        inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from catchers(node, inside)


@pytest.mark.parametrize("path", [*LAB, *PAGES, *APP, *TESTS], ids=shown)
def test_nothing_catches_every_exception_but_where_it_must(path: Path) -> None:
    assert list(catchers(ast.parse(path.read_text()))) == MAY_CATCH_ALL.get(shown(path), [])


@pytest.mark.parametrize("path", [*LAB, *PAGES, *APP], ids=shown)
def test_no_html_of_our_own_reaches_a_page(path: Path) -> None:
    words = {node.arg for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.keyword)}
    assert "unsafe_allow_html" not in words


def test_no_folder_is_called_pages() -> None:
    # Streamlit would serve its files to the first visitor by itself, without app.py.
    assert not (ROOT / "pages").exists()
