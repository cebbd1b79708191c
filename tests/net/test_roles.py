# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what: every method that there is, on both sockets, as every kind of user; and whose change it
was is told, logged and kept."""

import contextlib
import json
import pwd
import socket
import sqlite3
import subprocess
import sys

import pytest

from lab.promise import eventually, must_fail
from lab.sockets import connect_many
from lab.time_travel import incidents

MONITOR_GROUP = 60  # games: a group that every Debian has
CONFIGURATION = """
policy "home" { mode = block  pace = 0  suspect-servers = 3 }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
monitor-group = "games"
"""
PERMITTED, ACCESS = -32001, "Permission denied"
SOCKETS = ("control.sock", "monitor.sock")

# Runs as another user: sends its input to a socket, request by request, and prints the replies.
PROGRAM = """
import json, socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.settimeout(60)
try:
    peer.connect(sys.argv[1])
except PermissionError as error:
    sys.exit(error.strerror)
lines = peer.makefile("rb")
for request in sys.stdin:
    peer.sendall(request.encode())
    while True:
        reply = lines.readline()
        if not reply:
            sys.exit("closed: " + request)
        if "id" in json.loads(reply):
            break
    print(reply.decode(), end="")
"""


class Person:
    """A user with a group, as who a program may run."""

    def __init__(self, user, group):
        self.user = user
        self.uid = pwd.getpwnam(user).pw_uid
        self._group = group

    def call(self, edge25, name, requests):
        """The replies to (method, params) each; PermissionError: no connection."""
        text = "".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                                   "params": params}) + "\n"
                       for number, (method, params) in enumerate(requests))
        done = subprocess.run(
            ["setpriv", f"--reuid={self.uid}", f"--regid={self._group}", "--clear-groups",
             sys.executable, "-c", PROGRAM, edge25.directory / "run" / name],
            input=text, capture_output=True, text=True, timeout=120)
        if done.stderr == f"{ACCESS}\n":
            raise PermissionError(done.stderr)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def people(edge25):
    """Every kind of user, and the sockets that each may use."""
    own = edge25.socket.stat()
    return {
        "root": (Person("root", 0), SOCKETS),
        "in control's group": (Person("mail", own.st_gid), ("control.sock",)),
        "in the monitor group": (Person("news", MONITOR_GROUP), ("monitor.sock",)),
        "another user": (Person("lp", pwd.getpwnam("lp").pw_gid), ()),
        "control's user": (Person(pwd.getpwuid(own.st_uid).pw_name, own.st_gid), SOCKETS),
    }


def methods(edge25):
    """{method: role} of all that control has."""
    return {method["name"]: method["x-role"] for method in edge25.ctl("discover")["methods"]}


def state(edge25):
    """What changing methods could change."""
    return (edge25.ctl("allow", "list")["entries"], edge25.status()["contained"],
            [(one["id"], one["state"]) for one in incidents(edge25)], edge25.stderr())


def test_every_method_on_every_socket(edge25):
    daemon = edge25(CONFIGURATION)
    roles = methods(daemon)
    assert "control" in roles.values() and "monitor" in roles.values()
    for kind, (person, may_use) in people(daemon).items():
        for name in SOCKETS:
            if name not in may_use:
                with pytest.raises(PermissionError):
                    person.call(daemon, name, [("status", {})])
                continue
            before = state(daemon)
            check_roles(person.call(daemon, name, [(method, {}) for method in roles]), roles,
                        permitted=name == "control.sock")
            if name == "monitor.sock":
                assert state(daemon) == before, kind
    monitor = Person("root", 0).call(daemon, "monitor.sock", [(method, {}) for method in roles])
    must_fail(check_roles, monitor, roles, permitted=True)


def check_roles(replies, roles, permitted):
    """What reads is never refused, what changes is where that is not permitted; nothing else fails than
    the parameters that were not given."""
    assert len(replies) == len(roles)
    for (method, role), reply in zip(roles.items(), replies):
        code = reply.get("error", {}).get("code")
        if role == "control" and not permitted:
            assert reply["error"] == {"code": PERMITTED, "message": f"{method} is not permitted on "
                                      "monitor.sock: use control.sock"}
        else:
            assert code in (None, -32602), (method, reply)


# Params of each changing method, in an order in which all of them change something. A method that is not
# here fails the test: whose change it was must be seen here.
ENTRY = {"to": "203.0.113.25", "comment": "by whom?"}
CHANGES = {
    "allow.add": ENTRY,
    "allow.import": {"entries": [{"to": "203.0.113.26", "comment": "one of a list"}]},
    "allow.del": {"to": ENTRY["to"]},
    "contain": {"host": "100.64.0.77", "for": "1h", "comment": "a test"},
    "release": {"host": "100.64.0.77"},
    "incidents.close": {},  # the id of one that is open
    "forget": {"host": "100.64.0.2"},
    "log.reopen": {},
    "reload": {},
}
UNAUDITED = {"log.reopen", "forget"}  # changes no state; leaves no trace of its host


@contextlib.contextmanager
def watching(edge25):
    """A function that returns all changes of which somebody was told."""
    with socket.socket(socket.AF_UNIX) as peer, peer.makefile("rb") as lines:
        peer.settimeout(20)
        peer.connect(str(edge25.socket))

        def call(method, **params):
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            peer.sendall(json.dumps(request).encode() + b"\n")
            told = []
            while True:
                line = json.loads(lines.readline())
                if "id" in line:
                    return told
                told.append(line["params"])

        call("events.watch", kinds=["change"])
        yield lambda: call("status")


def suspect(gate, edge25):
    """The id of an incident that is open."""
    line = gate.topology.subscribers[0]
    servers = [flow.destination for flow in gate.flows(line, 6)]
    connect_many(line, servers)
    found = eventually(lambda: [one for one in incidents(edge25) if one["state"] == "open"],
                       "an incident")
    return found[0]["id"]


def audited(edge25):
    """(uid, user) of the lines of the audit trail."""
    with contextlib.closing(sqlite3.connect(edge25.directory / "state/edge25.db")) as database:
        return database.execute("SELECT uid, user FROM audit ORDER BY id").fetchall()


@pytest.mark.parametrize("kind", ["root", "in control's group", "control's user"])
def test_whose_change_it_was(edge25, gate, kind):
    daemon = edge25(CONFIGURATION)
    person, _ = people(daemon)[kind]
    changing = {method for method, role in methods(daemon).items() if role == "control"}
    assert changing <= set(CHANGES), f"say how to call {changing - set(CHANGES)}"
    identity = suspect(gate, daemon)
    with watching(daemon) as told:
        for method in (method for method in CHANGES if method in changing):
            params = {"id": identity} if method == "incidents.close" else CHANGES[method]
            lines = len(audited(daemon))
            reply, = person.call(daemon, "control.sock", [(method, params)])
            assert "result" in reply, (method, reply)
            if method not in UNAUDITED:  # a reply does not wait for the disk where nothing else does
                eventually(lambda lines=lines: audited(daemon)[lines:], method)
            check_recorded(daemon, method, person, told(), audited(daemon)[lines:])
        other = Person("lp", 0)
        must_fail(check_recorded, daemon, "reload", other, [], [])


def check_recorded(edge25, method, person, told, lines):
    """Those who watch, the log and the audit trail say who it was, and nobody else."""
    by = {"uid": person.uid, "user": person.user}
    assert [(one["method"], one["by"]) for one in told] == [(method, by)], (method, told)
    assert any(f": {method}: " in line and line.endswith(f"by {person.user} (uid {person.uid})")
               for line in edge25.stderr().splitlines()), edge25.stderr()
    assert set(lines) <= {(person.uid, person.user)}
    if method not in UNAUDITED:
        assert lines, method
