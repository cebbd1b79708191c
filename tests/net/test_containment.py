# SPDX-License-Identifier: GPL-2.0-or-later
"""A guarded host that behaves like a bot is cut off from port 25 and released by itself, for longer each
time; one that may be somebody else is only reported; people can do both by hand."""

import contextlib
import json
import signal
import socket
import sqlite3

import pytest

from lab.edge25 import CONTROL, ENGINE
from lab.faults import killed, read_only
from lab.gate import MX, Conversation, Flow
from lab.promise import eventually, must_fail
from lab.time_travel import QUICK, TimeTravel, attempt, hammer, incident_of, misbehave

FIRST = 600  # seconds of containment
MOST = 1500
SETTINGS = """
read-interval = 1s
write-interval = 1s
events-per-host = 1000
"""
POLICY = f"""
policy "business" {{ mode = guard  burst = 0  pace = 0  contain-for = {FIRST}s  contain-max = {MOST}s
                     {QUICK} }}
"""
RANGE = """
range "lines" {{ prefixes = {{ "100.64.0.0/10", "2001:db8:1::/48" }}  policy = "business" {keys} }}
"""
VERIFIED = POLICY + RANGE.format(keys="sources = verified") + SETTINGS
UNVERIFIED = POLICY + RANGE.format(keys="") + SETTINGS
SHARED = POLICY + RANGE.format(keys="sources = verified  shared = yes") + SETTINGS
BLOCK = VERIFIED.replace("mode = guard  burst = 0", "mode = block")
VERSIONS = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(name="time")
def fixture_time(laboratory, serial):
    return TimeTravel(laboratory / f"time-{next(serial)}")


def host_of(line, version):
    return line.address(4) if version == 4 else "2001:db8:1::"


def is_contained(daemon, gate, line, version=4):
    """A new connection is refused, and the incident says so."""
    gate.refuses(*gate.flows(line, 2, version))
    assert incident_of(daemon, host_of(line, version))["action"] == "contained"


def contained(daemon):
    """What status says, by host."""
    return {one["host"].split("/")[0]: one for one in daemon.status()["contained"]["hosts"]}


@VERSIONS
def test_bot(edge25, gate, mail, version):
    """The bot's open connection ends with new ones, its neighbour's goes on."""
    del mail
    daemon = edge25(VERIFIED)
    bot, neighbour = gate.topology.subscribers[:2]
    with (Conversation(Flow(bot, MX[version])) as of_bot,
          Conversation(Flow(neighbour, MX[version])) as of_neighbour):
        flows = misbehave(gate, bot, version)
        eventually(lambda: contained(daemon).get(host_of(bot, version), {}).get("applied"),
                   daemon.stderr)
        is_contained(daemon, gate, bot, version)
        gate.refuses(flows[0])  # a pair that passed before
        of_bot.is_cut()
        of_neighbour.goes_on()
        gate.passes(*gate.flows(neighbour, 2, version))
        gate.passes(Flow(bot, MX[version]), port=587)
    found = incident_of(daemon, host_of(bot, version), "infected")
    assert found["verified"] and found["contained_until"]


def test_released_and_back(edge25, gate, time):
    """It is free after contain-for, with a clean slate; when it comes back it is cut off for twice as
    long, up to contain-max, and when it was good for contain-max that is forgotten."""
    daemon = edge25(VERIFIED, env=time.environment)
    bot = gate.topology.subscribers[0]
    host = bot.address(4)
    for times, seconds in ((1, FIRST), (2, 2 * FIRST), (3, MOST)):
        misbehave(gate, bot)
        one = eventually(lambda: contained(daemon).get(host), lambda: f"{daemon.host(host)} {incident_of(daemon, host)}")
        assert one["times"] == times and one["automatic"]
        assert seconds - 60 <= one["remaining"] <= seconds
        is_contained(daemon, gate, bot)
        time.pass_by(seconds)
        eventually(lambda: host not in contained(daemon), daemon.stderr)
        attempt(daemon, gate, bot, 1)  # old evidence does not count again
        gate.passes(*gate.flows(bot, 1))
        assert not contained(daemon)
    time.pass_by(MOST + 1)
    misbehave(gate, bot)
    assert eventually(lambda: contained(daemon).get(host), daemon.stderr)["times"] == 1


def stays_free(daemon, gate, line):
    """It is called infected, and not cut off."""
    misbehave(gate, line)
    found = incident_of(daemon, line.address(4), "infected")
    assert found["action"] == "watched", found
    gate.passes(*gate.flows(line, 2))
    assert not contained(daemon)


def test_unverified(edge25, gate):
    """A source that may be forged is reported."""
    daemon = edge25(UNVERIFIED)
    line = gate.topology.subscribers[0]
    stays_free(daemon, gate, line)
    assert not incident_of(daemon, line.address(4))["verified"]


def test_handshakes(edge25, gate, time):
    """Nobody but the host itself can have completed the handshakes that count: it is cut off."""
    daemon = edge25(UNVERIFIED, env=time.environment)
    line = gate.topology.subscribers[0]
    hammer(daemon, gate, time, line)
    eventually(lambda: contained(daemon), daemon.stderr)
    is_contained(daemon, gate, line)
    assert not incident_of(daemon, line.address(4))["verified"]


def test_no_handshakes(edge25, gate, time):
    """The same, where what the servers say does not arrive: anybody can have sent it."""
    daemon = edge25(UNVERIFIED, env=time.environment)
    line = gate.topology.subscribers[0]
    with gate.spoiled("tcp sport 25 tcp flags & psh == psh drop"):
        hammer(daemon, gate, time, line)
        assert incident_of(daemon, line.address(4), "infected")["action"] == "watched"
    gate.passes(*gate.flows(line, 1))
    assert not contained(daemon)


def test_shared(edge25, gate):
    """An address of many households is never cut off by itself."""
    stays_free(edge25(SHARED), gate, gate.topology.subscribers[0])


def test_stays_free_control_run(edge25, gate):
    must_fail(stays_free, edge25(VERIFIED), gate, gate.topology.subscribers[0])


def test_block_needs_none(edge25, gate):
    """Where everything is refused nobody is contained."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    misbehave(gate, line)
    assert incident_of(daemon, line.address(4), "infected")["action"] == "refused"
    assert not contained(daemon)


@VERSIONS
def test_by_hand(edge25, gate, version):
    """contain and release answer when it holds; an entry that always lets through beats both, and is
    warned of; who did it stands in the audit trail."""
    daemon = edge25(VERIFIED)
    line, other = gate.topology.subscribers[:2]
    friend, *flows = gate.flows(line, 6, version)
    address = line.address(version)
    gate.passes(*flows)
    answer = daemon.ctl("contain", address, "--for", "2h", "--comment", "ticket 42")
    gate.refuses(*flows)
    assert answer["applied"] and not answer["warnings"] and not answer["automatic"]
    assert 7190 <= answer["remaining"] <= 7200 and answer["by"]["uid"] == 0
    gate.passes(*gate.flows(other, 2, version))
    daemon.ctl("allow", "add", "--to", friend.destination, "--always", "--comment", "a relay")
    answer = daemon.ctl("contain", address)
    assert 590 <= answer["remaining"] <= 600
    assert any(friend.destination in warning for warning in answer["warnings"]), answer
    gate.passes(friend)
    gate.refuses(*flows)
    said = daemon.ctl("explain", address, flows[0].destination)
    assert said["verdict"] == "refuse" and "is contained until" in said["reason"]
    assert daemon.ctl("explain", address, friend.destination)["verdict"] == "accept"
    daemon.ctl("release", address)
    gate.passes(*flows)
    assert daemon.ctl("explain", address, flows[0].destination)["verdict"] == "accept"
    assert daemon.control("release", address).returncode == 1
    rows = audit(daemon)
    assert [row[0] for row in rows if row[0] != "add"] == ["contain", "contain", "release"]
    assert rows[0][1:] == (answer["host"], "ticket 42", "root")


def audit(daemon):
    """(action, host, comment, user) of each row."""
    with sqlite3.connect(daemon.directory / "state/edge25.db") as database:
        return database.execute("SELECT action, from_prefix, comment, user FROM audit"
                                " ORDER BY id").fetchall()


def survives(daemon, gate, line, other, what):
    """The host is contained before, during and after."""
    daemon.ctl("contain", line.address(4), "--for", "1h")
    daemon.ctl("contain", line.address(6), "--for", "1h")
    gate.refuses(*gate.flows(line, 1), *gate.flows(line, 1, 6))
    what(daemon)
    gate.refuses(*gate.flows(line, 1), *gate.flows(line, 1, 6))
    gate.passes(*gate.flows(other, 1), *gate.flows(other, 1, 6))
    hosts = eventually(lambda: (lambda all: all if all and all[line.address(4)]["applied"] else None)(
        contained(daemon)), daemon.stderr)
    assert 3300 <= hosts[line.address(4)]["remaining"] <= 3600
    daemon.ctl("release", line.address(4))
    gate.passes(*gate.flows(line, 1))


def restart_control(daemon):
    old = daemon.signal(CONTROL, signal.SIGKILL)
    daemon.wait_for_new(CONTROL, old)
    daemon.wait_until_healthy()


def restart_engine(daemon):
    old = daemon.signal(ENGINE, signal.SIGKILL)
    daemon.wait_for_new(ENGINE, old)
    daemon.wait_until_healthy()


def restart_all(daemon):
    daemon.restart()


def table_lost(daemon):
    daemon.stop()
    daemon.remove()
    daemon.start()


def reload_longer(daemon):
    """host-prefix6 is another one."""
    daemon.configure(VERIFIED.replace("mode = guard", "mode = guard  host-prefix6 = 56"))
    daemon.ctl("reload")


@pytest.mark.parametrize("what", [restart_control, restart_engine, restart_all, table_lost])
def test_survives(edge25, gate, what):
    survives(edge25(VERIFIED), gate, *gate.topology.subscribers[:2], what)


def test_survives_another_length(edge25, gate):
    """After a reload the household is what the policy says now: the neighbour in it is cut off too, who
    is in another one is not."""
    daemon = edge25(VERIFIED)
    line = gate.topology.subscribers[0]
    daemon.ctl("contain", line.address(6), "--for", "1h")
    reload_longer(daemon)
    gate.refuses(*gate.flows(line, 2, 6))
    assert [host["host"] for host in daemon.status()["contained"]["hosts"]] == ["2001:db8:1::/56"]
    restart_control(daemon)
    gate.refuses(*gate.flows(line, 2, 6))
    daemon.ctl("release", line.address(6))
    gate.passes(*gate.flows(line, 2, 6))


def test_survives_control_run(edge25, gate):
    def forget(daemon):
        daemon.stop()
        daemon.remove()
        (daemon.directory / "state/edge25.db").unlink()
        daemon.start()

    must_fail(survives, edge25(VERIFIED), gate, *gate.topology.subscribers[:2], forget)


def test_no_database(edge25, gate):
    """A bot is cut off where nothing can be written; it is said, and made good later."""
    daemon = edge25(VERIFIED)
    bot = gate.topology.subscribers[0]
    with read_only(daemon.directory / "state"):
        misbehave(gate, bot)
        eventually(lambda: contained(daemon), daemon.stderr)
        is_contained(daemon, gate, bot)
        assert "database" in {problem["name"] for problem in daemon.status()["problems"]}
    daemon.wait_until_healthy()
    eventually(lambda: audit(daemon), "the audit trail")
    restart_control(daemon)
    is_contained(daemon, gate, bot)


def test_engine_away(edge25, gate):
    """Without an engine it is stored, said, and holds when there is one."""
    daemon = edge25(VERIFIED)
    line = gate.topology.subscribers[0]
    with killed(daemon, ENGINE):
        answer = daemon.ctl("contain", line.address(4))
        assert not answer["applied"] and "engine is not there" in answer["warnings"][0]
        assert contained(daemon)[line.address(4)]["applied"] is False
    daemon.wait_until_healthy()
    eventually(lambda: contained(daemon)[line.address(4)]["applied"], daemon.stderr)
    gate.refuses(*gate.flows(line, 1))


def test_only_control_may(edge25, gate):
    """monitor.sock answers questions, and contains nobody."""
    daemon = edge25(VERIFIED)
    line = gate.topology.subscribers[0]
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(str(daemon.directory / "run/monitor.sock"))
        with monitor.makefile("rw") as stream:
            for method in ("contain", "release", "incidents.close"):
                stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                         "params": {"host": line.address(4)}}) + "\n")
                stream.flush()
                assert json.loads(stream.readline())["error"]["code"] == -32001
            stream.write('{"jsonrpc": "2.0", "id": 2, "method": "incidents.list"}\n')
            stream.flush()
            assert json.loads(stream.readline())["result"]["incidents"] == []
    gate.passes(*gate.flows(line, 1))


@pytest.mark.parametrize("arguments, words", [
    (("100.64.0.0/24",), "a single IPv4 address"),
    (("2001:db8:1::/56",), "expected an address or a /64"),
    (("100.64.0.2", "--for", "x"), "for: x: expected a duration"),
    (("100.64.0.2", "--for", "400d"), "366d at most"),
])
def test_bad_orders(edge25, arguments, words):
    daemon = edge25(VERIFIED)
    result = daemon.control("contain", *arguments)
    assert result.returncode == 1 and words in result.stderr, result
    assert not contained(daemon)


def test_warnings(edge25, gate):
    """What refuses nothing is said to."""
    daemon = edge25(VERIFIED.replace("mode = guard  burst = 0", "mode = monitor"))
    line = gate.topology.subscribers[0]
    assert "only monitors" in daemon.ctl("contain", line.address(4))["warnings"][0]
    assert "no range covers" in daemon.ctl("contain", "192.0.2.1")["warnings"][0]
    gate.passes(*gate.flows(line, 1))
