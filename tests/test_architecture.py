"""Who imports whom, and what the repository promises of itself."""

from __future__ import annotations

import ast
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


@pytest.mark.parametrize("path", sorted((ROOT / "lrcore").glob("*.py")), ids=lambda path: path.stem)
def test_lrcore_knows_neither_streamlit_nor_the_pages(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"streamlit", "pages", "app"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "pages" / "components").glob("*.py")), ids=lambda path: path.stem
)
def test_components_do_not_import_pages(path):
    assert not [name for name in imported(path) if name.startswith("pages.") and ".components" not in name]


@pytest.mark.parametrize(
    "module", ["schedules", "recipes", "ensemble", "experiments", "training_process", "metrics", "figures"]
)
def test_a_module_of_the_core_leaves_tensorflow_and_streamlit_out_of_its_process(module):
    code = (
        f"import sys, lrcore.{module}\n"
        f"print(*[name for name in {(*HEAVY, 'streamlit')} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""


def test_the_readme_holds_the_command_that_ci_runs():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = next(line for line in script.splitlines() if "-m pytest" in line)
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
