# SPDX-License-Identifier: GPL-2.0-or-later
"""Control is killed, or stands still: no packet is delayed, changed or forgotten, and what it
missed is told afterwards, or counted as lost."""

import contextlib
import signal

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import frozen, killed, queues
from lab.promise import SOON, eventually, must_fail
from lab.raw import Wire, openings, strangers

SETTINGS = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
events-per-host = 100000
events-per-second = 100000
queue-rate = 10000000
"""
BLOCK = 'policy "home" { mode = block  pace = 0 }' + SETTINGS
MONITOR = 'policy "home" { mode = monitor }' + SETTINGS
POLICIES = pytest.mark.parametrize("policy, check", [(BLOCK, "refuses"), (MONITOR, "passes")],
                                   ids=["block", "monitor"])
FEW = 50     # connections while control is gone
BELOW = 5000  # events that the engine keeps for it: RING_EVENTS of daemon/engine/ring.h is 8192
BEYOND = 60000


@contextlib.contextmanager
def gone(edge25, way):
    """Control does nothing for the block; afterwards edge25 is healthy. Stopped and then killed, it
    takes what the engine has sent it meanwhile with it, unread."""
    if way == "killed":
        with killed(edge25, CONTROL):
            yield
        return
    with frozen(edge25.pid(CONTROL)):
        yield
        if way == "stopped, then killed":
            old = edge25.signal(CONTROL, signal.SIGKILL)
    if way == "stopped, then killed":
        edge25.wait_for_new(CONTROL, old)
    edge25.wait_until_healthy()


WAYS = pytest.mark.parametrize("way", ["stopped", "killed", "stopped, then killed"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])


@VERSIONS
@WAYS
@POLICIES
def test_control_gone(edge25, gate, policy, check, way, version):
    daemon = edge25(policy)
    check = getattr(gate, check)
    line = gate.topology.subscribers[0]
    friend, *flows = gate.flows(line, FEW + 1, version)
    daemon.ctl("allow", "add", "--to", friend.destination, "--comment", "a test")
    listed = entries(daemon)
    with gone(daemon, way):
        check(*flows)
        check(*flows)  # remembered by now
        gate.passes(friend)
    eventually(lambda: told(daemon) == {flow.destination for flow in flows},
               lambda: f"{FEW} destinations in the event log, it has {len(told(daemon))}")
    assert entries(daemon) == listed
    assert [policy["name"] for policy in daemon.status()["policies"]] == ["home"]
    stranger, later = gate.flows(line, 2, version)
    daemon.ctl("allow", "add", "--to", later.destination, "--comment", "a test")
    gate.passes(friend, later)
    check(stranger)


@POLICIES
def test_control_gone_control_run(edge25, gate, policy, check):
    """If the engine stands still, packets do wait, and the checks above notice."""
    daemon = edge25(policy)
    with frozen(daemon.pid(ENGINE)):
        must_fail(getattr(gate, check), *gate.flows(gate.topology.subscribers[0], 2))


def entries(edge25):
    """The allowlist, without what time changes."""
    return [{key: entry[key] for key in ("id", "from", "to", "comment", "by", "added")}
            for entry in edge25.ctl("allow", "list")["entries"]]


def told(edge25):
    """The destinations that the event log names."""
    return {event["dest_ip"] for event in edge25.events() if event.get("dest_ip")}


class Flood:
    """Openings of one subscriber while control is gone, by the count of a capture. No more at once
    than the engine's queues hold, and none beyond a rate: what it answers it has to tell."""

    AT_ONCE = 1000

    def __init__(self, gate, edge25, count):
        self.line = gate.topology.subscribers[2]
        with (Capture(gate.topology.gateway, self.line.interface) as arrived,
              Wire(gate.topology, self.line) as wire):
            packets = openings(self.line, strangers(count))
            for first in range(0, count, self.AT_ONCE):
                wire.send(packets[first:first + self.AT_ONCE])
                eventually(lambda: not any(queue.held for queue in queues(edge25)), "the answers")
        self.arrived = len(arrived.openings())
        assert self.arrived > count // 2

    def check_known(self, edge25, patience=SOON):
        """Every attempt and every question is known, none is lost."""
        self.check_accounted(edge25, patience)
        assert self._lost(edge25) == 0

    def check_accounted(self, edge25, patience=60.0):
        """Every attempt is known, and every question known, unanswered, or counted as lost."""
        def read():
            host = edge25.host(self.line.address6.rpartition("2")[0])
            return [host.get("attempts"),
                    host.get("questions", 0) + self._lost(edge25) + self._unasked(edge25)]
        eventually(lambda: read() == [self.arrived, self.arrived],
                   lambda: f"{self.arrived} attempts, {read()} known", patience)

    @staticmethod
    def _unasked(edge25):
        """What a busy machine's queue had no room for: the kernel's safe answer, and no event."""
        return sum(policy["unanswered"] for policy in edge25.status()["policies"])

    @staticmethod
    def _lost(edge25):
        return sum(loss["count"] for loss in edge25.status()["losses"]
                   if loss["name"].startswith("events-"))


@WAYS
def test_events_wait_for_control(edge25, gate, way):
    daemon = edge25(BLOCK)
    with gone(daemon, way):
        flood = Flood(gate, daemon, BELOW)
    flood.check_known(daemon)


@WAYS
def test_events_beyond_the_bound_are_counted(edge25, gate, way):
    """And the control run of the test before: the same check notices what is lost."""
    daemon = edge25(BLOCK)
    with gone(daemon, way):
        flood = Flood(gate, daemon, BEYOND)
    flood.check_accounted(daemon)
    must_fail(flood.check_known, daemon)
