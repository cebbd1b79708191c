# SPDX-License-Identifier: GPL-2.0-or-later
"""What has a bound, and is full: the kernel's sets, a queue's receive buffer, the allowlist, the
ranges. Packets are refused or pass as ever, all of them are counted, and what could not be kept is
named."""

import itertools
import sqlite3

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import frozen, killed, narrowed, questions, queues, wait_until_held
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening, openings

RANGE = """
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
summary-interval = 1s
events-per-host = 0
"""
BLOCK = 'policy "home" { mode = block  deny = drop }' + RANGE
MONITOR = 'policy "home" { mode = monitor }' + RANGE
POLICIES = pytest.mark.parametrize("policy", [BLOCK, MONITOR], ids=["block", "monitor"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])
SMALL = 16  # the smallest sets that the configuration takes
SOURCES, SERVERS, ROUNDS = 40, 4, 3
PACKETS = SOURCES * SERVERS * ROUNDS


class Crowded:
    """More sources and pairs than sets hold, each pair several times, seen on both sides."""

    def __init__(self, gate, version, edge25):
        line = gate.topology.subscribers[0]
        sources = ([f"100.64.0.{number + 100}" for number in range(SOURCES)] if version == 4
                   else [f"2001:db8:1:8{number:02x}::2" for number in range(SOURCES)])
        servers = gate.fresh(SERVERS, version)
        with (Capture(gate.topology.gateway, line.interface) as arrived,
              Capture(gate.topology.internet) as left, Wire(gate.topology, line) as wire):
            for _ in range(ROUNDS):
                wire.send([opening(source, server)
                           for source, server in itertools.product(sources, servers)])
                wait_until_held(edge25, 0)
            arrived.wait_for_openings(PACKETS)
        self.arrived = len(arrived.openings())
        self.passed = len(left.openings())

    def check_counts(self, edge25, patience=10):
        """Each packet is counted, for its host or as a loss with a name."""
        def read():
            status = edge25.status()
            hosts = sum(event["alert"]["metadata"]["attempts"] for event in newest(edge25))
            return [status["totals"]["refused"], status["totals"]["passed"],
                    hosts + untallied(status)]
        expected = [self.arrived - self.passed, self.passed, self.arrived]
        eventually(lambda: read() == expected, lambda: f"{expected} expected, {read()}", patience)


def newest(edge25):
    """The last event of each host."""
    return {event["alert"]["metadata"]["host"]: event for event in edge25.events()}.values()


def losses(status):
    return {loss["name"]: loss["count"] for loss in status["losses"]}


def untallied(status):
    return sum(count for name, count in losses(status).items() if name.startswith("untallied_"))


def check_named(edge25, crowded):
    """What did not fit has names: pairs are asked about again, hosts are not told apart."""
    status = edge25.status()
    asked = status["policies"][0]["asked"]
    named = losses(status)
    assert asked > SOURCES * SERVERS, "no pair was asked about twice"
    assert named.get("unremembered", 0) >= SOURCES * SERVERS - SMALL, named
    assert untallied(status) >= crowded.arrived * (SOURCES - SMALL) // SOURCES, named


@VERSIONS
@POLICIES
def test_sets_full(edge25, gate, policy, version):
    daemon = edge25(policy + f"remember-pairs = {SMALL}\ntally-hosts = {SMALL}\n")
    crowded = Crowded(gate, version, daemon)
    assert crowded.arrived == PACKETS
    assert crowded.passed == (0 if policy == BLOCK else PACKETS)
    crowded.check_counts(daemon)
    check_named(daemon, crowded)


def test_sets_full_control_run(edge25, gate):
    """With room for all, nothing is lost, and the checks notice."""
    daemon = edge25(BLOCK)
    crowded = Crowded(gate, 4, daemon)
    crowded.check_counts(daemon)
    must_fail(check_named, daemon, crowded)
    crowded.arrived += 1
    must_fail(crowded.check_counts, daemon, patience=1)


@VERSIONS
def test_what_is_remembered_is_asked_about_once_when_the_tally_is_full(edge25, gate, version):
    """The rule that counts it for its host cannot; the pair is found all the same."""
    daemon = edge25(BLOCK + f"tally-hosts = {SMALL}\n")
    crowded = Crowded(gate, version, daemon)
    crowded.check_counts(daemon)
    assert untallied(daemon.status()) >= PACKETS * (SOURCES - SMALL) // SOURCES
    assert questions(daemon) == SOURCES * SERVERS


# The receive buffer of a queue.

MANY = 300  # openings, when the buffer has room for a few and the queue for thousands


class Narrow:
    """Openings while the engine stands still and its buffer takes next to nothing."""

    def __init__(self, gate, version, edge25):
        line = gate.topology.subscribers[0]
        with (Capture(gate.topology.gateway, line.interface) as arrived,
              Capture(gate.topology.internet) as left):
            with (frozen(edge25.pid(ENGINE)), narrowed(edge25),
                  Wire(gate.topology, line) as wire):
                wire.send(openings(line, gate.fresh(MANY, version)))
                arrived.wait_for_openings(MANY)
                self.held = sum(queue.held for queue in queues(edge25))
            wait_until_held(edge25, 0)
        self.arrived = len(arrived.openings())
        self.passed = len(left.openings())


@VERSIONS
@POLICIES
def test_receive_buffer_full(edge25, gate, policy, version):
    daemon = edge25("queues = 1\n" + policy)
    narrow = Narrow(gate, version, daemon)
    assert narrow.held < MANY // 2
    assert narrow.arrived == MANY
    check_answers(daemon, narrow, policy == MONITOR)


def check_answers(edge25, narrow, passes):
    """The safe answer for all that did not fit, at once; the others were held; none is lost."""
    assert narrow.passed == (MANY if passes else 0)

    def read():
        policy = edge25.status()["policies"][0]
        return [policy[key] for key in ("asked", "unanswered", "refused", "passed", "lost")]
    expected = [MANY, MANY - narrow.held, MANY - narrow.passed, narrow.passed, 0]
    eventually(lambda: read() == expected, lambda: f"{expected} expected, {read()}")


@pytest.mark.parametrize("policy", [BLOCK.replace("deny", "when-unanswered = pass  deny"),
                                    MONITOR.replace("monitor", "monitor  when-unanswered = refuse "
                                                               "deny = drop")],
                         ids=["block", "monitor"])
def test_receive_buffer_full_control_run(edge25, gate, policy):
    """With the other answer when nobody answers, the check notices."""
    daemon = edge25("queues = 1\n" + policy)
    narrow = Narrow(gate, 4, daemon)
    must_fail(check_answers, daemon, narrow, "monitor" in policy)


# The allowlist and the ranges.

ENTRIES = 100000  # ALLOWLIST_MAX of daemon/control/allow/allowlist.h


def fill(edge25, count):
    """COUNT entries more stand in the database, as if somebody had added them one by one."""
    with sqlite3.connect(edge25.directory / "state/edge25.db") as database:
        database.executemany(
            "INSERT INTO allow (from_prefix, to_prefix, expires, comment, added, uid, user, way)"
            " VALUES ('', ?, 0, 'one of many', 1, 0, 'root', 0)",
            ((f"192.{number >> 16}.{number >> 8 & 255}.{number & 255}",)
             for number in range(count)))


def add(edge25, server):
    return edge25.ctl("allow", "add", "--to", server, "--comment", "one more")


def test_allowlist_full(edge25, gate):
    """No entry more is taken, and those that are there count."""
    daemon = edge25(BLOCK.replace("drop", "tcp-reset"))
    line = gate.topology.subscribers[0]
    friend, stranger = gate.flows(line, 2)
    add(daemon, friend.destination)
    with killed(daemon, CONTROL):
        fill(daemon, ENTRIES - 1)
    refused = daemon.control("allow", "add", "--to", stranger.destination, "--comment", "one more")
    assert f"the allowlist is full: {ENTRIES} entries" in refused.stderr
    assert refused.returncode == 1
    gate.passes(friend)
    gate.refuses(stranger)
    daemon.ctl("allow", "del", "--to", "192.0.0.1")
    assert add(daemon, stranger.destination)["applied"]
    gate.passes(friend, stranger)


PREFIXES = 1000000  # CONFIG_FILE_PREFIXES_MAX of daemon/control/config/config.h


def test_ranges_too_large(edge25, gate):
    """The file and the line are named, nothing changes."""
    daemon = edge25(BLOCK.replace("drop", "tcp-reset"))
    path = daemon.directory / "prefixes"
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}\n"
                        for number in range(PREFIXES + 1))
    daemon.configure(BLOCK.replace("prefixes = {", f'prefix-file = "{path}"  prefixes = {{'))
    checked = daemon.run("-t", check=False)
    assert checked.returncode == 1
    assert f"{path}:{PREFIXES + 1}: " in checked.stderr, checked.stderr
    daemon.reload()
    eventually(lambda: "reload: nothing was changed" in daemon.stderr(), daemon.stderr, 60)
    gate.refuses(*gate.flows(gate.topology.subscribers[0], 2))
