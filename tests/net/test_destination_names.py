# SPDX-License-Identifier: GPL-2.0-or-later
"""Destinations that are names: what they stand for is followed, and nothing else is opened."""

import random
import time

import pytest

from lab.dhcp import dnsmasq_program
from lab.dns import HostileNameServer, NameServer, resolver_files
from lab.edge25 import HOME
from lab.gate import Flow
from lab.promise import eventually, must_fail

KEEP = 4
CONFIGURATION = f"""
    reject-rate = 100000  resolve-min = 1s  resolve-max = 2s  resolve-keep = {KEEP}s
    {HOME}"""
NAME = "smtp.example.net"
versions = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(name="dns")
def fixture_dns(topology, laboratory, serial):
    """A name server in the internet."""
    if not dnsmasq_program():
        pytest.skip("dnsmasq is missing (see tests/net/packages.txt)")
    with NameServer(topology.internet, laboratory / f"dns-{next(serial)}") as server:
        yield server


def add(daemon, name=NAME, *words):
    """edge25ctl allow add --to; the reply, which is without a warning."""
    entry = daemon.ctl("allow", "add", "--to", name, *words, "--comment", "ticket 42")
    assert entry.get("applied") and entry["warnings"] == [], entry
    return entry


def addresses(daemon):
    """What the names of the list stand for, by name."""
    return {entry["to"]: set(entry["addresses"]) for entry in daemon.ctl("allow", "list")["entries"]
            if "addresses" in entry}


def hits(daemon):
    """How often each entry was used, by what it is to."""
    return {entry["to"]: entry["hits"] for entry in daemon.ctl("allow", "list")["entries"]}


def stands_for(daemon, *servers):
    """Wait until the list says that NAME stands for these addresses."""
    eventually(lambda: addresses(daemon)[NAME] == set(servers),
               lambda: f"{NAME} to be {servers}: {addresses(daemon)}\n{daemon.stderr()}")


def open_only(gate, subscriber, servers, *others):
    """Connections to the servers pass, and those to the others do not."""
    if servers:
        gate.passes(*[Flow(subscriber, server) for server in servers])
    if others:
        gate.refuses(*[Flow(subscriber, server) for server in others])


@versions
@pytest.mark.parametrize("source", ["any", "host", "prefix"])
def test_a_name_opens_its_servers_and_no_others(edge25, gate, topology, dns, source, version):
    first, second, third = topology.subscribers
    before, *servers, after = gate.fresh(4, version)
    dns.say(smtp=servers)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    open_only_others = [Flow(first, server) for server in (before, *servers, after)]
    gate.refuses(*open_only_others)  # and remembered
    prefix = {4: "100.64.0.0/23", 6: "2001:db8:1::/63"}[version]
    words = {"any": [], "host": ["--from", first.address(version)], "prefix": ["--from", prefix]}
    entry = add(daemon, "SMTP.Example.NET.", *words[source])
    assert (entry["to"], set(entry["addresses"])) == (NAME, set(servers)) and entry["resolved"]
    open_only(gate, first, servers, before, after)
    must_fail(open_only, gate, first, servers[:1], servers[1])
    must_fail(open_only, gate, first, [before])
    for other, allowed in (second, source != "host"), (third, source == "any"):
        open_only(gate, other, servers if allowed else [],
                  before, after, *([] if allowed else servers))
    assert hits(daemon)[NAME] >= 2
    removed = daemon.ctl("allow", "del", *words[source], "--to", NAME)["removed"]
    assert [gone["id"] for gone in removed] == [entry["id"]]
    gate.refuses(*open_only_others)


@versions
@pytest.mark.parametrize("source", ["any", "prefix"])
def test_a_name_is_followed(edge25, gate, topology, dns, source, version):
    """What is new opens, and what is no longer said closes a while later."""
    line = topology.subscribers[0]
    old, new = gate.fresh(2, version)
    dns.say(smtp=old)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    prefix = {4: "100.64.0.0/23", 6: "2001:db8:1::/63"}[version]
    add(daemon, NAME, *(["--from", prefix] if source == "prefix" else []))
    open_only(gate, line, [old], new)
    dns.say(smtp=new)
    changed = time.monotonic()
    stands_for(daemon, old, new)
    eventually(lambda: not _fails(gate.passes, Flow(line, new)), "the new server to be open",
               patience=15)
    stands_for(daemon, new)
    assert time.monotonic() - changed >= KEEP - 2, "the old server closed too soon"
    eventually(lambda: not _fails(gate.refuses, Flow(line, old)), "the old server to be closed",
               patience=15)
    open_only(gate, line, [new], old)
    must_fail(open_only, gate, line, [old])


def test_silence_changes_nothing(edge25, gate, topology, dns):
    """Nor does a restart, while DNS does not answer."""
    line = topology.subscribers[0]
    server4, server6, other = *gate.fresh(1, 4), *gate.fresh(1, 6), *gate.fresh(1, 4)
    dns.say(smtp=[server4, server6])
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    add(daemon)
    with dns.silent():
        eventually(lambda: "no answer for " + NAME in daemon.stderr(), "edge25 to notice",
                   patience=20)
        time.sleep(KEEP + 1)  # longer than what is no longer said would stay
        open_only(gate, line, [server4, server6], other)
        daemon.stop()
        daemon.remove()
        daemon.start()
        open_only(gate, line, [server4, server6], other)
    dns.stop()
    daemon.restart()
    open_only(gate, line, [server4, server6], other)
    assert addresses(daemon) == {NAME: {server4, server6}}
    dns.start()
    dns.say(smtp=other)
    stands_for(daemon, other)
    eventually(lambda: "names: all are answered again" in daemon.stderr(), "edge25 to say so")


def test_a_name_that_goes_closes_and_is_told(edge25, gate, topology, dns):
    line = topology.subscribers[0]
    server, = gate.fresh(1, 4)
    dns.say(smtp=server)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    add(daemon)
    gate.passes(Flow(line, server))
    dns.say(smtp=[])
    stands_for(daemon)
    eventually(lambda: not _fails(gate.refuses, Flow(line, server)), "the server to be closed",
               patience=15)
    status = daemon.status()
    assert [problem["name"] for problem in status["problems"]] == ["destinations"], status
    assert f"{NAME} has had no address since" in status["problems"][0]["text"]
    dns.say(smtp=server)
    stands_for(daemon, server)
    eventually(lambda: not _fails(gate.passes, Flow(line, server)), "it to be open", patience=15)
    assert daemon.status()["healthy"]


@pytest.mark.parametrize("name, said", [
    ("nosuch.example.net", "is no name that DNS knows"),
    ("loop.example.net", "has no address in DNS that may be a mail server's")])
def test_a_name_without_an_address_is_no_entry(edge25, dns, name, said):
    dns.say(loop=["127.0.0.1", "::1", "224.0.0.1"])
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    refused = daemon.control("allow", "add", "--to", name, "--comment", "ticket 42")
    assert refused.returncode == 1 and f"{name} {said}" in refused.stderr, refused
    assert daemon.ctl("allow", "list")["entries"] == []


def test_a_name_is_kept_while_dns_is_silent(edge25, gate, topology, dns):
    """Added, and open when there is an answer."""
    server, = gate.fresh(1, 4)
    dns.say(smtp=server)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    with dns.silent():
        entry = daemon.ctl("allow", "add", "--to", NAME, "--comment", "ticket 42")
        assert entry["addresses"] == [] and entry["applied"], entry
        assert f"DNS did not answer for {NAME}" in entry["warnings"][0]
        gate.refuses(Flow(topology.subscribers[0], server))
    stands_for(daemon, server)
    eventually(lambda: not _fails(gate.passes, Flow(topology.subscribers[0], server)),
               "it to be open", patience=15)


def test_the_files_of_the_machine_are_followed(edge25, gate, topology, dns):
    """Other name servers, and /etc/hosts, which comes before them."""
    line = topology.subscribers[0]
    server, listed = gate.fresh(2, 4)
    dns.say(smtp=server)
    dns.mounts["/etc/resolv.conf"].write_text("nameserver 203.0.113.99\n")  # where none is
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    entry = daemon.ctl("allow", "add", "--to", NAME, "--comment", "ticket 42")
    assert "DNS did not answer" in entry["warnings"][0]
    dns.mounts["/etc/resolv.conf"].write_text("# another\nnameserver 203.0.113.53\n")
    stands_for(daemon, server)
    dns.mounts["/etc/hosts"].write_text(f"{listed} {NAME}\n")
    stands_for(daemon, listed)
    eventually(lambda: not _fails(gate.passes, Flow(line, listed)), "it to be open", patience=15)


def test_a_source_has_one_family(edge25, gate, topology, dns):
    line = topology.subscribers[0]
    server4, server6 = *gate.fresh(1, 4), *gate.fresh(1, 6)
    dns.say(smtp=[server4, server6], only6=server6)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    add(daemon, NAME, "--from", line.address4)
    open_only(gate, line, [server4], server6)
    entry = daemon.ctl("allow", "add", "--from", line.address4, "--to", "only6.example.net",
                       "--comment", "ticket 42")
    assert "no address of the family" in entry["warnings"][0], entry


def test_entries_that_say_the_same_are_told_apart(edge25, gate, topology, dns):
    """A name and one of its addresses, two names of one address: each holds for itself."""
    line = topology.subscribers[0]
    server, = gate.fresh(1, 4)
    dns.say(smtp=server, other=server)
    daemon = edge25(CONFIGURATION, mounts=dns.mounts)
    for entry in NAME, "other.example.net", server:
        assert daemon.ctl("allow", "add", "--to", entry, "--comment", "1")["applied"]
    again = daemon.control("allow", "add", "--to", NAME, "--comment", "2")
    assert "there is such an entry already" in again.stderr
    for entry in NAME, server, "other.example.net":
        gate.passes(Flow(line, server))
        daemon.ctl("allow", "del", "--to", entry)
    gate.refuses(Flow(line, server))


def test_names_of_the_configuration(edge25, gate, topology, dns):
    line = topology.subscribers[0]
    server, plain, other = gate.fresh(3, 4)
    dns.say(smtp=server, mx=other)
    block = """allow "relay" {{ to = {{ "{}", "{}" }} comment = "ours" }}"""
    daemon = edge25(CONFIGURATION + block.format(NAME, plain), mounts=dns.mounts)
    stands_for(daemon, server)
    eventually(lambda: not _fails(gate.passes, Flow(line, server)), "it to be open", patience=15)
    open_only(gate, line, [server, plain], other)
    eventually(lambda: hits(daemon)[NAME] >= 2, lambda: f"use to be counted: {hits(daemon)}")
    daemon.configure(CONFIGURATION + block.format("MX.example.net", plain))
    changed, = daemon.ctl("reload")["allow"]["changed"]
    assert (changed["entries_added"], changed["entries_removed"]) == (1, 1)
    eventually(lambda: not _fails(gate.passes, Flow(line, other)), "it to be open", patience=15)
    open_only(gate, line, [other, plain], server)


def test_a_hostile_server_makes_no_more_than_a_change_now_and_then(edge25, gate, topology, laboratory,
                                                                   serial):
    """A thousand addresses at random in each answer, to be asked again at once."""
    directory = laboratory / f"dns-{next(serial)}"
    directory.mkdir()
    prefix = {1: "10.{}.{}.{}", 28: "2001:db8:ffff::{:x}:{:x}:{:x}"}

    def answer(kind):
        return [prefix[kind].format(*(random.randrange(1, 255) for _ in range(3)))
                for _ in range(1000)]

    with HostileNameServer(topology.internet, answer) as server:
        daemon = edge25(CONFIGURATION.replace("resolve-max = 2s", "resolve-max = 1d"),
                        mounts=resolver_files(directory))
        entry = daemon.ctl("allow", "add", "--to", NAME, "--comment", "ticket 42")
        assert len(entry["addresses"]) == 64 and "more than 64 addresses" in entry["warnings"][0]
        began, asked = time.monotonic(), server.asked
        eventually(lambda: server.asked >= asked + 8, "some more questions", patience=30)
        rounds = time.monotonic() - began + 2  # resolve-min is a second
        assert server.asked - asked <= 2 * rounds, "asked more often than resolve-min says"
        assert len(addresses(daemon)[NAME]) == 64
        assert daemon.stderr().count("is now also") <= rounds + 1
        gate.refuses(*gate.flows(topology.subscribers[0], 8))
    eventually(lambda: daemon.ctl("ruleset", "verify")["matches"], "kernel and plan to be the same")


def _fails(check, *arguments):
    try:
        check(*arguments)
    except AssertionError:
        return True
    return False
