# SPDX-License-Identifier: GPL-2.0-or-later
"""Allow entries that are watched: in a range that blocks their sources are guarded rather than free
or refused, and counted; plain entries come before them, containment before both."""

import ipaddress

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import Thread, killed, questions, wait_until_held
from lab.gate import MX, Conversation, Flow
from lab.packets import RST
from lab.peer import WATCHED, Peer, host_of
from lab.promise import eventually, holds, must_fail
from lab.raw import Stream, Wire, opening

BLOCK = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
queues = 1
read-interval = 1s
"""
versions = pytest.mark.parametrize("version", [4, 6])
OWN = 'policy "watched" { mode = guard  burst = 0  pace = 0 }\n'
LENGTHS = {4: (30, 28), 6: (63, 126)}


@pytest.fixture(name="line")
def fixture_line(topology):
    """The subscriber that is watched."""
    return topology.subscribers[0]


def words(kind, width, flow):
    """The ends of an entry for a flow: its source, or its pair."""
    ends = [flow.address, flow.destination]
    if width == "prefix":
        ends = [str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
                for address, bits in zip(ends, LENGTHS[flow.version])]
    return ["--from", ends[0], *(["--to", ends[1]] if kind == "pair" else [])]


def watch(daemon, ends, *more):
    """A watched entry, which the kernel has."""
    entry = daemon.ctl("allow", "add", *ends, "--watched", "--comment", "a test", *more)
    assert entry["applied"], entry
    return entry["id"]


def passed(daemon):
    """Openings that the policy for watched entries let pass."""
    return next((policy["passed"] for policy in daemon.status()["policies"]
                 if policy["name"] == "watched"), None)


@versions
@pytest.mark.parametrize("kind", ["source", "pair"])
@pytest.mark.parametrize("width", ["exact", "prefix"])
def test_a_watched_source_passes_and_is_counted(edge25, gate, topology, line, kind, width, version):
    daemon = edge25(BLOCK)
    # neighbours of others lie in other prefixes
    flow, other = (gate.flows(who, 1, version)[0] for who in (line, topology.subscribers[2]))
    gate.refuses(flow, other)  # and is remembered
    number = watch(daemon, words(kind, width, flow))
    for _ in range(3):
        gate.passes(flow)
    gate.refuses(other)
    if kind == "pair":
        gate.refuses(gate.flows(line, 40, version)[-1])
    else:
        gate.passes(*gate.flows(line, 3, version))
    expected = 3 if kind == "pair" else 6
    eventually(lambda: passed(daemon) == expected, lambda: str(daemon.status()["policies"]))
    assert daemon.ctl("allow", "del", number)["applied"]
    gate.refuses(flow)
    gate.refuses(*gate.flows(line, 2, version))


@versions
def test_it_is_asked_about_once_a_pair_and_a_plain_entry_never(edge25, gate, line, version):
    daemon = edge25(BLOCK)
    flow = gate.flows(line, 1, version)[0]
    watch(daemon, words("source", "exact", flow))
    before = questions(daemon)
    for _ in range(3):
        gate.passes(flow)
    assert questions(daemon) == before + 1
    flow = gate.flows(line, 1, version)[0]
    assert daemon.ctl("allow", "add", "--to", flow.destination, "--comment", "plain")["applied"]
    before = questions(daemon)
    gate.passes(flow)
    assert questions(daemon) == before


@versions
def test_a_conversation_ends_with_its_entry(edge25, mail, line, version):
    del mail
    daemon = edge25(BLOCK)
    flow = Flow(line, MX[version])
    number = watch(daemon, words("source", "exact", flow))
    with Conversation(flow) as conversation:
        conversation.goes_on()
        must_fail(conversation.is_cut)
        assert daemon.ctl("allow", "del", number)["applied"]
        conversation.is_cut()


@versions
def test_containment_comes_before_it(edge25, gate, line, version):
    daemon = edge25(BLOCK)
    flow, other = gate.flows(line, 2, version)
    host = host_of(flow.address)
    watch(daemon, words("source", "exact", flow))
    gate.passes(flow)
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host)
        gate.refuses(flow, other)
        peer.release(host)
        gate.passes(flow, other)


@versions
def test_its_policy_may_be_configured(edge25, gate, line, version):
    """A guard policy of the name: here it refuses without an engine."""
    daemon = edge25(BLOCK + 'policy "watched" { mode = guard  deny = tcp-reset  '
                            'when-unanswered = refuse }')
    flow, other = gate.flows(line, 2, version)
    watch(daemon, words("source", "exact", flow))
    gate.passes(flow)
    with killed(daemon, ENGINE):
        gate.refuses(other)
        gate.passes(flow)  # remembered


@versions
def test_it_passes_without_engine_and_control(edge25, gate, topology, line, version):
    """The safe answer of a policy that guards."""
    daemon = edge25(BLOCK)
    flow, other = (gate.flows(who, 1, version)[0] for who in topology.subscribers[:2])
    watch(daemon, words("source", "exact", flow))
    with killed(daemon, ENGINE, CONTROL):
        gate.passes(flow)
        gate.refuses(other)
        must_fail(gate.refuses, flow)


def test_a_host_of_a_64_that_was_refused_before(edge25, gate, topology, line):
    """Refusals are remembered by /64; a watched host in it is asked for before."""
    daemon = edge25(BLOCK)
    neighbour = line.address6.replace("::2", "::3")
    topology.delegate(line, f"{neighbour}/128")
    server = gate.fresh(1, 6)[0]
    gate.refuses(Flow(line, server, neighbour), Flow(line, server))
    watch(daemon, ["--from", line.address6])
    gate.passes(Flow(line, server))
    gate.refuses(Flow(line, server, neighbour))
    for _ in range(2):
        gate.passes(Flow(line, server), *gate.flows(line, 2, 6))


# Changes.

@pytest.mark.skipif(Thread.SENDTO is None, reason="the number of sendto(2) is not known here")
@versions
@pytest.mark.parametrize("moment", ["asked", "answered"])
@pytest.mark.parametrize("own, promise", [(True, holds), (False, must_fail)],
                         ids=["holds", "control"])
def test_an_entry_holds_for_a_packet_under_way(edge25, gate, topology, line, version, moment, own,
                                               promise):
    daemon = edge25(BLOCK)
    watch(daemon, ["--from", "100.127.0.1"])  # the table has sets for such entries
    flow = gate.flows(line, 1, version)[0]
    with Capture(topology.internet) as beyond, Capture(line) as wire:
        with Thread(daemon.pid(ENGINE), "queue 2500") as thread, Wire(topology, line) as sender:
            sender.send([opening(flow.address, flow.destination)])
            wait_until_held(daemon, 1)
            if moment == "answered":
                thread.run_to(Thread.SENDTO)
            watch(daemon, words("source", "exact",
                                flow if own else Flow(topology.subscribers[1], flow.destination)))
        wait_until_held(daemon, 0)

        def answered():
            return beyond.openings() or [packet for packet in wire.packets()
                                         if packet.source == flow.destination
                                         and packet.flags & RST]
        eventually(answered, "the packet, or its refusal")

    def arrived():
        assert beyond.openings(), "the packet was refused"
        gate.passes(flow)
    promise(arrived)


@pytest.mark.skipif(Thread.SENDTO is None, reason="the number of sendto(2) is not known here")
@versions
@pytest.mark.parametrize("moment", ["asked", "answered"])
@pytest.mark.parametrize("after, passes", [("gone", False), ("stays", True), ("plain", True),
                                           ("gone, of a range", True)])
def test_an_entry_that_goes_does_not_hold_for_a_packet_under_way(edge25, gate, topology, line,
                                                                 version, moment, after, passes):
    """Where the policy has ranges of its own, nobody can tell whose question it was."""
    ranges = 'range "own" { prefixes = { "100.127.0.0/16" }  policy = "watched" }\n'
    daemon = edge25(BLOCK + (OWN + ranges if "range" in after else ""))
    watch(daemon, ["--from", "100.126.0.1"])
    flow = gate.flows(line, 1, version)[0]
    number = watch(daemon, words("source", "exact", flow))
    with Capture(topology.internet) as beyond, Capture(line) as wire:
        with Thread(daemon.pid(ENGINE), "queue 2500") as thread, Wire(topology, line) as sender:
            sender.send([opening(flow.address, flow.destination)])
            wait_until_held(daemon, 1)
            if moment == "answered":
                thread.run_to(Thread.SENDTO)
            if after != "stays":
                assert daemon.ctl("allow", "del", number)["applied"]
            if after == "plain":
                daemon.ctl("allow", "add", *words("source", "exact", flow), "--comment", "plain")
        wait_until_held(daemon, 0)
        eventually(lambda: beyond.openings() or [packet for packet in wire.packets()
                                                 if packet.source == flow.destination
                                                 and packet.flags & RST],
                   "the packet, or its refusal")
    assert bool(beyond.openings()) == passes


@pytest.mark.parametrize("change, promise", [(True, holds), (False, must_fail)],
                         ids=["holds", "control"])
def test_nothing_passes_once_an_entry_is_gone(edge25, topology, line, change, promise):
    """Under a stream of openings to ever new servers; single changes, as control sends them."""
    daemon = edge25(BLOCK.replace("mode = block", "mode = block  pace = 0")
                    + OWN)
    watch(daemon, ["--from", "100.127.0.1"])
    leaked = 0
    with killed(daemon, CONTROL), Peer(daemon) as peer, Stream(topology, line) as stream:
        for _ in range(10):
            peer.allow(line.address6, WATCHED)
            with Capture(topology.internet) as beyond:
                beyond.wait_for_openings(50)
            if change:
                peer.disallow(line.address6, WATCHED)
            wait_for_packets(stream, stream.BURST)  # what is under way arrives
            with Capture(topology.internet) as beyond:
                wait_for_packets(stream, 200)
            leaked += len(beyond.openings())

    def none_leaked():
        assert not leaked, f"{leaked} passed"
    promise(none_leaked)


def wait_for_packets(stream, count):
    """Wait until a stream has sent so many more."""
    before = stream.sent
    eventually(lambda: stream.sent > before + count, "packets under way")


@versions
def test_it_survives_reloads_restarts_and_repairs(edge25, gate, topology, line, version):
    daemon = edge25("own-table = no\n" + BLOCK)
    flow, other = (gate.flows(who, 1, version)[0] for who in topology.subscribers[:2])
    watch(daemon, words("source", "exact", flow))
    steps = [lambda: daemon.ctl("reload"), daemon.restart,
             lambda: topology.gateway.run(["nft", "delete table inet edge25"])]
    for step in steps:
        step()
        eventually(lambda: daemon.status()["healthy"], "edge25 to be healthy")
        gate.passes(flow)
        gate.refuses(other)


@pytest.mark.parametrize("width", ["exact", "prefix"])
@pytest.mark.parametrize("other, promise", [("watched = yes", holds), ("always = yes", holds),
                                            ("expires = 2020-01-01", must_fail)],
                         ids=["watched", "always", "control"])
def test_nothing_is_refused_while_an_entry_becomes_another(edge25, topology, line, width, other,
                                                           promise):
    """Under a stream of openings; the entry is a plain one in between."""
    source = line.address6 + ("" if width == "exact" else "/127")
    plain = BLOCK + OWN + f'allow "own" {{ from = {{ "{source}" }}  comment = "a test"  WAY }}\n'
    daemon = edge25(plain.replace("WAY", ""))
    with Capture(line) as wire, Stream(topology, line) as stream:
        for number in range(6):
            daemon.configure(plain.replace("WAY", "" if number % 2 else other))
            assert daemon.ctl("reload")["changed"]
            wait_for_packets(stream, 20)

    def none_refused():
        refused = [packet for packet in wire.packets()
                   if not packet.outgoing and packet.flags & RST]
        assert not refused, f"{len(refused)} of {stream.sent} were refused"
    promise(none_refused)
