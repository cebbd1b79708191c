# SPDX-License-Identifier: GPL-2.0-or-later
"""Prefix files with an error: file, line and value are said, nothing starts; when edge25 runs
already, everything goes on as it was."""

import json
import os

import pytest

from lab.edge25 import Edge25
from lab.promise import eventually, must_fail

CONFIGURATION = """\
policy "home" { mode = block  deny = tcp-reset }
range "dsl" { prefix-file = "dsl.prefixes"  policy = "home" }
"""
GOOD = b"# ours\r\n100.64.0.0/10\r\n\t2001:db8:1::/48 # and these\r\n\r\n100.64.0.0/10"
MOST = 1_000_000

# What the file holds, and what is said behind its path.
ERRORS = {
    "no prefix": (b"100.64.0.0/10\n100.65.0.0/x\n",
                  ":2: 100.65.0.0/x is not an IPv4 or IPv6 prefix"),
    "a name": (b"# dsl\n\nbras1.example\n", ":3: bras1.example is not an IPv4 or IPv6 prefix"),
    "host bits": (b"100.64.0.0/10\n\n\n100.64.0.1/24\n",
                  ":4: 100.64.0.1/24 has host bits set; did you mean 100.64.0.0/24?"),
    "length": (b"100.64.0.0/33\n", ":1: 100.64.0.0/33: the length of an IPv4 prefix is 0 to 32, of "
               "an IPv6 prefix 0 to 128"),
    "two on a line": (b"100.64.0.0/10, 10.0.0.0/8\n",
                      ":1: 100.64.0.0/10, 10.0.0.0/8 is not an IPv4 or IPv6 prefix"),
    "old line ends": (b"100.64.0.0/10\r10.0.0.0/8\r",
                      ":1: 100.64.0.0/10\\x0d10.0.0.0/8 is not an IPv4 or IPv6 prefix"),
    "long line": (b"100.64.0.0/10\n" + b"1" * 513 + b"\n", ":2: " + "1" * 40 + "...: expected one "
                  "prefix a line, and no line of more than 512 bytes"),
    "byte 0": (b"100.64.0.0/10\n10.0.0.0\0/8\n",
               ":2: 10.0.0.0: expected one prefix a line; a byte 0 follows"),
    "empty": (b"", ": expected at least one prefix: it has none"),
    "comments": (b"# to be filled\n\n", ": expected at least one prefix: it has none"),
    "too many": (b"10.0.0.0/8\n" * MOST + b"10.128.0.0/9\n",
                 f":{MOST + 1}: 10.128.0.0/9: expected at most {MOST} prefixes in a file"),
}


def make_missing(path):
    path.unlink()


def make_directory(path):
    path.unlink()
    path.mkdir()


def make_pipe(path):
    """Opened like a file it would hold up whoever reads it."""
    path.unlink()
    os.mkfifo(path)


# Files that are none; what is said, behind the line that names them.
NO_FILES = {
    "missing": (make_missing, "No such file or directory"),
    "directory": (make_directory, "Is a directory"),
    "pipe": (make_pipe, "it is no regular file"),
}

@pytest.fixture(name="idle")
def fixture_idle(topology, laboratory, serial):
    """An edge25 that was not started."""
    return Edge25(topology.gateway, laboratory / f"idle-{next(serial)}", CONFIGURATION)


def spoil(daemon, kind):
    """Makes the prefix file wrong; what is said about it."""
    path = daemon.directory / "dsl.prefixes"
    if kind in ERRORS:
        text, expected = ERRORS[kind]
        path.write_bytes(text)
        return f"{path}{expected}"
    make, expected = NO_FILES[kind]
    path.touch()
    make(path)
    return f'{daemon.configuration}:2: range "dsl": prefix-file = dsl.prefixes: {expected}'


@pytest.mark.parametrize("kind", [*ERRORS, *NO_FILES])
def test_nothing_starts(idle, kind):
    line = spoil(idle, kind)
    for arguments in ((), ("-t",)):
        result = idle.run(*arguments, check=False)
        assert (result.stderr, result.returncode) == (f"{line}\n", 1)
    assert "table inet edge25" not in idle.namespace.run(["nft", "list", "tables"]).stdout


def test_a_good_file(idle):
    """The control run: ends of lines, comments and blanks of all kinds, and one prefix twice."""
    (idle.directory / "dsl.prefixes").write_bytes(GOOD)
    assert "3 prefixes -> 2 intervals" in idle.run("-t").stdout


@pytest.fixture(name="running")
def fixture_running(edge25):
    """edge25 with a good file."""
    daemon = edge25('policy "home" { mode = block }\n'
                    'range "dsl" { prefixes = { "100.64.0.0/10" }  policy = "home" }\n')
    (daemon.directory / "dsl.prefixes").write_bytes(GOOD)
    daemon.configure(CONFIGURATION)
    assert daemon.ctl("reload")["applied"]
    return daemon


def table(daemon):
    """The kernel's table, element by element, without what packets change."""
    listing = daemon.namespace.run(["nft", "-s", "-j", "list", "table", "inet", "edge25"]).stdout
    parts = [entry for entry in json.loads(listing)["nftables"] if "counter" not in entry]
    for part in parts:
        for value in part.values():
            if value.get("name", "").startswith(("tally_", "refused", "passed")):
                value.pop("elem", None)
    return parts


def nothing_changed(daemon, gate, before):
    assert table(daemon) == before
    gate.refuses(*gate.flows(gate.topology.subscribers[0]),
                 *gate.flows(gate.topology.subscribers[0], version=6))


def test_a_reload_changes_nothing(running, gate):
    before = table(running)
    for kind in (*ERRORS, *NO_FILES):
        path = running.directory / "dsl.prefixes"
        if path.is_dir():
            path.rmdir()
        line = f"edge25-control: reload: nothing was changed: {spoil(running, kind)}\n"
        running.reload()
        eventually(lambda line=line: line in running.stderr(),
                   lambda line=line: f"{line}in\n{running.stderr()[-2000:]}")
    nothing_changed(running, gate, before)


def test_a_reload_of_a_good_file_does(running, gate):
    """The control run of the test above."""
    before = table(running)
    (running.directory / "dsl.prefixes").write_bytes(b"100.64.0.0/10\n")
    assert running.ctl("reload")["applied"]
    must_fail(nothing_changed, running, gate, before)
