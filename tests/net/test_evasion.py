# SPDX-License-Identifier: GPL-2.0-or-later
"""Openings that a filter may not recognise as such (lab/tricks.py): from a source in a block policy
none is answered by a server, with connection tracking in the gateway, which puts fragments
together before edge25 sees them, and without it.

Which of them a server answers at all is seen with edge25 away; those are the ones to refuse. The
others must not pass either. Where the port is behind headers that go on in a later fragment, no
gateway without tracking can see it: refuse-split-headers."""

import contextlib

import pytest

from lab.capture import Capture
from lab.faults import wait_until_held
from lab.gate import MARKER
from lab.packets import ACK, RST, SYN, TCP
from lab.promise import eventually, kept_by, must_fail
from lab.raw import Wire
from lab.sockets import connect
from lab.tricks import ROUTED, TRICKS

RANGE = 'range "all" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }\n'
BLOCK = 'policy "home" { mode = block  deny = drop }\n' + RANGE
GUARD = 'policy "home" { mode = guard  deny = drop  burst = 1  burst-time = 1h }\n' + RANGE
MONITOR = 'policy "home" { mode = monitor }\n' + RANGE
TRACKED = """
table inet other {
    chain forward { type filter hook forward priority 0; ct state new counter; }
}"""
versions = pytest.mark.parametrize("version", [4, 6])
tracking = pytest.mark.parametrize("tracked", [False, True], ids=["untracked", "tracked"])


class Attempt:
    """Each trick goes to a server of its own: .answered and .passed are the names of those that a
    server answered as an opening, and of which a packet with a port reached the internet."""

    def __init__(self, gate, version, daemon=None, port=25):
        line = gate.topology.subscribers[0]
        source = line.address(version)
        tricks = TRICKS[version]
        *servers, last = gate.fresh(len(tricks) + 1, version)
        self._tricks = dict(zip(servers, tricks))
        with Capture(gate.topology.internet) as wan, Wire(gate.topology, line) as wire:
            for server, trick in self._tricks.items():
                wire.send(trick.build(source, server, port))
            if daemon:
                wait_until_held(daemon, 0)
            connect(line, last, MARKER)
            # The answer to the marker is behind those to the tricks.
            eventually(lambda: [packet for packet in wan.packets()
                                if packet.outgoing and packet.source == last],
                       "the marker's answer")
        packets = [packet for packet in wan.packets() if packet.protocol == TCP]
        self.answered = {self._tricks[packet.source].name for packet in packets
                         if packet.source in self._tricks and packet.flags & (SYN | ACK | RST)
                         == SYN | ACK}
        self.passed = {self._tricks[packet.destination].name for packet in packets
                       if packet.destination in self._tricks
                       and packet.destination_port == port}

    def check_none_answered(self, but=()):
        """No server saw an opening."""
        assert self.answered <= set(but), self.answered

    def check_none_passed(self):
        """No packet with its port."""
        assert not self.passed, self.passed


@pytest.fixture(name="track")
def fixture_track(topology):
    """track(tracked): another program's table that asks for connection tracking, or none."""
    with contextlib.ExitStack() as stack:
        def track(tracked):
            if tracked:
                topology.gateway.run(["nft", "-f", "-"], input=TRACKED)
                stack.callback(topology.gateway.run, ["nft", "delete table inet other"])
        yield track


@versions
@tracking
def test_nothing_evades(edge25, gate, track, version, tracked):
    track(tracked)
    attempt = Attempt(gate, version, edge25(BLOCK))
    attempt.check_none_answered()
    attempt.check_none_passed()


def test_headers_that_are_split_pass_where_they_may(edge25, gate):
    """IPv6 first fragments without a port: without connection tracking it takes the switch."""
    attempt = Attempt(gate, 6, edge25("refuse-split-headers = no\n" + BLOCK))
    must_fail(attempt.check_none_answered)
    attempt.check_none_answered(but={trick.name for trick in TRICKS[6] if trick.hidden})
    attempt.check_none_passed()


@versions
@tracking
@kept_by(GUARD, broken_by=GUARD.replace("burst = 1", "burst = 0"))
def test_nothing_evades_a_burst(edge25, gate, track, version, tracked, configuration, promise):
    """But what hides its port, of which no honest system sends any."""
    track(tracked)
    daemon = edge25(configuration)
    gate.passes(*gate.flows(gate.topology.subscribers[0], 1, version))
    promise(Attempt(gate, version, daemon).check_none_answered,
            but={trick.name for trick in TRICKS[version] if trick.hidden})


@versions
@tracking
def test_what_servers_answer(gate, track, version, tracked):
    """Without edge25, and so the control run."""
    track(tracked)
    attempt = Attempt(gate, version)
    expected = {trick.name for trick in TRICKS[version] if trick.answered}
    # A gateway that puts fragments together also takes fragments out of fragments.
    assert attempt.answered >= expected if tracked else attempt.answered == expected
    must_fail(attempt.check_none_answered)
    must_fail(attempt.check_none_passed)


# Source routes. The gateway must be told to follow them, and the server: by default Linux does not.

ROUTES = {4: "ipv4.conf.{}.accept_source_route", 6: "ipv6.conf.{}.seg6_enabled"}
GATEWAY = {4: "100.64.0.1", 6: "2001:db8:1::1"}


@pytest.fixture(name="source_routes")
def fixture_source_routes(topology):
    """Everybody follows routes of the source's choice, for the test."""
    places = ((topology.gateway, "all", "sub0"), (topology.internet, "all", "eth0"),
              (topology.crowd, "all", "eth0"))

    def switch(value):
        for namespace, *interfaces in places:
            for interface in interfaces:
                for key in ROUTES.values():
                    namespace.sysctl("net." + key.format(interface), value)
    switch(1)
    yield
    switch(0)


class Routed:
    """One packet of each kind to the gateway itself, which is to send it on to a server."""

    def __init__(self, gate, version, daemon=None):
        line = gate.topology.subscribers[0]
        source = line.address(version)
        kinds = ROUTED[version]
        self._servers = gate.fresh(len(kinds) + 1, version)
        with Capture(gate.topology.internet) as wan, Wire(gate.topology, line) as wire:
            wire.send([build(source, GATEWAY[version], server, 25)
                       for build, server in zip(kinds.values(), self._servers)])
            if daemon:
                wait_until_held(daemon, 0)
            connect(line, self._servers[-1], MARKER)
            eventually(lambda: wan.openings(MARKER), "the marker on the internet's wire")
        self.passed = [packet for packet in wan.packets() if packet.is_opening(25)]

    def check_none_passed(self):
        """None went on to its server."""
        assert not self.passed, self.passed


@versions
def test_no_source_route_evades(edge25, gate, source_routes, version):
    Routed(gate, version, edge25(BLOCK)).check_none_passed()


@versions
def test_source_routes_are_followed(gate, source_routes, version):
    """Without edge25: the control run."""
    must_fail(Routed(gate, version).check_none_passed)
