# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounds on questions: how fast one source may ask, and all together. What goes beyond them gets the
safe answer in the kernel, is counted, and takes nothing from anybody else."""

import contextlib
import ipaddress
import itertools
import threading

import pytest

from lab.capture import Capture
from lab.gate import MARKER
from lab.promise import eventually, kept_by, must_fail
from lab.raw import Wire, opening, openings, strangers
from lab.sockets import connect

RANGE = 'range "lines" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }\n'
SETTINGS = "reject-rate = 100000\nread-interval = 1s\n"
PACED = SETTINGS + 'policy "home" { mode = block  pace = 20 }\n' + RANGE
UNPACED = PACED.replace("pace = 20", "pace = 0")
RATED = SETTINGS + "queue-rate = 20\n" + UNPACED.removeprefix(SETTINGS)
UNRATED = RATED.replace("queue-rate = 20\n", "")
COUNT = 300
modes = pytest.mark.parametrize("mode", ["block", "monitor"])


def monitored(configuration, mode):
    return configuration.replace("mode = block", f"mode = {mode}")


def of_home(daemon):
    return daemon.status()["policies"][0]


class Burst:
    """So many openings of each source at once, each to another server; .passed: those that reached
    the internet."""

    def __init__(self, topology, *subscribers, version=6):
        servers = strangers(COUNT) if version == 6 else [
            str(ipaddress.ip_address("198.19.0.1") + number) for number in range(COUNT)]
        self.count = COUNT * len(subscribers)
        with Capture(topology.internet) as beyond, contextlib.ExitStack() as stack:
            for subscriber in subscribers:
                wire = stack.enter_context(Wire(topology, subscriber))
                wire.send(openings(subscriber, servers))
            connect(subscribers[0], servers[0], MARKER)
            eventually(lambda: beyond.openings(MARKER), "the marker on the internet's wire")
        self.passed = len(beyond.openings())

    def check(self, daemon, mode, kept, others=()):
        """All got the policy's answer and were counted, most without being asked about."""
        assert self.passed == (0 if mode == "block" else self.count)
        eventually(lambda: of_home(daemon)["refused" if mode == "block" else "passed"]
                   == self.count, lambda: str(of_home(daemon)))
        policy = of_home(daemon)
        assert policy["asked"] + policy[kept] == self.count, policy
        assert policy["asked"] >= 20, policy
        assert policy[kept] > self.count // 2, policy
        assert all(policy[other] == 0 for other in others), policy
        losses = {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
        assert losses[f"{kept}-home"] == policy[kept]


@modes
@pytest.mark.parametrize("version", [4, 6])
@kept_by(PACED, broken_by=UNPACED)
def test_a_source_faster_than_its_pace_gets_the_safe_answer(edge25, topology, gate, version, mode,
                                                            configuration, promise):
    daemon = edge25(monitored(configuration, mode))
    burst = Burst(topology, topology.subscribers[0], version=version)
    promise(burst.check, daemon, mode, "paced", ("overrun", "unanswered"))
    # Nobody else is slowed down.
    asked = of_home(daemon)["asked"]
    flows = gate.flows(topology.subscribers[1], 10, version)
    (gate.refuses if mode == "block" else gate.passes)(*flows)
    assert of_home(daemon)["asked"] == asked + 10


@modes
@kept_by(RATED, broken_by=UNRATED)
def test_all_together_beyond_the_rate_get_the_safe_answer(edge25, topology, mode, configuration,
                                                          promise):
    daemon = edge25(monitored(configuration, mode))
    burst = Burst(topology, *topology.subscribers)
    promise(burst.check, daemon, mode, "overrun", ("unanswered",))


def paces(daemon, address):
    """What explain knows of the pace of a source."""
    said = daemon.ctl("explain", address, "203.0.113.200" if "." in address else "2001:db8:f::200")
    assert said["pace"] == 20 and said["verdict"] == "ask"
    met = [element for element in said["kernel"]["elements"] if element["kind"] == "pace"]
    assert bool(met) == ("beyond its pace" in said["reason"]), said["reason"]
    return met


@pytest.mark.parametrize("version", [4, 6])
def test_explain_says_who_may_be_beyond_its_pace(edge25, topology, gate, version):
    """As long as tokens may be missing; and to ask takes none."""
    daemon = edge25(PACED)
    line, other = topology.subscribers[:2]
    assert paces(daemon, line.address(version)) == []

    def soon_after():
        Burst(topology, line, version=version)
        return paces(daemon, line.address(version))

    # this machine may take a second until it asks
    one, = eventually(soon_after, "the pace of a source that just asked")
    network = ipaddress.ip_network(one["from"])
    assert ipaddress.ip_address(line.address(version)) in network
    assert network.prefixlen == {4: 32, 6: 64}[version] and one["remaining"] == 1
    assert paces(daemon, other.address(version)) == []
    eventually(lambda: not paces(daemon, line.address(version)), "the pace to be whole again")
    asked = of_home(daemon)["asked"]
    for _ in range(25):
        paces(daemon, line.address(version))
    gate.refuses(*gate.flows(line, 15, version))
    assert of_home(daemon)["asked"] == asked + 15


def test_a_pace_holds_after_a_reload_that_changes_it(edge25, topology):
    daemon = edge25(UNPACED)
    burst = Burst(topology, topology.subscribers[0])
    must_fail(burst.check, daemon, "block", "paced")
    before = of_home(daemon)
    daemon.configure(PACED)
    daemon.ctl("reload")
    Burst(topology, topology.subscribers[0])
    eventually(lambda: of_home(daemon)["paced"] > COUNT // 2, lambda: str(of_home(daemon)))
    assert of_home(daemon)["asked"] - before["asked"] < COUNT // 2


# A flood of sources that nobody has, where everything that fills is small.

SMALL = """\
reject-rate = 100000
read-interval = 1s
remember-pairs = 16
tally-hosts = 16
max-hosts = 16
max-active = 16
queue-rate = 50
queue-length = 16
policy "home" { mode = block }
policy "watch" { mode = monitor }
range "lines" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
range "watched" { prefixes = { "100.64.1.0/24" }  policy = "watch" }
allow "server" { from = { "100.64.2.2" }  comment = "a mail server" }
"""


class Flood:
    """Context manager: openings of as many sources as there are, one after the other."""

    SOURCES = 4000

    def __init__(self, topology, subscriber):
        first = ipaddress.ip_address("100.80.0.1")
        self._packets = [opening(str(first + number), f"198.19.{number >> 8}.{number & 255}")
                         for number in range(self.SOURCES)]
        self._wire = Wire(topology, subscriber)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self.sent = 0

    def __enter__(self):
        self._thread.start()
        eventually(lambda: self.sent > self.SOURCES, "a flood")
        return self

    def __exit__(self, *exception):
        self.end()
        self._wire.__exit__()

    def end(self):
        """No more."""
        self._stop.set()
        self._thread.join()

    def _send(self):
        for packet in itertools.cycle(self._packets):
            if self._stop.wait(0.0002) or self.sent > 50 * self.SOURCES:
                return
            self._wire.send([packet])
            self.sent += 1


def test_a_flood_of_spoofed_sources_fills_nothing_that_others_need(edge25, topology, gate):
    """Who is allowed, watched, refused, or submits mail sees nothing of it."""
    daemon = edge25(SMALL)
    attacker, watched, allowed = topology.subscribers
    with Flood(topology, attacker) as flood:
        losses = {loss["name"] for loss in daemon.status()["losses"]}
        assert {"overrun-home", "untallied_refused", "unpaced"} <= losses, losses  # all is full
        gate.passes(*gate.flows(allowed, 10))
        gate.passes(*gate.flows(watched, 10))
        gate.refuses(*gate.flows(attacker, 10))
        for port in (465, 587):
            assert connect(allowed, gate.fresh()[0], port).error == "ECONNREFUSED"
        flood.end()
        sent = flood.sent + 10
    home = eventually(lambda: (lambda policy: policy["refused"] == sent and policy)(of_home(daemon)),
                      lambda: f"{sent} refusals: {of_home(daemon)}")
    assert home["asked"] + home["overrun"] >= sent - 16, home
    watch = daemon.status()["policies"][1]
    assert watch["passed"] == 10, watch
