# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that hide their port: IPv6 first fragments whose headers do not reach it
(refuse-split-headers), and tunnels (refuse-tunnels)."""

import socket
import struct

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL
from lab.faults import killed
from lab.gate import MARKER
from lab.packets import TCP
from lab.peer import Peer, host_of
from lab.promise import eventually, kept_by
from lab.raw import FRAGMENT, Wire, ipv4, ipv6, opening, packed, tcp
from lab.sockets import connect

RANGE = 'range "lines" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }\n'
BLOCK = 'read-interval = 1s\npolicy "home" { mode = block }\n' + RANGE
OPEN = "refuse-split-headers = no\n" + BLOCK
TUNNELS = "refuse-tunnels = yes\n" + BLOCK
DESTINATION_OPTIONS = 60
IPIP, SIX_IN_FOUR, GRE, UDP = 4, 41, 47, 17
ALLOW = 'allow "line" {{ {end} = {{ "{address}" }}  comment = "a test" }}\n'
versions = pytest.mark.parametrize("version", [4, 6])


def fragments(source, destination, following, *parts):
    """An IPv6 packet in so many fragments; following: the header that the first part begins with."""
    offset, packets = 0, []
    for part in parts:
        more = part is not parts[-1]
        header = struct.pack("!BBHI", following, 0, offset | more, 0xe25)
        packets.append(ipv6(source, destination, header + part, FRAGMENT))
        offset += len(part)
    return packets


def split(source, destination):
    """An opening whose TCP header is in the second fragment, all before it in the first."""
    options = bytes([TCP, 0, 1, 4, 0, 0, 0, 0])
    return fragments(source, destination, DESTINATION_OPTIONS, options, tcp(source, destination))


class Sent:
    """Packets of subscriber 0; .passed: those of that protocol, or fragments of it, that reached
    the internet with their first bytes; .icmp: the errors that came back."""

    def __init__(self, topology, gate, version, build):
        line = topology.subscribers[0]
        server, = gate.fresh(1, version)
        with Capture(topology.internet) as beyond, Capture(line) as back, \
                Wire(topology, line) as wire:
            wire.send(build(line.address(version), server))
            connect(line, server, MARKER)
            eventually(lambda: beyond.openings(MARKER), "the marker on the internet's wire")
        self.passed = [packet for packet in beyond.packets()
                       if packet.destination == server and packet.destination_port != MARKER
                       and not _is_later(packet.frame)]
        self.icmp = [packet.icmp for packet in back.packets()
                     if not packet.outgoing and packet.quoted]

    def check_none_passed(self):
        """Nothing, or nothing that could be put together."""
        assert not self.passed, self.passed


def _is_later(frame):
    """A fragment of IPv6 that does not begin its packet."""
    return frame[12:14] == b"\x86\xdd" and frame[20] == FRAGMENT and \
        int.from_bytes(frame[56:58], "big") >> 3 != 0


def of_home(daemon, name):
    return daemon.status()["policies"][0][name]


# Split headers.

@kept_by(BLOCK, broken_by=OPEN)
def test_a_first_fragment_without_a_port_is_refused(edge25, topology, gate, configuration, promise):
    daemon = edge25(configuration)
    sent = Sent(topology, gate, 6, split)
    promise(sent.check_none_passed)
    expected = 1 if not sent.passed else 0
    eventually(lambda: of_home(daemon, "split") == expected, f"{expected} counted")


def test_monitor_and_allowed_hosts_may_split_headers(edge25, topology, gate):
    daemon = edge25(BLOCK.replace("mode = block", "mode = monitor"))
    assert len(Sent(topology, gate, 6, split).passed) == 1
    eventually(lambda: of_home(daemon, "split") == 1, "one counted")
    daemon.configure(BLOCK + ALLOW.format(end="from", address=topology.subscribers[0].address6))
    daemon.ctl("reload")
    assert len(Sent(topology, gate, 6, split).passed) == 1
    assert of_home(daemon, "split") == 1


def test_other_fragments_pass(edge25, topology, gate):
    """Whose port is there, whatever comes before it; also those to port 587."""
    daemon = edge25(BLOCK)
    options = bytes([TCP, 0, 1, 4, 0, 0, 0, 0])

    def build(source, destination):
        big = struct.pack("!HHHH", 53, 53, 1208, 0) + bytes(1200)
        mail = tcp(source, destination, 587, payload=bytes(100))
        return (fragments(source, destination, UDP, big[:800], big[800:])
                + fragments(source, destination, DESTINATION_OPTIONS, options + mail[:40],
                            mail[40:]))
    assert len(Sent(topology, gate, 6, build).passed) == 2
    assert of_home(daemon, "split") == 0


# Tunnels.

def tunnels(version, source, destination):
    """IP in IP of both versions, and GRE, each with an opening to port 25 inside."""
    inner4 = ipv4("192.0.2.1", "203.0.113.25", tcp("192.0.2.1", "203.0.113.25"))
    inner6 = ipv6("2001:db8:99::1", "2001:db8:f::25", tcp("2001:db8:99::1", "2001:db8:f::25"))
    payloads = {IPIP: inner4, SIX_IN_FOUR: inner6, GRE: struct.pack("!HH", 0, 0x0800) + inner4}
    return [_outer(version, source, destination, payload, protocol)
            for protocol, payload in payloads.items()]


def _outer(version, source, destination, payload, protocol):
    if version == 6:
        return ipv6(source, destination, payload, protocol)
    packet = bytearray(ipv4(source, destination, payload))
    packet[9] = protocol
    packet[10:12] = b"\0\0"
    packet[10:12] = _checksum(packet[:20])
    assert packet[12:16] == packed(source)
    return bytes(packet)


def _checksum(header):
    total = sum(struct.unpack("!10H", bytes(header)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)


def build_tunnels(version):
    return lambda source, destination: tunnels(version, source, destination)


@versions
@kept_by(TUNNELS, broken_by=BLOCK)
def test_tunnels_are_refused_where_they_shall_be(edge25, topology, gate, version, configuration,
                                                 promise):
    daemon = edge25(configuration)
    sent = Sent(topology, gate, version, build_tunnels(version))
    promise(sent.check_none_passed)
    if not sent.passed:
        eventually(lambda: of_home(daemon, "tunnelled") == 3, "three counted")
        assert set(sent.icmp) == {(3, 13) if version == 4 else (1, 1)}, sent.icmp
        assert daemon.status()["hosts"]["count"] == 0  # no attempts on port 25


@versions
@pytest.mark.parametrize("configuration", [
    pytest.param(TUNNELS.replace("mode = block", "mode = monitor"), id="monitor"),
    pytest.param(TUNNELS + ALLOW.format(end="from", address="100.64.0.2")
                 + ALLOW.replace("line", "six").format(end="from", address="2001:db8:1::2"),
                 id="allowed-source"),
    pytest.param(TUNNELS + ALLOW.format(end="to", address="198.18.0.0/15")
                 + ALLOW.replace("line", "six").format(end="to", address="2001:db8:c::/48"),
                 id="allowed-destination"),
    pytest.param(TUNNELS.replace("100.64.0.0/10", "100.65.0.0/16").replace("db8:1::", "db8:2::"),
                 id="in-no-range")])
def test_these_may_use_tunnels(edge25, topology, gate, version, configuration):
    edge25(configuration)
    assert len(Sent(topology, gate, version, build_tunnels(version)).passed) == 3


# Guarded and watched hosts may do both, contained ones may not.

GUARDED = TUNNELS.replace("mode = block", "mode = guard")


@versions
@pytest.mark.parametrize("watched", [False, True], ids=["guarded", "watched"])
def test_a_contained_host_hides_no_port(edge25, topology, gate, version, watched):
    address = topology.subscribers[0].address(version)
    entry = ALLOW.format(end="from", address=address).replace("comment", "watched = yes  comment")
    daemon = edge25(TUNNELS + entry if watched else GUARDED)

    def passed(build):
        return len(Sent(topology, gate, version, build).passed)
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        assert passed(build_tunnels(version)) == 3
        assert version == 4 or passed(split) == 1
        peer.contain(host_of(address))
        assert passed(build_tunnels(version)) == 0
        assert version == 4 or passed(split) == 0
        peer.release(host_of(address))
        assert passed(build_tunnels(version)) == 3


@versions
def test_tunnels_to_the_gateway_itself_are_its_own(edge25, topology, version):
    """They arrive: the gateway answers that nobody waits for them."""
    daemon = edge25(TUNNELS)
    line = topology.subscribers[0]
    gateway = {4: "100.64.0.1", 6: "2001:db8:1::1"}[version]
    with Capture(line) as back, Wire(topology, line) as wire:
        wire.send(tunnels(version, line.address(version), gateway))
        eventually(lambda: [packet for packet in back.packets() if not packet.outgoing
                            and packet.quoted and packet.icmp[0] in (3, 4)],
                   "protocol unreachable, or unknown next header")
    assert of_home(daemon, "tunnelled") == 0


# A network card has no kind ("veth", "vrf") that a rule could compare; nor has the loopback.

def test_all_this_holds_on_an_interface_without_a_kind(edge25, topology, gate):
    daemon = edge25(TUNNELS)
    gateway, line = topology.gateway, topology.subscribers[0]
    server, = gate.fresh(1, 6)
    packets = [*split(line.address6, server), *tunnels(6, line.address6, server),
               opening(line.address6, server, 587), opening(line.address6, server)]
    with gateway.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as wire:
        for packet in packets:
            wire.sendto(packet, ("lo", 0x86dd, 0, 0, bytes(6)))

    def counts():
        status = daemon.status()
        return {**status["policies"][0], **status["counters"]}
    eventually(lambda: counts()["submission"] == 1, lambda: str(counts()))
    for name, count in (("split", 1), ("tunnelled", 3), ("refused", 1)):
        eventually(lambda name=name, count=count: counts()[name] == count, lambda: str(counts()))
