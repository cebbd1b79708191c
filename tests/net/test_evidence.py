# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of hosts beside their attempts: that a mail server talks to them, and how
often they submit. Neither touches a packet, and nobody outside can make more of it."""

import contextlib
import types

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import asked, frozen, killed
from lab.packets import PSH
from lab.peer import HANDSHAKE, SUBMISSION, Peer
from lab.promise import eventually, holds, must_fail
from lab.raw import Wire, greeting
from lab.sockets import Listener, connect_many

RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "line" }
queues = 1
"""
GUARD = 'policy "line" { mode = guard  burst = 0 }' + RANGE
MONITOR = 'policy "line" { mode = monitor }' + RANGE
BLOCK = 'policy "line" { mode = block }' + RANGE
FORGED = 500
versions = pytest.mark.parametrize("version", [4, 6])
modes = pytest.mark.parametrize("configuration", [GUARD, MONITOR], ids=["guard", "monitor"])


@pytest.fixture(name="line")
def fixture_line(topology):
    """The subscriber that opens connections."""
    return topology.subscribers[0]


@contextlib.contextmanager
def peer_of(daemon):
    """In control's place for the block."""
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        yield peer


# Handshakes.

def talk(gate, line, count, version):
    """Connections of a subscriber, each until the server has greeted; their sources and servers."""
    servers = gate.fresh(count, version)
    results = connect_many(line, servers)
    assert {result.error for result in results} == {""}, results
    return {(line.address(version), result.source_port, server, 25)
            for server, result in zip(servers, results)}


@versions
@modes
def test_a_server_that_talks_is_told_once(edge25, gate, line, configuration, version):
    with peer_of(edge25(configuration)) as peer:
        expected = talk(gate, line, 5, version)
        for _ in range(3):
            connect_many(line, sorted(server for _, _, server, _ in expected))

        def told():
            return [(event.source, event.source_port, event.destination, event.destination_port)
                    for event in peer.told(HANDSHAKE)]
        eventually(lambda: set(told()) == expected, lambda: f"{expected}, not {told()}")
        assert len(told()) == len(expected)


@versions
def test_where_nothing_may_pass_nothing_is_looked_at(edge25, gate, topology, line, version):
    """The rule costs other traffic something, so it is not there."""
    edge25(BLOCK)
    assert "sport 25" not in topology.gateway.run(["nft", "list table inet edge25"]).stdout
    must_fail(talk, gate, line, 1, version)


@contextlib.contextmanager
def from_the_internet(topology):
    """A wire by which packets come to the gateway from the internet's side."""
    side = types.SimpleNamespace(socket=topology.internet.socket, interface="wan0")
    with Wire(topology, side) as wire:
        yield wire


@versions
@pytest.mark.parametrize("known, told", [(False, 0), (True, 1)], ids=["strangers", "passed"])
def test_forged_greetings_come_to_nothing(edge25, gate, topology, line, version, known, told):
    """Of a pair that was let through one is told; of all others none; and each arrives."""
    daemon = edge25(GUARD)
    with peer_of(daemon) as peer:
        server = gate.fresh(1, version)[0]
        if known:  # an opening alone: nobody has talked yet
            with silent_servers(topology):
                connect_many(line, [server])
        before = asked(daemon)
        with Capture(line) as wire, from_the_internet(topology) as sender:
            sender.send([greeting(server, line.address(version))] * FORGED)
            eventually(lambda: len(greetings(wire, server)) >= FORGED, "the packets at the line")
        assert asked(daemon) - before == told
        eventually(lambda: len(peer.told(HANDSHAKE)) == told, lambda: str(peer.events))


@contextlib.contextmanager
def silent_servers(topology):
    """Mail servers greet nobody for the block."""
    greets, topology.mail_servers.greeting = topology.mail_servers.greeting, b""
    try:
        yield
    finally:
        topology.mail_servers.greeting = greets


def greetings(wire, server):
    """What came from a server with data."""
    return [packet for packet in wire.packets()
            if packet.source == server and packet.source_port == 25 and packet.flags & PSH]


@versions
@modes
def test_servers_are_heard_without_the_engine(edge25, gate, topology, line, configuration, version):
    """No listener: a greeting goes on. The engine stands still: it does when it is sent again."""
    daemon = edge25(configuration)
    server = gate.fresh(1, version)[0]
    with silent_servers(topology):
        connect_many(line, [server])
    with killed(daemon, ENGINE), from_the_internet(topology) as sender, Capture(line) as wire:
        sender.send([greeting(server, line.address(version))])
        eventually(lambda: greetings(wire, server), "the greeting")
    server = gate.fresh(1, version)[0]
    with silent_servers(topology):
        connect_many(line, [server])
    with (frozen(daemon.pid(ENGINE)), from_the_internet(topology) as sender,
          Capture(line) as wire):
        sender.send([greeting(server, line.address(version))] * 2)
        eventually(lambda: greetings(wire, server), "the greeting that was sent again")


# Submissions.

def submit(topology, line, count, version):
    """Connections to a submission server: one of the crowd, for postfix may be in the internet."""
    server = {4: "198.18.255.77", 6: "2001:db8:c::ff77"}[version]
    with Listener(topology.crowd, 587), Listener(topology.crowd, 465):
        for port in (587, 465):
            results = connect_many(line, [server] * count, port)
            assert {result.error for result in results} == {""}, results


def host_of(line, version):
    """The host that is counted."""
    return line.address4 if version == 4 else f"{line.address6.rpartition('::')[0]}::"


@versions
@pytest.mark.parametrize("configuration", [GUARD, MONITOR, BLOCK],
                         ids=["guard", "monitor", "block"])
@pytest.mark.parametrize("tries, promise", [(True, holds), (False, must_fail)],
                         ids=["holds", "control"])
def test_submissions_are_counted_of_those_that_tried_port_25(edge25, gate, topology, line, version,
                                                             configuration, tries, promise):
    with peer_of(edge25(configuration)) as peer:
        submit(topology, line, 2, version)  # before: of this nothing is kept
        if tries:
            connect_many(line, gate.fresh(2, version), timeout=0.5)
        submit(topology, line, 3, version)
        submit(topology, topology.subscribers[1], 3, version)

        def counted():
            assert peer.tallies(SUBMISSION) == {host_of(line, version): 6}
        promise(counted)
        assert tries or not peer.tallies(SUBMISSION)


@versions
def test_submission_waits_for_nobody(edge25, gate, topology, line, version):
    """Also of a host that is counted, when the engine stands still."""
    daemon = edge25(BLOCK)
    gate.refuses(*gate.flows(line, 1, version))
    with frozen(daemon.pid(ENGINE)):
        submit(topology, line, 3, version)
        with gate.spoiled("tcp dport 587 drop"):
            must_fail(gate.passes, *gate.flows(line, 1, version), port=587)
