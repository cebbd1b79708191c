# SPDX-License-Identifier: GPL-2.0-or-later
"""Allocations fail in the engine or in control, while packets arrive and the allowlist changes:
block lets nothing through, monitor refuses nothing, a reply means what it says, and afterwards
everything is as the list of entries says."""

import contextlib
import itertools

import pytest

from lab.capture import Capture
from lab.edge25 import BUILD, CONTROL, ENGINE
from lab.faults import Memory, wait_until_held
from lab.host import LabError
from lab.promise import SOON, eventually, must_fail
from lab.raw import Stream

RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
BLOCK = 'policy "home" { mode = block }' + RANGE
MONITOR = 'policy "home" { mode = monitor }' + RANGE
EVERY = (1, 5, 20, 100)  # one of so many fails
CHANGES = 3  # of the allowlist, each time
PROGRAMS = pytest.mark.parametrize("program", [ENGINE, CONTROL], ids=["engine", "control"])
pytestmark = pytest.mark.skipif(BUILD.name == "build-san",
                                reason="a sanitizer has allocations of its own")


@pytest.fixture(name="memory")
def fixture_memory(laboratory, serial):
    path = laboratory / f"memory-{next(serial)}"
    path.mkdir(mode=0o755)
    return Memory(path / "orders")


class Changes:
    """Entries that are added, one for each server, while nobody knows whether that works."""

    def __init__(self, edge25, gate):
        self.edge25 = edge25
        self.gate = gate
        self.flows = gate.flows(gate.topology.subscribers[1], CHANGES * len(EVERY))
        self.said = {}  # what the reply said of each flow's entry: in force, or not, or nothing

    def add(self, flow):
        """Add an entry, whatever comes of it."""
        try:
            reply = self.edge25.ctl("allow", "add", "--to", flow.destination, "--comment", "test")
        except LabError:
            reply = {}
        self.said[flow] = reply.get("applied", None if not reply else "error" not in reply)

    def check(self):
        """Whose entry was said to be in force passes; and so does what is listed, nothing else."""
        listed = {entry["to"] for entry in self.edge25.ctl("allow", "list")["entries"]}
        passing = [flow for flow in self.said if flow.destination in listed]
        applied = [flow for flow, applied in self.said.items() if applied]
        assert set(applied) <= set(passing), "an entry that was in force is gone"
        refused = [flow for flow in self.said if flow not in passing]
        if passing:
            self.gate.passes(*passing)
        if refused:
            self.gate.refuses(*refused)


def live_through(edge25, memory, program, changes):
    """Less and less often an allocation of a program fails, and each time everything happens that
    needs one."""
    for number, every in enumerate(EVERY):
        before = memory.failed(program)
        with memory.failing(program, every):
            for flow in changes.flows[CHANGES * number:CHANGES * (number + 1)]:
                changes.add(flow)
            edge25.reload()
            with contextlib.suppress(LabError):
                edge25.status()
            eventually(lambda before=before: memory.failed(program) > before, "a failure")
        eventually(lambda: healed(edge25), edge25.stderr, 2 * SOON)


def healed(edge25):
    """Healthy by itself, but for a reload that failed, which is for the operator to try again."""
    with contextlib.suppress(LabError):
        problems = [problem["name"] for problem in edge25.status()["problems"]]
        if problems == ["reload"]:
            edge25.reload()
        return not problems
    return False


@PROGRAMS
@pytest.mark.parametrize("policy", [BLOCK, MONITOR], ids=["block", "monitor"])
def test_no_memory(edge25, gate, memory, policy, program):
    daemon = edge25(policy, env=memory.environment)
    changes = Changes(daemon, gate)
    line = gate.topology.subscribers[0]
    with (Capture(gate.topology.gateway, line.interface) as arrived,
          Capture(gate.topology.internet) as left, Stream(gate.topology, line)):
        live_through(daemon, memory, program, changes)
    wait_until_held(daemon, 0)
    sent = len(arrived.openings())
    passed = [packet for packet in left.openings() if packet.source == line.address6]
    assert sent > 100
    assert bool(passed) == (policy == MONITOR), f"{len(passed)} of {sent} passed"
    check_sum(daemon, sent, len(passed))
    if policy == BLOCK:
        changes.check()


def check_sum(edge25, sent, passed):
    """Every packet was refused, passed or is named as lost."""
    def read():
        status = edge25.status()["policies"][0]
        return status["refused"] + status["passed"] + status["lost"]
    eventually(lambda: read() == sent, lambda: f"{sent} sent, {read()} known")
    lost = edge25.status()["policies"][0]["lost"]
    assert passed in (0, sent - lost)


def test_no_memory_control_run(edge25, gate, memory):
    """An entry that its reply says is in force and that is gone is noticed."""
    daemon = edge25(BLOCK, env=memory.environment)
    changes = Changes(daemon, gate)
    for flow in itertools.islice(changes.flows, 2):
        changes.add(flow)
    changes.check()
    for entry in daemon.ctl("allow", "list")["entries"]:
        daemon.ctl("allow", "del", entry["id"])
    must_fail(changes.check)
