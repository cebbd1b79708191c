# SPDX-License-Identifier: GPL-2.0-or-later
"""Long runs: a million packets and a hundred changes of each kind, and ten million sources."""

import pathlib

import pytest

from lab.edge25 import CONTROL, ENGINE
from lab.flood import Flood, oracle
from lab.leaks import CHANGES, HOME, leak, removed
from lab.promise import eventually, must_fail

FRAMES, TIMES = 1_000_000, 100
RATE = 100_000       # packets a second
LONGEST_OPEN = 0.05  # seconds; 0.01 where nothing else runs


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_leaks(edge25, topology, figure, change):
    leaked = leak(topology, edge25(HOME), change, TIMES, FRAMES, rate=RATE)
    figure("leaked", f"{leaked.passed} of {leaked.frames} in {leaked.changes} changes")
    leaked.check()


def test_nothing_leaks_control_run(edge25, topology, figure):
    leaked = leak(topology, edge25(HOME), removed, 5, FRAMES, rate=RATE)
    figure("leaked", f"{leaked.passed} of {leaked.frames} in {leaked.changes} removals")
    must_fail(leaked.check)


def deleted(daemon, number):
    """Another program deletes the table, where it is not owned; it is put back."""
    repaired = daemon.stderr().count("the table is back")
    daemon.namespace.run(["nft", "delete table inet edge25"])
    eventually(lambda: daemon.stderr().count("the table is back") > repaired, f"repair {number}")


def test_few_leak_until_the_table_is_put_back(edge25, topology, figure):
    """The kernel does not refuse the change: what passes until the emergency rule stands is bounded."""
    daemon = edge25(HOME + "own-table = no\n")
    leaked = leak(topology, daemon, deleted, TIMES, FRAMES, rate=RATE)
    seconds_open = leaked.passed / leaked.changes / RATE
    figure("leaked", f"{leaked.passed} of {leaked.frames} in {leaked.changes} deletions: open for "
                     f"{1000 * seconds_open:.1f} ms each")
    assert seconds_open < LONGEST_OPEN


SOURCES = 1 << 24
ENOUGH = 10_000_000
MORE = 16 << 20    # bytes that the engine may grow by
TABLES = 128 << 20  # those of control, made for max-hosts and max-active, are touched one by one


def memory(edge25, program):
    """Bytes of a process that are in memory."""
    text = pathlib.Path(f"/proc/{edge25.pid(program)}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) << 10


def test_ten_million_sources(edge25, topology, figure):
    """All are refused and counted, no set grows beyond its bound, no process beyond reason."""
    daemon = edge25(HOME + "tally-hosts = 65536\nremember-pairs = 65536\n")
    eventually(lambda: daemon.status()["fresh"], "a reading")
    before = {program: memory(daemon, program) for program in (ENGINE, CONTROL)}
    frames = 0
    with oracle(topology) as passed:
        while frames < ENOUGH:
            with Flood(topology, 60, pairs=SOURCES, sources=SOURCES, first=frames) as flood:
                pass
            frames += flood.frames
        assert not passed()
    eventually(lambda: known(daemon) == frames, lambda: f"{frames}: {known(daemon)}", 60)
    status = daemon.status()
    untallied = sum(loss["count"] for loss in status["losses"]
                    if loss["name"] == "untallied_refused")
    if frames <= SOURCES:  # all different
        assert untallied == frames - 65536
    for program, old in before.items():
        new = memory(daemon, program)
        figure(program, f"{old >> 20} MiB before, {new >> 20} MiB after {frames} packets")
    assert memory(daemon, ENGINE) < before[ENGINE] + MORE
    assert memory(daemon, CONTROL) < before[CONTROL] + TABLES
    assert status["hosts"]["count"] <= status["bounds"]["max_hosts"]


def known(daemon):
    """Refused, or lost by name."""
    status = daemon.status()
    return status["totals"]["refused"] + sum(policy["lost"] for policy in status["policies"])
