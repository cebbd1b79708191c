# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of edge25-notify against a made-up control share: fixtures, which a test file
takes by their names, and checks.

    control     a FakeControl
    notify      notify(*options, command=...) -> Notify, that has begun with no incident there
"""

import pytest

from .host import wait_for
from .notify import FakeControl, Notify
from .promise import eventually

FAST = ("--rate", "1000/s")  # no limit that a test would meet


@pytest.fixture(name="control")
def fixture_control(tmp_path):
    """A monitor.sock."""
    with FakeControl(tmp_path / "monitor.sock") as control:
        yield control


@pytest.fixture(name="notify")
def fixture_notify(tmp_path, control):
    """notify(*options, command=...) -> Notify, that has begun with no incident there."""
    started = []

    def start(*options, begun=True, **other):
        directory = tmp_path / f"notify-{len(started)}"
        started.append(Notify(directory, control.path, *options, **other).start())
        if begun:
            started[-1].wait_until_begun()
        return started[-1]

    yield start
    for one in started:
        one.kill()


def shell(script):
    """A command that is a script."""
    return ["/bin/sh", "-c", script]


def check_told(notify, *expected):
    """So much was handed over, in this order, and no more."""
    eventually(lambda: len(notify.told()) >= len(expected),
               lambda: f"told {notify.told()} of {expected}\n{notify.stderr()}")
    assert notify.told() == list(expected), notify.stderr()


def check_log(notify, text, times=1):
    """The log says it, so often."""
    eventually(lambda: notify.stderr().count(text) >= times,
               lambda: f"'{text}' is not in the log\n{notify.stderr()}")
    assert notify.stderr().count(text) == times, notify.stderr()


def wait_until_read(control, notify):
    """Wait until every change was asked for, judged, and handed over or not."""
    def read():
        control.send(b'{"jsonrpc":"2.0","method":"events.lost","params":{"count":1}}')
        last = control.asked[-1].get("params", {})
        return last.get("after") == control.last and not notify.children()

    wait_for(read, lambda: f"everything to be read\n{notify.stderr()}")
