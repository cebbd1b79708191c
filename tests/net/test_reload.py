# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads: the reply comes when the kernel has the new table and says what changed; an error changes
nothing; and nobody's packets notice."""

import contextlib
import json
import os
import pathlib
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.faults import bound, frozen, killed, wait_until_held
from lab.host import wait_for
from lab.promise import eventually, must_fail
from lab.raw import Stream, Wire, openings

SUBSCRIBERS = ["100.64.0.0/10", "2001:db8:1::/48"]
READING = "read-interval = 1s\nqueue-length = 4096\n"
VERSIONS = pytest.mark.parametrize("version", [4, 6])
SECTIONS = ("policies", "ranges", "allow")


def configuration(*prefixes, mode="block", more=""):
    """A policy and a range of these prefixes (all subscribers unless given)."""
    listed = ", ".join(f'"{prefix}"' for prefix in prefixes or SUBSCRIBERS)
    return (READING + f'policy "home" {{ mode = {mode} }}\n'
            f'range "dsl" {{ prefixes = {{ {listed} }}  policy = "home" }}\n' + more)


BLOCK, MONITOR = configuration(), configuration(mode="monitor")


def reload(daemon, text=None, *options):
    """Reload with this configuration; the reply."""
    if text is not None:
        daemon.configure(text)
    return daemon.ctl("reload", *options)


def names(reply):
    """What was added, removed and changed, by name."""
    return {kind: {what: [section["name"] for section in sections]
                   for what, sections in reply[kind].items() if sections}
            for kind in SECTIONS if any(reply[kind].values())}


# What the reply says.

@VERSIONS
def test_the_reply_comes_when_the_kernel_has_it(edge25, gate, version):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    for _ in range(3):
        reply = reload(daemon, MONITOR)
        gate.passes(*gate.flows(line, 1, version))
        assert reply["applied"] and reply["changed"] and reply["warnings"] == []
        reload(daemon, BLOCK)
        gate.refuses(*gate.flows(line, 1, version))


def test_the_reply_says_what_changed(edge25):
    daemon = edge25(configuration(more='policy "old" { mode = block }\n'
                                       'range "lan" { interfaces = { "sub1" } policy = "old" }\n'
                                       'allow "gone" { to = { "203.0.113.25" } comment = "c" }\n'))
    text = configuration("100.64.0.0/11", "2001:db8:1::/48", "192.0.2.0/24", mode="monitor", more="""
        policy "new" { mode = block }
        range "cable" { prefixes = { "198.51.100.0/24" } policy = "new" }
        allow "relay" { to = { "203.0.113.25" } comment = "c" }
        reject-rate = 500
        max-hosts = 1000
        """)
    dry = reload(daemon, text, "--dry-run")
    reply = reload(daemon)
    assert reply == {**dry, "applied": True, "dry_run": False}
    assert names(reply) == {
        "policies": {"added": ["new"], "removed": ["old"], "changed": ["home"]},
        "ranges": {"added": ["cable"], "removed": ["lan"], "changed": ["dsl"]},
        "allow": {"added": ["relay"], "removed": ["gone"]}}
    assert reply["policies"]["changed"][0]["keys"] == [
        {"key": "mode", "old": "block", "new": "monitor"},
        {"key": "when-unanswered", "old": "refuse", "new": "pass"}]
    changed, = reply["ranges"]["changed"]
    assert (changed["prefixes_added"], changed["prefixes_removed"]) == (2, 1)
    assert reply["ranges"]["removed"] == [{"name": "lan", "policy": "old", "prefixes": 0,
                                           "interfaces": ["sub1"]}]
    assert reply["settings"] == [
        {"key": "reject-rate", "old": "1000", "new": "500", "effect": "now"},
        {"key": "max-hosts", "old": "65536", "new": "1000", "effect": "restart"}]
    line = f"edge25-control: reload: {daemon.configuration}: {'; '.join(reply['summary'])}"
    assert f"{line}, by root (uid 0)\n" in daemon.stderr()


def test_the_page_is_the_summary(edge25):
    daemon = edge25(BLOCK)
    daemon.configure(MONITOR)
    line = 'policy "home" changed: mode block -> monitor, when-unanswered refuse -> pass\n'
    assert daemon.control("reload", "--dry-run").stdout.splitlines(True)[1:] == [line]
    assert daemon.control("reload").stdout == line
    assert daemon.control("reload").stdout == "nothing changed\n"


def test_nothing_changed(edge25):
    daemon = edge25(BLOCK)
    reply = reload(daemon)
    assert not reply["changed"] and reply["applied"]
    assert reply["summary"] == ["nothing changed"]
    assert reply["settings"] == [] and names(reply) == {}


def test_a_setting_that_needs_a_restart_is_named_until_then(edge25):
    daemon = edge25(BLOCK)
    text = BLOCK + "max-hosts = 1000\n"
    for _ in range(2):
        reply = reload(daemon, text)
        assert not reply["changed"]
        assert [setting["key"] for setting in reply["settings"]] == ["max-hosts"]
    daemon.restart()
    assert reload(daemon)["settings"] == []


@VERSIONS
def test_a_dry_run_changes_nothing(edge25, gate, version):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]

    def dry_run_is_harmless(*options):
        reply = reload(daemon, MONITOR, *options)
        assert reply["changed"]
        gate.refuses(*gate.flows(line, 1, version))

    dry_run_is_harmless("--dry-run")
    assert daemon.status()["policies"][0]["mode"] == "block"
    must_fail(dry_run_is_harmless)


# Errors.

def is_refused(daemon, expected, *options):
    """edge25ctl says why, with exit code 1."""
    result = daemon.control("reload", *options)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert result.stderr == f"edge25ctl: nothing was changed: {expected}\n", result.stderr


def test_an_error_changes_nothing(edge25, gate):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    daemon.configure(MONITOR.replace("/48", "/x"))
    expected = (f'{daemon.configuration}:4: range "dsl": prefixes: 2001:db8:1::/x is not an IPv4 '
                "or IPv6 prefix")
    is_refused(daemon, expected, "--dry-run")
    daemon.wait_until_healthy()
    is_refused(daemon, expected)
    gate.refuses(*gate.flows(line))
    assert daemon.status()["problems"] == [{"name": "reload", "text": (
        "the last reload failed, and the configuration before it is in force: " + expected)}]
    reload(daemon, MONITOR)
    gate.passes(*gate.flows(line))
    daemon.wait_until_healthy()
    must_fail(is_refused, daemon, expected)


def test_a_configuration_that_the_engine_refuses_is_taken_back(edge25, gate):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    with bound(daemon.namespace, 2600):
        daemon.configure(MONITOR + "queue-first = 2600\nqueues = 1\n"
                         + 'allow "relay" { from = { "100.64.0.0/10" } comment = "c" }\n')
        is_refused(daemon, "the engine could not do it: queue 2600 is bound by another program: "
                   "stop that, or choose another queue-first")
        gate.refuses(*gate.flows(line))
        status = daemon.status()
        assert status["policies"][0]["mode"] == "block"
        assert [problem["name"] for problem in status["problems"]] == ["reload"]
        assert daemon.ctl("allow", "list")["entries"] == []
        flow, = gate.flows(line)
        daemon.ctl("allow", "add", "--to", flow.destination, "--comment", "c")
        gate.passes(flow)
    assert reload(daemon)["applied"]
    gate.passes(*gate.flows(line))


# Others at the same time.

def ask(daemon, params=None):
    """A connection on which a reload was asked for."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(daemon.socket))
    request = {"jsonrpc": "2.0", "id": 1, "method": "reload", "params": params or {}}
    connection.sendall(json.dumps(request).encode() + b"\n")
    return connection


def answer(connection):
    """The reply on it."""
    with connection, connection.makefile() as lines:
        return json.loads(lines.readline())


def test_several_at_a_time_are_done_one_after_the_other(edge25, gate):
    daemon = edge25(BLOCK)
    daemon.configure(MONITOR)
    replies = [answer(connection) for connection in
               [ask(daemon, {"dry_run": dry}) for dry in (False, False, True, False)]]
    results = [reply["result"] for reply in replies]
    assert sum(result["changed"] for result in results if result["applied"]) == 1
    assert all(result["applied"] != result["dry_run"] for result in results)
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_too_many_at_a_time(edge25, gate):
    daemon = edge25(BLOCK)
    daemon.configure(MONITOR)
    with frozen(daemon.pid(ENGINE)):
        first = ask(daemon)
        eventually(lambda: daemon.ctl("explain", "100.64.0.2")["mode"] == "monitor",
                   "the first to wait for the engine")
        waiting = [ask(daemon) for _ in range(20)]
    assert answer(first)["result"]["changed"]
    replies = [answer(connection) for connection in waiting]
    refused = [reply["error"]["message"] for reply in replies if "error" in reply]
    assert refused == ["16 reloads wait already"] * 4
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_who_has_gone_is_not_missed(edge25, gate):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    daemon.configure(MONITOR)
    with frozen(daemon.pid(ENGINE)):
        ask(daemon).close()
        ask(daemon).close()
    eventually(lambda: daemon.stderr().count("reload: " + str(daemon.configuration)) == 2,
               "both reloads")
    gate.passes(*gate.flows(line))
    assert not reload(daemon)["changed"]


def test_signals_that_come_together(edge25, gate):
    """The last one counts, whatever those before did."""
    daemon = edge25(BLOCK)
    for text in (MONITOR, BLOCK) * 5 + (MONITOR,):
        daemon.configure(text)
        daemon.reload()
    eventually(lambda: daemon.status()["policies"][0]["mode"] == "monitor", "monitor")
    assert not reload(daemon)["changed"]
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_the_engine_is_away(edge25, gate):
    daemon = edge25(BLOCK)
    line = gate.topology.subscribers[0]
    with killed(daemon, ENGINE):
        eventually(lambda: not daemon.status()["engine"]["connected"], "control to notice")
        reply = reload(daemon, MONITOR)
        assert reply["changed"] and not reply["applied"]
        assert reply["warnings"] == ["the engine is not there: the configuration takes effect when "
                                     "the engine is back"]
    gate.passes(*gate.flows(line))


def test_the_engine_is_lost_in_the_middle(edge25, gate):
    daemon = edge25(BLOCK)
    daemon.configure(MONITOR)
    engine = daemon.pid(ENGINE)
    with frozen(engine):
        connection = ask(daemon)
        eventually(lambda: daemon.ctl("explain", "100.64.0.2")["mode"] == "monitor",
                   "the plan to be sent")
        daemon.signal(ENGINE, 9)
        assert not answer(connection)["result"]["applied"]
    daemon.wait_for_new(ENGINE, engine)
    daemon.wait_until_healthy()
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_control_is_stopped_in_the_middle(edge25, gate):
    """It ends as ever, and the next one has the new configuration."""
    daemon = edge25(BLOCK)
    daemon.configure(MONITOR)
    control = daemon.pid(CONTROL)
    with frozen(daemon.pid(ENGINE)):
        connections = [ask(daemon) for _ in range(3)]
        eventually(lambda: daemon.ctl("explain", "100.64.0.2")["mode"] == "monitor",
                   "the plan to be sent")
        daemon.signal(CONTROL, 15)
        replies = [answer(connection) for connection in connections]
    assert sorted("result" in reply for reply in replies) == [False, False, True]
    assert {reply["error"]["message"] for reply in replies if "error" in reply} == {
        "nothing was changed: edge25-control ends"}
    daemon.wait_for_new(CONTROL, control)
    daemon.wait_until_healthy()
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


# Packets.

RELOADS = 24
LISTS = [SUBSCRIBERS, ["100.64.0.0/11", "100.96.0.0/11", "2001:db8:1::/49", "2001:db8:1:8000::/49"],
         [*SUBSCRIBERS, "192.0.2.0/24"]]
DENIALS = ["drop", "tcp-reset", "admin-prohibited"]


def turns(mode="block"):
    """Configurations that differ in ranges, policies, queues and allow entries."""
    for turn in range(RELOADS):
        text = configuration(*LISTS[turn % 3], mode=mode,
                             more='allow "relay" { to = { "203.0.113.25" } comment = "c" }\n'
                             if turn % 2 else "queue-first = 2700\n")
        yield text.replace("mode = ", f"deny = {DENIALS[turn // 2 % 3]}  mode = ")


def reload_often(daemon, mode="block"):
    """Many reloads; each says that it changed something."""
    for text in turns(mode):
        assert reload(daemon, text)["applied"]


class Wires:
    """Context manager: a stream of openings to 25 or to submission, seen on both sides."""

    def __init__(self, topology, line, port):
        self.port = port
        self._stack = contextlib.ExitStack()
        self._arrived = Capture(topology.gateway, line.interface)
        self._left = Capture(topology.internet)
        self._stream = Stream(topology, line, port)
        self.source = line.address(6)

    def __enter__(self):
        for part in self._arrived, self._left, self._stream:
            self._stack.enter_context(part)
        return self

    def __exit__(self, *exception):
        before = self._stream.sent
        eventually(lambda: self._stream.sent > before, "a packet after all that")
        self._stack.close()

    def counts(self):
        """Openings that arrived, and that left for the internet."""
        return [sum(packet.source == self.source for packet in capture.openings(self.port))
                for capture in (self._arrived, self._left)]


def nothing_leaks(daemon, topology, mode="block"):
    with Wires(topology, topology.subscribers[2], 25) as wires:
        reload_often(daemon, mode)
    arrived, left = wires.counts()
    assert arrived > 1000 and not left, f"{left} of {arrived} openings went to the internet"
    eventually(lambda: counted(daemon) == (arrived, 0),
               lambda: f"{arrived} arrived, refused and lost are {counted(daemon)}")


def counted(daemon):
    """What status says was refused, and was lost."""
    policy = daemon.status()["policies"][0]
    return policy["refused"], policy["lost"]


def test_nothing_leaks_and_counts_are_kept(edge25, topology):
    nothing_leaks(edge25(BLOCK), topology)


def test_nothing_leaks_control_run(edge25, topology):
    """Reloads that do open the range are noticed."""
    with pytest.raises(AssertionError, match="openings went to the internet"):
        nothing_leaks(edge25(BLOCK), topology, "monitor")


def no_submission_is_lost(daemon, topology, port):
    with Wires(topology, topology.subscribers[1], port) as wires:
        reload_often(daemon)
    arrived, left = wires.counts()
    assert arrived > 1000 and left == arrived, f"{left} of {arrived} openings arrived"
    eventually(lambda: daemon.status()["totals"]["submission"] == arrived, "all to be counted")


@pytest.mark.parametrize("port", [465, 587])
def test_no_submission_is_lost(edge25, topology, port):
    no_submission_is_lost(edge25(BLOCK), topology, port)


def test_no_submission_is_lost_control_run(edge25, topology, gate):
    with gate.spoiled("tcp dport 587 numgen inc mod 500 0 drop"):
        must_fail(no_submission_is_lost, edge25(BLOCK), topology, 587)


HELD = 500
OTHER_QUEUES = "queue-first = 2700\nqueue-length = 8192\n"


def held_packets_are_answered(daemon, gate, text, lose=False):
    """Packets that wait in the queue when a reload is asked for are answered by the engine."""
    topology, line = gate.topology, gate.topology.subscribers[0]
    with Capture(topology.internet) as left, Wire(topology, line) as wire:
        with frozen(daemon.pid(ENGINE)):
            wire.send(openings(line, gate.fresh(HELD, 6)))
            wait_until_held(daemon, HELD)
            daemon.configure(text)
            connection = ask(daemon)
            wait_for(lambda: daemon.ctl("explain", line.address(6))["range"] == "other",
                     "the plan to be sent")
            if lose:
                daemon.signal(ENGINE, 9)
        assert answer(connection)["result"]["applied"] or lose
        wait_until_held(daemon, 0)
        daemon.wait_until_healthy()
        policy = daemon.status()["policies"][0]
    known = {key: policy[key] for key in
             ("asked", "answered_refuse", "answered_pass", "unanswered", "lost")}
    passes = policy["mode"] == "monitor"
    assert known == {"asked": HELD, "answered_refuse": 0 if passes else HELD,
                     "answered_pass": HELD if passes else 0, "unanswered": 0, "lost": 0}
    assert len(left.openings()) == (HELD if passes else 0)


@pytest.mark.parametrize("queues", ["", OTHER_QUEUES], ids=["same queues", "other queues"])
@pytest.mark.parametrize("mode", ["block", "monitor"])
def test_held_packets_are_answered(edge25, gate, mode, queues):
    daemon = edge25(configuration(mode=mode))
    text = configuration(mode=mode, more=queues).replace('"dsl"', '"other"')
    held_packets_are_answered(daemon, gate, text)


def test_held_packets_control_run(edge25, gate):
    """Packets that go down with an engine are missed."""
    daemon = edge25(BLOCK)
    must_fail(held_packets_are_answered, daemon, gate, BLOCK.replace('"dsl"', '"other"'), True)


MANY = 50_000


def places(daemon):
    """Where each thread of the engine may run, by name and number."""
    found = {}
    for task in pathlib.Path(f"/proc/{daemon.pid(ENGINE)}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            name = (task / "comm").read_text().strip() + task.name
            found[name] = os.sched_getaffinity(int(task.name))
    return found


def answering_keeps_apart(daemon, laboratory, count):
    """While prefixes come, no thread that answers may wait for the processor that works on them."""
    path = laboratory / "many"
    path.write_text("".join(f"10.{number >> 12}.{number >> 4 & 255}.{number << 4 & 255}/29\n"
                            for number in range(count)), encoding="ascii")
    before, seen = places(daemon), []
    with ThreadPoolExecutor() as other:
        done = other.submit(reload, daemon, configuration(
            more=f'range "many" {{ prefix-file = "{path}"  policy = "home" }}\n'))
        while not done.done():
            seen.append(places(daemon))
    assert done.result()["applied"]
    after = places(daemon)
    assert all(after[thread] == before[thread] for thread in before.keys() & after.keys())
    main = next(thread for thread in before if thread.endswith(str(daemon.pid(ENGINE))))
    assert any(len(now[main]) == 1 and
               not any(now[main] & now[thread] for thread in now if thread.startswith("queue"))
               for now in seen)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor")
def test_answering_keeps_apart_from_a_large_change(edge25, laboratory):
    daemon = edge25(BLOCK)
    must_fail(answering_keeps_apart, daemon, laboratory, 100)  # a small change does not matter
    answering_keeps_apart(daemon, laboratory, MANY)
