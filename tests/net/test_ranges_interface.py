# SPDX-License-Identifier: GPL-2.0-or-later
"""Ranges by interface with a wildcard, also for interfaces that appear later, and ranges by
interface and prefix, both of which must hold."""

import ipaddress
import random

import pytest

from lab.capture import Capture
from lab.census import refused_among
from lab.edge25 import ENGINE
from lab.faults import asked, frozen
from lab.gate import DROP, MARKER, RESET
from lab.host import LabError, wait_for
from lab.promise import eventually, holds, kept_by, must_fail
from lab.raw import Wire, opening

POLICIES = """\
reject-rate = 100000
policy "home"   { mode = block  deny = tcp-reset }
policy "silent" { mode = block  deny = drop }
policy "trial"  { mode = monitor }
"""
versions = pytest.mark.parametrize("version", [4, 6])


def words(values):
    return "{ " + ", ".join(f'"{value}"' for value in values) + " }"


def ranges(*lines, settings=""):
    """A configuration: for each range (policy, interfaces, prefixes)."""
    text = settings + POLICIES
    for number, (policy, *places) in enumerate(lines):
        parts = [f"{key} = {words(values)}"
                 for key, values in zip(("interfaces", "prefixes"), places) if values]
        text += f'range "r{number}" {{ {"  ".join(parts)}  policy = "{policy}" }}\n'
    return text


def line(gate, number, version):
    return gate.flows(gate.topology.subscribers[number], 2, version)


# --- wildcards ---

def every_line_but_the_uplink_is_refused(gate, version):
    for number in range(3):
        gate.refuses(*line(gate, number, version))


@versions
@kept_by(ranges(("home", ["sub*"], [])), broken_by=ranges(("home", ["sub1*"], [])))
def test_a_wildcard_is_every_interface_that_begins_so(edge25, gate, configuration, promise,
                                                      version):
    edge25(configuration)
    promise(every_line_but_the_uplink_is_refused, gate, version)


def the_name_that_says_most_counts(gate, version):
    gate.refuses(*line(gate, 0, version), by=RESET)
    gate.refuses(*line(gate, 1, version), by=DROP)
    gate.passes(*line(gate, 2, version))


@versions
@kept_by(ranges(("trial", ["sub*"], []), ("home", ["sub0"], []), ("silent", ["sub1*"], [])),
         broken_by=ranges(("trial", ["sub*"], []), ("silent", ["sub1*", "sub0*"], [])))
def test_a_name_counts_before_a_wildcard(edge25, gate, configuration, promise, version):
    edge25(configuration)
    promise(the_name_that_says_most_counts, gate, version)


@versions
@kept_by(ranges(("home", ["ppp*"], [])), broken_by=ranges(("home", ["pppoe*"], [])))
def test_an_interface_that_appears_later(edge25, gate, topology, configuration, promise, version):
    edge25(configuration)
    with topology.another_subscriber("ppp7") as latecomer:
        promise(gate.refuses, *gate.flows(latecomer, 2, version))
        gate.passes(*line(gate, 0, version))


# --- interface and prefix ---

INNER = ("100.64.4.0/24", "2001:db8:1:4::/64")
SOURCE = {4: "100.64.4.9", 6: "2001:db8:1:4::9"}


@pytest.fixture(name="household")
def fixture_household(topology):
    """Subscriber 0 with more addresses than that of its line."""
    for prefix in INNER:
        topology.delegate(topology.subscribers[0], prefix)
    return topology.subscribers[0]


def both_must_hold(gate, household, version):
    elsewhere = gate.topology.subscribers[1]
    source, own = SOURCE[version], household.address(version)
    openings = [(household, source), (household, own), (elsewhere, source)]
    assert refused_among(gate, openings) == {(household, source)}


BY_BOTH = ranges(("home", ["sub0"], INNER))


@versions
@kept_by(BY_BOTH, broken_by=ranges(("home", ["sub0"], [])))
def test_interface_and_prefix_must_hold(edge25, gate, household, configuration, promise, version):
    edge25(configuration)
    promise(both_must_hold, gate, household, version)


@versions
def test_neither_alone_is_enough(edge25, gate, household, version):
    """The other control run of the test above."""
    edge25(ranges(("home", [], INNER)))
    must_fail(both_must_hold, gate, household, version)


def what_says_more_counts(gate, household, version):
    own = household.address(version)
    gate.refuses(*gate.flows(household, 2, version, SOURCE[version]), by=RESET)
    gate.refuses(*gate.flows(household, 2, version, own), by=DROP)
    gate.passes(*line(gate, 1, version))


LINES = ("100.64.0.0/10", "2001:db8:1::/48")


@versions
@kept_by(ranges(("trial", [], LINES), ("silent", ["sub0"], LINES), ("home", ["sub*"], INNER),
                ("home", ["sub0"], INNER), ("silent", ["sub1"], [])),
         broken_by=ranges(("trial", [], LINES), ("silent", ["sub*"], LINES),
                          ("home", ["sub0"], INNER), ("silent", ["sub1"], [])))
def test_both_count_before_a_prefix_and_that_before_an_interface(
        edge25, gate, household, configuration, promise, version):
    edge25(configuration)
    promise(what_says_more_counts, gate, household, version)


# --- what people see of it ---

def test_explain_says_which_interface(edge25, topology):
    daemon = edge25(ranges(("home", ["sub0", "ppp*"], INNER), ("trial", [], LINES[:1]),
                           ("silent", ["sub*"], [])))
    source = SOURCE[4]
    answer = daemon.ctl("explain", source)
    assert (answer["verdict"], answer["policy"], answer["mode"]) == ("depends", "trial", "monitor")
    assert [(other["interface"], other["range"], other["prefix"], other["verdict"], other["answer"])
            for other in answer["interfaces"]] \
        == [("sub0", "r0", INNER[0], "ask", "refuse"), ("ppp*", "r0", INNER[0], "ask", "refuse")]
    for interface, end, policy, pattern in (
            ("sub0", "refuse", "home", "sub0"), ("ppp12", "refuse", "home", "ppp*"),
            ("sub1", "accept", "trial", None)):
        answer = daemon.ctl("explain", source, "--interface", interface)
        assert (answer["answer"], answer["policy"], answer["interface"], answer["interfaces"]) \
            == (end, policy, pattern, [])
        assert answer["kernel"]["policy"] == policy and not answer["differs"], answer
    answer = daemon.ctl("explain", "10.1.2.3", "--interface", "sub1")
    assert (answer["answer"], answer["range"], answer["prefix"]) == ("refuse", "r2", None)
    assert daemon.ctl("explain", "10.1.2.3", "--interface", "wan0")["verdict"] == "accept"
    assert daemon.control("explain", source, "--interface", "sub*").returncode == 1
    text = daemon.control("explain", source).stdout
    assert 'sub0 (range "r0", policy "home"), ppp* (range "r0", policy "home")' in text


def test_the_table_can_be_listed(edge25, topology):
    edge25(ranges(("home", ["sub0", "ppp*"], INNER), ("silent", ["sub*"], []),
                  ("trial", [], ["2001:db8:1:4:8000::/65"])))
    listing = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
    for rule in ('iifname "sub0" ip saddr vmap @place4_0_', 'iifname "ppp*" ip6 saddr vmap @place6_1_',
                 "ip6 saddr & ffff:ffff:ffff:ffff:: == @fine6_",
                 "ip6 saddr & ffff:ffff:ffff:ffff:: != @fine6_",
                 'iifname "sub*" goto policy_silent', 'comment "subscriber prefixes on ppp*"'):
        assert rule in listing
    assert '"place4_0_' in topology.gateway.run(["nft", "-j", "list", "ruleset"]).stdout


def the_table_is_what_it_should_be(daemon):
    verdict = daemon.ctl("ruleset", "verify")
    assert verdict["matches"], verdict["differences"]


def test_the_table_can_be_verified(edge25):
    daemon = edge25(ranges(("home", ["sub0", "ppp*"], INNER), ("silent", ["sub*"], []),
                           ("trial", [], ["2001:db8:1:4:8000::/65"]), settings="own-table = no\n"))
    the_table_is_what_it_should_be(daemon)
    daemon.configure(ranges(("home", ["ppp*"], INNER), ("home", ["sub*"], []),
                            settings="own-table = no\n"))
    assert daemon.ctl("reload")["applied"]
    the_table_is_what_it_should_be(daemon)


# --- while it changes ---

MANY = ranges(("home", ["sub0"], INNER), ("silent", ["sub1*"], []), ("trial", ["sub2"], []),
              ("home", ["sub*"], []), settings="own-table = no\n")


def each_line_is_as_it_should(gate, household, version):
    gate.refuses(*gate.flows(household, 2, version, SOURCE[version]))
    gate.refuses(*line(gate, 1, version), by=DROP)
    gate.passes(*line(gate, 2, version))


@versions
def test_a_table_that_was_taken_away_comes_back(edge25, gate, topology, household, version):
    daemon = edge25(MANY)
    topology.gateway.run(["nft", "delete", "table", "inet", "edge25"])
    must_be_repaired(daemon, topology)
    each_line_is_as_it_should(gate, household, version)
    listing = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
    assert "emergency4" not in listing and "chain emergency" not in listing


def must_be_repaired(daemon, topology):
    """And its first rules, which drop, have gone."""
    eventually(lambda: "the table is back" in daemon.stderr(), daemon.stderr)
    eventually(lambda: not emergency_chain(topology), daemon.stderr)


@versions
def test_a_reload_changes_places(edge25, gate, household, version):
    daemon = edge25(BY_BOTH)
    both_must_hold(gate, household, version)
    daemon.configure(ranges(("home", ["sub1"], INNER)))
    daemon.reload()
    elsewhere = gate.topology.subscribers[1]
    openings = [(household, SOURCE[version]), (elsewhere, SOURCE[version])]
    eventually(lambda: refused_among(gate, openings) == {openings[1]}, "the other line's turn")
    daemon.configure(ranges(("home", ["sub1"], INNER[:1]), ("home", ["ppp*"], [])))
    daemon.reload()
    expected = {openings[1]} if version == 4 else set()
    eventually(lambda: refused_among(gate, openings) == expected, "no prefix of the family")


# --- the first rules when the table was taken away ---

URGENT = """\
own-table = no
policy "home"  { mode = %s }
policy "trial" { mode = monitor }
range "both"   { interfaces = { "sub0" }  prefixes = { "100.64.4.0/24" }  policy = "home" }
range "except" { interfaces = { "su*" }  prefixes = { "10.96.1.0/24" }  policy = "trial" }
range "prefix" { prefixes = { "10.96.0.0/16" }  policy = "home" }
range "lines"  { interfaces = { "sub1*" }  policy = "home" }
range "many"   { prefix-file = "%s"  policy = "home" }
"""
MANY_PREFIXES = 150_000  # to have a second or two


@pytest.fixture(name="many")
def fixture_many(laboratory):
    """A file with so many prefixes that the whole table is not back at once."""
    path = laboratory / "many.prefixes"
    first = int(ipaddress.ip_address("10.128.0.0"))
    path.write_text("".join(f"{ipaddress.ip_address(first + 8 * number)}/30\n"
                            for number in range(MANY_PREFIXES)))
    return path


def emergency_chain(topology):
    """Is it there? Asked without what sets hold, which would take longer than the repair."""
    return "chain emergency {" in topology.gateway.run(["nft", "list", "chains", "inet"]).stdout


def passed_meanwhile(daemon, gate, openings):
    """Whose openings pass between the emergency's rules and the whole table; None: it was back
    too soon. The engine is stopped while the kernel takes the new sets, which no rule names yet."""
    topology = gate.topology
    server, = gate.fresh()
    topology.gateway.run(["nft", "delete", "table", "inet", "edge25"])
    wait_for(lambda: emergency_chain(topology), "the emergency's rules", 60)
    with frozen(daemon.pid(ENGINE)), Capture(topology.internet) as beyond:
        before = asked(daemon)
        for subscriber, source in openings:
            with Wire(topology, subscriber) as wire:
                wire.send([opening(source, server), opening(source, server, MARKER)])
        eventually(lambda: len(beyond.openings(MARKER)) == len(openings), "all markers")
        soon = not emergency_chain(topology) or asked(daemon) > before
    return None if soon else {packet.source for packet in beyond.openings()}


def emergency_refuses_whom_ranges_block(daemon, gate, openings, expected):
    for _ in range(20):
        passed = passed_meanwhile(daemon, gate, openings)
        if passed is not None:
            assert passed == expected
            return
        wait_for(lambda: not emergency_chain(gate.topology), "the whole table", 60)
    raise LabError("the whole table was back too soon, twenty times")


@pytest.mark.parametrize("mode, promise", [pytest.param("block", holds, id="holds"),
                                           pytest.param("monitor", must_fail, id="control")])
def test_the_first_rules_know_interfaces_and_prefixes(edge25, gate, topology, many, mode, promise):
    daemon = edge25(URGENT % (mode, many))
    home, line_, third = topology.subscribers
    openings = [(home, "100.64.4.9"), (home, home.address4), (line_, line_.address4),
                (third, "10.96.1.7"), (third, "10.96.2.7")]
    promise(emergency_refuses_whom_ranges_block, daemon, gate, openings,
            {home.address4, "10.96.1.7"})
    eventually(lambda: not emergency_chain(topology), daemon.stderr, 60)
    assert "the table is back" in daemon.stderr()
    assert refused_after_all(gate, openings) == (mode == "block")


def refused_after_all(gate, openings):
    """Does the whole table refuse the first of them?"""
    source = openings[0]
    gate.topology.gateway.ip([f"route replace {source[1]} via {source[0].address4}"])
    return refused_among(gate, [source]) == {source}


# --- nested prefixes at random, against a naive look-up ---

TEST_NETS = {4: ipaddress.ip_network("10.96.0.0/11"), 6: ipaddress.ip_network("2001:db8:6000::/35")}


def random_prefix(rng, version, known):
    """A prefix in the test's network: anywhere, or in or around one that is known already."""
    net = TEST_NETS[version]
    length = rng.randrange(net.prefixlen, net.max_prefixlen + 1)
    if known and rng.random() < 0.7:
        base = int(rng.choice(known)[rng.choice((0, -1))])
    else:
        base = int(net[0]) + rng.getrandbits(net.max_prefixlen - net.prefixlen)
    return type(net)((base, length), strict=False)


def random_source(rng, version, known):
    """Somewhere in the network, or at the edge of a prefix."""
    net = TEST_NETS[version]
    if rng.random() < 0.2:
        return net[rng.getrandbits(net.max_prefixlen - net.prefixlen)]
    prefix = rng.choice(known)
    edge = rng.choice((int(prefix[0]) - 1, int(prefix[0]), int(prefix[-1]), int(prefix[-1]) + 1))
    source = type(net[0])(edge)
    return source if source in net else net[1]


PATTERNS = ("sub0", "sub1", "sub1*", "sub*", "su*")


def random_world(rng, version):
    """{(pattern or None, prefix or None): policy}: no two ranges for one."""
    known, world = [], {}
    for _ in range(60):
        prefix = random_prefix(rng, version, known)
        known.append(prefix)
        world[rng.choice((None, None, *PATTERNS)), prefix] = rng.choice(("home", "trial"))
    for pattern in rng.sample(PATTERNS, 2):
        world[pattern, None] = rng.choice(("home", "trial"))
    return known, world


def naive(world, interface, source):
    """The policy, by looking at everything: what says most about the packet."""
    def weight(pattern, prefix):
        kind = (pattern is not None and prefix is not None, prefix is not None)
        whole = pattern is not None and not pattern.endswith("*")
        return kind, whole, len(pattern or ""), prefix.prefixlen if prefix else 0

    hits = [(weight(pattern, prefix), policy) for (pattern, prefix), policy in world.items()
            if (pattern is None or interface == pattern
                or pattern.endswith("*") and interface.startswith(pattern[:-1]))
            and (prefix is None or source in prefix)]
    return max(hits, default=(None, None))[1]


@versions
@pytest.mark.parametrize("round_", range(3))
def test_the_kernel_finds_what_a_naive_search_finds(edge25, gate, topology, version, round_):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}, round {round_}")
    rng = random.Random(seed)
    known, world = random_world(rng, version)
    topology.gateway.ip([f"route replace {TEST_NETS[version]} via "
                         f"{topology.subscribers[2].address(version)}"])
    edge25(ranges(*((policy, [pattern] if pattern else [], [prefix] if prefix else [])
                    for (pattern, prefix), policy in world.items())))
    openings = {(rng.choice(topology.subscribers), str(random_source(rng, version, known)))
                for _ in range(400)}
    expected = {(subscriber, source) for subscriber, source in openings
                if naive(world, subscriber.interface, ipaddress.ip_address(source)) == "home"}
    assert refused_among(gate, openings) == expected
    must_fail(check_same, refused_among(gate, openings), expected ^ {next(iter(openings))})


def check_same(found, expected):
    assert found == expected
