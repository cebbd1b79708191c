# SPDX-License-Identifier: GPL-2.0-or-later
"""hosts and incidents: which ones, in which order, as a table that fits and as CSV; and edge25ctl on
any terminal, or none."""

import contextlib
import csv
import fcntl
import io
import os
import pty
import signal
import struct
import subprocess
import termios
import unicodedata

import pytest

from lab.edge25 import BUILD, CONTROL, Edge25
from lab.faults import frozen
from lab.host import wait_for
from lab.promise import eventually, must_fail
from lab.sockets import connect_many
from lab.time_travel import QUICK, SCAN, incident_of, misbehave

NAME = "=cmd|' /C calc'!A0, \u6771\u4eac \"\u0436\""  # a formula, a comma, quotes, wide letters
CONFIGURATION = f"""
policy "home" {{ mode = block  pace = 0  {QUICK} }}
policy "office" {{ mode = monitor }}
range "dsl" {{ prefixes = {{ "100.64.0.0/23", "2001:db8:1::/48" }}  policy = "home" }}
range "rented" {{ prefixes = {{ "100.64.2.0/24" }}  policy = "office" }}
label-files = {{ "%s" }}
read-interval = 1s
"""
INFECTED, NAMED, OFFICE, IPV6 = "100.64.0.2", "100.64.1.2", "100.64.2.2", "2001:db8:1:1::/64"
ORDERS = ["worst", "newest", "attempts", "destinations", "first-seen", "host"]


@pytest.fixture(scope="module", name="daemon")
def fixture_daemon(topology, gate, laboratory, serial):
    """An infected host; one with a label, that is contained; one under monitor; one in IPv6."""
    daemon = Edge25(topology.gateway, laboratory / f"lists-{next(serial)}")
    labels = daemon.directory / "labels"
    labels.write_text(f"{NAMED} {NAME}\n", encoding="utf-8")
    daemon.configure(CONFIGURATION % labels)
    with daemon:
        first, second, third = topology.subscribers
        misbehave(gate, first)
        for subscriber, version, count in ((second, 4, 5), (third, 4, 3), (second, 6, 1)):
            connect_many(subscriber, gate.fresh(count, version), 25, 1.0)
        incident_of(daemon, INFECTED, "infected")
        eventually(lambda: tried(daemon) == {INFECTED: SCAN, NAMED: 5, OFFICE: 3, IPV6: 1},
                   lambda: str(tried(daemon)))
        daemon.ctl("contain", NAMED, "--comment", "c")
        yield daemon
    daemon.remove()


def listed(daemon, *options, command="hosts"):
    """The hosts that edge25ctl lists, in its order."""
    return [one["host"] for one in daemon.ctl(*command.split(), *options)[command.split()[0]]]


def tried(daemon):
    """How many servers each host tried, as all that counts them says."""
    return {one["host"]: one["destinations"] for one in daemon.ctl("hosts")["hosts"]
            if one["attempts"] >= one["destinations"]}


def check_lists(daemon, options, *expected, command="hosts"):
    """Exactly these hosts, in any order."""
    assert sorted(listed(daemon, *options.split(), command=command)) == sorted(expected), options


# --- which ones ---

HOSTS = [
    ("", INFECTED, NAMED, OFFICE, IPV6),
    ("--class infected", INFECTED),
    ("--class clean", NAMED, OFFICE, IPV6),
    ("--policy office", OFFICE),
    ("--range dsl", INFECTED, NAMED, IPV6),
    ("--range rented", OFFICE),
    ("--prefix 100.64.0.0/15", INFECTED, NAMED, OFFICE),
    ("--prefix 100.64.1.2", NAMED),
    ("--prefix 2001:db8:1:1::25", IPV6),
    ("--prefix 2001:db8:1:2::25",),
    ("--interface sub1", NAMED, IPV6),
    ("--interface wan0",),
    ("--name CALC", NAMED),
    ("--name nobody",),
    ("--contained", NAMED),
    ("--since 1h", INFECTED, NAMED, OFFICE, IPV6),
    ("--since 2099-01-01",),
    ("--class clean --policy home --prefix 0.0.0.0/0", NAMED),
]
INCIDENTS = [
    ("", INFECTED),
    ("--open --class infected", INFECTED),
    ("--closed",),
    ("--class suspect",),
    ("--policy home", INFECTED),
    ("--policy office",),
    ("--prefix 100.64.0.0/24", INFECTED),
    ("--prefix 100.64.9.0/24",),
    ("--since 1h", INFECTED),
    ("--since 2099-01-01",),
    ("--until 1h",),
    ("--until 2099-01-01T00:00:00+02:00 --order newest", INFECTED),
    ("--after 999999999999999",),
]
WRONG = [
    ("hosts --policy nobody", 'policy: there is no policy "nobody"'),
    ("hosts --range nowhere", 'range: there is no range "nowhere"'),
    ("hosts --interface eth99", "interface: there is no interface eth99"),
    ("hosts --class bad", "class: expected one of clean, misconfigured, suspect, infected"),
    ("hosts --order upwards", "order: expected one of " + ", ".join(ORDERS)),
    ("hosts --limit 0", "limit: expected a number from 1 to 1000"),
    ("hosts --offset 10001", 'offset: expected a number from 0 to 10000; "order": "host" and after '
     "lead through all"),
    ("hosts --after 100.64.0.2", 'after: needs "order": "host"'),
    ("hosts --since yesterday", "since: yesterday is neither a duration (30m, 24h, 7d, counted back "
     "from now) nor a date (2026-12-01, 2026-12-01T12:00:00Z)"),
    ("hosts --prefix 100.64.0.2/24", "prefix: 100.64.0.2/24 has host bits set; did you mean "
     "100.64.0.0/24?"),
    ("incidents --until never", "until: never is neither a duration (30m, 24h, 7d, counted back "
     "from now) nor a date (2026-12-01, 2026-12-01T12:00:00Z)"),
    ("incidents --limit 0", "limit: expected a number from 1 to 1000"),
]


@pytest.mark.parametrize("options, expected", [(row[0], row[1:]) for row in HOSTS],
                         ids=[row[0] or "all" for row in HOSTS])
def test_hosts(daemon, options, expected):
    check_lists(daemon, options, *expected)
    assert daemon.ctl("hosts", *options.split())["total"] == len(expected)


@pytest.mark.parametrize("options, expected", [(row[0], row[1:]) for row in INCIDENTS],
                         ids=[row[0] or "all" for row in INCIDENTS])
def test_incidents(daemon, options, expected):
    check_lists(daemon, options, *expected, command="incidents list")


@pytest.mark.parametrize("words, message", WRONG, ids=[row[0] for row in WRONG])
def test_wrong(daemon, words, message):
    done = daemon.control(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"edge25ctl: {message}\n")


@pytest.mark.parametrize("words, option", [
    ("allow add --from 100.64.0.9 --comment NOT", "--comment: "),
    ("allow del --from NOT", "--from: "),
    ("allow list --user NOT", "--user: "),
    ("allow list --never-used NOT", "--never-used: "),
    ("allow history --to NOT", "--to: "),
    ("allow check NOT 203.0.113.7", ""),
    ("hosts --name NOT", "--name: "),
    ("incidents list --policy NOT", "--policy: "),
    ("watch --kind NOT", "--kind: "),
    ("watch --policy NOT", "--policy: "),
])
def test_not_utf8(daemon, words, option):
    """What cannot be asked for is no question without it: that would show, or watch, all."""
    done = daemon.control(*(word.replace("NOT", "a\udcff") for word in words.split()))
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", f"edge25ctl: {option}'a\\xff' is not UTF-8\n")


def test_control_run(daemon):
    must_fail(check_lists, daemon, "--class clean", NAMED, OFFICE)


# --- in which order ---

def check_order(daemon, order, *first):
    """The list begins so, and its pages are the same list."""
    whole = listed(daemon, "--order", order)
    assert whole[:len(first)] == list(first), order
    pages = [listed(daemon, "--order", order, "--limit", 1, "--offset", page) for page in range(4)]
    assert pages == [[host] for host in whole], order


@pytest.mark.parametrize("order, first", [
    ("worst", [INFECTED, NAMED]), ("attempts", [INFECTED, NAMED]),
    ("destinations", [INFECTED, NAMED, OFFICE, IPV6]), ("host", [INFECTED, NAMED, OFFICE, IPV6])])
def test_order(daemon, order, first):
    check_order(daemon, order, *first)


@pytest.mark.parametrize("order, field", [("newest", "last_seen"), ("first-seen", "first_seen")])
def test_order_by_time(daemon, order, field):
    times = [host[field] for host in daemon.ctl("hosts", "--order", order)["hosts"]]
    assert times == sorted(times, reverse=True)


def test_order_control_run(daemon):
    must_fail(check_order, daemon, "attempts", NAMED)


def test_pages_by_host(daemon):
    """Whoever asks for those behind the last one meets each host once."""
    met = listed(daemon, "--order", "host", "--limit", 1)
    while page := listed(daemon, "--order", "host", "--limit", 1, "--after", met[-1]):
        met += page
    assert met == listed(daemon, "--order", "host") and len(met) == 4


# --- CSV ---

@pytest.mark.parametrize("command, left_out", [("hosts", set()), ("incidents list", {"evidence"})])
def test_csv(daemon, command, left_out):
    """RFC 4180: a header, all fields of all rows, nothing that a spreadsheet would run."""
    done = subprocess.run([BUILD / "edge25ctl", *command.split(), "--csv"], capture_output=True,
                          env={**os.environ, "EDGE25_SOCKET": str(daemon.socket)}, timeout=60)
    text = done.stdout.decode()
    assert done.returncode == 0 and text.endswith("\r\n") and text.count("\n") == text.count("\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    objects = daemon.ctl(*command.split())[command.split()[0]]
    assert len(rows) == len(objects) > 0
    for row, one in zip(rows, objects):
        assert set(one) - left_out <= set(row)
        for name, value in row.items():
            expected = one.get(name)
            if isinstance(expected, list):
                expected = "; ".join(expected)
            if isinstance(expected, str) and expected[:1] in set("=+-@"):
                expected = "'" + expected
            if expected is None or isinstance(expected, bool):
                expected = {None: "", True: "true", False: "false"}[expected]
            assert value == str(expected)
    if command == "hosts":
        assert [row["name"] for row in rows if row["host"] == NAMED] == ["'" + NAME]


# --- terminals ---

PAGES = ["", "hosts", "incidents", f"host {INFECTED}", "incidents show 1", "allow list",
         "explain 100.64.0.2", "ruleset show"]


def columns(line):
    """How many columns a terminal takes for a line."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def on_terminal(daemon, words, width, **environment):
    """What edge25ctl writes to a terminal so wide."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 25, width, 0, 0))
    done = subprocess.Popen(
        [BUILD / "edge25ctl", *words], stdin=inside, stdout=inside, stderr=inside,
        env={**os.environ, "EDGE25_SOCKET": str(daemon.socket), "LC_ALL": "C.UTF-8",
             "TERM": "xterm", **environment})
    os.close(inside)
    written = b""
    with contextlib.suppress(OSError):  # a terminal that everybody has left
        while part := os.read(terminal, 65536):
            written += part
    os.close(terminal)
    done.wait(20)
    return written.decode().replace("\r\n", "\n")


def check_fits(text, width):
    """No line is wider, unless it is one word, such as a file's name."""
    for line in text.splitlines():
        assert columns(line) <= width or len(line.split()) == 1, line


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("page", PAGES, ids=[page or "status" for page in PAGES])
def test_fits(daemon, page, width):
    text = on_terminal(daemon, page.split(), width, NO_COLOR="1")
    assert "\033" not in text
    if width >= 80 or page not in ("", "ruleset show", "explain 100.64.0.2"):  # which have titles
        check_fits(text, width)


def test_fits_control_run(daemon):
    must_fail(check_fits, on_terminal(daemon, ["hosts"], 200, NO_COLOR="1"), 80)


def test_wider_terminal_shows_more(daemon):
    narrow, wide = (on_terminal(daemon, ["hosts"], width, NO_COLOR="1") for width in (80, 200))
    assert "FIRST SEEN" not in narrow and "FIRST SEEN" in wide and "MAC" in wide
    assert "\u6771\u4eac" in wide  # as it was written


@pytest.mark.parametrize("environment, options, coloured", [
    ({}, [], True), ({"NO_COLOR": "1"}, [], False), ({"NO_COLOR": ""}, [], True),
    ({"TERM": "dumb"}, [], False), ({"NO_COLOR": "1"}, ["--color", "always"], True),
    ({}, ["--color", "never"], False)])
def test_colour(daemon, environment, options, coloured):
    assert ("\033[" in on_terminal(daemon, ["hosts", *options], 80, **environment)) == coloured


def test_no_colour_in_a_pipe(daemon):
    assert "\033" not in daemon.control("hosts").stdout
    assert "\033[" in daemon.control("hosts", "--color", "always").stdout


def test_plain_locale(daemon):
    """Where the terminal knows only ASCII the rest is escaped."""
    text = on_terminal(daemon, ["hosts"], 200, LC_ALL="C")
    assert text.isascii() and "\\u6771\\u4eac" in text


# --- ways to be started and ended ---

def shell(daemon, line, **options):
    """A line of sh, with edge25ctl in PATH."""
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, env={
        **os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}",
        "EDGE25_SOCKET": str(daemon.socket)}, **options)


def test_reader_that_leaves(daemon):
    """`| head`: no complaint."""
    done = shell(daemon, "edge25ctl ruleset show | head -n 1")
    assert done.stderr == "" and done.stdout.count("\n") == 1


@pytest.mark.parametrize("where", [">&-", ">/dev/full"])
def test_output_that_cannot_be_written(daemon, where):
    done = shell(daemon, f"edge25ctl hosts {where}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "edge25ctl: cannot write the output\n"


def test_interrupted(daemon):
    """Ctrl-C ends a request that nobody answers."""
    with frozen(daemon.pid(CONTROL)):
        waiting = subprocess.Popen([BUILD / "edge25ctl", "hosts"], stdout=subprocess.PIPE, env={
            **os.environ, "EDGE25_SOCKET": str(daemon.socket)})
        wait_for(lambda: "poll" in open(f"/proc/{waiting.pid}/wchan", encoding="ascii").read()
                 or waiting.poll() is not None, "edge25ctl to wait")
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(20) == -signal.SIGINT


def test_not_permitted(daemon):
    """Whoever may not use the sockets is told who may."""
    done = shell(daemon, "edge25ctl hosts", user=65533, group=65533, extra_groups=[])
    assert done.returncode == 2
    assert "Permission denied" in done.stderr and "monitor-group" in done.stderr
