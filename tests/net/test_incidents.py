# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host did is one incident, with its class, its reasons and what was done, from the first sign
until it was quiet; it is on the disk when it is told, and nothing but the time since the last batch is
lost, whatever ends."""

import contextlib
import signal
import sqlite3

import pytest

from lab.edge25 import CONTROL
from lab.faults import read_only
from lab.host import wait_for
from lab.promise import eventually, must_fail
from lab.time_travel import QUICK, attempt, incident_of, incidents, misbehave

SETTINGS = """
read-interval = 1s
write-interval = 1s
events-per-host = 1000
"""
RANGES = 'range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }'
BLOCK = f'policy "home" {{ mode = block  pace = 0  {QUICK} }} {RANGES} {SETTINGS}'
MONITOR = f'policy "home" {{ mode = monitor  pace = 0  {QUICK} }} {RANGES} {SETTINGS}'
SUSPECT = f'policy "home" {{ mode = block  pace = 0  suspect-servers = 3 }} {RANGES} {SETTINGS}'


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("policy, action", [(BLOCK, "refused"), (MONITOR, "none")],
                         ids=["block", "monitor"])
def test_bot(edge25, gate, policy, action, version):
    """One incident, that says what the wire saw; with lines in events.json and for those who watch."""
    daemon = edge25(policy)
    line = gate.topology.subscribers[0]
    flows = misbehave(gate, line, version)
    host = line.address(version) if version == 4 else "2001:db8:1::"
    found = incident_of(daemon, host, "infected")
    tried = {flow.destination for flow in flows}
    assert found["action"] == action
    assert found["range"] == "dsl" and found["policy"] == "home"
    assert found["interface"] == "sub0" and found["mac"]
    assert "new addresses in 1 h" in found["reasons"][0]
    assert not found["verified"] and not found["shared"]
    assert found["evidence"]
    for one in found["evidence"]:
        assert one["dest_ip"] in tried and one["src_port"] and one["dest_port"] == 25
    eventually(lambda: incident_of(daemon, host)["destinations"] == len(tried), "all destinations")
    assert [one["host"].split("/")[0] for one in incidents(daemon)] == [host]
    lines = [event for event in daemon.events() if "incident" in event["alert"]["metadata"]]
    assert [event["alert"]["metadata"]["class"] for event in lines][-1] == "infected"
    assert lines[-1]["alert"]["signature"] == "Outbound port 25 incident: infected host"
    assert daemon.control("incidents", "show", found["id"]).stdout.startswith(found["host"])


def answers(daemon):
    """Control takes questions, healthy or not."""
    return daemon.control("--json", "status").returncode != 2


def stored(daemon, gate, line, sources):
    """What a watcher was told of is there after kill -9, under the same numbers."""
    for number, source in enumerate(sources, 1):
        line.run(["ip", "address", "replace", f"{source}/32", "dev", "eth0"])
        attempt(daemon, gate, line, 4, source=source)
        before = incident_of(daemon, source)
        old = daemon.signal(CONTROL, signal.SIGKILL)
        daemon.wait_for_new(CONTROL, old)
        eventually(lambda: answers(daemon), daemon.stderr)
        after = {one["id"]: one for one in incidents(daemon)}
        assert before["id"] in after, "an incident is gone"
        assert after[before["id"]]["change"] >= before["change"]
        assert len(after) == number


def test_told_is_stored(edge25, gate):
    line = gate.topology.subscribers[0]
    stored(edge25(SUSPECT), gate, line, [f"100.64.0.{number}" for number in range(100, 105)])


def test_told_is_stored_control_run(edge25, gate):
    """A database that cannot be written keeps nothing, and that is noticed."""
    daemon = edge25(SUSPECT)
    with read_only(daemon.directory / "state"):
        must_fail(stored, daemon, gate, gate.topology.subscribers[0], ["100.64.0.110"])


def test_counted_once(edge25, gate):
    """What hosts did is counted once, through restarts in order and kill -9 after a batch."""
    daemon = edge25(SUSPECT)
    line, other = gate.topology.subscribers[:2]
    sent = {line.address(4): 0, other.address(4): 0}
    for way in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        for who, count in ((line, 5), (other, 2)):
            attempt(daemon, gate, who, count)
            sent[who.address(4)] += count
        check_counts(daemon, sent)
        wait_for(lambda: stored_counts(daemon) == sent, lambda: f"a batch: {stored_counts(daemon)}")
        old = daemon.signal(CONTROL, way)
        daemon.wait_for_new(CONTROL, old)
        daemon.wait_until_healthy()
        check_counts(daemon, sent)
    (found,) = incidents(daemon)
    eventually(lambda: incidents(daemon)[0]["attempts"] == sent[line.address(4)],
               lambda: f"{incidents(daemon)} {sent}")
    assert found["host"] == line.address(4)
    must_fail(check_counts, daemon, {line.address(4): sent[line.address(4)] + 1})


def check_counts(daemon, sent):
    """The status page has these hosts, with so many attempts."""
    def counts():
        return {one["host"]: one["attempts"] for one in daemon.ctl("hosts")["hosts"]}
    eventually(lambda: counts() == sent, lambda: f"{counts()} {sent}", patience=3)


def stored_counts(daemon):
    """The same of the database."""
    with contextlib.closing(sqlite3.connect(daemon.directory / "state/edge25.db")) as database:
        return dict(database.execute("SELECT host, refused + passed FROM host").fetchall())
