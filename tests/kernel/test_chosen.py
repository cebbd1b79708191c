# SPDX-License-Identifier: GPL-2.0-or-later
"""Under Debian 12's kernel, in QEMU, the tests of tests/kernel/chosen: the native queue expression,
answers and what is remembered of them, reload, flush and repair, kill -9. `make check-kernel` runs
the others there too."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
KERNEL = r"linux-image-6\.1\..*-cloud-amd64"
LIMIT = 600  # seconds; it takes less than two minutes on a machine with nothing else to do
CANNOT_RUN = 125


def chosen():
    """The tests, as pytest knows them."""
    lines = (HERE / "chosen").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def lacking():
    """What is not here to start another kernel with, after an attempt to install it."""
    deps = HERE.parent / "deps"
    subprocess.run([deps, "kernel"], check=False, stdin=subprocess.DEVNULL)
    result = subprocess.run([deps, "missing", "kernel"], check=True, capture_output=True, text=True)
    return ", ".join(result.stdout.splitlines())


def test_under_debian_12():
    missing = lacking()
    if missing:
        pytest.skip(f"missing (package and program), and not to be installed: {missing}")
    result = subprocess.run([HERE / "check-kernel", "-t", str(LIMIT), KERNEL, sys.executable, "-m",
                             "pytest", "-p", "no:cacheprovider", "-v", *chosen()], check=False,
                            capture_output=True, text=True, stdin=subprocess.DEVNULL)
    print(result.stdout + result.stderr)
    if result.returncode == CANNOT_RUN:
        pytest.skip(result.stderr.splitlines()[-1])
    assert result.returncode == 0, f"check-kernel: exit code {result.returncode}"
