# SPDX-License-Identifier: GPL-2.0-or-later
"""Refusals by the dozen: each is counted as asked for, those that were answered as sent, and never
more are sent than the limit says; past it they are dropped without a word."""

import socket

import pytest

from lab.capture import Capture
from lab.faults import wait_until_held
from lab.packets import RST
from lab.promise import eventually, must_fail
from lab.raw import Stream, Wire, openings

RATE = 10  # a second, and as many at once
SERVERS, ROUNDS = 40, 5
PACKETS = SERVERS * ROUNDS
POLICIES = """
policy "home"   {{ mode = block  deny = {deny} }}
policy "trial"  {{ mode = monitor  when-unanswered = refuse  deny = {deny} }}
range "home"    {{ prefixes = {{ "100.64.0.0/24", "2001:db8:1::/64" }}  policy = "home" }}
range "trial"   {{ prefixes = {{ "100.64.1.0/24", "2001:db8:1:1::/64" }}  policy = "trial" }}
read-interval = 1s
"""
DENIES = pytest.mark.parametrize("deny", ["drop", "tcp-reset", "admin-prohibited"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])
ICMP = {4: (3, 13), 6: (1, 1)}


class Refusals:
    """Openings to many servers, first packets and remembered ones, and what comes back."""

    def __init__(self, gate, edge25, version):
        line = gate.topology.subscribers[0]
        packets = openings(line, gate.fresh(SERVERS, version))
        with (Capture(line) as here, Capture(gate.topology.internet) as beyond,
              Wire(gate.topology, line) as wire):
            for _ in range(ROUNDS):
                wire.send(packets)
                wait_until_held(edge25, 0)
            eventually(lambda: counts(edge25)[0] == PACKETS, lambda: counts(edge25))
        answers = [packet for packet in here.packets() if not packet.outgoing]
        self.seconds = here.packets()[-1].time - here.packets()[0].time
        self.passed = len(beyond.openings())
        self.resets = sum(packet.flags & RST == RST and not packet.icmp for packet in answers)
        self.errors = sum(packet.icmp == ICMP[version] for packet in answers)

    def check(self, edge25, deny):
        """All refused; the answers are those of the policy, as many as are counted."""
        refused, sent = counts(edge25)
        assert (refused, self.passed) == (PACKETS, 0)
        assert self.resets == (sent if deny == "tcp-reset" else 0), (self.resets, sent)
        # the kernel has limits of its own for errors to one host
        assert self.errors <= (sent if deny == "admin-prohibited" else 0), (self.errors, sent)
        assert bool(self.resets or self.errors) == (deny != "drop")

    def check_limit(self, edge25):
        """No more than the limit says."""
        sent = counts(edge25)[1]
        assert sent <= RATE * (self.seconds + 2), f"{sent} in {self.seconds} s"


def counts(edge25):
    policy = edge25.status()["policies"][0]
    return policy["refused"], policy["sent"]


@VERSIONS
@DENIES
def test_refusals_are_counted_and_limited(edge25, gate, deny, version):
    daemon = edge25(POLICIES.format(deny=deny) + f"reject-rate = {RATE}\n")
    refusals = Refusals(gate, daemon, version)
    refusals.check(daemon, deny)
    refusals.check_limit(daemon)
    for other in {"drop", "tcp-reset"} - {deny}:
        must_fail(refusals.check, daemon, other)


def test_limit_control_run(edge25, gate):
    """Without a limit that matters, more are sent, and the check notices."""
    daemon = edge25(POLICIES.format(deny="tcp-reset") + "reject-rate = 100000\n")
    refusals = Refusals(gate, daemon, 4)
    refusals.check(daemon, "tcp-reset")
    assert counts(daemon)[1] == PACKETS
    must_fail(refusals.check_limit, daemon)


# ICMP errors are for others as well.

def errors_come(line):
    """Whoever asks a closed UDP port of the gateway is told so."""
    with line.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.3)
        asking.connect((line.address4.rpartition(".")[0] + ".1", 9))  # the gateway
        for _ in range(5):
            try:
                asking.send(b"?")
                asking.recv(1)
            except ConnectionRefusedError:
                return
            except TimeoutError:
                continue
    raise AssertionError("no error came")


def test_a_flood_leaves_icmp_errors_to_others(edge25, gate, topology):
    """Unreachables take a quarter of the machine's at most, whatever reject-rate says."""
    daemon = edge25(POLICIES.format(deny="admin-prohibited") + "reject-rate = 100000\n")
    with Stream(topology, topology.subscribers[0]) as stream:
        eventually(lambda: stream.sent > 4000, "a flood")
        errors_come(topology.subscribers[1])
        refused, sent = counts(daemon)
    seconds = refused / Stream.RATE
    assert refused > 3000
    assert sent <= 250 * (seconds + 2), f"{sent} of {refused}"
