# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine is killed, or stands still, while packets are held and more arrive: block lets nothing
through, monitor and guard let everything through after the packets that were held; both are counted.

Each way to lose the engine meets both ways in which the kernel answers by itself: the queue is full
(fail-open), and nobody listens (bypass).
"""

import contextlib

import pytest

from lab.capture import Capture
from lab.edge25 import ENGINE
from lab.faults import frozen, killed, questions, queues, wait_until_held
from lab.promise import SOON, eventually, must_fail
from lab.raw import Stream, Wire, openings

HELD = 16  # the shortest queue that the configuration takes
MORE = 40  # connections that meet a full queue, and as many that meet none
RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
allow "smarthost" { to = { "203.0.113.25", "2001:db8:f::25" }  comment = "our relay" }
read-interval = 1s
"""
SHORT = f"queues = 1\nqueue-length = {HELD}\n"
BLOCK = 'policy "home" { mode = block }' + RANGE
MONITOR = 'policy "home" { mode = monitor }' + RANGE
GUARD = 'policy "home" { mode = guard  burst = 0 }' + RANGE
BLOCK_BROKEN = 'policy "home" { mode = block  when-unanswered = pass }' + RANGE
GUARD_BROKEN = 'policy "home" { mode = guard  burst = 0  when-unanswered = refuse }' + RANGE
MONITOR_BROKEN = ('policy "home" { mode = monitor  deny = tcp-reset  when-unanswered = refuse }'
                  + RANGE)
POLICIES = pytest.mark.parametrize("policy, check", [(BLOCK, "refuses"), (MONITOR, "passes"),
                                                     (GUARD, "passes")],
                                   ids=["block", "monitor", "guard"])
BROKEN = pytest.mark.parametrize("policy, check", [(BLOCK_BROKEN, "refuses"),
                                                   (MONITOR_BROKEN, "passes"),
                                                   (GUARD_BROKEN, "passes")],
                                 ids=["block", "monitor", "guard"])
WAYS = pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])


class Scene:
    """What arrives at the gateway from one subscriber, and what leaves it for the internet."""

    def __init__(self, gate, version):
        self.gate = gate
        self.version = version
        self.topology = gate.topology
        self.line = gate.topology.subscribers[0]

    @contextlib.contextmanager
    def watched(self):
        """Captures on both sides of the gateway, for the block."""
        with (Capture(self.topology.gateway, self.line.interface) as self.arrived,
              Capture(self.topology.internet) as self.left):
            yield

    def flows(self, count):
        """Connections of the subscriber to servers that nothing is known about."""
        return self.gate.flows(self.line, count, self.version)

    def hold(self, edge25):
        """As many openings as the queue takes; the engine must stand still."""
        with Wire(self.topology, self.line) as wire:
            wire.send(openings(self.line, self.gate.fresh(HELD, self.version)))
        wait_until_held(edge25, HELD)

    def lose_engine(self, edge25, check, kill):
        """Packets are held, more arrive and fail open; then the engine goes, and more arrive."""
        with frozen(edge25.pid(ENGINE)):
            self.hold(edge25)
            check(*self.flows(MORE))
            if kill:
                with killed(edge25, ENGINE):
                    assert not queues(edge25)
                    check(*self.flows(MORE))
        wait_until_held(edge25, 0)

    def check_counts(self, edge25, unanswered, lost, patience=SOON):
        """edge25's figures are those of the wires: all that arrived was refused, passed or lost."""
        def read():
            policy = edge25.status()["policies"][0]
            return [policy[key] for key in ("unanswered", "lost", "refused", "passed")]
        arrived, passed = len(self.arrived.openings()), len(self.left.openings())
        expected = [unanswered, lost, arrived - passed - lost, passed]
        eventually(lambda: read() == expected, lambda: f"{expected} expected, status: {read()}",
                   patience)


@VERSIONS
@WAYS
@POLICIES
def test_engine_lost(edge25, gate, policy, check, kill, version):
    daemon = edge25(policy + SHORT)
    scene = Scene(gate, version)
    passes = policy != BLOCK
    lost = HELD if kill else 0
    with scene.watched():
        scene.lose_engine(daemon, getattr(gate, check), kill)
        if passes:
            scene.left.wait_for_openings(len(scene.arrived.openings()) - lost)
        scene.check_counts(daemon, MORE * (2 if kill else 1), lost)
    assert bool(scene.left.openings()) == passes


@WAYS
@BROKEN
def test_engine_lost_control_run(edge25, gate, policy, check, kill):
    """With the other answer when nobody answers, the checks above notice."""
    must_fail(Scene(gate, 4).lose_engine, edge25(policy + SHORT), getattr(gate, check), kill)


def test_lost_packets_are_not_hidden(edge25, gate):
    """The control run of the counts: packets that went down with the engine are missing in them."""
    daemon = edge25(BLOCK + SHORT)
    scene = Scene(gate, 4)
    with scene.watched():
        scene.lose_engine(daemon, gate.refuses, True)
        must_fail(scene.check_counts, daemon, MORE * 2, 0, patience=1)
    losses = {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
    assert losses["questions-home"] == HELD


@POLICIES
def test_engine_killed_under_load(edge25, gate, policy, check):
    """No standing still: it is killed in the midst of its work, three times."""
    del check
    daemon = edge25(policy)
    scene = Scene(gate, 4)
    with scene.watched():  # until all that is under way has arrived
        with Stream(scene.topology, scene.line) as stream:
            for _ in range(3):
                before = stream.sent
                eventually(lambda before=before: stream.sent > before + 500, "packets under way")
                with killed(daemon, ENGINE):
                    before = stream.sent
                    eventually(lambda before=before: stream.sent > before + 500,
                               "packets under way")
        scene.arrived.wait_for_openings(stream.sent)
        wait_until_held(daemon, 0)
        check_stream(scene, daemon, policy != BLOCK)


def check_stream(scene, edge25, passes):
    """Every opening that arrived was refused, passed or named as lost, and each as it should be."""
    arrived, passed = len(scene.arrived.openings()), len(scene.left.openings())
    assert bool(passed) == passes, f"{passed} of {arrived} passed"

    def read():
        status = edge25.status()["policies"][0]
        return status["refused"] + status["passed"], status["lost"]
    eventually(lambda: sum(read()) == arrived, lambda: f"{arrived} arrived, status: {read()}")
    if passes:
        eventually(lambda: len(scene.left.openings()) == read()[0],
                   lambda: f"{len(scene.left.openings())} passed, status: {read()}")


@VERSIONS
@POLICIES
def test_engine_comes_back(edge25, gate, policy, check, version):
    """With its policies and the allowlist; it remembers again, and takes changes."""
    daemon = edge25(policy)
    check = getattr(gate, check)
    with killed(daemon, ENGINE):
        pass
    line = gate.topology.subscribers[1]
    friend, stranger, other = gate.flows(line, 3, version)
    daemon.ctl("allow", "add", "--to", friend.destination, "--comment", "a test")
    gate.passes(friend)
    check(stranger)
    check_remembered(daemon, check, other)


def check_remembered(edge25, check, flow):
    """The first packet of a pair is asked about, the next one is not."""
    before = questions(edge25)
    check(flow)
    assert questions(edge25) > before, "nobody was asked"
    before = questions(edge25)
    check(flow)
    assert questions(edge25) == before, "asked again"


def test_memory_control_run(edge25, gate):
    """Without a listener nothing is remembered, and the check above notices."""
    daemon = edge25(BLOCK)
    with killed(daemon, ENGINE):
        must_fail(check_remembered, daemon, gate.refuses, *gate.flows(gate.topology.subscribers[1]))


def test_allowed_without_engine(edge25, gate):
    """Entries are the kernel's: what is allowed needs nobody."""
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    friend, stranger = gate.flows(line, 2)
    daemon.ctl("allow", "add", "--from", line.address4, "--to", friend.destination,
               "--comment", "a test")
    with frozen(daemon.pid(ENGINE)):
        gate.passes(friend)
        must_fail(gate.passes, stranger)
    with killed(daemon, ENGINE):
        gate.passes(friend)
        gate.refuses(stranger)
        must_fail(gate.passes, stranger)

