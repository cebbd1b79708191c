# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of allow entries: all of a list or nothing, only the differences, and back as it was."""

import json
import signal

import pytest

from lab.edge25 import BUILD, CONTROL, ENGINE, HOME
from lab.faults import Memory, frozen, killed
from lab.gate import Flow
from lab.lists import Connection, Lists, csv_text, hosts, read_csv
from lab.promise import eventually, must_fail

CONFIGURATION = "reject-rate = 100000\n" + HOME
COMMENTS = ["a, b", 'say "please"', "=1+1", "  blanks ", "Zürich 東京", "it's; --", "-2", "@x", "\\n"]


def counts(reply):
    """The figures of an import's reply."""
    return tuple(reply[name] for name in ("added", "removed", "changed", "unchanged"))


@pytest.mark.parametrize("version", [4, 6])
def test_a_list_decides_what_passes(edge25, gate, topology, version):
    """Packets of three subscribers, through two lists one after the other."""
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    first, second, third = (gate.flows(subscriber, 1, version)[0]
                            for subscriber in topology.subscribers)
    prefix = {4: "100.64.2.0/24", 6: "2001:db8:1:2::/64"}[version]
    gate.refuses(first, second, third)
    reply = lists.put(csv_text([[first.address, "", "", "one"],
                                [second.address, second.destination, "2h", "two"]]))
    assert counts(reply) == (2, 0, 0, 0) and reply["applied"] and reply["warnings"] == []
    gate.passes(first, second)
    gate.refuses(third, Flow(second.subscriber, first.destination, second.address))
    must_fail(gate.refuses, first)
    reply = lists.put(csv_text([["", second.destination, "", "two, for all"],
                                [prefix, "", "", "three"]]), "--replace")
    assert counts(reply) == (2, 2, 0, 0) and reply["applied"]
    gate.passes(second, third)
    gate.refuses(first)
    must_fail(gate.passes, first)


def test_only_the_differences(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    rows = [["100.64.0.1", "", "", "one"], ["100.64.0.2", "", "2030-01-01", "two"],
            ["100.64.0.3", "203.0.113.3", "", "three"]]
    assert counts(lists.put(csv_text(rows))) == (3, 0, 0, 0)
    before = lists.entries()
    assert counts(lists.put(csv_text(rows), "--replace")) == (0, 0, 0, 3)
    assert lists.entries() == before
    rows[1][2:] = ["2031-01-01", "two, longer"]
    rows[2] = ["100.64.0.4", "", "", "four"]
    dry = lists.put(csv_text(rows), "--replace", "--dry-run")
    assert counts(dry) == (1, 1, 1, 1) and dry["dry_run"] and not dry["applied"]
    assert lists.entries() == before
    assert counts(lists.put(csv_text(rows), "--replace")) == (1, 1, 1, 1)
    after = lists.entries()
    assert [entry["id"] for entry in after] == [1, 2, 4]
    assert after[1]["added"] == before[1]["added"] and after[1]["comment"] == "two, longer"
    assert after[1]["expires"] == "2031-01-01T00:00:00Z"
    # without --replace nothing goes
    assert counts(lists.put(csv_text([["100.64.0.9", "", "", "nine"]]))) == (1, 0, 0, 0)
    assert len(lists.entries()) == 4
    actions = [(line["action"], line["entry"]) for line in daemon.ctl("allow", "history")["lines"]]
    assert actions[:6] == [("allow.import", None), ("add", 5), ("allow.import", None),
                           ("add", 4), ("change", 2), ("del", 3)], actions


@pytest.mark.parametrize("form", ["csv", "json"])
def test_it_comes_back_as_it_was(edge25, topology, form):
    """Comments as people write them, ways, ends: exported, taken away and imported again."""
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    for number, comment in enumerate(COMMENTS):
        way = [[], ["--watched"], ["--always"]][number % 3]
        daemon.ctl("allow", "add", "--from", f"100.64.1.{number}", "--comment", comment,
                   *["--expires", "2033-05-18T03:33:20Z"] * (number % 2), *way)
    daemon.ctl("allow", "add", "--to", "2001:db8:f::/48", "--comment", "a network")

    def terms():
        return [{key: entry[key] for key in ("from", "to", "expires", "comment", "watched",
                                             "always")} for entry in lists.entries()]

    exported = daemon.control("allow", "export", *["--json"] * (form == "json")).stdout
    if form == "csv":
        assert [row["comment"] for row in read_csv(exported)] == COMMENTS + ["a network"]
    before = terms()
    assert counts(lists.put(exported, "--replace")) == (0, 0, 0, len(before))
    empty = {"csv": "from,to,expires,comment\n", "json": '{"entries": []}'}[form]
    assert counts(lists.put(empty, "--replace")) == (0, len(before), 0, 0)
    assert lists.entries() == []
    assert counts(lists.put(exported)) == (len(before), 0, 0, 0)
    assert terms() == before
    listed = json.dumps(daemon.ctl("allow", "list"))
    assert counts(lists.put(listed, "--replace")) == (0, 0, 0, len(before))


@pytest.mark.parametrize("content, rows", [
    (b"\xef\xbb\xbffrom,comment\r\n100.64.0.1,c\r\n\r\n", 1),
    (b'"to","comment"\n"203.0.113.1","say ""please"", twice"', 1),
    (b"comment,always,from\nc,yes,100.64.0.1\nd,no,100.64.0.2\n", 2),
    (b' \n[{"from": "100.64.0.1", "comment": "c", "watched": true, "to": null}]', 1)])
def test_what_is_read(edge25, topology, content, rows):
    del topology
    daemon = edge25(CONFIGURATION)
    assert counts(Lists(daemon).put(content)) == (rows, 0, 0, 0)


WRONG = [
    ("", ["LIST is empty: expected a header such as from,to,expires,comment"]),
    ("from,too\n", ["LIST:1: no column has the name 'too': the header has some of "
                    "from,to,expires,comment,watched,always", "nothing was changed"]),
    ("from,comment\n100.64.0.1\n\"100.64.0.2,c\n", [
        "LIST:2: 1 fields, and the header has 2 (a comma in a field? then put the field in quotes)",
        "LIST:3: a quote that is not closed in its line", "nothing was changed"]),
    ("from,comment\n100.64.0.1,\n100.64.0.1/24,c\n100.64.0.3,c\nnowhere,c\n100.64.0.3,d\n", [
        "LIST:2: comment is missing: say why and for whom (require-comment is on)",
        "LIST:3: from: 100.64.0.1/24 has host bits set; did you mean 100.64.0.0/24?",
        "LIST:5: from: nowhere is not an IPv4 or IPv6 prefix",
        "LIST:6: the same from and to as in line 4", "nothing was changed"]),
    ("from,expires,comment\n100.64.0.1,soon,c\n", [
        "LIST:2: expires: soon is neither a duration (30s, 10m, 2h, 7d, 1w) nor a date "
        "(2026-12-01, 2026-12-01T12:00:00Z)", "nothing was changed"]),
    ("from,watched,comment\n100.64.0.1,maybe,c\n", [
        "LIST:2: watched: 'maybe' is neither yes nor no", "nothing was changed"]),
    ('{"entries": [{"from": "100.64.0.1", "comment": "c", "colour": "red"}, {"comment": "c"}]}', [
        "LIST: entry 1: an entry has no parameter colour; it takes from, to, expires, comment, "
        "watched, always, line",
        "LIST: entry 2: from or to is missing: give at least one", "nothing was changed"]),
    ("{1", ["LIST:1: not JSON: string or '}' expected near '1'"]),
    ("{}", ["LIST: expected an array of entries, or an object with one that has the name "
            "\"entries\""]),
]


def test_what_is_wrong_is_said_by_line_and_nothing_changes(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    lists.put(csv_text([["100.64.7.7", "", "", "stays"]]))
    before = lists.entries()
    for content, lines in WRONG:
        assert lists.refused(content, "--replace") == lines
        assert lists.entries() == before
    many = lists.refused("from,comment\n" + "".join(f"x{i},c\n" for i in range(50)))
    assert len(many) == 22 and many[20:] == ["and 30 other lines are wrong", "nothing was changed"]
    assert lists.entries() == before


def test_comments_are_needed_every_way_in(edge25, topology):
    """The configuration's sections too; and nowhere where require-comment says no."""
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    without = 'allow "relay" {\n  to = { "203.0.113.25" }\n}\n'
    missing = "comment is missing: say why and for whom (require-comment is on)"
    assert daemon.control("allow", "add", "--to", "::1").stderr == f"edge25ctl: {missing}\n"
    assert lists.refused("to\n::1\n")[0] == f"LIST:2: {missing}"
    assert lists.refused('[{"to": "::1"}]')[0] == f"LIST: entry 1: {missing}"
    daemon.configure(CONFIGURATION + without)
    line = len(CONFIGURATION.splitlines()) + 2
    refused = daemon.control("reload")
    assert refused.returncode == 1 and f"edge25.conf:{line}: allow \"relay\": comment is missing" \
        in refused.stderr, refused
    daemon.configure("require-comment = no\n" + CONFIGURATION + without)
    assert daemon.control("reload").returncode == 0
    assert daemon.control("allow", "add", "--to", "::1").returncode == 0
    assert counts(lists.put("to\n::2\n")) == (1, 0, 0, 0)


def test_what_makes_no_difference_is_said(edge25, topology):
    del topology
    daemon = edge25("""
        policy "home" { mode = block }
        policy "look" { mode = monitor }
        range "home" { prefixes = { "100.64.0.0/16" } policy = "home" }
        range "look" { prefixes = { "100.65.0.0/16" } policy = "look" }
        allow "relay" { to = { "203.0.113.0/24" } comment = "ours" }
        """)
    reply = Lists(daemon).put(csv_text([
        ["192.0.2.1", "", "", "outside"], ["100.65.0.1", "", "", "monitored"],
        ["100.64.0.1", "203.0.113.25", "", "covered"], ["100.64.0.2", "", "2001-01-01", "over"],
        ["100.64.0.3", "", "", "none of these"], ["100.64.0.0/24", "198.51.100.1", "", "wide"],
        ["100.64.0.4", "198.51.100.1", "1h", "narrow"]]))
    assert counts(reply) == (6, 0, 0, 0) and reply["ended"] == 1
    covers = "covers it already: this one changes nothing while that is there"
    assert sorted(reply["warnings"]) == [
        "line 2: no range covers 192.0.2.1: this entry matches nothing",
        "line 3: its ranges are only monitored: nothing is refused that it could let through",
        "line 4: entry \"relay\" of the configuration (from any to 203.0.113.0/24) " + covers,
        "line 5: it has ended: it is left out",
        "line 8: entry another one (from 100.64.0.0/24 to 198.51.100.1) " + covers]
    added = daemon.ctl("allow", "add", "--from", "100.64.0.3", "--to", "192.0.2.25",
                       "--comment", "one more")
    assert added["warnings"] == ["entry 4 (from 100.64.0.3 to any) " + covers]
    watched = daemon.ctl("allow", "add", "--from", "100.65.0.2", "--watched", "--comment", "w")
    assert watched["warnings"] == [
        "no range of 100.65.0.2 is blocked: to be watched changes nothing there"]


# Parts, on one connection.

def entries(addresses):
    """As allow.import takes them."""
    return [{"from": address, "comment": "a part"} for address in addresses]


def test_parts_count_when_the_last_one_is_there(edge25, gate, topology):
    daemon = edge25(CONFIGURATION)
    flow, = gate.flows(topology.subscribers[0])
    lists = Lists(daemon)
    with Connection(daemon) as connection:
        first = connection.call("allow.import", entries=entries([flow.address]), more=True)
        assert first["result"] == {"staged": 1}
        gate.refuses(flow)
        assert lists.entries() == []
        last = connection.call("allow.import", entries=entries(hosts(3)), staged=1)["result"]
        assert last["staged"] == 4 and last["added"] == 4 and last["applied"]
    gate.passes(flow)
    assert len(lists.entries()) == 4


def test_parts_go_with_their_connection(edge25, topology):
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    for _ in range(5):  # more than there are places
        with Connection(daemon) as connection:
            connection.call("allow.import", entries=entries(hosts(3)), more=True)
    with Connection(daemon) as one, Connection(daemon) as two, Connection(daemon) as three:
        # those that hung up have gone, perhaps a moment later
        eventually(lambda: "result" in one.call("allow.import", entries=[], more=True), "a place")
        eventually(lambda: "result" in two.call("allow.import", entries=[], more=True), "another")
        reply = three.call("allow.import", entries=entries(hosts(1)))
        assert reply["error"]["message"] == "2 imports are under way: try again later"
        # a tail is no list
        reply = one.call("allow.import", entries=entries(hosts(1)), staged=7)
        assert reply["error"]["message"] == ("nothing was changed: staged: 0 entries were sent "
                                             "before on this connection")
    assert lists.entries() == []


def test_ctrl_c_changes_nothing(edge25, topology):
    """edge25ctl ends while control, which stands still, has a part of the list."""
    del topology
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    path = lists.write(csv_text([[host, "", "", "x" * 200] for host in hosts(20000)]))
    with frozen(daemon.pid(CONTROL)):
        process = daemon.namespace.popen([daemon.programs / "edge25ctl", "-s", daemon.socket,
                                          "allow", "import", path])
        eventually(lambda: "unix_stream" in wchan(process.pid) or "poll" in wchan(process.pid) or
                   "sock" in wchan(process.pid), lambda: f"to wait: {wchan(process.pid)}")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
    assert daemon.ctl("status")["healthy"]
    assert lists.entries() == []


def wchan(pid):
    """Where a process waits in the kernel."""
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return file.read()


def crossed(count):
    """Wide sources to one server each, and one source each to wide destinations: where they cross they
    are cut, so they are the square of that many pieces."""
    servers, sources = hosts(2 * count, "203.0.0.0")[::2], hosts(2 * count, "100.64.0.0")[::2]
    return [["100.64.0.0/10", server, "", "wide"] for server in servers] + \
        [[source, "203.0.0.0/8", "", "tall"] for source in sources]


def test_what_cannot_be_in_force_is_taken_back(edge25, gate, topology):
    """Of a list that no kernel could hold nothing stays, and changes go on."""
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    flow, other = (gate.flows(subscriber)[0] for subscriber in topology.subscribers[:2])
    lists.put(csv_text([[flow.address, "", "", "before"]]))
    before = lists.entries()
    assert lists.refused(csv_text(crossed(1100)), "--replace") == [
        "nothing was changed: the plan cannot be made: Argument list too long"]
    assert lists.entries() == before
    gate.passes(flow)
    gate.refuses(other)
    assert lists.put(csv_text(crossed(10)[:10]))["applied"]
    assert daemon.ctl("status")["healthy"]
    daemon.restart()
    assert len(lists.entries()) == 11
    gate.passes(flow)


def without_hits(lists):
    """Its entries, but for how often they were found."""
    return [{name: value for name, value in entry.items() if name not in ("hits", "used")}
            for entry in lists.entries()]


def check_list(lists, entries, gate, passing, refused):
    """The list is this one, and the wire agrees."""
    assert without_hits(lists) == entries
    gate.passes(*passing)
    gate.refuses(*refused)


@pytest.fixture(name="memory")
def fixture_memory(laboratory, serial):
    path = laboratory / f"import-{next(serial)}"
    path.mkdir(mode=0o755)
    return Memory(path / "orders")


@pytest.mark.skipif(BUILD.name == "build-san", reason="a sanitizer has allocations of its own")
@pytest.mark.parametrize("version, least", [(4, 1 << 16), (6, 1 << 20)])
def test_what_the_engine_refuses_is_taken_back(edge25, gate, topology, memory, version, least):
    """The engine has no memory for the new list, and says so: the old one is in force, and stays."""
    daemon = edge25(CONFIGURATION, env=memory.environment)
    lists = Lists(daemon)
    before, added, changed, other = gate.flows(topology.subscribers[0], 4, version)
    lists.put(csv_text([["", before.destination, "", "goes"],
                        ["", changed.destination, "", "is changed"]]))
    entries = without_hits(lists)
    many = [[f"{host}/31", "", "", "many"] for host in hosts(40000, "10.0.0.0")[::2]]
    new = csv_text([["", added.destination, "", "new"],
                    ["", changed.destination, "1h", "is another"], *many])
    with memory.failing(ENGINE, 1, least):
        said, = lists.refused(new, "--replace")
        assert said.startswith("the engine could not do it, nothing was changed: ")
        assert said.endswith("batch: Cannot allocate memory")
        check_list(lists, entries, gate, [before, changed], [added, other])
    eventually(lambda: daemon.ctl("status")["healthy"], daemon.stderr)
    actions = [line["action"] for line in daemon.ctl("allow", "history", "--limit", 3)["lines"]]
    assert set(actions) == {"undo"}, actions
    # nor does it come when engine and control are others
    daemon.restart()
    check_list(lists, entries, gate, [before, changed], [added, other])
    # the control run: what the engine takes does change all of that
    assert counts(lists.put(new, "--replace")) == (1 + len(many), 1, 1, 0)
    must_fail(check_list, lists, entries, gate, [before, changed], [added, other])
    gate.passes(added, changed)
    gate.refuses(before, other)


def test_without_an_engine_it_is_stored(edge25, gate, topology):
    daemon = edge25(CONFIGURATION)
    lists = Lists(daemon)
    flow, = gate.flows(topology.subscribers[0])
    with killed(daemon, ENGINE):
        reply = lists.put(csv_text([[flow.address, "", "", "c"]]))
        assert not reply["applied"] and reply["warnings"] == [
            "the engine is not there: the list is stored and takes effect when the engine is back"]
    gate.passes(flow)
