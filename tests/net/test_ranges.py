# SPDX-License-Identifier: GPL-2.0-or-later
"""Ranges: whose port 25 it is. By prefix, by interface, nested, and changed while it runs."""

import pytest

from lab.gate import DROP, RESET, Flow
from lab.promise import eventually, kept_by, must_fail

POLICIES = """\
policy "home"   { mode = block  deny = tcp-reset }
policy "silent" { mode = block  deny = drop }
policy "trial"  { mode = monitor }
"""
versions = pytest.mark.parametrize("version", [4, 6])


def ranges(**policies):
    """A configuration: for each policy its prefixes and interfaces, as they come."""
    text = POLICIES
    for policy, places in policies.items():
        for number, place in enumerate(places):
            key = "prefixes" if "/" in place else "interfaces"
            text += f'range "{policy}-{number}" {{ {key} = {{ "{place}" }} policy = "{policy}" }}\n'
    return text


SUBSCRIBERS = ("100.64.0.0/10", "2001:db8:1::/48")
FIRST_LINE = ("100.64.0.0/24", "2001:db8:1::/64")


def only_the_first_line_is_refused(gate, version):
    first, *others = (gate.flows(subscriber, 3, version) for subscriber in
                      gate.topology.subscribers)
    gate.refuses(*first)
    for flows in others:
        gate.passes(*flows)


@versions
@kept_by(ranges(home=FIRST_LINE), broken_by=ranges(home=SUBSCRIBERS))
def test_a_range_by_prefix_is_that_prefix(edge25, gate, configuration, promise, version):
    edge25(configuration)
    promise(only_the_first_line_is_refused, gate, version)


@versions
@kept_by(ranges(home=["sub0"]), broken_by=ranges(home=["sub1"]))
def test_a_range_by_interface_is_that_interface(edge25, gate, configuration, promise, version):
    edge25(configuration)
    promise(only_the_first_line_is_refused, gate, version)


@versions
def test_a_range_by_interface_has_every_source(edge25, gate, topology, version):
    subscriber = topology.subscribers[0]
    for prefix in ("10.78.0.0/24", "2001:db8:78::/64"):
        topology.delegate(subscriber, prefix)
    edge25(ranges(home=["sub0"]))
    source = {4: "10.78.0.9", 6: "2001:db8:78::9"}[version]
    gate.refuses(*gate.flows(subscriber, 2, version), *gate.flows(subscriber, 2, version, source))
    must_fail(gate.passes, *gate.flows(subscriber, 2, version, source))


# Ranges within ranges: of an address the longest prefix counts, whatever the order.

EDGES = {4: ("100.64.7.0", "100.64.7.255"),
         6: ("2001:db8:1:7::", "2001:db8:1:7:ffff:ffff:ffff:ffff")}
BESIDE = {4: ("100.64.6.255", "100.64.8.0"),
          6: ("2001:db8:1:6:ffff:ffff:ffff:ffff", "2001:db8:1:8::")}
INNERMOST = {4: "100.64.7.80", 6: "2001:db8:1:7::80"}


@pytest.fixture(name="household")
def fixture_household(topology):
    """Subscriber 0 with the nested range's addresses, and those beside it."""
    for prefix in ("100.64.4.0/22", "100.64.8.0/24", "2001:db8:1:4::/62", "2001:db8:1:8::/64"):
        topology.delegate(topology.subscribers[0], prefix)
    return topology.subscribers[0]


def nested_ranges_have_their_own_policies(gate, household, version):
    def flows(*sources):
        return [flow for source in sources for flow in gate.flows(household, 1, version, source)]

    gate.refuses(*flows(*BESIDE[version]), by=RESET)
    gate.passes(*flows(*EDGES[version]))
    gate.refuses(*flows(INNERMOST[version]), by=DROP)


NESTED = {"silent": ("100.64.7.80/32", "2001:db8:1:7::80/124"),
          "trial": ("100.64.7.0/24", "2001:db8:1:7::/64"),
          "home": SUBSCRIBERS}


@versions
@kept_by(ranges(**NESTED), broken_by=ranges(silent=NESTED["silent"], home=SUBSCRIBERS))
def test_the_longest_prefix_counts(edge25, gate, household, configuration, promise, version):
    edge25(configuration)
    promise(nested_ranges_have_their_own_policies, gate, household, version)


@versions
@kept_by(ranges(home=SUBSCRIBERS, trial=NESTED["trial"], silent=NESTED["silent"]),
         broken_by=ranges(home=SUBSCRIBERS, trial=NESTED["trial"]))
def test_the_order_of_ranges_does_not_count(edge25, gate, household, configuration, promise,
                                            version):
    edge25(configuration)
    promise(nested_ranges_have_their_own_policies, gate, household, version)


# Sources of IPv6 are remembered by /64, but not where that has sources of several policies.

NEIGHBOURS = ("2001:db8:1:7::9", "2001:db8:1:7:8000::9")


def a_neighbour_is_not_refused_with_it(gate, household):
    """To the same server, so that what is remembered of one could hold for the other."""
    server, = gate.fresh(1, 6)
    blocked, watched = (Flow(household, server, source) for source in NEIGHBOURS)
    for _ in range(2):
        gate.refuses(blocked)
        gate.passes(watched)


@kept_by(ranges(home=["2001:db8:1::/48"], trial=["2001:db8:1:7:8000::/65"]),
         broken_by=ranges(home=["2001:db8:1::/48"], trial=["2001:db8:1:8:8000::/65"]))
def test_a_refusal_is_not_remembered_for_another_policy(edge25, gate, household, configuration,
                                                        promise):
    edge25(configuration)
    promise(a_neighbour_is_not_refused_with_it, gate, household)


def test_sources_of_a_fine_range_are_remembered_one_by_one(edge25, gate, household):
    daemon = edge25(ranges(home=["2001:db8:1::/48"], trial=["2001:db8:1:7:8000::/65"]))
    flows = [Flow(household, server, NEIGHBOURS[0]) for server in gate.fresh(4, 6)]
    for _ in range(3):
        gate.refuses(*flows)
    policy = next(one for one in daemon.status()["policies"] if one["name"] == "home")
    assert policy["asked"] == len(flows)


def the_prefix_counts(gate, subscriber, version):
    gate.passes(*gate.flows(subscriber, 2, version))
    gate.refuses(*gate.flows(subscriber, 2, version, BESIDE[version][0]))


@versions
@kept_by(ranges(home=["sub0"], trial=FIRST_LINE), broken_by=ranges(home=["sub0"]))
def test_a_prefix_counts_before_an_interface(edge25, gate, household, configuration, promise,
                                             version):
    edge25(configuration)
    promise(the_prefix_counts, gate, household, version)


# Ranges that change while edge25 runs.

def becomes(check, *flows):
    """The check holds before long."""
    def hold():
        try:
            check(*flows)
        except AssertionError:
            return False
        return True

    eventually(hold, f"{check.__name__} of {flows}")


@versions
def test_a_reload_moves_a_prefix_to_another_policy(edge25, gate, topology, version):
    daemon = edge25(ranges(home=SUBSCRIBERS))
    moved, other = (gate.flows(subscriber, 1, version)[0] for subscriber in
                    topology.subscribers[:2])
    for configuration, there, before in (
            (ranges(home=SUBSCRIBERS, trial=FIRST_LINE), gate.passes, gate.refuses),
            (ranges(home=SUBSCRIBERS), gate.refuses, gate.passes)):
        before(moved)
        must_fail(there, moved)
        gate.refuses(other)
        daemon.configure(configuration)
        daemon.reload()
        becomes(there, moved)
        gate.refuses(other)
