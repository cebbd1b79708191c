# SPDX-License-Identifier: GPL-2.0-or-later
"""`forget ADDR` removes a host from everything, and nothing else; `log reopen` follows a file that was
moved away. What is left is looked for in the files and in the kernel, byte by byte."""

import contextlib
import os
import re
import sqlite3
import stat
import threading
import time

import pytest

from lab.edge25 import ENGINE
from lab.faults import killed
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening
from lab.time_travel import QUICK, attempt, incident_of, incidents

SETTINGS = """
read-interval = 1s
write-interval = 1s
events-per-host = 10000
"""
RANGES = 'range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }'
BLOCK = f'policy "home" {{ mode = block  pace = 0  {QUICK} }} {RANGES} {SETTINGS}'
VERSIONS = pytest.mark.parametrize("version", [4, 6])
TEXT = {4: rb"(?<![0-9.:])100\.64\.0\.2(?![0-9])", 6: rb"2001:db8:1::"}


def host_of(line, version):
    """As incidents name it."""
    return line.address(4) if version == 4 else line.address6.replace("::2", "::/64")


def read(path):
    """All that is in a file; the database's journal comes and goes."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def traces(daemon, version):
    """Files of state-dir and log-dir, and the kernel's table, in which the first line is."""
    found = {path.name for directory in ("state", "log")
             for path in (daemon.directory / directory).iterdir()
             if re.search(TEXT[version], read(path))}
    table = daemon.namespace.run(["nft", "list", "table", "inet", "edge25"]).stdout
    # ranges are of the configuration
    if re.search(TEXT[version] + rb"(?!/48)", table.encode()):
        found.add("kernel")
    return found


def lines_of(daemon, address):
    """Lines of all event files that are about an address."""
    return sum(path.read_text(encoding="ascii").count(f'"src_ip":"{address}"')
               for path in daemon.log_directory.glob("events.json*"))


def live(daemon, gate, line, version):
    """A host that has an incident, was contained, and had an allow entry."""
    attempt(daemon, gate, line, 12, version)
    incident_of(daemon, daemon.ctl("host", line.address(version))["host"].removesuffix("/64"))
    daemon.ctl("contain", line.address(version), "--comment", "a test")
    daemon.ctl("release", line.address(version))
    entry = daemon.ctl("allow", "add", "--from", line.address(version), "--comment", "a test")
    daemon.ctl("allow", "del", entry["id"])
    attempt(daemon, gate, line, 12, version)


def written(daemon, gate, line, version):
    """Everything about it is on the disk."""
    live(daemon, gate, line, version)
    eventually(lambda: {"edge25.db", "events.json", "kernel"} <= traces(daemon, version),
               lambda: traces(daemon, version))


def database(daemon, query):
    """Rows of it."""
    with sqlite3.connect(f"file:{daemon.directory / 'state/edge25.db'}?mode=ro", uri=True) as base:
        return base.execute(query).fetchall()


def nothing_is_left(daemon, version):
    """Of the first line."""
    assert traces(daemon, version) == set()


@VERSIONS
def test_nothing_is_left(edge25, gate, version):
    """And all that is of its neighbour."""
    daemon = edge25(BLOCK)
    line, other = gate.topology.subscribers[:2]
    live(daemon, gate, other, version)
    written(daemon, gate, line, version)
    (daemon.log_directory / "events.json-20260101").write_bytes(
        (daemon.log_directory / "events.json").read_bytes())
    eventually(lambda: len(database(daemon, "SELECT host FROM host")) == 2, "summaries")
    kept = lines_of(daemon, other.address(version))
    must_fail(nothing_is_left, daemon, version)
    must_fail(nothing_is_left, daemon, version)
    reply = daemon.ctl("forget", line.address(version))
    assert reply["host"] == host_of(line, version)
    removed = reply["removed"]
    assert removed["records"] == removed["summaries"] == removed["incidents"] == 1, removed
    assert removed["containments"] == 1 and removed["files"] == 2, removed
    assert removed["audit"] >= 4 and removed["elements"] >= 14 and removed["lines"] >= 24, removed
    nothing_is_left(daemon, version)
    assert not daemon.ctl("host", line.address(version))["known"]
    assert daemon.ctl("host", other.address(version))["known"]
    assert [one["host"] for one in incidents(daemon)] == [host_of(other, version)]
    assert lines_of(daemon, other.address(version)) >= kept
    for path in daemon.log_directory.glob("events.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    (said,) = database(daemon, "SELECT uid, user, from_prefix, to_prefix, comment FROM audit"
                               " WHERE action = 'forget'")
    assert said == (0, "root", "", "", "")
    daemon.restart()
    nothing_is_left(daemon, version)
    assert not daemon.ctl("host", line.address(version))["known"]


@VERSIONS
def test_it_comes_back_as_a_new_one(edge25, gate, version):
    """Counted from its first packet; what its policy has counted does not fall."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    written(daemon, gate, line, version)
    before = daemon.status()["policies"][0]
    daemon.ctl("forget", line.address(version))
    after = daemon.status()["policies"][0]
    assert after["refused"] >= before["refused"] and after["asked"] >= before["asked"]
    attempt(daemon, gate, line, 3, version)
    known = daemon.ctl("host", line.address(version))
    assert known["attempts"] == 3, known
    assert daemon.status()["policies"][0]["refused"] == after["refused"] + 3


def test_a_contained_host_is_released_first(edge25, gate):
    """Else nobody would know why it is refused."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    daemon.ctl("contain", line.address(4))
    result = daemon.control("forget", line.address(4))
    assert result.returncode == 1
    assert "100.64.0.2 is contained: release it first" in result.stderr.replace("/32", "")
    daemon.ctl("release", line.address(4))
    assert daemon.control("forget", line.address(4)).returncode == 0


def test_entries_that_name_it_are_kept_and_named(edge25, gate):
    """They are the operator's."""
    daemon = edge25(BLOCK + 'allow "own" { from = { "100.64.0.2" } comment = "ours" }')
    number = daemon.ctl("allow", "add", "--from", "100.64.0.2", "--to", gate.fresh(1)[0],
                        "--comment", "a test")["id"]
    warnings = "\n".join(daemon.ctl("forget", "100.64.0.2")["warnings"])
    assert f"allow entry {number} names it" in warnings and 'allow "own" in ' in warnings
    assert len(daemon.ctl("allow", "list")["entries"]) == 2
    assert database(daemon, "SELECT action FROM audit WHERE entry > 0") == [("add",)]


def test_without_an_engine(edge25, gate):
    """The rest goes, and it is said that the kernel's does not."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    written(daemon, gate, line, 4)
    with killed(daemon, ENGINE):
        eventually(lambda: not daemon.status()["engine"]["connected"], "the engine is away")
        reply = daemon.ctl("forget", line.address(4))
        assert "the kernel has counts and answers until they expire" in reply["warnings"][0]
        assert traces(daemon, 4) == {"kernel"}


def test_lines_of_others_that_come_meanwhile_are_kept(edge25, gate):
    """A stream of them, a host each, and files that are moved away."""
    daemon = edge25(BLOCK + "events-per-second = 10000\n")
    line, other = gate.topology.subscribers[:2]
    written(daemon, gate, line, 4)
    server, = gate.fresh(1)
    sources = [f"100.64.{10 + number // 200}.{number % 200 + 1}" for number in range(400)]

    def flood():
        with Wire(gate.topology, other) as wire:
            for source in sources:
                wire.send([opening(source, server)])
                time.sleep(0.01)

    thread = threading.Thread(target=flood)
    thread.start()
    for number in range(6):
        if number % 2:
            os.rename(daemon.log_directory / "events.json",
                      daemon.log_directory / f"events.json-{number}")
            daemon.ctl("log", "reopen")
        daemon.ctl("forget", line.address(4))
        gate.refuses(*gate.flows(line))
        eventually(lambda: lines_of(daemon, line.address(4)), "a line of it again")
    thread.join()
    daemon.ctl("forget", line.address(4))
    eventually(lambda: {source for source in sources if lines_of(daemon, source)} == set(sources),
               "a line of each")
    nothing_is_left(daemon, 4)


def test_log_reopen(edge25, gate):
    """Lines go on in a new file; one that cannot be opened is said."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    path = daemon.log_directory / "events.json"
    attempt(daemon, gate, line, 1)
    path.rename(path.with_name("moved"))
    assert daemon.ctl("log", "reopen") == {"file": str(path)}
    assert path.read_bytes() == b""
    attempt(daemon, gate, line, 2)
    eventually(lambda: lines_of(daemon, line.address(4)) == 2, "lines in the new file")
    path.unlink()
    path.mkdir()
    result = daemon.control("log", "reopen")
    assert result.returncode == 1
    assert f"{path}: cannot be opened: Is a directory" in result.stderr
