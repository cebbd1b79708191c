# SPDX-License-Identifier: GPL-2.0-or-later
"""events.watch and edge25ctl watch: what is asked for comes, and no other; who reads slowly is told what
was lost; a watch says how it ended."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess

from lab.edge25 import BUILD, CONTROL
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening

TWO = """
policy "home" { mode = block  deny = tcp-reset }
policy "look" { mode = monitor }
range "dsl" { prefixes = { "100.64.0.0/24", "2001:db8:1::/48" }  policy = "home" }
range "others" { prefixes = { "100.64.0.0/10" }  policy = "look" }
"""
MANY = """
policy "home" { mode = block  deny = drop  pace = 0 }
range "dsl" { prefixes = { "100.64.0.0/10" }  policy = "home" }
events-per-host = 1000000
events-per-second = 1000000
"""
SOURCES, SERVERS = 60, 50
# One for each opening, and for the incident of each source; 600 bytes each: more than sockets and
# control keep for a watcher.
EVENTS = SOURCES * SERVERS + SOURCES
STATUS = b'{"jsonrpc":"2.0","id":"end","method":"status"}\n'


class Watcher:
    """Somebody who watches, by the socket, with these parameters."""

    def __init__(self, edge25, **params):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(edge25.directory / "run/monitor.sock"))
        self._lines = self._socket.makefile("rb")
        request = {"jsonrpc": "2.0", "id": 1, "method": "events.watch", "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        self.reply = json.loads(self._lines.readline())

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._lines.close()
        self._socket.close()

    def told(self):
        """All that came until now: (kind, params) each."""
        self._socket.sendall(STATUS)
        found = []
        while True:
            line = json.loads(self._lines.readline())
            if line.get("id") == "end":
                return found
            found.append((line["method"], line["params"]))


def host_of(kind, params):
    return params["alert"]["metadata"]["host"] if kind == "event" else params.get("host")


# Parameters, and what they mean of the notifications that come.
FILTERS = [
    ({"kinds": ["event"]}, lambda kind, params: kind == "event"),
    ({"kinds": ["change", "incident"]}, lambda kind, params: kind != "event"),
    ({"host": "100.64.0.2"}, lambda kind, params: host_of(kind, params) == "100.64.0.2"),
    ({"host": "100.64.0.0/24"},
     lambda kind, params: (host_of(kind, params) or "").startswith("100.64.0.")),
    ({"host": "203.0.113.0/24"}, lambda kind, params: False),
    ({"policy": "look"},
     lambda kind, params: kind == "event" and params["alert"]["metadata"]["policy"] == "look"),
    ({"class": "clean", "kinds": ["event"]},
     lambda kind, params: kind == "event" and params["alert"]["metadata"]["class"] == "clean"),
    ({"class": "infected"}, lambda kind, params: False),
    ({"verdict": "refused"},
     lambda kind, params: kind == "event" and params["alert"]["action"] == "blocked"),
    ({"verdict": "passed", "policy": "home"}, lambda kind, params: False),
]


def test_filters(edge25, gate, topology):
    """Each watcher is told of what it asked for, by the notifications that another one got."""
    daemon = edge25(TWO)
    with contextlib.ExitStack() as stack:
        all_of_it = stack.enter_context(Watcher(daemon))
        watchers = [stack.enter_context(Watcher(daemon, **params)) for params, _ in FILTERS]
        gate.refuses(*gate.flows(topology.subscribers[0], 2))
        gate.passes(*gate.flows(topology.subscribers[1], 2))
        gate.refuses(*gate.flows(topology.subscribers[0], 2, 6))
        entry = daemon.ctl("allow", "add", "--to", "203.0.113.99", "--comment", "for who watches")
        eventually(lambda: len(daemon.events()) >= 6, daemon.event_lines)
        everything = all_of_it.told()
        assert {kind for kind, _ in everything} >= {"event", "change"}
        assert {params["alert"]["action"] for kind, params in everything
                if kind == "event"} == {"blocked", "allowed"}
        change, = [params for kind, params in everything if kind == "change"]
        assert change["method"] == "allow.add" and change["by"] == {"uid": 0, "user": "root"}
        assert entry["id"]
        for watcher, (params, wanted) in zip(watchers, FILTERS):
            check_told(watcher.told(), [one for one in everything if wanted(*one)], params)
        must_fail(check_told, everything, [one for one in everything if FILTERS[0][1](*one)], {})


def check_told(found, expected, params):
    assert found == expected, params


# Parameters that are none, and the message.
WRONG = [
    ({"kinds": []}, "kinds: expected an array of words, one at least"),
    ({"kinds": "event"}, "kinds: expected an array of words, one at least"),
    ({"kinds": ["event", "events"]}, "kinds: expected one of event, incident, change"),
    ({"kinds": ["event", "event"]}, "kinds: expected each word once"),
    ({"host": "here"}, "host: here is not an IPv4 or IPv6 prefix"),
    ({"policy": "nope"}, "there is no policy nope"),
    ({"class": "bad"}, "class: expected one of clean, misconfigured, suspect, infected"),
    ({"verdict": 1}, "verdict: expected one of refused, passed"),
    ({"source": "::"}, "events.watch has no parameter source; it takes kinds, host, policy, class, "
                       "verdict"),
]
# The same of edge25ctl: words, exit code and message.
WRONG_WORDS = [
    (["--policy", "nope"], 1, "there is no policy nope"),
    (["--kind", "event,"], 1, "kinds: expected one of event, incident, change"),
    (["--from", "::"], 2, "watch does not take --from: see edge25ctl watch --help"),
]


def test_wrong_filters(edge25):
    daemon = edge25(TWO)
    for params, message in WRONG:
        with Watcher(daemon, **params) as watcher:
            assert watcher.reply["error"]["message"] == message
            assert not watcher.told()
    for words, code, message in WRONG_WORDS:
        result = daemon.control("watch", *words)
        assert (result.returncode, result.stdout, result.stderr) == (
            code, "", f"edge25ctl: {message}\n")


def test_slow_reader(edge25, gate, topology):
    """One that takes nothing for a while loses events, and is told how many; another loses none."""
    daemon = edge25(MANY)
    line = topology.subscribers[0]
    with Watcher(daemon, kinds=["event"]) as slow, Watcher(daemon, kinds=["event"]) as quick, \
            Wire(topology, line) as wire:
        seen = []
        servers = gate.fresh(SERVERS)
        for number in range(SOURCES):
            wire.send([opening(f"100.64.0.{number + 100}", server) for server in servers])
            seen += quick.told()
        eventually(lambda: seen.extend(quick.told()) or len(seen) >= EVENTS,
                   lambda: f"{len(seen)} events")
        late = slow.told()
    check_lost(seen, late)
    must_fail(check_lost, seen, [one for one in late if one[0] == "event"])
    losses = {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
    assert losses["events-unwatched"] == len(seen) - len([one for one in late if one[0] == "event"])


def check_lost(seen, late):
    """The quick one has all, the slow one a part and the number of the others."""
    assert len(seen) == EVENTS and all(kind == "event" for kind, _ in seen)
    events = [one for one in late if one[0] == "event"]
    lost = sum(params["count"] for kind, params in late if kind == "events.lost")
    assert lost > 0 and len(events) + lost == EVENTS
    assert events == [one for one in seen if one in events]


class Program:
    """edge25ctl watch with options."""

    def __init__(self, edge25, *words):
        self.process = subprocess.Popen(
            [BUILD / "edge25ctl", "watch", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, "EDGE25_SOCKET": str(edge25.socket)})

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.communicate()

    def line(self):
        return self.process.stdout.readline()


def catches(pid, number):
    """Has a process a handler for a signal?"""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    mask = next(line.split()[1] for line in text.splitlines() if line.startswith("SigCgt"))
    return int(mask, 16) >> (number - 1) & 1


@contextlib.contextmanager
def program(edge25, *words):
    """edge25ctl watch, which control has answered: it waits for Ctrl-C from then on."""
    with Program(edge25, *words) as started:
        eventually(lambda: catches(started.process.pid, signal.SIGINT), "a watch")
        yield started


def test_program(edge25, gate, topology):
    """People get a line for each; programs get a notification a line; Ctrl-C is an end like another."""
    daemon = edge25(TWO)
    with program(daemon, "--kind", "change,event", "--host=100.64.0.2") as events, \
            program(daemon, "--kind", "change", "--json") as changes:
        daemon.ctl("allow", "add", "--to", "203.0.113.7", "--comment", "for who watches")
        flow, = gate.flows(topology.subscribers[0])
        gate.refuses(flow)
        change = json.loads(changes.line())
        assert (change["method"], change["params"]["method"]) == ("change", "allow.add")
        line = events.line()
        assert " blocked 100.64.0.2:" in line and f" -> {flow.destination}:25 " in line
        for one in (events, changes):
            one.process.send_signal(signal.SIGINT)
            assert one.process.communicate(timeout=20) == ("", "")
            assert one.process.returncode == 0


def test_program_loses_control(edge25):
    """It says so, and leaves with 2; what control says last is said."""
    daemon = edge25(TWO)
    with program(daemon) as watch:
        daemon.signal(CONTROL, signal.SIGKILL)
        assert watch.process.communicate(timeout=20) == (
            "", "edge25ctl: edge25-control closed the connection: see its log\n")
        assert watch.process.returncode == 2
