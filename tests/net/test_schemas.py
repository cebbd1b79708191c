# SPDX-License-Identifier: GPL-2.0-or-later
"""What rpc.discover says of replies and notifications is so: every method, with every parameter that it
has, on an edge25 that is new and on one that has seen a lot.

A new method needs a row in CASES, a new parameter a case that gives it.
"""

import contextlib
import copy
import datetime
import json
import re
import socket

import jsonschema
import pytest

from lab.edge25 import Edge25
from lab.promise import eventually, must_fail
from lab.sockets import connect_many
from lab.time_travel import QUICK, incident_of, misbehave

CONFIGURATION = f"""
policy "home" {{ mode = block  pace = 0  {QUICK} }}
policy "office" {{ mode = guard }}
policy "look" {{ mode = monitor }}
range "dsl" {{ prefixes = {{ "100.64.0.0/23", "2001:db8:1::/48" }}  policy = "home" }}
range "lan" {{ interfaces = {{ "sub9*" }}  policy = "look" }}
range "rented" {{ prefixes = {{ "100.64.2.0/24" }}  policy = "office"  sources = verified }}
allow "relay" {{ to = {{ "198.51.100.7" }}  comment = "our relay" }}
label-files = {{ "%s" }}
read-interval = 1s
"""
INFECTED, OTHER, OFFICE = "100.64.0.2", "100.64.1.2", "100.64.2.2"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_date_time(value):
    """RFC 3339, and a day that there is."""
    if not isinstance(value, str):
        return True
    if not DATE.fullmatch(value):
        return False
    with contextlib.suppress(ValueError):
        return bool(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")))
    return False


# Method: parameters of its calls, in this order; "$name" is an id that an earlier reply had.
ADDED = {"from": "100.64.0.9", "to": "203.0.113.25", "comment": "c", "expires": "2h", "always": True}
CASES = {
    "rpc.discover": [{}],
    "status": [{}],
    "events.watch": [{"kinds": ["event"], "host": INFECTED, "policy": "home", "class": "clean",
                      "verdict": "refused"}, {}],
    "allow.add": [ADDED, {"to": "2001:db8:9::/48", "comment": "c"},
                  {"from": "100.64.0.0/24", "comment": "c", "watched": True}],
    "allow.list": [{}, {"from": "100.64.0.9"}, {"to": "203.0.113.25"}, {"comment": "c"},
                   {"user": "root"}, {"origin": "configuration"}, {"way": "watched"},
                   {"expiring": "1d"}, {"never_used": "0s"}, {"order": "hits"},
                   {"after": 0, "offset": 1, "limit": 1}],
    "allow.check": [{"src": "100.64.0.9"}, {"src": "100.64.0.9", "dst": "203.0.113.25"}],
    "allow.import": [{"entries": [{"from": "100.64.0.11", "comment": "c"}], "more": True, "staged": 0},
                     {"entries": [{"to": "203.0.113.12", "comment": "c", "line": 2}], "staged": 1,
                      "replace": True, "dry_run": True},
                     {"entries": [{"to": "203.0.113.12", "comment": "c"}]}],
    "explain": [{"src": INFECTED}, {"src": INFECTED, "dst": "203.0.113.25"},
                {"src": "192.0.2.1", "interface": "sub9x"}, {"src": "192.0.2.1"}],
    "hosts": [{}, {"class": "infected"}, {"policy": "home"}, {"range": "dsl"},
              {"prefix": "100.64.0.0/10"}, {"name": "4711"}, {"interface": "sub0"},
              {"contained": True}, {"since": "1h"}, {"order": "newest"}, {"limit": 1, "offset": 1},
              {"order": "host", "after": INFECTED}],
    "host": [{"host": INFECTED}, {"host": OTHER}, {"host": "192.0.2.77"}],
    "incidents.list": [{}, {"state": "open"}, {"class": "infected"}, {"prefix": "100.64.0.0/10"},
                       {"policy": "home"}, {"since": "1h"}, {"until": "2099-12-31"}, {"after": 0},
                       {"order": "worst"}, {"limit": 1}],
    "incidents.show": [{"id": "$incident"}],
    "contain": [{"host": OFFICE, "for": "10m", "comment": "c"}, {"host": OTHER}],
    "release": [{"host": OTHER}],
    "incidents.close": [{"id": "$incident"}],
    "allow.del": [{"from": "100.64.0.0/24"}, {"to": "203.0.113.12"}, {"id": "$entry"},
                  {"ids": ["$other"]}],
    "allow.history": [{}, {"entry": "$entry"}, {"from": "100.64.0.9"}, {"to": "203.0.113.0/24"},
                      {"user": "root"}, {"before": 3}, {"limit": 1}],
    "forget": [{"host": OTHER}, {"host": "192.0.2.77"}],
    "log.reopen": [{}],
    "metrics": [{}],
    "report": [{}, {"since": "2d", "until": "1h"}],
    "ruleset.show": [{}],
    "ruleset.verify": [{}],
    "reload": [{}, {"dry_run": True}],
}
# What a new edge25 has nothing for.
NEEDS_MORE = {"incidents.show", "incidents.close", "release", "allow.del", "allow.import",
              "allow.history"}


class Connection:
    """Control's socket; the notifications of one that watches."""

    def __init__(self, edge25):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(edge25.socket))
        self._stream = self._socket.makefile("rwb", buffering=0)
        self._lines = self._socket.makefile("rb")
        self.told = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._lines.close()
        self._stream.close()
        self._socket.close()

    def call(self, method, params):
        """The result of a call."""
        request = {"jsonrpc": "2.0", "id": "call", "method": method, "params": params}
        self._stream.write(json.dumps(request).encode() + b"\n")
        while True:
            reply = json.loads(self._lines.readline())
            if reply.get("id") == "call":
                assert "result" in reply, (method, params, reply)
                return reply["result"]
            self.told.append((reply["method"], reply["params"]))


class Replies:
    """What a daemon replies to the calls of CASES."""

    def __init__(self, connection, methods, ids=()):
        self.ids = dict(ids)
        self.by_method = {}
        self.given = {}
        for method in methods:
            self.by_method[method] = [self._call(connection, method, params)
                                      for params in CASES[method]]

    def _call(self, connection, method, params):
        self.given.setdefault(method, set()).update(params)
        params = {name: self._known(value) for name, value in params.items()}
        result = connection.call(method, params)
        if method == "allow.add" and params.get("from") == ADDED["from"]:
            self.ids["$entry"] = result["id"]
        if method == "allow.add" and params.get("to") == "2001:db8:9::/48":
            self.ids["$other"] = result["id"]
        return params, result


    def _known(self, value):
        if isinstance(value, list):
            return [self._known(one) for one in value]
        return self.ids.get(value, value) if isinstance(value, str) else value


def lively(daemon, topology, gate):
    """An infected host, one with a name, one that is guarded and contained."""
    first, second, third = topology.subscribers
    misbehave(gate, first)
    for subscriber, version, count in ((second, 4, 5), (third, 4, 3), (second, 6, 1)):
        connect_many(subscriber, gate.fresh(count, version), 25, 1.0)
    incident = incident_of(daemon, INFECTED, "infected")
    eventually(lambda: daemon.ctl("hosts")["total"] == 4, lambda: str(daemon.ctl("hosts")))
    return incident["id"]


@pytest.fixture(scope="module", name="met")
def fixture_met(topology, gate, laboratory, serial):
    """Replies of a new edge25 and of a busy one; what rpc.discover says; notifications."""
    daemon = Edge25(topology.gateway, laboratory / f"schemas-{next(serial)}")
    labels = daemon.directory / "labels"
    labels.write_text(f"{OTHER} customer 4711\n", encoding="utf-8")
    daemon.configure(CONFIGURATION % labels)
    with daemon, Connection(daemon) as connection:
        discovered = connection.call("rpc.discover", {})
        early = [method for method in CASES if method not in NEEDS_MORE | {"allow.add", "contain"}]
        new = Replies(connection, early)
        incident = lively(daemon, topology, gate)
        busy = Replies(connection, CASES, {"$incident": incident})
        yield discovered, [new, busy], connection.told
    daemon.remove()


@pytest.fixture(scope="module", name="schemas")
def fixture_schemas(met):
    """Result schemas by method."""
    return {method["name"]: method["result"]["schema"] for method in met[0]["methods"]}


def check(schema, document):
    """The document is as the schema says."""
    try:
        jsonschema.Draft202012Validator(schema, format_checker=formats).validate(document)
    except jsonschema.ValidationError as error:
        raise AssertionError(f"{'/'.join(map(str, error.path))}: {error.message[:500]}") from error


def objects(schema, path=""):
    """Each schema of an object, with where it stands."""
    if "properties" in schema:
        yield path, schema
        for name, below in schema["properties"].items():
            yield from objects(below, f"{path}/{name}")
    if "items" in schema:
        yield from objects(schema["items"], f"{path}[]")


def test_every_method_has_a_case(met):
    assert {method["name"] for method in met[0]["methods"]} == set(CASES)


def test_every_parameter_is_given(met):
    for method in met[0]["methods"]:
        given = met[1][-1].given[method["name"]]
        assert {param["name"] for param in method["params"]} == given, method["name"]


def test_parameters_have_schemas(met):
    """Parameters that were taken are as their schemas say."""
    for method in met[0]["methods"]:
        schemas = {param["name"]: param["schema"] for param in method["params"]}
        for params, _ in met[1][-1].by_method[method["name"]]:
            for name, value in params.items():
                check(schemas[name], value)
        for schema in schemas.values():
            jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("method", CASES)
def test_replies(met, schemas, method):
    jsonschema.Draft202012Validator.check_schema(schemas[method])
    replies = [reply for part in met[1] for reply in part.by_method.get(method, [])]
    assert replies
    for params, result in replies:
        try:
            check(schemas[method], result)
        except AssertionError as error:
            raise AssertionError(f"{method} {params}: {error}") from error


@pytest.mark.parametrize("method", CASES)
def test_strict(schemas, method):
    """No object has other fields than those that are told."""
    for path, schema in objects(schemas[method]):
        assert schema["additionalProperties"] is False, path
        assert set(schema["required"]) <= set(schema["properties"]), path


def test_notifications(met):
    """Each that came is described, and is so; each kind came, but events.lost (test_watch)."""
    described = {one["name"]: one["params"] for one in met[0]["x-notifications"]}
    for kind, params in met[2]:
        check(described[kind], params)
    assert {kind for kind, _ in met[2]} | {"events.lost"} == set(described)
    for name, schema in described.items():
        for path, part in objects(schema):
            assert part["additionalProperties"] is False, (name, path)


def broken(reply):
    """The reply with one thing wrong, in each way."""
    for change in (lambda one: one["hosts"][0].update(unknown=1),
                   lambda one: one["hosts"][0].pop("class"),
                   lambda one: one["hosts"][0].update(attempts="7"),
                   lambda one: one["hosts"][0].update(last_seen="yesterday"),
                   lambda one: one["hosts"][0].update(last_seen="2026-13-01T12:00:00Z"),
                   lambda one: one["hosts"][0].update(verified=None),
                   lambda one: one.pop("total")):
        changed = copy.deepcopy(reply)
        change(changed)
        yield changed


def test_control_run(met, schemas):
    """A reply that is not so is told."""
    reply = met[1][-1].by_method["hosts"][0][1]
    check(schemas["hosts"], reply)
    for wrong in broken(reply):
        must_fail(check, schemas["hosts"], wrong)
