# SPDX-License-Identifier: GPL-2.0-or-later
"""Other programs and the table: they cannot change it where it is owned; where it is not, what they
did is put back, also while control is dead, and said with the program that did it."""

import re
import subprocess

import pytest

from lab.edge25 import CONTROL, ENGINE
from lab.faults import frozen, is_settled, killed
from lab.gate import Flow
from lab.promise import eventually, must_fail

POLICIES = """\
policy "home"  { mode = block  deny = tcp-reset }
policy "trial" { mode = monitor }
range "home"  { prefixes = { "100.64.0.0/24", "100.64.8.0/24", "2001:db8:1::/64" }
                policy = "home" }
range "trial" { prefixes = { "100.64.1.0/24", "2001:db8:1:1::/64" }  policy = "trial" }
range "line"  { interfaces = { "sub2" }  policy = "home" }
"""
SHARED = POLICIES + "own-table = no\n"
DAMAGE = {
    "ruleset": "flush ruleset",
    "table": "delete table inet edge25",
    "rules": "flush table inet edge25",
    "chain": "flush chain inet edge25 smtp",
    "element": "delete element inet edge25 interface_1 {{ sub2 }}",
    "rule": "insert rule inet edge25 screen accept",
    "one rule": "delete rule inet edge25 screen handle {handle}",
    "set": "flush table inet edge25; delete set inet edge25 allow_dst6",
    "allowed": "flush set inet edge25 allow_dst4",
    "stranger": "add element inet edge25 allow_src4 {{ 100.64.0.2 }}",
    "interface": "add element inet edge25 interface_1 {{ sub9 : goto policy_trial }}",
    "policy": "add chain inet edge25 remember {{ policy drop; }}",
    "dormant": "add table inet edge25 {{ flags dormant; }}",
    "early": "add chain inet edge25 early {{ type filter hook prerouting priority -400; }}; "
             "add rule inet edge25 early tcp dport 25 counter accept",
}
versions = pytest.mark.parametrize("version", [4, 6])


def damage(topology, kind, check=True):
    """What nft says to it, and its process id."""
    handle = ""
    if "{handle}" in DAMAGE[kind]:
        listing = topology.gateway.run(["nft", "-a", "list", "chain", "inet", "edge25", "screen"])
        handle = next(line.split()[-1] for line in listing.stdout.splitlines() if "goto smtp" in line)
    text = DAMAGE[kind].replace("{handle}", handle).replace("{{", "{").replace("}}", "}")
    nft = topology.gateway.popen(["nft", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True)
    said, _ = nft.communicate(timeout=60)
    assert not check or nft.returncode == 0, said
    return nft.returncode, said, nft.pid


def listing(topology):
    """What nft lists but counts, generations (range4_1, and the epoch in marks) and order."""
    text = topology.gateway.run(["nft", "-s", "list", "table", "inet", "edge25"]).stdout
    return sorted(re.sub(r"_\d\b|0x\w+", "", text).splitlines())


def repaired(daemon, times=1):
    """edge25 has said so often that the table is back."""
    return lambda: daemon.stderr().count("the table is back") >= times


def everything_is_as_before(gate, version):
    home, trial, line = gate.topology.subscribers
    gate.refuses(*gate.flows(home, 2, version), *gate.flows(line, 2, version))
    gate.passes(*gate.flows(trial, 2, version))


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_another_program_did_is_put_back(edge25, gate, topology, kind):
    daemon = edge25(SHARED)
    server = gate.fresh()[0]
    daemon.ctl("allow", "add", "--to", server, "--comment", "a server for all")
    eventually(lambda: is_settled(daemon), daemon.stderr)
    before = listing(topology)
    *_, pid = damage(topology, kind)
    eventually(repaired(daemon), daemon.stderr)
    eventually(lambda: listing(topology) == before, daemon.stderr)
    everything_is_as_before(gate, 4)
    everything_is_as_before(gate, 6)
    gate.passes(Flow(topology.subscribers[0], server))
    assert f"table inet edge25 was changed by nft (process {pid})" in daemon.stderr()
    losses = {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
    assert losses["table-repairs"] >= 1


@versions
def test_nobody_puts_it_back_when_the_engine_stands_still(edge25, gate, topology, version):
    """The control run of the test above."""
    daemon = edge25(SHARED)
    with frozen(daemon.pid(ENGINE)):
        damage(topology, "ruleset")
        must_fail(everything_is_as_before, gate, version)
    eventually(repaired(daemon), daemon.stderr)
    everything_is_as_before(gate, version)


@pytest.mark.parametrize("gone", ["killed", "frozen"])
def test_it_is_put_back_while_control_is_dead(edge25, gate, topology, gone):
    daemon = edge25(SHARED)
    with killed(daemon, CONTROL) if gone == "killed" else frozen(daemon.pid(CONTROL)):
        damage(topology, "ruleset")
        eventually(repaired(daemon), daemon.stderr)
        everything_is_as_before(gate, 4)


def test_single_entries_survive_a_repair(edge25, gate, topology):
    """What came after the plan, and what went: the engine's own account of it is put back."""
    daemon = edge25(SHARED)
    stays, goes = gate.fresh(2)
    daemon.ctl("allow", "add", "--to", stays, "--comment", "stays")
    entry = daemon.ctl("allow", "add", "--to", goes, "--comment", "goes")
    daemon.ctl("allow", "del", entry["id"])
    damage(topology, "table")
    eventually(repaired(daemon), daemon.stderr)
    gate.passes(Flow(topology.subscribers[0], stays))
    gate.refuses(Flow(topology.subscribers[0], goes))


def test_other_tables_are_not_its_business(edge25, topology):
    daemon = edge25(SHARED)
    topology.gateway.run(["nft", "add table inet other; delete table inet other"])
    damage(topology, "rule")
    eventually(repaired(daemon), daemon.stderr)
    assert daemon.stderr().count("was changed by") == 1


def test_an_owned_table_cannot_be_changed(edge25, gate, topology):
    """Kernel 6.9 and later; an older one has no owner and mends instead."""
    daemon = edge25(POLICIES)
    if "owner" not in daemon.status()["engine"]["features"]:
        pytest.skip("this kernel's tables have no owner")
    for kind in DAMAGE.keys() - {"ruleset"}:
        code, said, _ = damage(topology, kind, check=False)
        assert code != 0 and "not permitted" in said, kind
    damage(topology, "ruleset")  # passes the owned table by
    everything_is_as_before(gate, 4)
    assert daemon.ctl("ruleset", "verify")["matches"]
    assert "was changed by" not in daemon.stderr()


def test_the_emergency_ends_with_the_repair(edge25, gate, topology):
    """Nothing of the first, rough rules stays: the monitored line is never refused."""
    daemon = edge25(SHARED)
    for times in range(1, 4):
        damage(topology, "ruleset")
        eventually(repaired(daemon, times), daemon.stderr)
        gate.passes(*gate.flows(topology.subscribers[1]))
    listing = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
    assert "emergency4" not in listing
