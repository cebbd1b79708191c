# SPDX-License-Identifier: GPL-2.0-or-later
"""bash completion of edge25ctl, in a bash with a terminal: words, and what a real daemon knows now."""

import json
import os
import socket
import subprocess
import threading
import time

import pytest

from lab.edge25 import BUILD, Edge25
from lab.promise import eventually, must_fail
from lab.shell import TAB, Bash
from lab.sockets import connect

CONFIGURATION = """
policy "home" { mode = block }
policy "office" { mode = monitor }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
range "rented" { prefixes = { "203.0.113.0/24" }  policy = "office" }
allow "relay" { to = { "198.51.100.7" }  comment = "our relay" }
"""
HOST4, HOST6 = "100.64.0.2", "2001:db8:1::"


def try_port(topology, version):
    """An attempt of subscriber 0, which makes it a host that is known."""
    destination = {4: "203.0.113.25", 6: "2001:db8:2::25"}[version]
    connect(topology.subscribers[0], destination, 25, timeout=1)


def known_hosts(daemon):
    """The hosts that control knows."""
    return {host["host"].split("/")[0] for host in daemon.ctl("hosts")["hosts"]}


@pytest.fixture(scope="module", name="daemon")
def fixture_daemon(topology, laboratory, serial):
    """edge25 with two entries, two hosts that tried, one of them contained."""
    daemon = Edge25(topology.gateway, laboratory / f"completion-{next(serial)}", CONFIGURATION)
    with daemon:
        daemon.ctl("allow", "add", "--from", "100.64.3.7", "--comment", "c")
        daemon.ctl("allow", "add", "--to", "2001:db8:5::/64", "--comment", "c")
        try_port(topology, 4)
        try_port(topology, 6)
        eventually(lambda: known_hosts(daemon) == {HOST4, HOST6}, lambda: str(known_hosts(daemon)))
        daemon.ctl("contain", HOST4, "--comment", "c")
        yield daemon
    daemon.remove()


@pytest.fixture(scope="module", name="bash")
def fixture_bash(daemon):
    """A shell that finds this daemon."""
    with Bash(EDGE25_SOCKET=str(daemon.socket)) as bash:
        yield bash


def check_offers(bash, line, *expected):
    """Exactly these words are offered."""
    assert sorted(bash.offered(line)) == sorted(expected), line


# What was typed, and all that it can become.
OFFERS = [
    ("edge25ctl ho", "host", "hosts"),
    ("edge25ctl incidents ", "close", "list", "show"),
    ("edge25ctl incidents s", "show"),
    ("edge25ctl hosts --cl", "--class"),
    ("edge25ctl hosts --class inf", "infected"),
    ("edge25ctl hosts --class=inf", "--class=infected"),
    ("edge25ctl --color ", "always", "auto", "never"),
    ("edge25ctl allow del ", "1", "2"),
    ("edge25ctl allow del --from ", "100.64.3.7"),
    ("edge25ctl allow del --to 2001:db8:5", "2001:db8:5::/64"),
    ("edge25ctl allow add --from 2001:", "2001:db8:1::"),
    ("edge25ctl host ", HOST4, HOST6),
    ("edge25ctl host 2001:db8", HOST6),
    ("edge25ctl host 2001:", HOST6),
    ("edge25ctl --json explain 100", HOST4),
    ("edge25ctl explain 100.64.0.2 198", "198.51.100.7"),
    ("edge25ctl allow add --comment 'ticket 42' --expires 2", "2h"),
    ("edge25ctl release ", HOST4),
    ("edge25ctl hosts --interface l", "lo"),
    ("edge25ctl hosts --policy ", "home", "office"),
    ("edge25ctl hosts --range d", "dsl"),
    ("edge25ctl hosts --order att", "attempts"),
    ("edge25ctl incidents --order ", "change", "newest", "worst"),
    ("edge25ctl host 100.64.0", HOST4),
    ("edge25ctl host 100.64.1.", "100.64.1."),  # it stays as it was typed
]


@pytest.mark.parametrize("line, expected", [(row[0], row[1:]) for row in OFFERS],
                         ids=[row[0] for row in OFFERS])
def test_offers(bash, line, expected):
    check_offers(bash, line, *expected)


def test_one_candidate_is_written_out(bash):
    assert bash.completed("edge25ctl host 2001:d", TAB) == ["edge25ctl", "host", HOST6]


def test_file_for_the_socket(bash, daemon):
    assert bash.offered(f"edge25ctl -s {daemon.directory}/run/mon") == [
        f"{daemon.directory}/run/monitor.sock"]


def test_control_run(bash):
    """What is not offered is missed."""
    must_fail(check_offers, bash, "edge25ctl allow del ", "1", "2", "3")


def complete(path, *words):
    """edge25ctl complete, as the script calls it: what it prints, and how long it took."""
    before = time.monotonic()
    done = subprocess.run([BUILD / "edge25ctl", "complete", *words], capture_output=True, text=True,
                          timeout=20, env={**os.environ, "EDGE25_SOCKET": str(path)})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, time.monotonic() - before


def test_quick(daemon):
    """The quickest of ten: this machine does other things too."""
    assert min(complete(daemon.socket, "host", "")[1] for _ in range(10)) < 0.1


def test_silent_without_daemon(tmp_path):
    assert complete(tmp_path / "none", "host", "")[0] == ""


def test_silent_beside_one_that_stands_still(tmp_path):
    with socket.socket(socket.AF_UNIX) as still:
        still.bind(str(tmp_path / "control.sock"))
        still.listen()
        printed, seconds = complete(tmp_path / "control.sock", "host", "")
        assert printed == "" and seconds < 10  # a second, on a machine that has time


def test_hostile_names_are_not_offered(tmp_path):
    """A control that is made up: what a terminal or a shell would obey is not written on a line."""
    reply = {"jsonrpc": "2.0", "id": 1, "result": {"hosts": [
        {"host": "\x1b[31mred"}, {"host": "a\nb"}, {"host": "$(reboot)"}, {"host": "100.64.0.9"}]}}
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(tmp_path / "control.sock"))
        control.listen()

        def answer():
            while True:
                try:
                    peer, _ = control.accept()
                except OSError:
                    return
                with peer, peer.makefile("rwb") as stream:
                    stream.readline()
                    stream.write(json.dumps(reply).encode() + b"\n")

        threading.Thread(target=answer, daemon=True).start()
        assert complete(tmp_path / "control.sock", "host", "")[0] == "$(reboot)\n100.64.0.9\n"
        with Bash(EDGE25_SOCKET=str(tmp_path / "control.sock")) as bash:
            assert sorted(bash.offered("edge25ctl host ")) == ["$(reboot)", "100.64.0.9"]
