# SPDX-License-Identifier: GPL-2.0-or-later
"""Restarts: of control, of the engine, of both and of all, and upgrades. The table stays in the
kernel in between and the new engine adopts it, so a blocked line stays blocked, an allowed one open,
and a monitored one is never refused; `edge25d --remove` takes the table away."""

import contextlib
import ipaddress
import os
import shutil
import signal
import socket
import sys

import pytest

from lab.capture import Capture
from lab.edge25 import BUILD, CONTROL, ENGINE, PROGRAMS
from lab.faults import queues, wait_until_ended
from lab.promise import SOON, eventually, must_fail
from lab.raw import Stream

BLOCK = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
MONITOR = BLOCK.replace("block", "monitor")
SAID = ("stopped: what was blocked stays blocked, by the kernel's table inet edge25; edge25d --remove "
        "takes it away")
# Starts a program as systemd starts a service that has a socket: sd_listen_fds(3).
SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="engine")
os.execv(sys.argv[2], [sys.argv[2], "--peer-user", "nobody"])
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
    assert daemon.stderr().splitlines()[-1] == f"edge25d: {SAID}"


def test_stopped_by_systemd(edge25, gate):
    """The engine's unit says it, since no edge25d does."""
    daemon = edge25(BLOCK)
    daemon.stop()
    said = daemon.directory / "unit"
    with (said.open("w", encoding="utf-8") as stderr,
          socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener):
        listener.bind(str(daemon.directory / "run/unit.sock"))
        listener.listen()
        engine = daemon.namespace.popen(
            [sys.executable, "-c", SYSTEMD, str(listener.fileno()), BUILD / ENGINE],
            stderr=stderr, pass_fds=[listener.fileno()])
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.settimeout(20)
            control.connect(listener.getsockname())
            assert control.recv(4096), said.read_text()  # it says hello
        engine.terminate()
        assert engine.wait(20) == 0
    assert said.read_text().splitlines()[-1] == f"{ENGINE}: engine: {SAID}"


@contextlib.contextmanager
def openings_go_on(gate, settled=lambda arrived, left: None):
    """Openings arrive all the time; the captures of those that arrived and of those that left.
    settled(arrived, left) waits, when the last was sent, for what is still under way."""
    line = gate.topology.subscribers[2]
    with (Capture(gate.topology.gateway, line.interface) as arrived,
          Capture(gate.topology.internet) as left):
        with Stream(gate.topology, line) as stream:
            yield arrived, left
            before = stream.sent
            eventually(lambda: stream.sent > before, "a packet after all that")
        arrived.wait_for_openings(stream.sent)
        settled(arrived, left)


@contextlib.contextmanager
def nothing_leaks(edge25, gate):
    """Openings arrive all the time; none leaves for the internet, and each is counted."""
    with openings_go_on(gate) as (arrived, left):
        yield
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


@contextlib.contextmanager
def nothing_is_refused(edge25, gate):
    """Openings arrive all the time; each leaves for the internet or is counted as lost."""
    def none_refused(arrived, left):
        count = len(arrived.openings())

        def missing():
            return count - len(left.openings()) - counted(edge25)[1]
        eventually(lambda: missing() <= 0, lambda: f"{missing()} of {count} openings were refused",
                   patience=SOON / 2)

    with openings_go_on(gate, none_refused) as (arrived, left):
        yield
    count, passed = len(arrived.openings()), len(left.openings())
    eventually(lambda: counted(edge25) == (0, count - passed),
               lambda: f"{count} arrived, {passed} passed, refused and lost are {counted(edge25)}")


@RESTARTS
def test_nothing_is_refused(edge25, gate, restart):
    daemon = edge25(MONITOR)
    with nothing_is_refused(daemon, gate):
        restart(daemon)


def test_nothing_is_refused_control_run(edge25, gate):
    """A safe answer that refuses is noticed."""
    daemon = edge25(MONITOR.replace("monitor", "monitor  deny = drop  when-unanswered = refuse"))
    with pytest.raises(AssertionError, match="openings were refused"):
        with nothing_is_refused(daemon, gate):
            restart_all(daemon)


# Upgrades.

NEWER = "9.9.9"
OLDER = """
    add counter inet edge25 former_counter
    add set inet edge25 former_set { type ipv4_addr; flags dynamic,timeout; size 16; timeout 1h; }
    add chain inet edge25 former_chain
    add rule inet edge25 former_chain counter name "former_counter" add @former_set { ip saddr }
    insert rule inet edge25 screen tcp dport 25 jump former_chain
"""


def upgrade(edge25, programs):
    """edge25d is stopped, and programs of another version start in its place."""
    programs.mkdir()
    for name in PROGRAMS:
        old = (BUILD / name).read_bytes()
        version = edge25.status()["version"].encode() + b"\0"
        assert len(version) == len(NEWER) + 1
        (programs / name).write_bytes(old.replace(version, NEWER.encode() + b"\0"))
        (programs / name).chmod(0o755)
    edge25.stop()
    edge25.programs = programs


@VERSIONS
@pytest.mark.parametrize("reloads", [0, 1, 2, 3])
def test_upgrade(edge25, gate, reloads, version):
    """The table is adopted, whatever generation its sets are of."""
    daemon = edge25(BLOCK)
    entries = Entries(daemon, gate, version)
    for number in range(reloads):
        daemon.configure(BLOCK.replace("100.64.0.0/10", f'100.64.0.0/10", "10.{number}.0.0/16'))
        assert daemon.ctl("reload")["changed"]
    with nothing_leaks(daemon, gate):
        upgrade(daemon, daemon.directory / "newer")
        daemon.start()
    status = daemon.status()
    assert (status["version"], status["engine"]["version"]) == (NEWER, NEWER)
    entries.check()


def test_upgrade_of_a_monitor(edge25, gate):
    daemon = edge25(MONITOR)
    with nothing_is_refused(daemon, gate):
        upgrade(daemon, daemon.directory / "newer")
        daemon.start()


def test_upgrade_from_another_table(edge25, gate):
    """What an older version had in the table, and this one has not, is gone without a gap."""
    daemon = edge25(BLOCK)
    with nothing_leaks(daemon, gate):
        upgrade(daemon, daemon.directory / "newer")
        daemon.namespace.run(["nft", "-f", "-"], input=OLDER)
        assert "former_set" in daemon.namespace.run(TABLE).stdout
        daemon.start()
    assert "former_" not in daemon.namespace.run(TABLE).stdout


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
