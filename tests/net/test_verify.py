# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25ctl ruleset: the kernel's table held against what it should be, element by element, by
itself and on request; what differs is said, counted and put back."""

import pytest

from lab.edge25 import ENGINE
from lab.faults import killed
from lab.promise import eventually, must_fail

EVERYTHING = """\
policy "home"  { mode = block  deny = tcp-reset }
policy "dark"  { mode = block  deny = admin-prohibited  when-unanswered = pass }
policy "trial" { mode = monitor }
range "home"  { prefixes = { "100.64.0.0/24", "100.64.8.0/22", "2001:db8:1::/64" }
                policy = "home" }
range "dark"  { prefixes = { "100.64.9.0/24", "192.0.2.0/32", "255.255.255.0/24" }
                policy = "dark" }
range "trial" { prefixes = { "100.64.1.0/24", "2001:db8:1:1::/64" }  policy = "trial" }
range "line"  { interfaces = { "sub2", "ppp0" }  policy = "home" }
allow "net"   { from = { "100.64.8.0/28" }  comment = "a net" }
allow "pairs" { from = { "100.64.8.0/24" }  to = { "203.0.113.0/29" }  comment = "pairs" }
allow "fine"  { from = { "2001:db8:1::7" }  comment = "finer than a /64" }
"""
SHARED = EVERYTHING + "own-table = no\n"


def compared(daemon):
    verdict = daemon.ctl("ruleset", "verify")
    assert verdict["matches"], "\n".join(item["text"] for item in verdict["differences"])
    return verdict


def count(daemon, name):
    return next((loss["count"] for loss in daemon.status()["losses"] if loss["name"] == name), 0)


def test_the_table_is_what_it_should_be(edge25, gate, topology):
    """With packets that were refused and passed, entries of every kind, and after a reload."""
    daemon = edge25(EVERYTHING)
    home, trial, line = topology.subscribers
    for version in (4, 6):
        gate.refuses(*gate.flows(home, 2, version), *gate.flows(line, 2, version))
        gate.passes(*gate.flows(trial, 2, version))
    first, second = gate.fresh(2)
    daemon.ctl("allow", "add", "--to", first, "--comment", "a server", "--expires", "1h")
    daemon.ctl("allow", "add", "--from", "100.64.0.9", "--to", second, "--comment", "a pair")
    verdict = compared(daemon)
    for what in ("chains", "rules", "sets", "objects", "elements"):
        assert verdict["compared"][what] > 10
    assert daemon.control("ruleset", "verify").returncode == 0
    daemon.configure(EVERYTHING.replace("100.64.8.0/22", "100.64.16.0/20"))
    daemon.ctl("reload")
    compared(daemon)
    assert count(daemon, "table-differed") == 0


def test_show_tells_what_is_there(edge25, gate, topology):
    daemon = edge25(EVERYTHING)
    gate.refuses(*gate.flows(topology.subscribers[0], 3))
    shown = daemon.ctl("ruleset", "show")
    items = {(item["kind"], item["name"]): item for item in shown["items"]}
    assert shown["matches"]
    assert "priority -300" in items["chain", "screen"]["text"]
    assert items["set", "tally_refused4"]["elements"] == 1
    assert items["object", "refused_home"]["packets"] >= 3
    listed = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
    chains = {line.split()[1] for line in listed.splitlines() if line.startswith("\tchain ")}
    assert chains == {name for kind, name in items if kind == "chain"}
    assert "tally_refused4" in daemon.control("ruleset", "show").stdout


def lower_the_kernels_rate(topology):
    """The limit of ICMP unreachables is a quarter of what the machine may send: now it should be
    another one. A difference that needs no other program's hand on the table."""
    path = "/proc/sys/net/ipv4/icmp_msgs_per_sec"
    rate = topology.gateway.run(["cat", path]).stdout.strip()
    topology.gateway.run(["sh", "-c", f"echo 100 > {path}"])
    return lambda: topology.gateway.run(["sh", "-c", f"echo {rate} > {path}"])


def test_a_difference_is_told_and_put_back(edge25, topology):
    daemon = edge25(EVERYTHING)
    restore = lower_the_kernels_rate(topology)
    try:
        answer = daemon.control("ruleset", "verify")
        assert answer.returncode == 1
        assert "object unreachables" in answer.stdout and "put back" in answer.stdout
        eventually(lambda: "the kernel's table differs" in daemon.stderr(), daemon.stderr)
        eventually(lambda: daemon.ctl("ruleset", "verify")["matches"], daemon.stderr)
        assert count(daemon, "table-differed") == 1
        eventually(lambda: "the kernel's table is what the plan says again" in daemon.stderr(),
                   daemon.stderr)
    finally:
        restore()


def daemon_is_silent(daemon):
    assert "the kernel's table differs" not in daemon.stderr()


def test_it_looks_by_itself(edge25, topology):
    daemon = edge25(EVERYTHING + "verify-interval = 1s\n")
    daemon_is_silent(daemon)
    restore = lower_the_kernels_rate(topology)
    try:
        eventually(lambda: "object unreachables is" in daemon.stderr(), daemon.stderr)
        eventually(lambda: count(daemon, "table-differed") >= 1, daemon.stderr)
    finally:
        restore()


# What an engine that begins anew does not write over by itself, and so has to find.
SURVIVES = {
    "policy": ("add chain inet edge25 screen { policy drop; }", "chain screen"),
    "priority": ("flush chain inet edge25 remember; delete chain inet edge25 remember; "
                 "add chain inet edge25 remember "
                 "{ type filter hook prerouting priority 100; }", "chain remember"),
    "set": ("flush ruleset; add table inet edge25; "
            "add set inet edge25 allow_dst4 { type ipv4_addr; }", "set allow_dst4"),
    "object": ("flush ruleset; add table inet edge25; add quota inet edge25 spare { 1 mbytes }",
               "object spare"),
}
# What it writes over.
WRITTEN = {
    "dormant": "add table inet edge25 { flags dormant; }",
    "rule": "insert rule inet edge25 smtp accept",
    "allowed": "add element inet edge25 allow_src4 { 100.64.0.2 }",
    "chain": "add chain inet edge25 early { type filter hook prerouting priority -400; }; "
             "add rule inet edge25 early tcp dport 25 meta mark set 0x40000000",
}


def adopts(edge25, topology, gate, damage):
    """The engine stops, another program changes the table that it left, a new one takes it over."""
    daemon = edge25(SHARED)
    daemon.stop()
    topology.gateway.run(["nft", damage])
    daemon.start()
    return daemon


@pytest.mark.parametrize("kind", SURVIVES)
def test_what_was_changed_without_an_engine_is_found(edge25, gate, topology, kind):
    damage, place = SURVIVES[kind]
    daemon = adopts(edge25, topology, gate, damage)
    eventually(lambda: "is what the plan says again" in daemon.stderr(), daemon.stderr)
    assert f"the kernel's table differs: {place}" in daemon.stderr()
    compared(daemon)
    assert count(daemon, "table-differed") >= 1
    gate.refuses(*gate.flows(topology.subscribers[0], 2))
    gate.passes(*gate.flows(topology.subscribers[1], 2))


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_was_changed_without_an_engine_is_written_over(edge25, gate, topology, kind):
    daemon = adopts(edge25, topology, gate, WRITTEN[kind])
    compared(daemon)
    gate.refuses(*gate.flows(topology.subscribers[0], 2), *gate.flows(topology.subscribers[0], 2, 6))
    gate.passes(*gate.flows(topology.subscribers[1], 2))


def test_without_an_engine_there_is_no_answer(edge25):
    daemon = edge25(EVERYTHING)
    with killed(daemon, ENGINE):
        answer = daemon.control("ruleset", "verify")
        assert answer.returncode == 1 and "the engine is not connected" in answer.stderr
    compared(daemon)
