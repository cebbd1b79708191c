# SPDX-License-Identifier: GPL-2.0-or-later
"""Sources that cannot be true: with check-sources, what comes in by an interface that leads to no such
source is refused, counted apart, and held against nobody but the line that it came in by."""

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL
from lab.faults import killed
from lab.gate import MARKER
from lab.peer import Peer, host_of
from lab.promise import eventually, kept_by, must_fail
from lab.raw import Wire, opening
from lab.sockets import connect

RANGE = 'range "lines" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }\n'
CHECKED = ("check-sources = yes\nread-interval = 1s\nsummary-interval = 1s\n"
           'policy "home" { mode = block  pace = 0 }\n') + RANGE
UNCHECKED = CHECKED.replace("check-sources = yes\n", "")
SERVER = 'allow "server" { from = { "100.64.1.2", "2001:db8:1:1::2" }  comment = "a server" }\n'
COUNT = 10
versions = pytest.mark.parametrize("version", [4, 6])


class Spoofed:
    """Openings that subscriber 0 sends in the name of subscriber 1; .passed: how many reached the
    internet. Those that are to pass are waited for: the engine looks at them, and the marker that no
    rule knows comes before them where it is slow."""

    def __init__(self, topology, gate, version, servers=None, passing=0):
        liar, victim = topology.subscribers[:2]
        servers = servers or gate.fresh(COUNT, version)
        with Capture(topology.internet) as beyond, Wire(topology, liar) as wire:
            wire.send([opening(victim.address(version), server) for server in servers])
            connect(liar, servers[0], MARKER)
            eventually(lambda: beyond.openings(MARKER), "the marker on the internet's wire")
            beyond.wait_for_openings(passing)
        self.passed = len(beyond.openings())


def is_held_against_nobody(daemon, topology, version, mode="block"):
    """Counted for the policy, apart; no host has it, and every line names the wire."""
    def policy():
        return daemon.status()["policies"][0]
    eventually(lambda: policy()["untrue"] == COUNT, lambda: str(policy()), patience=4)
    assert policy()["refused" if mode == "block" else "passed"] == COUNT
    assert policy()["asked"] == 0, policy()
    assert daemon.status()["hosts"]["count"] == 0
    events = eventually(daemon.events, "an event")
    liar = topology.subscribers[0]
    for event in events:
        assert event["alert"]["signature"].endswith("from a source that cannot be true"), event
        assert event["alert"]["action"] == ("blocked" if mode == "block" else "allowed")
        assert event["src_ip"] == topology.subscribers[1].address(version)
        assert event["in_iface"] == liar.interface
        assert event["alert"]["metadata"]["mac"] == "02:e2:05:00:00:02", event
        assert "host" not in event["alert"]["metadata"]


@versions
@kept_by(CHECKED, broken_by=UNCHECKED)
def test_a_lie_is_refused_and_counted_for_nobody(edge25, topology, gate, version, configuration,
                                                 promise):
    daemon = edge25(configuration)
    assert Spoofed(topology, gate, version).passed == 0
    promise(is_held_against_nobody, daemon, topology, version)


@versions
def test_monitor_counts_lies_and_lets_them_pass(edge25, topology, gate, version):
    daemon = edge25(CHECKED.replace("mode = block", "mode = monitor"))
    assert Spoofed(topology, gate, version, passing=COUNT).passed == COUNT
    is_held_against_nobody(daemon, topology, version, "monitor")


@versions
def test_guard_lets_lies_pass_but_not_in_the_name_of_a_contained_host(edge25, topology, gate,
                                                                      version):
    daemon = edge25(CHECKED.replace("mode = block", "mode = guard"))
    assert Spoofed(topology, gate, version, passing=COUNT).passed == COUNT
    is_held_against_nobody(daemon, topology, version, "guard")
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(topology.subscribers[1].address(version)))
        assert Spoofed(topology, gate, version).passed == 0


@versions
@kept_by(CHECKED, broken_by=UNCHECKED)
def test_a_remembered_pair_is_not_held_against_its_host(edge25, topology, gate, version,
                                                        configuration, promise):
    daemon = edge25(configuration)
    victim = topology.subscribers[1]
    flows = gate.flows(victim, COUNT, version)
    gate.refuses(*flows)
    gate.refuses(*flows)  # remembered

    def attempts():
        return daemon.host(victim.address(version).removesuffix("2" if version == 6 else "")
                           ).get("attempts")
    eventually(lambda: attempts() == 2 * COUNT, lambda: f"{attempts()}")
    Spoofed(topology, gate, version, [flow.destination for flow in flows])

    def stays_as_it_was():
        eventually(lambda: daemon.status()["policies"][0]["untrue"] == COUNT, "lies", patience=4)
        assert attempts() == 2 * COUNT
        gate.refuses(*flows)
        eventually(lambda: attempts() == 3 * COUNT, lambda: f"{attempts()}")
    promise(stays_as_it_was)


@versions
def test_nobody_borrows_an_allowed_address(edge25, topology, gate, version):
    daemon = edge25(CHECKED + SERVER)
    allowed = topology.subscribers[1]
    assert Spoofed(topology, gate, version).passed == 0
    gate.passes(*gate.flows(allowed, 3, version))
    daemon.configure(UNCHECKED + SERVER)
    daemon.ctl("reload")
    spoofed = Spoofed(topology, gate, version)
    must_fail(lambda: _none_passed(spoofed))


def _none_passed(spoofed):
    assert spoofed.passed == 0


@versions
def test_a_flood_of_lies_tells_of_some_and_counts_all(edge25, topology, gate, version):
    """User space is told of a few a second; the log has a few lines an hour for each wire."""
    daemon = edge25(CHECKED)
    servers = gate.fresh(300, version)
    assert Spoofed(topology, gate, version, servers).passed == 0
    eventually(lambda: daemon.status()["policies"][0]["untrue"] == 300,
               lambda: str(daemon.status()["policies"][0]))
    assert 1 <= len(daemon.events()) <= 20
