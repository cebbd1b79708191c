# SPDX-License-Identifier: GPL-2.0-or-later
"""The wall clock is set, and the machine sleeps: allow entries end when the wall clock says so, not
before and not after, although the kernel's own timeouts count the time awake.

Only on a machine of its own, as tests/kernel/check-kernel makes it: the clock is everybody's.
"""

import contextlib
import os
import pathlib
import time

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, HOME
from lab.faults import frozen
from lab.host import SLOWNESS
from lab.promise import eventually, must_fail
from lab.raw import Stream
from lab.sockets import connect

pytestmark = pytest.mark.skipif(
    os.environ.get("EDGE25_MACHINE") != "own",
    reason="it sets the clock and sleeps: only on a machine of its own (tests/kernel/check-kernel)")
KINDS = [("exact", 4), ("prefix", 6)]
kinds = pytest.mark.parametrize("width, version", KINDS)

HOUR = 3600
LINE = {4: "100.64.0.0/24", 6: "2001:db8:1::/64"}
SOON = 4 * SLOWNESS  # seconds; what an entry lasts that is to end in a test
STATE = pathlib.Path("/sys/power/state")
ALARM = pathlib.Path("/sys/class/rtc/rtc0/wakealarm")


@contextlib.contextmanager
def clock():
    """A function that sets the wall clock forwards by so many seconds; set right at the end."""
    before = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)

    def step(seconds):
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + seconds)

    try:
        yield step
    finally:
        time.clock_settime(time.CLOCK_REALTIME, before + time.clock_gettime(time.CLOCK_BOOTTIME))


@pytest.fixture(name="step")
def fixture_step():
    """step(SECONDS) sets the wall clock forwards."""
    with clock() as step:
        yield step


class Entry:
    """An allow entry for a flow that is refused without it."""

    def __init__(self, daemon, gate, width, version, expires):
        self.daemon = daemon
        self.gate = gate
        subscriber = gate.topology.subscribers[0]
        self.flow, = gate.flows(subscriber, 1, version)
        words = ["--from", LINE[version]] if width == "prefix" else []
        daemon.ctl("allow", "add", *words, "--to", self.flow.destination, "--expires", expires,
                   "--comment", "a test")
        self.passes()

    def passes(self):
        """It lets its flow through."""
        self.gate.passes(self.flow)

    def is_refused(self, patience):
        """It does so no more before long."""
        eventually(lambda: connect(self.flow.subscriber, self.flow.destination).error
                   == "ECONNREFUSED", f"{self.flow} to be refused", patience)

    def ends(self, patience=5 * SOON):
        """It is refused before long, and not on the list."""
        self.is_refused(patience)
        self.gate.refuses(self.flow)
        assert self.flow.destination not in str(self.daemon.ctl("allow", "list"))

    def remains(self):
        """The seconds that it has, by the list."""
        entries = self.daemon.ctl("allow", "list")["entries"]
        return next(entry["remaining"] for entry in entries if entry["to"] == self.flow.destination)


def is_told(daemon, line):
    """The log says that the clock was set, or that the machine slept."""
    eventually(lambda: f"edge25-control: clock: {line}" in daemon.stderr(),
               lambda: f"{line} in {daemon.stderr()}")


@kinds
def test_an_entry_ends_when_the_clock_goes_past_its_end(edge25, gate, step, width, version):
    daemon = edge25(HOME)
    short, long = (Entry(daemon, gate, width, version, expires) for expires in ("2h", "9h"))
    step(3 * HOUR)
    is_told(daemon, "it was set forwards by 10800.")
    short.ends()
    must_fail(short.passes)
    long.passes()
    assert 6 * HOUR - 10 * SOON < long.remains() <= 6 * HOUR
    step(6 * HOUR)
    long.ends()


@kinds
def test_an_entry_lasts_when_the_clock_goes_back(edge25, gate, step, width, version):
    daemon = edge25(HOME)
    entry = Entry(daemon, gate, width, version, f"{int(SOON)}s")
    end = time.monotonic() + SOON
    step(-2 * HOUR)
    is_told(daemon, "it was set backwards by 7200.")
    time.sleep(max(0, end + 2 - time.monotonic()))  # when the kernel's element would have ended
    entry.passes()
    assert entry.remains() > HOUR
    step(2 * HOUR)
    entry.ends()


def test_going_back_control_run(edge25, gate, step):
    """Where control does not notice, the kernel ends the entry."""
    daemon = edge25(HOME)
    entry = Entry(daemon, gate, "exact", 4, f"{int(SOON)}s")
    end = time.monotonic() + SOON
    with frozen(daemon.pid(CONTROL)):
        step(-2 * HOUR)
        time.sleep(max(0, end + 2 - time.monotonic()))
        must_fail(entry.passes)


def test_no_packet_notices(edge25, gate, step):
    """While the clock goes to and fro, all of an allowed line passes and nothing of another."""
    topology = gate.topology
    _, refused, allowed = topology.subscribers
    daemon = edge25(HOME)
    daemon.ctl("allow", "add", "--from", allowed.address(6), "--expires", "30d", "--comment", "a")
    daemon.ctl("allow", "add", "--from", "100.64.9.0/24", "--expires", "30d", "--comment", "b")
    with contextlib.ExitStack() as stack:
        arrived = [stack.enter_context(Capture(topology.gateway, line.interface))
                   for line in (allowed, refused)]
        left = stack.enter_context(Capture(topology.internet))
        with Stream(topology, allowed), Stream(topology, refused):
            for seconds in (HOUR, -2 * HOUR, 9 * HOUR, -8 * HOUR) * 2:
                before = daemon.stderr().count("clock: it was set")
                step(seconds)
                eventually(lambda before=before: daemon.stderr().count("clock: it was set")
                           == before + 1, "the clock to be noticed")
    through = [sum(packet.source == line.address(6) for packet in left.openings())
               for line in (allowed, refused)]
    assert through == [len(arrived[0].openings()), 0]
    assert arrived[1].openings()


def sleep(seconds):
    """The machine sleeps, and its clock wakes it; for how long the time awake stood still."""
    clocks = [time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC]
    before = [time.clock_gettime(clock) for clock in clocks]
    for _ in range(3):  # what is left of the last alarm may wake it at once
        ALARM.write_text("0", encoding="ascii")
        ALARM.write_text(f"+{seconds}", encoding="ascii")
        STATE.write_text("mem", encoding="ascii")
        boot, awake = (time.clock_gettime(clock) - start for clock, start in zip(clocks, before))
        if boot - awake > 1:
            break
    return boot - awake


@pytest.mark.skipif(not (ALARM.exists() and STATE.exists() and "mem" in STATE.read_text()),
                    reason="this machine cannot sleep, or has no clock that wakes it")
def test_an_entry_ends_while_the_machine_sleeps(edge25, gate):
    daemon = edge25(HOME)
    long = [Entry(daemon, gate, *kind, "9h") for kind in (("exact", 6), ("prefix", 4))]
    middle = [Entry(daemon, gate, *kind, f"{int(1.6 * SOON)}s") for kind in KINDS]
    short = [Entry(daemon, gate, *kind, f"{int(SOON)}s") for kind in KINDS]
    with frozen(daemon.pid(CONTROL)):
        slept = sleep(int(SOON))
        assert slept > SOON / 2, f"it slept for {slept} s"
        for entry in short:  # the control run: the kernel alone lets it live for as long again
            must_fail(entry.is_refused, SOON / 16)
    is_told(daemon, "this machine slept for ")
    for entry in short:
        entry.ends(SOON / 8)
    for entry in (*middle, *long):
        entry.passes()
    for entry in middle:
        entry.ends(SOON / 2)
    for entry in long:
        entry.passes()
