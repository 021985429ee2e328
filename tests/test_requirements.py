"""What pip would install on the systems of the README; nothing is installed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINUX_ON_ARM = "aarch64-unknown-linux-gnu"
WINDOWS, MAC, INTEL_MAC = "x86_64-pc-windows-msvc", "aarch64-apple-darwin", "x86_64-apple-darwin"
pytestmark = pytest.mark.slow
NO_NETWORK = ("error sending request", "dns error", "connect", "timed out", "offline")


def resolved(python: str, system: str) -> set[str]:
    """The packages that the app needs there, all of them as wheels; skips the test where there is no network."""
    command = ["uv", "pip", "compile", "--quiet", "--only-binary", ":all:", "--no-header", "--no-annotate"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            *command,
            "--python-version",
            python,
            "--python-platform",
            system,
            "requirements.txt",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode and any(word in done.stderr.lower() for word in NO_NETWORK):
        pytest.skip(f"no network: {done.stderr:.200}")
    assert done.returncode == 0, done.stderr
    return {line.split("==")[0] for line in done.stdout.splitlines() if "==" in line}


@pytest.mark.parametrize(("python", "system"), [("3.11", WINDOWS), ("3.12", LINUX_ON_ARM), ("3.13", MAC)])
def test_all_of_the_app_can_be_installed(python, system):
    assert {"streamlit", "scikit-learn", "tensorflow", "keras"} <= resolved(python, system)


@pytest.mark.parametrize(("python", "system"), [("3.14", WINDOWS), ("3.13", INTEL_MAC)])
def test_all_but_keras_can_be_installed_where_there_is_no_tensorflow(python, system):
    packages = resolved(python, system)
    assert {"streamlit", "scikit-learn", "plotly"} <= packages
    assert not {"tensorflow", "keras"} & packages
