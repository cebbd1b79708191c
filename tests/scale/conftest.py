# SPDX-License-Identifier: GPL-2.0-or-later
"""The scale tests stand in the same laboratory as the net tests; what they measure they say.

    figure      figure("loaded", seconds): a line at the end of the run, also of one that passes
"""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "net"))

from lab.fixtures import *  # noqa: E402, F403

_figures = []


@pytest.fixture(name="figure")
def fixture_figure(request):
    """A function that notes what was measured: a name and a text."""
    def note(name, text):
        _figures.append((request.node.name, name, text))

    return note


def pytest_terminal_summary(terminalreporter):
    """What was measured, test by test."""
    if not _figures:
        return
    terminalreporter.section("figures")
    for test, name, text in _figures:
        terminalreporter.write_line(f"{test}: {name}: {text}")
