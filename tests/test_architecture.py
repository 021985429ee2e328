"""Who imports whom, and what the repository promises of itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("tensorflow", "keras")


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_of(name: str) -> list[Path]:
    """The files of a module or of a folder of `lrcore`."""
    folder = ROOT / "lrcore" / name
    return sorted(folder.glob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def test_lrcore_knows_neither_streamlit_nor_the_pages():
    for path in (ROOT / "lrcore").rglob("*.py"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & {"streamlit", "pages", "app"}, path


def rooms_of_lrcore() -> list[str]:
    """The modules and folders in the README's table of them."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = readme.partition("each of these may import those above it")[2].partition("\n\nIn `pages")[0]
    return re.findall(r"^\| `(\w+)(?:\.py|/)`", rows, re.M)


def test_the_readme_lists_every_room_of_lrcore_once():
    rooms = {path.relative_to(ROOT / "lrcore").parts[0] for path in (ROOT / "lrcore").rglob("*.py")}
    assert sorted(rooms_of_lrcore()) == sorted({name.removesuffix(".py") for name in rooms} - {"__init__"})


def test_a_room_of_lrcore_imports_only_those_above_it():
    allowed: set[str] = set()
    for room in rooms_of_lrcore():
        allowed.add(room)
        names = set().union(*map(imported, files_of(room)))
        used = {name.split(".")[1] for name in names if name.startswith("lrcore.")}
        assert used <= allowed, room


def test_what_one_page_has_for_itself_no_shared_component_uses():
    components = ROOT / "pages" / "components"
    own = {"train", "compare", "tune", "descent", "surface", "article"}
    for path in [
        *components.glob("*.py"),
        *(components / "state").glob("*.py"),
        *(components / "charts").glob("*.py"),
    ]:
        used = {name.split(".")[2] for name in imported(path) if name.startswith("pages.components.")}
        assert not used & own, path


@pytest.mark.parametrize(
    "module", ["lrcore", "lrcore.server.fast", "lrcore.server.keras", "lrcore.findings.claims"]
)
def test_a_module_of_the_core_leaves_tensorflow_and_streamlit_out_of_its_process(module):
    code = f"import sys, {module}\nprint(*[name for name in {(*HEAVY, 'streamlit')} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""


def test_the_readme_holds_the_command_that_ci_runs():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = next(line for line in script.splitlines() if "-m pytest" in line)
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
