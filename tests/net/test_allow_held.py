# SPDX-License-Identifier: GPL-2.0-or-later
"""The allowlist changes while a packet is on its way to user space and back: the change has taken
effect with the reply, for that packet too.

The engine's queue thread is stopped by a tracer, alone, so the daemon is as people have it: before it
has read the question, or when it is about to send its answer.
"""

import contextlib
import ipaddress
import time

import pytest

from lab.capture import Capture
from lab.edge25 import ENGINE
from lab.faults import Thread, is_settled, wait_until_held
from lab.packets import RST
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening

CONFIGURATION = """
queues = 1
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""
LINE = {4: 24, 6: 64}
SETTLED_SOON = 0.2  # seconds; ten times as long as nobody waits
FOUR = {4: 30, 6: 126}

pytestmark = [
    pytest.mark.skipif(Thread.SENDTO is None, reason="the number of sendto(2) is not known here"),
    pytest.mark.parametrize("version", [4, 6]),
    pytest.mark.parametrize("moment", ["asked", "answered"]),
]
kinds = pytest.mark.parametrize("kind", ["source", "destination", "pair"])
widths = pytest.mark.parametrize("width", ["exact", "prefix"])


class Scene:
    """A packet of the first subscriber that is held, and what becomes of it."""

    def __init__(self, daemon, gate, version):
        self.daemon = daemon
        self.gate = gate
        self.version = version
        self.line = gate.topology.subscribers[0]
        self.flow, self.other = gate.flows(self.line, 2, version)

    @contextlib.contextmanager
    def held(self, moment):
        """The packet is under way for the block; afterwards it has arrived, or its refusal has."""
        with (Capture(self.gate.topology.internet) as self._left,
              Capture(self.line) as self._line):
            with (Thread(self.daemon.pid(ENGINE), "queue 2500") as thread,
                  Wire(self.gate.topology, self.line) as wire):
                wire.send([opening(self.flow.address, self.flow.destination)])
                wait_until_held(self.daemon, 1)
                if moment == "answered":
                    thread.run_to(Thread.SENDTO)
                yield
            wait_until_held(self.daemon, 0)
            eventually(lambda: self._arrived() or self._refused(), "the packet, or its refusal")

    def _arrived(self):
        return [packet for packet in self._left.openings()
                if packet.destination == self.flow.destination]

    def _refused(self):
        return [packet for packet in self._line.packets()
                if packet.source == self.flow.destination and packet.flags & RST
                and not packet.outgoing]

    def passed(self):
        """The packet reached the internet, and nothing refuses the next."""
        assert self._arrived() and not self._refused(), "the packet was refused"
        self.gate.passes(self.flow)

    def was_refused(self):
        """The packet was refused, and the next one is."""
        assert self._refused() and not self._arrived(), "the packet passed"
        self.gate.refuses(self.flow)

    def ends(self, kind, width, flow):
        """The words that say an entry for a flow."""
        source, destination = self.line.address(self.version), flow.destination
        if width == "prefix":
            source, destination = (
                str(ipaddress.ip_network(f"{address}/{length[self.version]}", strict=False))
                for address, length in ((source, LINE), (destination, FOUR)))
        return (["--from", source] * (kind != "destination")
                + ["--to", destination] * (kind != "source"))

    def add(self, ends):
        """The number of a new entry, which the kernel has."""
        entry = self.daemon.ctl("allow", "add", *ends, "--comment", "ticket 42")
        assert entry["applied"] and not entry["warnings"], entry
        return entry["id"]


@kinds
@widths
def test_an_entry_holds_for_a_packet_under_way(edge25, gate, moment, kind, width, version):
    scene = Scene(edge25(CONFIGURATION), gate, version)
    with scene.held(moment):
        scene.add(scene.ends(kind, width, scene.flow))
    scene.passed()
    must_fail(scene.was_refused)


def test_entries_are_asked_again_until_older_questions_are_answered(edge25, gate, moment, version):
    scene = Scene(edge25(CONFIGURATION), gate, version)
    assert is_settled(scene.daemon)
    with scene.held(moment):
        scene.add(scene.ends("destination", "exact", scene.other))
        time.sleep(SETTLED_SOON)
        assert not is_settled(scene.daemon)
    eventually(lambda: is_settled(scene.daemon), "the change to be settled")


def test_another_entry_does_not(edge25, gate, moment, version):
    """The control run: without the entry the packet is refused."""
    scene = Scene(edge25(CONFIGURATION), gate, version)
    with scene.held(moment):
        scene.add(scene.ends("pair", "exact", scene.other))
    must_fail(scene.passed)
    scene.was_refused()


@widths
def test_an_entry_that_is_gone_does_not_hold(edge25, gate, moment, width, version):
    scene = Scene(edge25(CONFIGURATION), gate, version)
    with scene.held(moment):
        number = scene.add(scene.ends("pair", width, scene.flow))
        assert scene.daemon.ctl("allow", "del", number)["applied"]
    scene.was_refused()
    must_fail(scene.passed)
