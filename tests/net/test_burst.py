# SPDX-License-Identifier: GPL-2.0-or-later
"""Guard: a host may meet so many new mail servers in a while. The packet that goes beyond that is
refused, whatever else happens, and servers that it knows already stay open."""

import contextlib
import functools
import time

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import frozen, killed, wait_until_held
from lab.packets import RST
from lab.promise import eventually, holds, kept_by, must_fail
from lab.raw import Wire, opening

RANGE = 'range "lines" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "line" }\n'
SETTINGS = "reject-rate = 100000\nread-interval = 1s\n"
BURST = 20
GUARD = SETTINGS + f'policy "line" {{ mode = guard  burst = {BURST}  burst-time = 1h }}\n' + RANGE
FREE = GUARD.replace(f"burst = {BURST}", "burst = 0")
versions = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(name="line")
def fixture_line(topology):
    """The subscriber that meets servers."""
    return topology.subscribers[0]


class Meeting:
    """Openings on a subscriber's wire, until it is known what became of each: .arrived and .refused
    are lists of their destinations, as the internet's wire and the subscriber's own say."""

    def __init__(self, topology, subscriber, servers, sources=None, during=contextlib.nullcontext):
        version = 6 if ":" in servers[0] else 4
        sources = sources or [subscriber.address(version)] * len(servers)
        packets = [opening(*pair) for pair in zip(sources, servers)]
        with (Wire(topology, subscriber) as wire, Capture(topology.internet) as beyond,
              Capture(subscriber) as line):
            with during():
                wire.send(packets)
            eventually(lambda: len(self._arrived(beyond)) + len(self._refused(line))
                       >= len(packets), lambda: f"{len(self._arrived(beyond))} arrived, "
                       f"{len(self._refused(line))} were refused, of {len(packets)}")
        self.arrived, self.refused = self._arrived(beyond), self._refused(line)
        assert len(self.arrived) + len(self.refused) == len(packets)

    @staticmethod
    def _arrived(capture):
        return [packet.destination for packet in capture.openings()]

    @staticmethod
    def _refused(capture):
        return [packet.source for packet in capture.packets()
                if not packet.outgoing and packet.source_port == 25 and packet.flags & RST]


@pytest.fixture(name="meet")
def fixture_meet(topology):
    """meet(subscriber, servers, ...): a Meeting."""
    return functools.partial(Meeting, topology)


def exactly(meeting, count):
    """So many different servers were reached, each by one opening, and no more."""
    assert len(meeting.arrived) == len(set(meeting.arrived)) == count, len(meeting.arrived)


def of_line(daemon):
    return daemon.status()["policies"][0]


@pytest.mark.parametrize("queues", [1, 4])
@versions
@kept_by(GUARD, broken_by=FREE)
def test_the_packet_that_goes_beyond_is_refused(edge25, gate, meet, line, version, queues,
                                                configuration, promise):
    edge25(f"queues = {queues}\n" + configuration)
    servers = gate.fresh(3 * BURST, version)
    meeting = meet(line, servers)
    promise(exactly, meeting, BURST)
    if queues == 1:
        promise(lambda: _same(meeting.arrived, servers[:BURST]))
    # It stays so, for new ones; those that are known stay open.
    promise(exactly, meet(line, gate.fresh(BURST, version)), 0)
    promise(exactly, meet(line, meeting.refused or servers), 0)
    assert sorted(meet(line, meeting.arrived).arrived) == sorted(meeting.arrived)


def _same(one, other):
    assert one == other


@versions
@kept_by(GUARD, broken_by=FREE)
def test_real_connections(edge25, gate, line, version, configuration, promise):
    edge25(configuration)
    known = gate.flows(line, BURST, version)
    gate.passes(*known)
    promise(gate.refuses, *gate.flows(line, 5, version))
    gate.passes(*known)
    gate.passes(*gate.flows(gate.topology.subscribers[1], BURST, version))


def test_servers_that_talk_have_no_line(edge25, gate, line):
    """They are told to edge25 as well, so that it knows who was answered; nobody else hears of it."""
    daemon = edge25("events-per-host = 1000\n" + GUARD)
    flows = gate.flows(line, BURST - 1)
    gate.passes(*flows)
    eventually(lambda: daemon.status()["counters"].get("handshakes") == len(flows),
               lambda: str(daemon.status()["counters"]))
    last, = gate.flows(line)
    gate.passes(last)
    daemon.wait_for_event(lambda event: event["dest_ip"] == last.destination, "the last opening")
    pairs = [(event["src_ip"], event["dest_ip"]) for event in daemon.events()
             if not {"summary", "incident"} & event["alert"]["metadata"].keys()]
    assert sorted(pairs) == sorted((line.address4, flow.destination) for flow in [*flows, last])


@kept_by(GUARD, broken_by=FREE)
def test_it_is_counted_and_told(edge25, gate, meet, line, configuration, promise):
    daemon = edge25("events-per-host = 1000\n" + configuration)
    meet(line, gate.fresh(3 * BURST))

    def said():
        policy = eventually(lambda: (lambda one: one["refused"] + one["passed"] == 3 * BURST
                                     and one)(of_line(daemon)), lambda: str(of_line(daemon)))
        assert (policy["passed"], policy["refused"]) == (BURST, 2 * BURST), policy
        alerts = [event["alert"] for event in daemon.events()]
        blocked = [alert for alert in alerts if alert["action"] == "blocked"]
        assert blocked, alerts
        assert all(alert["metadata"].get("reason") == "burst" for alert in blocked
                   if not alert["metadata"].get("summary")), blocked
        host = daemon.host(line.address4)
        assert (host["passed"], host["refused"], host["destinations"]) == (
            BURST, 2 * BURST, 3 * BURST), host
        assert "burst: 20 new servers in 1h" in daemon.control("status").stdout

    promise(said)
    assert not daemon.status()["losses"], daemon.status()["losses"]
    reason = daemon.ctl("explain", line.address4)
    assert reason["verdict"] == "ask" and reason["mode"] == "guard", reason
    assert reason["answer"] == ("refuse" if promise is holds else "accept"), reason


def test_hosts_do_not_share(edge25, gate, meet, topology):
    """Two of three lines meet as many as they may, at once; where they are one host, they share."""
    for length, check in ((64, lambda one: exactly(one, BURST)), (48, lambda one: must_fail(
            exactly, one, BURST))):
        daemon = edge25(GUARD.replace("mode = guard", f"mode = guard host-prefix6 = {length}"))
        for subscriber in topology.subscribers[:2]:
            meeting = meet(subscriber, gate.fresh(2 * BURST, 6))
        check(meeting)
        daemon.stop()
        daemon.remove()


@pytest.mark.parametrize("length", [64, 56])
def test_an_ipv6_host_is_its_prefix(edge25, gate, meet, topology, line, length):
    """Another address, and where the host has several /64 another of them, for each packet."""
    topology.delegate(line, "2001:db8:1:100::/56")
    edge25(GUARD.replace("mode = guard", f"mode = guard host-prefix6 = {length}"))
    servers = gate.fresh(3 * BURST, 6)
    within = [f"2001:db8:1:100::{number:x}" for number in range(1, 3 * BURST + 1)]
    across = [f"2001:db8:1:1{number:02x}::1" for number in range(1, 3 * BURST + 1)]
    exactly(meet(line, servers, within), BURST)
    check = must_fail if length == 64 else (lambda check, *rest: check(*rest))
    check(exactly, meet(line, gate.fresh(3 * BURST, 6), across), 0)


@kept_by(GUARD.replace("burst-time = 1h", "burst-time = 3s"), broken_by=GUARD)
def test_the_time_ends(edge25, gate, meet, line, configuration, promise):
    edge25(configuration)
    begin = time.monotonic()
    exactly(meet(line, gate.fresh(2 * BURST)), BURST)

    def passes_again():
        eventually(lambda: meet(line, gate.fresh(1)).arrived, "a new server to be reached", 8)
        assert time.monotonic() - begin >= 3
        exactly(meet(line, gate.fresh(2 * BURST)), BURST - 1)

    promise(passes_again)


@kept_by(GUARD, broken_by=GUARD.replace(f"burst = {BURST}", f"burst = {BURST // 2}"))
def test_again_is_not_counted_again(edge25, gate, meet, topology, line, configuration,
                                    promise):
    """Servers that are asked about once more, because the kernel remembers few, or because their
    first packet is still held."""
    daemon = edge25("remember-pairs = 16\nqueues = 1\n" + configuration)
    meet(topology.subscribers[1], gate.fresh(BURST))  # nothing more is remembered
    few = gate.fresh(BURST - 1)

    @contextlib.contextmanager
    def held():
        with frozen(daemon.pid(ENGINE)):
            yield
            wait_until_held(daemon, 3 * len(few))

    def stays_open():
        assert len(meet(line, few * 3, during=held).arrived) == 3 * len(few)
        for _ in range(3):
            assert meet(line, few).arrived == few
        exactly(meet(line, gate.fresh(5)), 1)

    promise(stays_open)
    eventually(lambda: of_line(daemon)["asked"] > 3 * BURST, lambda: str(of_line(daemon)))


def test_control_has_no_part_in_it(edge25, gate, meet, line):
    daemon = edge25(GUARD)
    exactly(meet(line, gate.fresh(BURST // 2)), BURST // 2)
    with killed(daemon, CONTROL):
        exactly(meet(line, gate.fresh(BURST)), BURST // 2)
    daemon.wait_until_healthy()
    exactly(meet(line, gate.fresh(BURST)), 0)
    # The engine's own end is another matter: what it counted ends with it.
    with killed(daemon, ENGINE):
        pass
    daemon.wait_until_healthy()
    must_fail(exactly, meet(line, gate.fresh(BURST)), 0)


def test_a_reload_changes_it_at_once(edge25, gate, meet, line):
    daemon = edge25(GUARD)
    exactly(meet(line, gate.fresh(2 * BURST)), BURST)
    for burst, more in ((BURST + 5, 5), (BURST, 0), (0, 2 * BURST), (BURST, 0)):
        daemon.configure(GUARD.replace(f"burst = {BURST}", f"burst = {burst}"))
        daemon.ctl("reload")
        exactly(meet(line, gate.fresh(2 * BURST)), more)


@kept_by(GUARD.replace(f"burst = {BURST}  burst-time = 1h", ""),
         broken_by=GUARD.replace(f"burst = {BURST}  burst-time = 1h", "burst = 200"))
def test_a_newsletter_passes(edge25, gate, line, configuration, promise):
    """A mail server's: 250 servers at once, with real connections, by the presets."""
    edge25(configuration)
    promise(gate.passes, *gate.flows(line, 250))


@pytest.mark.parametrize("hosts, check", [(14000, lambda one: one()), (1000, must_fail)])
def test_more_hosts_than_there_is_room_for(edge25, gate, meet, topology, line, hosts, check):
    """Room is for 16384, in lines of eight."""
    daemon = edge25(GUARD)
    exactly(meet(line, gate.fresh(2 * BURST)), BURST)
    with Wire(topology, topology.subscribers[1]) as wire:
        for number in range(hosts):
            wire.send([opening(f"100.{80 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
                               "198.19.0.1")])
            if number % 50 == 49:
                time.sleep(0.005)

    def is_told():
        assert "burst-evicted" in {loss["name"] for loss in daemon.status()["losses"]}

    eventually(lambda: of_line(daemon)["passed"] == BURST + hosts, lambda: str(of_line(daemon)))
    check(is_told)
    exactly(meet(line, gate.fresh(2 * BURST)), 0)


@kept_by(GUARD, broken_by=FREE)
def test_nobody_is_too_fast_for_it(edge25, gate, meet, line, configuration, promise):
    """What is beyond the pace of its source is not asked about, and does not pass for that."""
    daemon = edge25(configuration.replace("mode = guard", "mode = guard  pace = 30"))
    promise(exactly, meet(line, gate.fresh(400, 6)), BURST)
    assert eventually(lambda: of_line(daemon)["paced"] > 200, lambda: str(of_line(daemon)))
