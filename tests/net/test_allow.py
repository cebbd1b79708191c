# SPDX-License-Identifier: GPL-2.0-or-later
"""The allowlist: what an entry lets through, what it does not, and when it begins and ends."""

import dataclasses
import itertools
import re

import pytest

from lab.edge25 import HOME
from lab.gate import MX, Conversation, Flow
from lab.promise import eventually, must_fail
from lab.sockets import connect

CONFIGURATION = "reject-rate = 100000\n" + HOME  # here everything is refused time and again
versions = pytest.mark.parametrize("version", [4, 6])
widths = pytest.mark.parametrize("width", ["exact", "prefix"])


@dataclasses.dataclass
class Case:
    """The two ends of an entry (None: not given), the flows that it lets through, and the nearest
    ones that it does not; and the ends of an entry that lets the neighbours through instead."""

    entry: tuple
    matching: list
    neighbours: list
    other: tuple


def add(daemon, source=None, destination=None, expires=None):
    """edge25ctl allow add; the entry's number."""
    words = ["--from", source] * bool(source) + ["--to", destination] * bool(destination)
    words += ["--expires", expires] * bool(expires)
    entry = daemon.ctl("allow", "add", *words, "--comment", "ticket 42")
    assert entry["applied"] and entry["warnings"] == [], entry
    return entry["id"]


def delete(daemon, number):
    """edge25ctl allow del."""
    reply = daemon.ctl("allow", "del", number)
    assert reply["applied"] and [entry["id"] for entry in reply["removed"]] == [number], reply


def source_case(gate, version, width):
    """The first of three subscribers; or the first two, which share a prefix."""
    first, second, third = gate.topology.subscribers
    server, = gate.fresh(1, version)
    allowed = [first] if width == "exact" else [first, second]
    prefix = {4: "100.64.0.0/23", 6: "2001:db8:1::/63"}[version]
    return Case((first.address(version) if width == "exact" else prefix, None),
                [Flow(subscriber, server) for subscriber in allowed],
                [Flow(subscriber, server) for subscriber in (second, third)
                 if subscriber not in allowed],
                (third.address(version), None))


def destination_case(gate, version, width):
    """One of nine servers in a row; or the four in their middle, which share a prefix."""
    servers = gate.fresh(16, version)[:9]
    allowed = servers[4:5] if width == "exact" else servers[4:8]
    length = "" if width == "exact" else {4: "/30", 6: "/126"}[version]
    flows = [Flow(subscriber, server) for subscriber in gate.topology.subscribers
             for server in servers]
    return Case((None, allowed[0] + length),
                [flow for flow in flows if flow.destination in allowed],
                [flow for flow in flows if flow.destination not in allowed], (None, servers[3]))


def pair_case(gate, version, width):
    """Those subscribers to those servers."""
    by_source = source_case(gate, version, width)
    by_destination = destination_case(gate, version, width)
    allowed = {flow.subscriber for flow in by_source.matching}
    matching = [flow for flow in by_destination.matching if flow.subscriber in allowed]
    flows = by_destination.matching + by_destination.neighbours
    return Case((by_source.entry[0], by_destination.entry[1]), matching,
                [flow for flow in flows if flow not in matching],
                (by_source.other[0], by_destination.entry[1]))


CASES = {"source": source_case, "destination": destination_case, "pair": pair_case}
kinds = pytest.mark.parametrize("kind", CASES)


@versions
@widths
@kinds
def test_an_entry_lets_through_what_it_says_and_nothing_else(edge25, gate, kind, width, version):
    daemon = edge25(CONFIGURATION)
    case = CASES[kind](gate, version, width)
    gate.refuses(*case.matching, *case.neighbours)
    gate.refuses(*case.matching, *case.neighbours)  # remembered
    number = add(daemon, *case.entry)
    gate.passes(*case.matching)
    gate.refuses(*case.neighbours)
    must_fail(gate.passes, *case.neighbours)
    must_fail(gate.refuses, *case.matching)
    delete(daemon, number)
    gate.refuses(*case.matching, *case.neighbours)
    add(daemon, *case.other)
    must_fail(gate.passes, *case.matching)
    gate.refuses(*case.matching)


@versions
def test_an_entry_begins_and_ends_with_the_reply(edge25, gate, version):
    daemon = edge25(CONFIGURATION)
    for kind, width in itertools.product(CASES, ["exact", "prefix"] * 2):
        case = CASES[kind](gate, version, width)
        flow = case.matching[0]
        gate.refuses(flow)
        number = add(daemon, *case.entry)
        gate.passes(flow)
        delete(daemon, number)
        gate.refuses(flow)


ENDS = {("exact", 4): ("100.64.0.2", MX[4]),
        ("prefix", 4): ("100.64.0.2/31", "203.0.113.24/30"),
        ("exact", 6): ("2001:db8:1::2", MX[6]),
        ("prefix", 6): ("2001:db8:1::/64", "2001:db8:f::/112")}


@versions
@widths
@kinds
def test_the_end_of_an_entry_ends_its_conversations(edge25, mail, topology, kind, width, version):
    del mail
    daemon = edge25(CONFIGURATION)
    source, destination = ENDS[width, version]
    number = add(daemon, source if kind != "destination" else None,
                 destination if kind != "source" else None)
    with Conversation(Flow(topology.subscribers[0], MX[version])) as conversation:
        conversation.goes_on()
        must_fail(conversation.is_cut)
        delete(daemon, number)
        conversation.is_cut()


# Entries that end by themselves.

def is_let_through_for_a_while(daemon, gate, flow, entry):
    """From the reply on, and not for ever."""
    add(daemon, *entry)
    gate.passes(flow)
    eventually(lambda: connect(flow.subscriber, flow.destination).error == "ECONNREFUSED",
               f"{flow} to be refused", patience=4)
    gate.refuses(flow)
    eventually(lambda: daemon.ctl("allow", "list")["entries"] == [], "the list to be empty")


@pytest.mark.parametrize("kind, width, version", [
    ("source", "exact", 4), ("source", "prefix", 6), ("destination", "exact", 6),
    ("destination", "prefix", 4), ("pair", "exact", 4), ("pair", "exact", 6),
    ("pair", "prefix", 4), ("pair", "prefix", 6)])
def test_an_entry_expires(edge25, gate, kind, width, version):
    daemon = edge25(CONFIGURATION)
    case = CASES[kind](gate, version, width)
    gate.refuses(case.matching[0])
    is_let_through_for_a_while(daemon, gate, case.matching[0], (*case.entry, "2s"))


def test_an_entry_without_an_end_is_seen_to_stay(edge25, gate):
    daemon = edge25(CONFIGURATION)
    case = pair_case(gate, 4, "exact")
    must_fail(is_let_through_for_a_while, daemon, gate, case.matching[0], case.entry)
    gate.passes(case.matching[0])


def test_a_longer_entry_goes_on_when_a_shorter_one_ends(edge25, gate):
    daemon = edge25(CONFIGURATION)
    case = source_case(gate, 4, "exact")
    flow, = case.matching
    add(daemon, case.entry[0], flow.destination)
    add(daemon, *case.entry, "2s")
    other, = gate.flows(flow.subscriber)
    gate.passes(flow, other)
    eventually(lambda: connect(other.subscriber, other.destination).error == "ECONNREFUSED",
               "the shorter entry to end")
    gate.passes(flow)


@versions
@widths
def test_changes_go_on_when_an_entry_has_ended(edge25, gate, width, version):
    """A kernel before 6.3 refuses to delete an element that has expired."""
    daemon = edge25(CONFIGURATION)
    ended, other = (destination_case(gate, version, width) for _ in range(2))
    add(daemon, *ended.entry, "2s")
    eventually(lambda: "allow: entry ended: " in daemon.stderr(), "the entry to end")
    for case in other, ended:
        add(daemon, *case.entry)
        gate.passes(*case.matching)
    daemon.restart()
    gate.passes(*ended.matching, *other.matching)


# What else an entry is.

@pytest.mark.parametrize("length", ["", "/124"], ids=["host", "prefix"])
@pytest.mark.parametrize("kind", ["source", "pair"])
def test_an_entry_finer_than_a_64_leaves_its_neighbours_refused(edge25, gate, topology, kind,
                                                                length):
    """Although refusals are remembered by /64."""
    subscriber = topology.subscribers[0]
    topology.delegate(subscriber, "2001:db8:1:99::/64")
    daemon = edge25(CONFIGURATION)
    server, = gate.fresh(1, 6)
    host, neighbour = (Flow(subscriber, server, f"2001:db8:1:99::{end}") for end in ("10", "20"))
    gate.refuses(host, neighbour)
    number = add(daemon, host.source + length, server if kind == "pair" else None)
    for _ in range(2):
        gate.passes(host)
        gate.refuses(neighbour)
    must_fail(gate.passes, neighbour)
    must_fail(gate.refuses, host)
    delete(daemon, number)
    gate.refuses(host, neighbour)


@versions
def test_an_entry_of_the_configuration_comes_and_goes_with_it(edge25, gate, version):
    case = pair_case(gate, version, "prefix")
    source, destination = case.entry
    daemon = edge25(f"""{CONFIGURATION}
        allow "smarthost" {{ from = {{ "{source}" }} to = {{ "{destination}" }} comment = "ours" }}
        """)
    gate.passes(*case.matching)
    gate.refuses(*case.neighbours)
    daemon.configure(CONFIGURATION)
    daemon.restart()
    must_fail(gate.passes, *case.matching)
    gate.refuses(*case.matching)


def test_the_kernel_names_the_entry_that_an_element_stands_for(edge25, topology):
    daemon = edge25(CONFIGURATION)
    for entry in (("100.64.7.7", None), (None, "198.51.100.0/28")):
        number = add(daemon, *entry)
        listing = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
        written = re.findall(rf"{next(filter(None, entry))} .*comment \"(.*?)\"", listing)
        assert written == [f"allow {number}"]
