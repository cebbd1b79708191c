# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host did is one incident, with its class, its reasons and what was done, from the first sign
until it was quiet; it is on the disk when it is told, and nothing but the time since the last batch is
lost, whatever ends."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import threading

import pytest

from lab.edge25 import CONTROL
from lab.faults import locked, read_only
from lab.host import wait_for
from lab.promise import eventually, must_fail
from lab.sockets import connect_many
from lab.time_travel import QUICK, TimeTravel, attempt, incident_of, incidents, misbehave

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


@pytest.fixture(name="time")
def fixture_time(laboratory, serial):
    return TimeTravel(laboratory / f"time-{next(serial)}")


def one_of(daemon, state):
    """The one incident of this state, or None."""
    return next(iter(incidents(daemon, f"--{state}")), None)


def test_from_open_to_closed(edge25, gate, time):
    """It is closed when the host was quiet for incident-quiet, goes on when it was not, and the next one is
    another one; a restart in between changes nothing, nor does a clock that was set."""
    daemon = edge25(SUSPECT, env=time.environment)
    line = gate.topology.subscribers[0]
    attempt(daemon, gate, line, 4)
    first = incident_of(daemon, line.address(4))
    time.pass_by(25 * 3600)
    attempt(daemon, gate, line, 1)
    old = daemon.signal(CONTROL, signal.SIGKILL)
    daemon.wait_for_new(CONTROL, old)
    daemon.wait_until_healthy()
    time.pass_by(25 * 3600)
    assert one_of(daemon, "open")["id"] == first["id"]
    time.pass_by(2 * 3600)
    closed = eventually(lambda: one_of(daemon, "closed"), daemon.stderr)
    assert closed["id"] == first["id"] and closed["closed"] and not one_of(daemon, "open")
    assert closed["attempts"] == 5
    attempt(daemon, gate, line, 4)
    second = incident_of(daemon, line.address(4))
    assert second["id"] > first["id"] and second["change"] > closed["change"]
    assert [one["id"] for one in daemon.ctl("host", line.address(4))["incidents"]] == [first["id"]]
    daemon.ctl("incidents", "close", second["id"])
    eventually(lambda: not one_of(daemon, "open"), daemon.stderr)


def test_kept_for_so_long(edge25, gate, time):
    """keep-incidents and keep-hosts."""
    daemon = edge25(SUSPECT + "keep-incidents = 30d\nkeep-hosts = 30d\n", env=time.environment)
    line = gate.topology.subscribers[0]
    attempt(daemon, gate, line, 4)
    found = incident_of(daemon, line.address(4))
    daemon.ctl("incidents", "close", found["id"])
    eventually(lambda: one_of(daemon, "closed"), daemon.stderr)
    time.pass_by(29 * 86400)
    eventually(lambda: stored_counts(daemon), daemon.stderr)
    assert one_of(daemon, "closed")
    time.pass_by(2 * 86400)
    eventually(lambda: not one_of(daemon, "closed") and not stored_counts(daemon), daemon.stderr)


@pytest.mark.parametrize("setting", ["prefix", "none"])
def test_log_destinations(edge25, gate, setting):
    """No address of a mail server is written down, shown or kept; its network is, or nothing."""
    daemon = edge25(SUSPECT + f"log-destinations = {setting}\n")
    line = gate.topology.subscribers[0]
    flows = attempt(daemon, gate, line, 5)
    found = incident_of(daemon, line.address(4))
    told = "\n".join([*daemon.event_lines(), str(found), str(daemon.ctl("host", line.address(4))),
                      str(incidents(daemon))])
    old = daemon.signal(CONTROL, signal.SIGTERM)
    daemon.wait_for_new(CONTROL, old)
    stored = (daemon.directory / "state/edge25.db").read_bytes()
    for flow in flows:
        if not flow.destination.endswith(".0"):
            assert flow.destination not in told and flow.destination.encode() not in stored
    network = flows[0].destination.rpartition(".")[0] + ".0"
    assert (network in told) == (setting == "prefix")


def test_database_away(edge25, gate):
    """Where the database cannot be written incidents are told of; they are there when it is over."""
    for fault in (locked, read_only):
        daemon = edge25(SUSPECT)
        line = gate.topology.subscribers[0]
        attempt(daemon, gate, line, 1)
        with fault(daemon.directory / "state"):
            attempt(daemon, gate, line, 4)
            found = incident_of(daemon, line.address(4))
            gate.refuses(*gate.flows(line, 1))
            eventually(lambda: not daemon.status()["healthy"], daemon.stderr)
        daemon.wait_until_healthy()

        def is_stored():
            with contextlib.closing(sqlite3.connect(daemon.directory / "state/edge25.db")) as database:
                return [row[0] for row in database.execute("SELECT id FROM incident")] == [found["id"]]
        eventually(is_stored, daemon.stderr)
        daemon.stop()
        daemon.remove()


def test_database_broken_at_the_start(edge25, gate):
    """Nobody knows which numbers there were: they go on from the time, and what follows is stored under them
    when there is a database."""
    def broken(directory):
        (directory / "state").mkdir()
        (directory / "state/edge25.db").write_bytes(b"no database" * 1000)
        for path in (directory / "state", directory / "state/edge25.db"):
            shutil.chown(path, "nobody")

    daemon = edge25(SUSPECT, healthy=False, prepare=broken)
    line = gate.topology.subscribers[0]
    eventually(lambda: answers(daemon) and daemon.status()["engine"]["connected"], daemon.stderr)
    eventually(lambda: daemon.status()["totals"] and not [
        one for one in daemon.status()["problems"] if one["name"] != "database"], daemon.stderr)
    attempt(daemon, gate, line, 4)
    found = incident_of(daemon, line.address(4))
    assert found["id"] > 10 ** 12
    (daemon.directory / "state/edge25.db").unlink()
    daemon.wait_until_healthy()
    old = daemon.signal(CONTROL, signal.SIGTERM)
    daemon.wait_for_new(CONTROL, old)
    daemon.wait_until_healthy()
    after = incident_of(daemon, line.address(4))
    assert after["id"] == found["id"] and after["change"] >= found["change"]
    assert after["opened"] == found["opened"]


class Watcher:
    """Takes every notification of an incident until control is gone."""

    def __init__(self, edge25):
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(edge25.directory / "run/monitor.sock"))
        self._socket.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "events.watch"}\n')
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        with self._socket, self._socket.makefile("r") as lines, contextlib.suppress(OSError):
            for line in lines:
                if line.endswith("\n") and json.loads(line).get("method") == "incident":
                    self.told.append(json.loads(line)["params"])

    def all(self):
        """What it was told, once control is gone."""
        self._thread.join(20)
        return self.told


def test_killed_at_any_moment(edge25, gate):
    """While hosts become suspect control is killed at random moments: what somebody was told of is there,
    and no number comes twice."""
    seed = int(os.environ.get("EDGE25_SEED", random.randrange(1 << 32)))
    print("EDGE25_SEED =", seed)
    chance = random.Random(seed)
    daemon = edge25(SUSPECT)
    line = gate.topology.subscribers[0]
    sources = [f"100.64.0.{120 + number}" for number in range(24)]
    for source in sources:
        line.run(["ip", "address", "replace", f"{source}/32", "dev", "eth0"])
    told = []
    for round_ in range(6):
        watcher = Watcher(daemon)
        timer = threading.Timer(chance.uniform(0.0, 0.4), daemon.signal, (CONTROL, signal.SIGKILL))
        old = daemon.pid(CONTROL)
        timer.start()
        for source in sources[4 * round_:4 * round_ + 4]:
            flows = gate.flows(line, 4, 4, source)
            connect_many(line, [flow.destination for flow in flows], 25, 1.0, source)
        timer.join()
        told += watcher.all()
        daemon.wait_for_new(CONTROL, old)
        daemon.wait_until_healthy()
        check_told(daemon, told)
    assert told, "nobody was told of anything"
    must_fail(check_told, daemon, told + [{**told[0], "id": 10 ** 6}])


def check_told(daemon, told):
    """Each incident of which somebody was told is there, no older than it was; no number has two meanings."""
    there = {one["id"]: one for one in incidents(daemon, "--limit", "1000")}
    for one in told:
        assert one["id"] in there, f"incident {one['id']} is gone"
        assert there[one["id"]]["host"] == one["host"]
        assert there[one["id"]]["change"] >= one["change"]
    changes = [one["change"] for one in told]
    assert len(changes) == len(set(changes)), sorted(changes)
    assert sorted(changes) == changes
