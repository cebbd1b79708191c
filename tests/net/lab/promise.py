# SPDX-License-Identifier: GPL-2.0-or-later
"""Promises, and the control run of each: a check that raises AssertionError when the promise does
not hold must be seen to do so when the promise is broken on purpose.

    @kept_by(HOME, broken_by=MONITOR)
    def test_port_25_is_closed(edge25, gate, configuration, promise):
        edge25(configuration)
        promise(gate.refuses, ...)      # holds(...) with HOME, must_fail(...) with MONITOR
"""

import time

import pytest

from .host import POLL, SLOWNESS

SOON = 10.0 * SLOWNESS  # seconds; for what edge25 does by itself within moments


def holds(check, *arguments, **options):
    """The promise is kept."""
    check(*arguments, **options)


def must_fail(check, *arguments, **options):
    """The control run of a check: it notices that the promise is broken."""
    try:
        check(*arguments, **options)
    except AssertionError:
        return
    raise AssertionError(f"{check.__name__} does not notice that the promise is broken")


def kept_by(configuration, broken_by):
    """Run a test with the configuration that keeps its promise, and with one that breaks it."""
    return pytest.mark.parametrize("configuration, promise", [
        pytest.param(configuration, holds, id="holds"),
        pytest.param(broken_by, must_fail, id="control")])


def eventually(condition, what, patience=SOON):
    """Wait until condition() holds and return its value; AssertionError if it never does."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(POLL)
