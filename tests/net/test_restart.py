# SPDX-License-Identifier: GPL-2.0-or-later
"""Restarts: of control, of the engine, of both and of all. The table stays in the kernel in
between, so a blocked line stays blocked and an allowed one open; `edge25d --remove` takes it
away."""

import contextlib
import ipaddress
import os
import signal

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import queues, wait_until_ended
from lab.promise import eventually, must_fail
from lab.raw import Stream

BLOCK = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
TABLE = ["nft", "list", "table", "inet", "edge25"]
VERSIONS = pytest.mark.parametrize("version", [4, 6])


def restart_programs(*programs):
    """Programs end in order and edge25d starts them again."""
    def restart(edge25):
        old = {program: edge25.signal(program, signal.SIGTERM) for program in programs}
        for program, pid in old.items():
            edge25.wait_for_new(program, pid)
        edge25.wait_until_healthy()
    return restart


def restart_all(edge25):
    """edge25d is stopped and started."""
    edge25.restart()


def restart_killed(edge25):
    """edge25d is killed and started."""
    kill(edge25)
    edge25.start()


def restart_removed(edge25):
    """The table is taken away in between."""
    edge25.stop()
    edge25.remove()
    edge25.start()


def kill(edge25):
    """edge25d is killed and cannot tell its children; they end by themselves."""
    children = [edge25.pid(ENGINE), edge25.pid(CONTROL)]
    os.kill(edge25.pid(), signal.SIGKILL)
    edge25.wait()
    for pid in children:
        wait_until_ended(pid)


KEEPING = {"control": restart_programs(CONTROL), "engine": restart_programs(ENGINE),
           "both": restart_programs(CONTROL, ENGINE), "all": restart_all, "killed": restart_killed}
RESTARTS = pytest.mark.parametrize("restart", KEEPING.values(), ids=KEEPING)


class Entries:
    """Allow entries of each kind, and connections that they allow."""

    def __init__(self, edge25, gate, version):
        whole, self.line, _ = gate.topology.subscribers
        self.gate = gate
        self.version = version
        self.flows = []
        address, net = self.line.address(version), network(self.line, version)
        for options, count in (
                (lambda to: ["--to", to[0]], 1),
                (lambda to: ["--to", pair(to), "--expires", "2h"], 2),
                (lambda to: ["--from", address, "--to", to[0], "--expires", "2h"], 1),
                (lambda to: ["--from", net, "--to", pair(to)], 2)):
            flows = gate.flows(self.line, count, version)
            servers = [flow.destination for flow in flows]
            edge25.ctl("allow", "add", "--comment", "a test", *options(servers))
            self.flows += flows
        edge25.ctl("allow", "add", "--comment", "a whole line", "--from",
                   network(whole, version))
        self.flows += gate.flows(whole, 2, version)

    def check(self):
        """What is allowed passes, and nothing else."""
        self.gate.passes(*self.flows)
        self.gate.refuses(*self.gate.flows(self.line, 2, self.version))


def network(subscriber, version):
    """The prefix that a subscriber's line has."""
    address = f"{subscriber.address(version)}/{64 if version == 6 else 24}"
    return str(ipaddress.ip_network(address, strict=False))


def pair(servers):
    """The prefix that two neighbours make."""
    return f"{servers[0]}/{127 if ':' in servers[0] else 31}"


@VERSIONS
@pytest.mark.parametrize("restart", [*KEEPING.values(), restart_removed],
                         ids=[*KEEPING, "removed"])
def test_entries_survive(edge25, gate, restart, version):
    daemon = edge25(BLOCK)
    entries = Entries(daemon, gate, version)
    entries.check()
    listed = ids(daemon)
    restart(daemon)
    entries.check()
    assert ids(daemon) == listed


def test_entries_survive_control_run(edge25, gate):
    """An entry that does not survive is missed."""
    daemon = edge25(BLOCK)
    entries = Entries(daemon, gate, 4)
    daemon.ctl("allow", "del", ids(daemon)[0])
    restart_all(daemon)
    must_fail(entries.check)


def ids(edge25):
    """The ids of the allow entries."""
    return [entry["id"] for entry in edge25.ctl("allow", "list")["entries"]]


@VERSIONS
def test_stopped(edge25, gate, version):
    """Between stop and start the kernel goes on by itself."""
    daemon = edge25(BLOCK)
    entries = Entries(daemon, gate, version)
    daemon.stop()
    assert not queues(daemon)
    entries.check()
    last = daemon.stderr().splitlines()[-1]
    assert "what was blocked stays blocked" in last and "edge25d --remove takes it away" in last


@contextlib.contextmanager
def nothing_leaks(edge25, gate):
    """Openings arrive all the time; none leaves for the internet, and each is counted."""
    line = gate.topology.subscribers[2]
    with (Capture(gate.topology.gateway, line.interface) as arrived,
          Capture(gate.topology.internet) as left):
        with Stream(gate.topology, line) as stream:
            yield
            before = stream.sent
            eventually(lambda: stream.sent > before, "a packet after all that")
    leaked, count = len(left.openings()), len(arrived.openings())
    assert not leaked, f"{leaked} of {count} openings went to the internet"
    eventually(lambda: sum(counted(edge25)) == count,
               lambda: f"{count} arrived, refused and lost are {counted(edge25)}")


def counted(edge25):
    """What status says was refused, and was lost."""
    policy = edge25.status()["policies"][0]
    return policy["refused"], policy["lost"]


@RESTARTS
def test_nothing_leaks(edge25, gate, restart):
    daemon = edge25(BLOCK)
    with nothing_leaks(daemon, gate):
        restart(daemon)


def test_nothing_leaks_control_run(edge25, gate):
    """Without the table in between, openings do get out, and the check above notices."""
    daemon = edge25(BLOCK)
    with pytest.raises(AssertionError, match="openings went to the internet"):
        with nothing_leaks(daemon, gate):
            restart_removed(daemon)


def test_remove(edge25, gate):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    daemon.stop()
    gate.refuses(*gate.flows(line))
    result = daemon.run("--remove")
    assert result.stderr == ("edge25-engine: table inet edge25 is gone: port 25 is open again\n")
    assert not table(daemon)
    gate.passes(*gate.flows(line))
    again = daemon.run("--remove")
    assert (again.returncode, again.stderr) == (
        0, "edge25-engine: there is no table inet edge25 here\n")


def test_remove_while_it_runs(edge25, gate):
    daemon = edge25(BLOCK)
    result = daemon.run("--remove", check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "stop it first" in result.stderr
    assert table(daemon)
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))
    daemon.wait_until_healthy()


def table(edge25):
    """Whether the kernel has the table."""
    return edge25.namespace.run(TABLE, check=False).returncode == 0


def test_killed(edge25, gate):
    """edge25d killed: its children end, its lock goes, what it left lying is replaced."""
    daemon = edge25(BLOCK)
    names = ("engine.sock", "control.sock", "monitor.sock")
    left = {name: (daemon.directory / "run" / name).stat() for name in names}
    kill(daemon)
    assert not queues(daemon)
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))
    daemon.start()
    for name, old in left.items():
        new = (daemon.directory / "run" / name).stat()
        assert (new.st_ino, new.st_mtime_ns) != (old.st_ino, old.st_mtime_ns), name
    assert (daemon.directory / "run/edge25d.lock").read_text() == f"{daemon.pid()}\n"
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))
