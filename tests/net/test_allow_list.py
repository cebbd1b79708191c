# SPDX-License-Identifier: GPL-2.0-or-later
"""What the allowlist has, covers and became: list, check, history; and several entries taken away at once."""

from lab.edge25 import HOME
from lab.lists import Connection, Lists, csv_text, hosts
from lab.promise import must_fail

CONFIGURATION = "reject-rate = 100000\n" + HOME + """
allow "relay" { to = { "203.0.113.25" } comment = "ours" }
"""
ROWS = [["100.64.0.1", "", "", "Ticket 1"], ["100.64.0.0/24", "", "2h", "a street"],
        ["100.64.0.1", "203.0.113.7", "2d", "ticket 2"], ["2001:db8:1::/48", "", "", "v6"]]


def ids(daemon, *options):
    """The ids of those entries (None: of the configuration), in the order in which they are listed."""
    return [entry["id"] for entry in daemon.ctl("allow", "list", *options)["entries"]]


def test_the_list_by_filter_order_and_page(edge25, gate, topology):
    daemon = edge25(CONFIGURATION)
    Lists(daemon).put(csv_text(ROWS))
    daemon.ctl("allow", "add", "--from", "100.64.0.9", "--watched", "--comment", "watched")
    cases = {
        (): [None, 1, 2, 3, 4, 5],
        ("--from", "100.64.0.1"): [1, 2, 3],
        ("--from", "100.64.0.0/24"): [1, 2, 3, 5],
        ("--to", "203.0.113.0/24"): [None, 3],
        ("--comment", "TICKET"): [1, 3],
        ("--origin", "configuration"): [None],
        ("--watched",): [5],
        ("--expiring", "3h"): [2],
        ("--user", "root", "--from", "2001:db8:1::1"): [4],
        ("--user", "nobody"): [],
        ("--never-used", "0s", "--origin", "socket"): [1, 2, 3, 4, 5],
        ("--never-used", "1d"): [None],
        ("--order", "expires", "--limit", "2"): [2, 3],
    }
    for options, expected in cases.items():
        assert ids(daemon, *options) == expected, options
    # one is used: it is no longer among those that never were
    flow, = gate.flows(topology.subscribers[0], source=None)
    daemon.ctl("allow", "add", "--from", flow.address, "--comment", "used")
    gate.passes(flow)
    assert 6 not in ids(daemon, "--never-used", "0s")
    must_fail(lambda: None if 6 in ids(daemon, "--never-used", "0s") else _fail())
    assert ids(daemon, "--order", "hits", "--limit", "1") == [6]


def _fail():
    raise AssertionError


def test_pages(edge25, topology):
    """More entries than a reply has: edge25ctl asks on."""
    del topology
    daemon = edge25(CONFIGURATION)
    Lists(daemon).put(csv_text([[host, "", "", "one of many"] for host in hosts(6001)]))
    assert ids(daemon) == [None, *range(1, 6002)]
    assert ids(daemon, "--order", "added") == [*range(1, 6002), None]
    with Connection(daemon, "monitor.sock") as connection:
        reply = connection.call("allow.list")["result"]
        assert len(reply["entries"]) == 1000 and reply["total"] == 6002
        reply = connection.call("allow.list", after=5990, limit=5)["result"]
        assert [entry["id"] for entry in reply["entries"]] == [*range(5991, 5996)]
        assert len(connection.call("allow.list", limit=100000)["result"]["entries"]) == 5000


def test_check_says_by_which(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    Lists(daemon).put(csv_text(ROWS))
    daemon.ctl("allow", "add", "--from", "100.64.0.0/23", "--always", "--comment", "always")
    cases = {
        ("100.64.0.1", "203.0.113.7"): (0, [5, 1, 3, 2], 0),
        ("100.64.0.1",): (0, [5, 1, 2], 2),
        ("100.64.0.0/23",): (0, [5], 4),
        ("100.64.2.1",): (1, [], 1),
        ("100.64.2.1", "203.0.113.25"): (0, [None], 0),
        ("any", "203.0.113.25"): (0, [None], 3),
        ("any", "203.0.113.26"): (1, [], 3),
        ("2001:db8:1::7", "2001:db8:f::1"): (0, [4], 0),
    }
    for arguments, (code, entries, partly) in cases.items():
        reply = daemon.ctl("allow", "check", *arguments)
        assert [entry["id"] for entry in reply["entries"]] == entries, arguments
        assert (reply["covered"], reply["partly"]) == (code == 0, partly), arguments
        assert daemon.control("allow", "check", *arguments).returncode == code
    assert daemon.control("allow", "check", "nowhere").returncode == 2


def test_history_says_who_did_what(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    daemon.ctl("allow", "add", "--from", "100.64.0.1", "--expires", "1h", "--comment", "first")
    daemon.ctl("allow", "add", "--to", "203.0.113.9", "--always", "--comment", "second")
    daemon.ctl("allow", "del", 1)
    daemon.ctl("contain", "100.64.0.7", "--for", "1h", "--comment", "a bot")
    daemon.ctl("reload")
    lines = daemon.ctl("allow", "history")["lines"]
    assert [(line["action"], line["entry"], line["from"], line["to"]) for line in lines] == [
        ("reload", None, None, None), ("contain", None, "100.64.0.7", None),
        ("del", 1, "100.64.0.1", None), ("add", 2, None, "203.0.113.9"),
        ("add", 1, "100.64.0.1", None)]
    assert all(line["by"] == {"uid": 0, "user": "root"} for line in lines)
    assert lines[3]["always"] and lines[4]["expires"] and lines[4]["comment"] == "first"

    def found(*options):
        return [line["line"] for line in daemon.ctl("allow", "history", *options)["lines"]]

    numbers = [line["line"] for line in lines]
    assert found(1) == [numbers[2], numbers[4]]
    assert found("--from", "100.64.0.0/29") == [numbers[1], numbers[2], numbers[4]]
    assert found("--limit", "2") == numbers[:2]
    assert found("--user", "nobody") == []
    daemon.restart()
    assert [line for line in found() if line in numbers] == numbers


def test_several_go_at_once_or_none(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    Lists(daemon).put(csv_text(ROWS))
    refused = daemon.control("allow", "del", 1, 2, 99)
    assert refused.returncode == 1 and ids(daemon) == [None, 1, 2, 3, 4]
    assert refused.stderr == "edge25ctl: there is no allow entry with id 99\n"
    assert "given twice" in daemon.control("allow", "del", 1, 1).stderr
    done = daemon.control("allow", "del", 3, 1)
    assert done.returncode == 0 and ids(daemon) == [None, 2, 4]
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["removed 1", "removed 3"]
