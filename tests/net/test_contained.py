# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that is cut off from port 25: its connections end, no plain entry helps it, and nothing
but port 25 is touched."""

import errno
import ipaddress

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import Thread, killed, wait_until_held
from lab.gate import MX, RESET, Conversation, Flow
from lab.packets import RST
from lab.peer import ALWAYS, WATCHED, Peer, host_of
from lab.promise import eventually, holds, must_fail
from lab.raw import Stream, Wire, opening
from lab.sockets import connect

RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "line" }
read-interval = 1s
"""
GUARD = 'policy "line" { mode = guard  burst = 0 }' + RANGE
BLOCK = 'policy "line" { mode = block }' + RANGE
MONITOR = 'policy "line" { mode = monitor }' + RANGE
versions = pytest.mark.parametrize("version", [4, 6])
entries = pytest.mark.parametrize("entry", ["source", "destination", "pair"])
widths = pytest.mark.parametrize("width", ["exact", "prefix"])


@pytest.fixture(name="line")
def fixture_line(topology):
    """The subscriber that is contained."""
    return topology.subscribers[0]


def is_cut_off(gate, flow):
    """New connections to a server that the host knows, and to another, are refused."""
    gate.refuses(flow, *gate.flows(flow.subscriber, 1, flow.version), by=RESET)


@versions
def test_a_contained_host_is_cut_off_and_nobody_else(edge25, gate, topology, mail, line, version):
    del mail
    daemon = edge25(GUARD)
    flow, other = (gate.flows(who, 1, version)[0] for who in topology.subscribers[:2])
    gate.passes(flow, other)
    with (killed(daemon, CONTROL), Peer(daemon) as peer,
          Conversation(Flow(line, MX[version])) as conversation):
        conversation.goes_on()
        must_fail(is_cut_off, gate, flow)
        peer.contain(host_of(line.address(version)), seconds=60)
        conversation.is_cut()
        is_cut_off(gate, flow)
        gate.passes(other)
        assert connect(line, MX[version], 587).error == ""
        peer.release(host_of(line.address(version)))
        gate.passes(flow)
    eventually(lambda: daemon.status()["policies"][0]["contained"] >= 3, "the count")


@versions
def test_containment_ends_by_itself(edge25, gate, line, version):
    daemon = edge25(GUARD)
    flow = gate.flows(line, 1, version)[0]
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(line.address(version)), seconds=60)
        is_cut_off(gate, flow)
        peer.contain(host_of(line.address(version)), seconds=1)
        eventually(lambda: connect(line, flow.destination).error == "", "a connection")
    gate.passes(flow)


@pytest.mark.parametrize("length, refused", [(48, holds), (64, must_fail)])
def test_an_ipv6_host_is_as_wide_as_its_policy_says(edge25, gate, line, length, refused):
    daemon = edge25(GUARD.replace("burst = 0", f"burst = 0 host-prefix6 = {length}"))
    host = "2001:db8:1::/48" if length == 48 else "2001:db8:1:42::/64"
    flow = gate.flows(line, 1, 6)[0]
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host)
        refused(is_cut_off, gate, flow)
        answer = peer.contain("2001:db8:1:40::/58", expected=errno.EINVAL)
        assert "length" in answer.text


# Entries.

def words(entry, width, flow):
    """An entry in the configuration that fits the flow."""
    source, destination = flow.address, flow.destination
    if width == "prefix":
        length = (30, 63) if flow.version == 6 else (30, 28)
        source, destination = (str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
                               for address, bits in zip((source, destination), length))
    ends = {"source": f'from = {{ "{source}" }}', "destination": f'to = {{ "{destination}" }}'}
    return " ".join(text for kind, text in ends.items() if entry in (kind, "pair"))


@versions
@widths
@entries
@pytest.mark.parametrize("mode", [GUARD, BLOCK], ids=["guard", "block"])
def test_plain_entries_do_not_help_it_and_others_do(edge25, gate, line, mode, entry, width,
                                                    version):
    flow = gate.flows(line, 1, version)[0]
    allow = f'allow "one" {{ {words(entry, width, flow)} comment = "a test" ALWAYS }}\n'
    for always, check in (("", gate.refuses), ("always = yes", gate.passes)):
        daemon = edge25(mode + allow.replace("ALWAYS", always))
        with killed(daemon, CONTROL), Peer(daemon) as peer:
            gate.passes(flow)
            peer.contain(host_of(line.address(version)))
            check(flow)
        daemon.stop()


@versions
def test_it_does_nothing_to_who_is_only_monitored(edge25, gate, line, version):
    stranger, friend = gate.flows(line, 2, version)
    daemon = edge25(MONITOR + f'allow "one" {{ {words("destination", "exact", friend)} '
                              'comment = "a test" }')
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(line.address(version)))
        gate.passes(stranger, friend)


def test_a_way_that_no_entry_has_is_refused(edge25, line):
    """The table has no sets for it."""
    daemon = edge25(GUARD)
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        for way in (WATCHED, ALWAYS):
            answer = peer.allow(line.address4, way, expected=errno.EINVAL)
            assert "announces no entries" in answer.text


# Packets under way.

@pytest.mark.skipif(Thread.SENDTO is None, reason="the number of sendto(2) is not known here")
@versions
@pytest.mark.parametrize("moment", ["asked", "answered"])
@pytest.mark.parametrize("whose, promise", [(0, holds), (1, must_fail)], ids=["holds", "control"])
def test_it_holds_for_a_packet_under_way(edge25, gate, topology, line, version, moment, whose,
                                         promise):
    daemon = edge25("queues = 1\n" + GUARD)
    flow = gate.flows(line, 1, version)[0]
    with (killed(daemon, CONTROL), Peer(daemon) as peer, Capture(topology.internet) as beyond,
          Capture(line) as wire):
        with (Thread(daemon.pid(ENGINE), "queue 2500") as thread, Wire(topology, line) as sender):
            sender.send([opening(flow.address, flow.destination)])
            wait_until_held(daemon, 1)
            if moment == "answered":
                thread.run_to(Thread.SENDTO)
            peer.contain(host_of(topology.subscribers[whose].address(version)))
        wait_until_held(daemon, 0)
        eventually(lambda: beyond.openings() or [packet for packet in wire.packets()
                                                 if packet.source == flow.destination
                                                 and packet.flags & RST],
                   "the packet, or its refusal")

        def refused():
            assert not beyond.openings(), "the packet passed"
        promise(refused)


@pytest.mark.parametrize("whose, promise", [(0, holds), (1, must_fail)], ids=["holds", "control"])
def test_nothing_passes_between_containment_and_release(edge25, topology, line, whose, promise):
    """Under a stream of openings to ever new servers."""
    daemon = edge25(GUARD.replace("burst = 0", "burst = 0 pace = 0"))
    host, passed = host_of(topology.subscribers[whose].address6), 0
    with killed(daemon, CONTROL), Peer(daemon) as peer, Stream(topology, line) as stream:
        for _ in range(10):
            peer.contain(host, seconds=60)
            wait_for_packets(stream, stream.BURST)  # what is under way arrives
            with Capture(topology.internet) as beyond:
                wait_for_packets(stream, 200)
            passed += len(beyond.openings())
            peer.release(host)
            with Capture(topology.internet) as beyond:
                beyond.wait_for_openings(50)

    def none_passed():
        assert not passed, f"{passed} passed"
    promise(none_passed)


def wait_for_packets(stream, count):
    """Wait until a stream has sent so many more."""
    before = stream.sent
    eventually(lambda: stream.sent > before + count, "packets under way")


# Faults.

@versions
def test_it_stays_cut_off_without_engine_and_control(edge25, gate, topology, line, version):
    daemon = edge25(GUARD)
    flows = gate.flows(line, 2, version)
    other = gate.flows(topology.subscribers[1], 1, version)[0]
    with killed(daemon, CONTROL):
        with Peer(daemon) as peer:
            peer.contain(host_of(line.address(version)))
        with killed(daemon, ENGINE):
            gate.refuses(*flows)
            gate.passes(other)
            must_fail(gate.refuses, other)


@versions
def test_it_is_cut_off_again_when_the_table_was_put_back(edge25, gate, topology, line, version):
    daemon = edge25("own-table = no\n" + GUARD)
    flow = gate.flows(line, 1, version)[0]
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(line.address(version)), seconds=60)
        gate.refuses(flow)
        topology.gateway.run(["nft", "delete table inet edge25"])
        eventually(lambda: "contained" in topology.gateway.run(
            ["nft", "list table inet edge25"], check=False).stdout, "the table")
        eventually(lambda: connect(line, flow.destination).error == "ECONNREFUSED", "a refusal")
        gate.refuses(flow)
