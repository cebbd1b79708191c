# SPDX-License-Identifier: GPL-2.0-or-later
"""The database cannot be written, or the disk is full: packets are judged as ever, a change of the
allowlist is refused and changes nothing, status says what is wrong, and when it is over everything
works by itself."""

import subprocess

import pytest

from lab.edge25 import CONTROL
from lab.faults import full, locked, read_only
from lab.gate import Flow
from lab.promise import SOON, eventually, must_fail
from lab.sockets import connect

RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
summary-interval = 1s
"""
BLOCK = 'policy "home" { mode = block }' + RANGE
MONITOR = 'policy "home" { mode = monitor }' + RANGE
POLICIES = pytest.mark.parametrize("policy, check", [(BLOCK, "refuses"), (MONITOR, "passes")],
                                   ids=["block", "monitor"])
SMALL = "256k"  # of a file system of its own
RETRY = 6 + SOON  # control tries again every five seconds


@pytest.fixture(name="disk")
def fixture_disk():
    """A function for edge25(prepare=...): state and log directory are small file systems."""
    mounted = []

    def prepare(directory):
        for name in ("state", "log"):
            (directory / name).mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=750", "edge25-test",
                            directory / name], check=True)
            mounted.append(directory / name)

    yield prepare
    for path in mounted:
        subprocess.run(["umount", "--lazy", path], check=True)


FAULTS = pytest.mark.parametrize("fault", [full, read_only, locked])


def problems(edge25):
    return {problem["name"] for problem in edge25.ctl("status")["problems"]}


def check_refused(edge25, *words):
    """The change is refused, for the sake of the database."""
    result = edge25.control("allow", *words)
    assert result.returncode == 1, result
    assert "the database cannot be written: " in result.stderr, result


def entries(edge25):
    return edge25.ctl("allow", "list")["entries"]


@FAULTS
@POLICIES
def test_database_unwritable(edge25, gate, disk, policy, check, fault):
    daemon = edge25(policy, prepare=disk)
    check = getattr(gate, check)
    line = gate.topology.subscribers[0]
    friend, stranger, *flows = gate.flows(line, 6)
    daemon.ctl("allow", "add", "--to", friend.destination, "--comment", "before")
    before = [entry["id"] for entry in entries(daemon)]
    with fault(daemon.directory / "state"):
        check_refused(daemon, "add", "--to", stranger.destination, "--comment", "too late")
        check_refused(daemon, "del", "--to", friend.destination)
        assert "database" in problems(daemon)
        assert [entry["id"] for entry in entries(daemon)] == before
        gate.passes(friend)
        check(stranger, *flows[:2])
        daemon.reload()
        eventually(lambda: "reload: /" in daemon.stderr(), daemon.stderr)
        gate.passes(friend)
        check(*flows[2:])
    eventually(lambda: not problems(daemon), lambda: problems(daemon), RETRY)
    daemon.ctl("allow", "add", "--to", stranger.destination, "--comment", "after")
    gate.passes(friend, stranger)


def test_database_unwritable_control_run(edge25, disk):
    """With a database that works, a change is not refused, and the check notices."""
    daemon = edge25(BLOCK, prepare=disk)
    must_fail(check_refused, daemon, "add", "--to", "203.0.113.1", "--comment", "a test")


@POLICIES
def test_database_gone_at_the_start(edge25, gate, disk, policy, check):
    """Control starts without it: policies count, stored entries do not, until it is there again."""
    daemon = edge25(policy, prepare=disk)
    line = gate.topology.subscribers[0]
    friend, stranger, other = gate.flows(line, 3)
    daemon.ctl("allow", "add", "--to", friend.destination, "--comment", "before")
    path = daemon.directory / "state/edge25.db"
    mode = path.stat().st_mode & 0o777
    daemon.stop()
    path.chmod(0)
    daemon.start(healthy=False)
    eventually(daemon.socket.exists, daemon.stderr)
    eventually(lambda: problems(daemon) == {"database"}, lambda: problems(daemon))
    getattr(gate, check)(friend, stranger)
    check_refused(daemon, "add", "--to", other.destination, "--comment", "too late")
    path.chmod(mode)
    eventually(lambda: not problems(daemon), lambda: problems(daemon), RETRY)
    # The entries follow with a plan, a moment later.
    eventually(lambda: connect(line, friend.destination).error == "", "the entry in force")
    gate.passes(Flow(line, friend.destination))
    getattr(gate, check)(*gate.flows(line))


@POLICIES
def test_log_full(edge25, gate, disk, policy, check):
    """Lines that do not fit are counted, whoever watches has them all the same, and a line is never
    cut."""
    daemon = edge25(policy + "events-per-host = 100000\n", prepare=disk)
    check = getattr(gate, check)
    line = gate.topology.subscribers[0]
    check(*gate.flows(line, 2))
    eventually(lambda: len(daemon.event_lines()) >= 2, "two events")
    with full(daemon.log_directory):
        check_unwritten(daemon, check, gate, line)
        assert "events" in problems(daemon)
    check(*gate.flows(line, 2))
    eventually(lambda: not problems(daemon), lambda: problems(daemon))
    status = daemon.status()
    assert status["totals"]["attempts"] == status["hosts"]["top"][0]["attempts"]
    daemon.events()  # all of them JSON
    restarted = daemon.signal(CONTROL, 15)
    daemon.wait_for_new(CONTROL, restarted)
    daemon.wait_until_healthy()


def check_unwritten(edge25, check, gate, line):
    """Attempts by the dozen, until lines are lost."""
    for _ in range(4):
        check(*gate.flows(line, 8))
    eventually(lambda: unwritten(edge25) > 0, "lines that could not be written", 3)


def unwritten(edge25):
    losses = {loss["name"]: loss["count"] for loss in edge25.status()["losses"]}
    return losses.get("events-unwritten", 0)


def test_log_full_control_run(edge25, gate, disk):
    """With room, no line is lost, and the check notices."""
    daemon = edge25(BLOCK + "events-per-host = 100000\n", prepare=disk)
    must_fail(check_unwritten, daemon, gate.refuses, gate, gate.topology.subscribers[0])
