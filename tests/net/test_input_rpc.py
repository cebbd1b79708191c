# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests with an error over the real sockets, and edge25ctl used wrongly: a message that a person
can act on, and nothing changes."""

import contextlib
import json
import socket

import pytest

from lab.edge25 import Edge25
from lab.promise import must_fail

CONFIGURATION = """
policy "home" { mode = block }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
allow "relay" { to = { "198.51.100.7" }  comment = "our relay" }
"""
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
PERMITTED, BUSY, EXISTS, FOUND, CONFIGURED = -32001, -32002, -32010, -32011, -32015
MEBIBYTE = 1 << 20
NO_DESTINATION = "neither an IPv4 or IPv6 prefix nor a name such as smtp.example.net"
PREFIX_LENGTHS = "the length of an IPv4 prefix is 0 to 32, of an IPv6 prefix 0 to 128"

# Method, parameters, code and message.
CALLS = [
    ("nope", None, METHOD, "there is no method nope; rpc.discover lists all"),
    ("status", {"x": 1}, PARAMS, "status has no parameter x; it takes none"),
    ("status", [], PARAMS, "params: expected an object: parameters are named"),
    ("allow.add", {"frm": "100.64.0.1"}, PARAMS,
     "allow.add has no parameter frm; it takes from, to, expires, comment, "
     "watched, always"),
    ("allow.add", {"comment": "c"}, PARAMS, "from or to is missing: give at least one"),
    ("allow.add", {"from": "100.64.300.0/10", "comment": "c"}, PARAMS,
     "from: 100.64.300.0/10 is not an IPv4 or IPv6 prefix"),
    ("allow.add", {"from": "100.64.0.1/10", "comment": "c"}, PARAMS,
     "from: 100.64.0.1/10 has host bits set; did you mean 100.64.0.0/10?"),
    ("allow.add", {"to": "2001:db8::/129", "comment": "c"}, PARAMS,
     f"to: 2001:db8::/129: {PREFIX_LENGTHS}"),
    ("allow.add", {"to": "10.0.0.1.5", "comment": "c"}, PARAMS,
     "to: 10.0.0.1.5 is not an IPv4 or IPv6 prefix"),
    ("allow.add", {"to": "1.2.3", "comment": "c"}, PARAMS,
     "to: 1.2.3 is not an IPv4 or IPv6 prefix"),
    ("allow.add", {"to": "smtp_1.example.net", "comment": "c"}, PARAMS,
     f"to: smtp_1.example.net is {NO_DESTINATION}"),
    ("allow.add", {"from": "smtp.example.net", "comment": "c"}, PARAMS,
     "from: smtp.example.net is not an IPv4 or IPv6 prefix"),
    ("allow.add", {"to": 25, "comment": "c"}, PARAMS,
     "to: expected a string with an IPv4 or IPv6 prefix, or a name"),
    ("allow.del", {"to": "smtp.example.net"}, FOUND,
     "there is no allow entry from any to smtp.example.net"),
    ("allow.add", {"to": "", "comment": "c"}, PARAMS, "to:  is not an IPv4 or IPv6 prefix"),
    ("allow.add", {"from": 7, "comment": "c"}, PARAMS,
     "from: expected a string with an IPv4 or IPv6 prefix"),
    ("allow.add", {"to": "203.0.113.25"}, PARAMS,
     "comment is missing: say why and for whom (require-comment is on)"),
    ("allow.add", {"to": "203.0.113.25", "comment": 7}, PARAMS, "comment: expected a string"),
    ("allow.add", {"to": "203.0.113.25", "comment": "a\nb"}, PARAMS,
     "comment: expected text without control characters"),
    ("allow.add", {"to": "203.0.113.25", "comment": "x" * 1025}, PARAMS,
     "comment: expected at most 1024 bytes"),
    ("allow.add", {"to": "203.0.113.25", "comment": "c", "expires": "soon"}, PARAMS,
     "expires: soon is neither a duration (30s, 10m, 2h, 7d, 1w) nor a date (2026-12-01, "
     "2026-12-01T12:00:00Z)"),
    ("allow.add", {"to": "203.0.113.25", "comment": "c", "expires": "2020-01-01"}, PARAMS,
     "expires: 2020-01-01 is not in the future (or too far in it)"),
    ("allow.add", {"from": "100.64.0.1", "to": "2001:db8::1", "comment": "c"}, PARAMS,
     "from 100.64.0.1 and to 2001:db8::1 are of different families: both must be IPv4 or both "
     "IPv6"),
    ("allow.del", {}, PARAMS, "from or to is missing: give at least one"),
    ("reload", {"dry_run": "yes"}, PARAMS, "dry_run: expected true or false"),
    ("reload", {"now": True}, PARAMS, "reload has no parameter now; it takes dry_run"),
    ("allow.del", {"id": "1"}, PARAMS, "id: expected a number from 1 up"),
    ("allow.del", {"id": 0}, PARAMS, "id: expected a number from 1 up"),
    ("allow.del", {"id": 99}, FOUND, "there is no allow entry with id 99"),
    ("allow.del", {"id": 1, "to": "203.0.113.25"}, PARAMS, "give id, ids, or from and to: one of them"),
    ("allow.del", {"to": "203.0.113.25"}, FOUND,
     "there is no allow entry from any to 203.0.113.25"),
    ("explain", {}, PARAMS, "src is missing: explain needs it"),
    ("explain", {"src": "100.64.0.0/10"}, PARAMS,
     "src: 100.64.0.0/10 is not an IPv4 or IPv6 address"),
]
# What is sent in a line, code and message.
LINES = [
    (b"hello", PARSE, "not JSON: column 5: '[' or '{' expected near 'hello'"),
    (b'{"jsonrpc":"2.0"', PARSE, "not JSON: column 16: '}' expected near end of file"),
    (b'{"id":1,"id":2}', PARSE, "not JSON: column 12: duplicate object key near '\"id\"'"),
    (b"\xff\xfe", PARSE, "not JSON: column 0: unable to decode byte 0xff"),
    (b"[]", REQUEST, "batches are not supported: send one request a line"),
    (b"[" * 1000, REQUEST, "the request is nested too deep"),
    (b'{"id":1,"method":"status"}', REQUEST, 'expected "jsonrpc": "2.0"'),
    (b'{"jsonrpc":"2.0","id":1,"method":7}', REQUEST, 'expected "method" with a string'),
    (b'{"jsonrpc":"2.0","id":{},"method":"status"}', REQUEST,
     'expected "id" with a string, a number or null'),
]
# The words of edge25ctl and the line on stderr.
USAGE = [
    (["-x"], "unknown option '-x': see edge25ctl --help"),
    (["frob"], "unknown command 'frob': see edge25ctl --help"),
    (["allow", "frob"], "unknown command 'allow frob': see edge25ctl allow --help"),
    (["hots"], "unknown command 'hots': did you mean 'hosts'?"),
    (["incidnets", "list"], "unknown command 'incidnets list': did you mean 'incidents list'?"),
    (["incidents", "shwo", "3"], "unknown command 'incidents shwo': did you mean 'incidents show'?"),
    (["allow", "remove", "3"], "unknown command 'allow remove': did you mean 'allow del'?"),
    (["hosts", "--clas", "infected"], "unknown option '--clas': did you mean --class?"),
    (["hosts", "--json", "--csv"], "--json and --csv: give one of them"),
    (["hosts", "--color", "sometimes"],
     "--color: expected auto, always or never, not 'sometimes'"),
    (["allow", "add", "x"], "allow add: unexpected 'x': see edge25ctl allow add --help"),
    (["allow", "add", "--from"], "--from needs a value: --from PREFIX"),
    (["allow", "del"], "allow del needs an ID or several, or the --from and --to of an entry"),
    (["allow", "del", "one"], "'one' is not an id: edge25ctl allow list shows the ids"),
    (["explain"], "usage: edge25ctl explain SRC [DST]"),
    (["status", "--to", "::"], "status does not take --to: see edge25ctl status --help"),
    (["--json=1"], "--json takes no value ('--json=1')"),
    (["-s", "/nonexistent/x", "status"], "cannot connect to /nonexistent/x: No such file or "
     "directory: is edge25d running? (-s SOCKET names another socket)"),
]
REFUSED = [
    (["allow", "add", "--to", "nope", "--comment", "c"], f"to: nope is {NO_DESTINATION}"),
    (["allow", "del", "99"], "there is no allow entry with id 99"),
]


@pytest.fixture(scope="module", name="daemon")
def fixture_daemon(topology, laboratory, serial):
    """One edge25 for all that changes nothing in it."""
    daemon = Edge25(topology.gateway, laboratory / f"rpc-{next(serial)}", CONFIGURATION)
    with daemon:
        yield daemon
    daemon.remove()


@contextlib.contextmanager
def connected(edge25, name="control.sock"):
    """A connection to one of the sockets, as a file."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(str(edge25.directory / "run" / name))
        with peer.makefile("rwb", buffering=0) as stream:
            yield stream


def ask(edge25, line, name="control.sock"):
    """Send a line, return the reply."""
    with connected(edge25, name) as stream:
        stream.write(line + b"\n")
        return json.loads(stream.readline())


def call(edge25, method, params=None, name="control.sock"):
    """Call a method, return the reply."""
    request = {"jsonrpc": "2.0", "id": "a test", "method": method}
    if params is not None:
        request["params"] = params
    return ask(edge25, json.dumps(request).encode(), name)


def check_fails(edge25, reply, identity, code, message):
    """The reply is that error, and the allowlist is as it was."""
    assert reply.get("error") == {"code": code, "message": message}
    assert reply["jsonrpc"] == "2.0" and reply["id"] == identity and "result" not in reply
    entries = edge25.ctl("allow", "list")["entries"]
    assert [entry["to"] for entry in entries] == ["198.51.100.7"]


@pytest.mark.parametrize("method, params, code, message", CALLS, ids=[row[3] for row in CALLS])
def test_call(daemon, method, params, code, message):
    check_fails(daemon, call(daemon, method, params), "a test", code, message)


@pytest.mark.parametrize("line, code, message", LINES, ids=[row[2] for row in LINES])
def test_line(daemon, line, code, message):
    check_fails(daemon, ask(daemon, line), None, code, message)


def test_calls_control_run(daemon):
    """A call without error is told from one with."""
    must_fail(check_fails, daemon, call(daemon, "status"), "a test", METHOD, "any")


def test_entry_of_the_configuration(daemon):
    reply = call(daemon, "allow.del", {"to": "198.51.100.7"})
    check_fails(daemon, reply, "a test", CONFIGURED, f'allow "relay" stands in the configuration: '
                f'edit {daemon.configuration} and reload')


def test_monitor_socket_changes_nothing(daemon):
    for method, params in (("allow.add", {"to": "203.0.113.25", "comment": "c"}),
                           ("reload", {}),
                           ("allow.del", {"id": 1})):
        check_fails(daemon, call(daemon, method, params, "monitor.sock"), "a test", PERMITTED,
                    f"{method} is not permitted on monitor.sock: use control.sock")
    for method in ("status", "allow.list", "rpc.discover"):
        assert "result" in call(daemon, method, name="monitor.sock")


def test_too_large(daemon):
    """A request beyond the bound ends its own connection and no other."""
    with connected(daemon) as other, connected(daemon) as stream:
        with contextlib.suppress(ConnectionError):
            for _ in range(64):  # each takes as much as the socket's buffer does
                stream.write(b" " * MEBIBYTE)
        check_fails(daemon, json.loads(stream.readline()), None, BUSY,
                    "a request is at most 1 MiB")
        assert stream.readline() == b""
        other.write(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n')
        assert "result" in json.loads(other.readline())


def test_same_entry_twice(daemon):
    entry = {"to": "203.0.113.25", "comment": "c"}
    identity = call(daemon, "allow.add", entry)["result"]["id"]
    reply = call(daemon, "allow.add", entry)
    call(daemon, "allow.del", {"id": identity})
    check_fails(daemon, reply, "a test", EXISTS, f"there is such an entry already: id {identity}")


@pytest.mark.parametrize("words, message", USAGE, ids=[row[1] for row in USAGE])
def test_usage(daemon, words, message):
    check_ctl(daemon, words, 2, message)


@pytest.mark.parametrize("words, message", REFUSED, ids=[row[1] for row in REFUSED])
def test_refused(daemon, words, message):
    check_ctl(daemon, words, 1, message)


def check_ctl(edge25, words, code, message):
    """edge25ctl says that line, nothing on stdout, and leaves with that code."""
    result = edge25.control(*words)
    assert (result.returncode, result.stdout, result.stderr) == (
        code, "", f"edge25ctl: {message}\n")


def test_no_daemon(daemon, tmp_path):
    """Neither a socket, nor anybody behind the one that was left."""
    path = tmp_path / "control.sock"
    say = f"cannot connect to {path}: %s: is edge25d running? (-s SOCKET names another socket)"
    check_ctl(daemon, ["-s", path], 2, say % "No such file or directory")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    check_ctl(daemon, ["-s", path], 2, say % "Connection refused")
