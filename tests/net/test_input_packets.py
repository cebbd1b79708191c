# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets to port 25 that cannot be parsed to the end get their policy's safe answer and are
counted under the reason; those that are merely unusual are answered as any other.

A later fragment, which holds no port, is nobody's question: without the first one the receiver
puts nothing together. The reasons short-ip, bad-version, bad-ip-length, later-fragment and not-tcp
cannot be met here, because such a packet does not get as far as the queue
(tests/unit/common/packet.c has them all).
"""

import collections

import pytest

from lab.capture import Capture
from lab.faults import wait_until_held
from lab.gate import MARKER
from lab.packets import ACK, PSH
from lab.promise import eventually, holds, must_fail
from lab.raw import FRAGMENT, MORE_FRAGMENTS, Wire, ipv4, ipv6, opening, tcp
from lab.sockets import connect

EACH = 3  # times that each packet is sent
RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
BLOCK = 'policy "home" { mode = block }' + RANGE
MONITOR = 'policy "home" { mode = monitor }' + RANGE
BLOCK_BROKEN = 'policy "home" { mode = block  when-unanswered = pass }' + RANGE
MONITOR_BROKEN = 'policy "home" { mode = monitor  deny = drop  when-unanswered = refuse }' + RANGE
VERSIONS = pytest.mark.parametrize("version", [4, 6])
DESTINATION_OPTIONS = 60


def with_options(source, destination):
    """IPv4: router alert and 36 no-operations, the longest header that there is."""
    return ipv4(source, destination, tcp(source, destination), b"\x94\x04\0\0" + b"\x01" * 36)


def first_fragment4(source, destination):
    """IPv4: the ports are there, the flags are not."""
    return ipv4(source, destination, tcp(source, destination)[:8], fragment=MORE_FRAGMENTS)


def first_fragment6(source, destination):
    """IPv6: the same."""
    header = bytes([6, 0, 0, 1, 0, 0, 0, 25])
    return ipv6(source, destination, header + tcp(source, destination)[:8], FRAGMENT)


def short_header(source, destination):
    """A TCP header that claims to be shorter than one is."""
    return (ipv6 if ":" in source else ipv4)(source, destination,
                                             tcp(source, destination, offset=4))


def chained(count):
    """IPv6: so many headers before TCP; PadN fills each."""
    def build(source, destination):
        headers = bytes([DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0]) * (count - 1)
        return ipv6(source, destination, headers + bytes([6, 0, 1, 4, 0, 0, 0, 0])
                    + tcp(source, destination), DESTINATION_OPTIONS)
    return build


# By IP version: the packet, and the reason why it cannot be parsed.
PACKETS = {
    4: [(opening, None), (with_options, None), (first_fragment4, "short-tcp"),
        (short_header, "bad-tcp-offset")],
    6: [(opening, None), (chained(3), None), (first_fragment6, "short-tcp"),
        (short_header, "bad-tcp-offset"), (chained(12), "header-chain")],
}


class Scene:
    """Each packet of the table goes to a server of its own."""

    def __init__(self, edge25, gate, version):
        line = gate.topology.subscribers[0]
        source = line.address(version)
        servers = gate.fresh(len(PACKETS[version]) + 1, version)
        self.edge25 = edge25
        self.reasons = {server: reason for server, (_, reason) in zip(servers, PACKETS[version])}
        with (Capture(gate.topology.internet) as left, Wire(gate.topology, line) as wire):
            for server, (build, _) in zip(servers, PACKETS[version]):
                wire.send([build(source, server) for _ in range(EACH)])
            wait_until_held(edge25, 0)
            connect(line, servers[-1], MARKER)
            eventually(lambda: left.openings(MARKER), "the marker on the internet's wire")
        self.left = collections.Counter(packet.destination for packet in left.packets()
                                        if packet.source == source and packet.flags in (0, 2)
                                        and packet.destination in self.reasons)

    def check_none_left(self):
        """Nothing of it reached the internet."""
        assert not self.left

    def check_all_left(self):
        """All of it reached the internet, each packet once."""
        assert self.left == {server: EACH for server in self.reasons}

    def check_counted(self):
        """Status names each reason with its count, and the safe answers."""
        expected = collections.Counter(
            {f"unparsed-{reason}": EACH for reason in self.reasons.values() if reason})

        def read():
            losses = {loss["name"]: loss["count"] for loss in self.edge25.status()["losses"]}
            return {name: count for name, count in losses.items() if "unparsed" in name}
        eventually(lambda: read() == expected, lambda: f"{expected}, status: {read()}", 2)
        policy = self.edge25.status()["policies"][0]
        assert policy["unanswered"] == expected.total()
        assert policy["refused"] + policy["passed"] == EACH * len(self.reasons)


@VERSIONS
def test_block(edge25, gate, version):
    scene = Scene(edge25(BLOCK), gate, version)
    scene.check_none_left()
    scene.check_counted()


@VERSIONS
def test_monitor(edge25, gate, version):
    scene = Scene(edge25(MONITOR), gate, version)
    scene.check_all_left()
    scene.check_counted()


@VERSIONS
def test_control_runs(edge25, gate, version):
    """With the other safe answer the checks notice; and a count of something else is noticed."""
    daemon = edge25(BLOCK_BROKEN)
    scene = Scene(daemon, gate, version)
    must_fail(scene.check_none_left)
    daemon.configure(MONITOR_BROKEN)
    daemon.restart()
    scene = Scene(daemon, gate, version)
    must_fail(scene.check_all_left)
    scene.reasons.popitem()
    must_fail(scene.check_counted)


# Some policy lets pass: what comes from port 25 is looked at, too, for what servers say.
TALKED_TO = BLOCK + """
policy "trial" { mode = monitor }
range "trial" { prefixes = { "100.65.0.0/16" }  policy = "trial" }
"""


@VERSIONS
@pytest.mark.parametrize("configuration, promise", [
    pytest.param(TALKED_TO, holds, id="holds"), pytest.param(MONITOR, must_fail, id="control")])
def test_data_of_a_server_to_port_25_is_refused_as_any_other(edge25, gate, version, configuration,
                                                             promise):
    edge25(configuration)
    promise(no_data_leaves, gate, version)


def no_data_leaves(gate, version):
    """From port 25 to port 25, as if one server talked to another."""
    line = gate.topology.subscribers[0]
    source, (server, other) = line.address(version), gate.fresh(2, version)
    build = ipv6 if version == 6 else ipv4
    data = tcp(source, server, flags=PSH | ACK, from_port=25, payload=b"QUIT\r\n")
    with Capture(gate.topology.internet) as left, Wire(gate.topology, line) as wire:
        wire.send([build(source, server, data)] * EACH)
        connect(line, other, MARKER)
        eventually(lambda: left.openings(MARKER), "the marker on the internet's wire")
    assert server not in {packet.destination for packet in left.packets()}
