"""What pip would install on each system; nothing is installed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LINUX, LINUX_ON_ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
WINDOWS, MAC, INTEL_MAC = "x86_64-pc-windows-msvc", "aarch64-apple-darwin", "x86_64-apple-darwin"
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


@pytest.mark.slow
@pytest.mark.parametrize(("python", "system"), [("3.11", WINDOWS), ("3.12", LINUX_ON_ARM), ("3.13", MAC)])
def test_all_of_the_app_can_be_installed(python, system):
    assert {"streamlit", "scikit-learn", "tensorflow", "keras"} <= resolved(python, system)


@pytest.mark.slow
@pytest.mark.parametrize(("python", "system"), [("3.14", LINUX), ("3.14", WINDOWS), ("3.13", INTEL_MAC)])
def test_all_but_keras_can_be_installed_where_there_is_no_tensorflow(python, system):
    packages = resolved(python, system)
    assert {"streamlit", "scikit-learn", "plotly"} <= packages
    assert not {"tensorflow", "keras"} & packages


PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
MACHINES = {  # sys_platform and platform_machine, as Python has them there: with a TensorFlow or without
    "Linux": ("linux", "x86_64", True),
    "Linux on ARM": ("linux", "aarch64", True),
    "Mac with Apple silicon": ("darwin", "arm64", True),
    "Mac with Intel's": ("darwin", "x86_64", False),
    "Windows": ("win32", "AMD64", True),
    "Windows on ARM": ("win32", "ARM64", False),
}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine", "has_tensorflow"), MACHINES.values(), ids=MACHINES)
def test_tensorflow_and_keras_alone_are_left_out_and_only_where_there_are_none(
    python, system, machine, has_tensorflow
):
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = {"python_version": python, "sys_platform": system, "platform_machine": machine}
    left_out = {each.name for each in requirements if each.marker and not each.marker.evaluate(here)}
    expected = set() if has_tensorflow and python in ("3.11", "3.12", "3.13") else {"tensorflow", "keras"}
    assert left_out == expected
