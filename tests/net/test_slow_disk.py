# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that takes its time, here until it is told to go on, delays what has to be on it and nothing else:
who becomes infected meanwhile is cut off at once, everybody else is answered, and in the end the database
has all of it."""

import contextlib
import json
import signal
import socket
import sqlite3

import pytest

from lab.edge25 import CONTROL
from lab.faults import Disk
from lab.promise import SOON, eventually, must_fail
from lab.time_travel import QUICK, misbehave

CONFIGURATION = f"""
policy "business" {{ mode = guard  burst = 0  pace = 0  {QUICK} }}
range "lines" {{ prefixes = {{ "100.64.0.0/10", "2001:db8:1::/48" }}  policy = "business"
                 sources = verified }}
read-interval = 1s
"""
FIRST, SECOND, THIRD = range(3)  # subscribers
MOMENT = 0.5  # seconds in which nothing comes


@pytest.fixture(name="disk")
def fixture_disk(laboratory, serial):
    return Disk(laboratory / f"disk-{next(serial)}")


@pytest.fixture(name="daemon")
def fixture_daemon(edge25, disk):
    return edge25(CONFIGURATION, env=disk.environment)


class Client:
    """A connection to the control socket, with one request."""

    def __init__(self, daemon, method, **params):
        self._daemon = daemon
        self._bytes = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(daemon.socket))
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def line(self, patience=SOON):
        """The next line of control, which comes in time."""
        self._socket.settimeout(patience)
        with contextlib.suppress(TimeoutError):
            while b"\n" not in self._bytes:
                self._bytes += self._socket.recv(1 << 16)
        line, found, self._bytes = self._bytes.partition(b"\n")
        assert found, f"no line within {patience} s\n{self._daemon.stderr()}"
        return json.loads(line)

    def result(self):
        """What the request brought."""
        return self.line()["result"]


def ask(daemon, method, **params):
    """A request and its result."""
    with Client(daemon, method, **params) as client:
        return client.result()


def address(gate, line):
    return gate.topology.subscribers[line].address(4)


def applied(daemon, host):
    """The host is cut off, the engine says."""
    return any(one["host"] == host and one["applied"]
               for one in ask(daemon, "status")["contained"]["hosts"])


def is_cut_off(daemon, gate, line):
    eventually(lambda: applied(daemon, address(gate, line)), daemon.stderr)
    gate.refuses(*gate.flows(gate.topology.subscribers[line], 2))


def write_about_first(daemon, gate, disk):
    """The first host becomes infected, and control waits for the disk to take that."""
    misbehave(gate, gate.topology.subscribers[FIRST])
    eventually(disk.waited_for, daemon.stderr)


def stored(daemon):
    """Who is contained and whose incident is known, by the database."""
    with contextlib.closing(sqlite3.connect(daemon.directory / "state/edge25.db")) as database:
        return [sorted(host for host, in database.execute(f"SELECT host FROM {table}"))
                for table in ("containment", "incident")]


def test_containment(daemon, gate, disk):
    """Another becomes infected while the first is being written: cut off all the same, written then."""
    hosts = [address(gate, FIRST), address(gate, SECOND)]
    with disk.standing():
        write_about_first(daemon, gate, disk)
        misbehave(gate, gate.topology.subscribers[SECOND])
        is_cut_off(daemon, gate, SECOND)
        is_cut_off(daemon, gate, FIRST)
        assert disk.waited_for()
    eventually(lambda: stored(daemon) == [hosts, hosts], lambda: str(stored(daemon)))
    daemon.wait_for_new(CONTROL, daemon.signal(CONTROL, signal.SIGKILL))
    daemon.wait_until_healthy()
    for line in (FIRST, SECOND):
        is_cut_off(daemon, gate, line)


def test_requests(daemon, gate, disk):
    """Who asks for what is in memory is answered; who needs the database, when that is there."""
    friend = address(gate, THIRD)
    with contextlib.ExitStack() as clients:
        with disk.standing():
            write_about_first(daemon, gate, disk)
            waiting = [clients.enter_context(Client(daemon, method, **params))
                       for method, params in (
                           ("allow.add", {"from": friend, "comment": "a test"}),
                           ("report", {}), ("incidents.list", {}),
                           ("forget", {"host": "100.64.99.99"}))]
            for client in waiting:
                must_fail(client.line, MOMENT)
            for method in ("status", "hosts", "metrics"):
                assert ask(daemon, method)
            assert not ask(daemon, "allow.list")["entries"]
            assert disk.waited_for()
        added, report, incidents, forgotten = [client.result() for client in waiting]
    assert added["applied"] and report["incidents"] and forgotten["removed"]
    assert [one["host"] for one in incidents["incidents"]] == [address(gate, FIRST)]
    assert [one["id"] for one in ask(daemon, "allow.list")["entries"]] == [added["id"]]


def test_change(daemon, disk):
    """A change of the allowlist waits for the disk, before the reply; status does not wait for the change."""
    ask(daemon, "allow.add", **{"from": "100.64.7.7", "comment": "a test"})
    with disk.standing(), Client(daemon, "allow.add", **{"from": "100.64.7.8",
                                                         "comment": "a test"}) as client:
        eventually(disk.waited_for, daemon.stderr)
        assert ask(daemon, "status")
        must_fail(client.line, MOMENT)
        listed = [entry["from"] for entry in ask(daemon, "allow.list")["entries"]]
        assert listed == ["100.64.7.7"]
        disk.go_on()
        assert client.result()["applied"]


def test_watch(daemon, gate, disk):
    """Who watches is told of an incident when the disk has it. Who is cut off by hand is so at once; the
    reply says whether the disk has it."""
    with Client(daemon, "events.watch", kinds=["incident"]) as watcher:
        watcher.result()
        with contextlib.ExitStack() as clients:
            with disk.standing():
                write_about_first(daemon, gate, disk)
                client = clients.enter_context(
                    Client(daemon, "contain", host=address(gate, SECOND)))
                is_cut_off(daemon, gate, SECOND)
                must_fail(client.line, MOMENT)
                must_fail(watcher.line, MOMENT)
            assert not client.result()["warnings"]
        told = watcher.line()["params"]
        assert told["host"] == address(gate, FIRST) and told["action"] == "contained", told
    assert address(gate, SECOND) in stored(daemon)[0]
