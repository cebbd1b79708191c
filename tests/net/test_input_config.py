# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations with an error: one line that says where, what and what was expected; nothing
starts, and when edge25 runs already, nothing changes."""

import pytest

from lab.edge25 import Edge25
from lab.promise import eventually, must_fail

HOME = 'policy "home" { mode = block }\n'
DSL = 'range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }\n'

# What stands in edge25.conf, the line that is wrong, and what is said about it.
ERRORS = [
    ("", 0, 'no policy: expected at least one, for instance policy "home" { mode = monitor }'),
    ('policy "home" { }', 1, 'policy "home": mode is missing: expected block, guard or monitor'),
    ('policy "home" {\n mode = blok }', 2,
     'policy "home": mode = blok: expected block, guard or monitor'),
    ('policy "home" { mode = guard  burst-time = 2h }', 1,
     'policy "home": burst-time = 2h: expected a duration (such as 30s or 1m) from 1s to 1h'),
    ('policy "home" { mode = block\n deny = reject }', 2,
     'policy "home": deny = reject: expected drop, tcp-reset or admin-prohibited'),
    ('policy "home" { mode = block  when-unanswered = drop }', 1,
     'policy "home": when-unanswered = drop: expected refuse or pass'),
    ('policy "home" { mode = block  host-prefix6 = 63 }', 1,
     'policy "home": host-prefix6 = 63: expected 64, 60, 56 or 48'),
    (HOME + 'range "dsl" { colour = red }', 2, "no such option 'colour': expected one of "
     'prefixes, prefix-file, interfaces, policy, sources, shared'),
    ('policy "my home" { mode = block }', 1, 'policy "my home": expected a name of 1 to 31 '
     "characters: a letter, then letters, digits and '_'"),
    (HOME + HOME, 2, "found duplicate title 'home'"),
    (HOME + 'range "dsl" { prefixes = { "100.64.300.0/10" }  policy = "home" }', 2,
     'range "dsl": prefixes: 100.64.300.0/10 is not an IPv4 or IPv6 prefix'),
    (HOME + 'range "dsl" { prefixes = { "100.64.0.1/10" }  policy = "home" }', 2,
     'range "dsl": prefixes: 100.64.0.1/10 has host bits set; did you mean 100.64.0.0/10?'),
    (HOME + 'range "dsl" { prefixes = { "2001:db8::/129" }  policy = "home" }', 2,
     'range "dsl": prefixes: 2001:db8::/129: the length of an IPv4 prefix is 0 to 32, of an IPv6 '
     'prefix 0 to 128'),
    (HOME + 'range "dsl" { prefixes = { "100.64.0.0/10" }  policy = "hme" }', 2,
     'range "dsl": policy = hme: expected the name of a policy that is defined'),
    (HOME + 'range "dsl" { prefixes = { "100.64.0.0/10" } }', 2,
     'range "dsl": policy is missing: expected the name of a policy'),
    (HOME + 'range "dsl" { policy = "home" }', 2,
     'range "dsl": expected prefixes, prefix-file or interfaces'),
    (HOME + 'range "dsl" { prefix-file = "no.prefixes"  policy = "home" }', 2,
     'range "dsl": prefix-file = no.prefixes: No such file or directory'),
    (HOME + 'range "lan" { interfaces = { "br-lan-and-much-more" }  policy = "home" }', 2,
     'range "lan": interfaces: br-lan-and-much-more: expected an interface name of 1 to 15 '
     'characters, or its beginning and *'),
    (HOME + 'range "lan" { interfaces = { "e*h" }  policy = "home" }', 2, 'range "lan": '
     'interfaces: e*h: expected an interface name of 1 to 15 characters, or its beginning and *'),
    (HOME + DSL + 'allow "x" { comment = "c" }', 3, 'allow "x": expected from, to or both'),
    (HOME + DSL + 'allow "x" { to = { "203.0.113.25" } }', 3, 'allow "x": comment is missing: '
     'expected why and for whom (require-comment = no does without)'),
    (HOME + DSL + 'allow "x" { to = { "203.0.113.256" } comment = "c" }', 3,
     'allow "x": to: 203.0.113.256 is not an IPv4 or IPv6 prefix'),
    (HOME + DSL + 'allow "x" { to = { "relay" } comment = "c" }', 3,
     'allow "x": to: relay is neither an IPv4 or IPv6 prefix nor a name such as smtp.example.net'),
    (HOME + DSL + 'allow "x" { from = { "smtp.example.net" } comment = "c" }', 3,
     'allow "x": from: smtp.example.net is not an IPv4 or IPv6 prefix'),
    ("resolve-min = 2m\nresolve-max = 1m\n" + HOME, 2,
     "resolve-max = 60s: expected at least resolve-min (120s)"),
    (HOME + 'allow "x" { from = { "100.64.0.1" } to = { "2001:db8::1" } comment = "c" }', 2,
     'allow "x": from 100.64.0.1 to 2001:db8::1: expected both IPv4 or both IPv6'),
    (HOME + 'allow "x" { to = { "203.0.113.25" } comment = "c" expires = tomorrow }', 2,
     'allow "x": expires = tomorrow: expected a date such as 2026-12-01 or 2026-12-01T12:00:00Z'),
    (HOME + "queues = 17", 2, "queues = 17: expected a number from 0 to 16"),
    (HOME + "queue-length = many", 2,
     "queue-length = many: expected a number from 16 to 1048576"),
    (HOME + "queue-first = 65535", 2,
     "queue-first = 65535: expected at most 65520, so that all queues have a number"),
    (HOME + "mark-mask = 0xff00ff", 2,
     "mark-mask = 0xff00ff: expected eight adjacent bits, such as 0xff000000"),
    (HOME + "read-interval = 0s", 2, "read-interval = 0s: expected a duration (such as 30s, 10m, "
     "2h, 7d or 1w) from 1s to 1h"),
    (HOME + "tally-for = 10s", 2, "tally-for = 10s: expected at least ten times read-interval "
     "(10s), or counts may expire unread"),
    (HOME + "event-file-max = 1KiB", 2,
     "event-file-max = 1KiB: expected a size (such as 64MiB) from 64KiB to 1024GiB"),
    (HOME + "log-destinations = some", 2, "log-destinations = some: expected full, prefix or none"),
    (HOME + "incident-quiet = 1s", 2, "incident-quiet = 1s: expected a duration (such as 30s, 10m, 2h, 7d "
     "or 1w) from 10s to 365d"),
    (HOME + "require-comment = maybe", 2, "require-comment = maybe: expected yes or no"),
    (HOME + "queues = { 1, 2 }", 2, "unexpected token '{'"),
    (HOME + "queues 1", 2, "missing equal sign after option 'queues'"),
    (HOME + "}", 2, "unexpected closing brace"),
]
# The same in conf.d/z.conf.
FURTHER = [
    ("log-dir = logs", 1, "log-dir = logs: expected a path that begins with /"),
    ('\nuser = ""', 2, "user: expected the name of a user"),
]
# Errors of the machine, in conf.d/z.conf: what edge25d says, @ for the directory of the test.
MACHINE = [
    ("user = nosuchuser", "user nosuchuser does not exist: create it (useradd --system --home-dir "
     "/nonexistent --shell /usr/sbin/nologin nosuchuser) or set user in @/edge25.conf"),
    ("engine-user = root",
     "engine-user = root in @/edge25.conf: this is root; name a user without privileges"),
    ("engine-user = nobody", "user and engine-user in @/edge25.conf are both nobody: name two, so "
     "that control cannot stop the engine"),
    ('run-dir = "/proc/nothing"', "cannot make run-dir /proc/nothing: No such file or directory"),
    ('run-dir = "@/edge25.conf"',
     "run-dir @/edge25.conf: is a symbolic link or a file: a directory is needed"),
    ('state-dir = "@/conf.d"', "state-dir @/conf.d belongs to root and is not empty: name a "
     "directory of its own, or give it to nobody (chown nobody @/conf.d)"),
]


@pytest.fixture(name="idle")
def fixture_idle(topology, laboratory, serial):
    """An edge25 that was not started."""
    return Edge25(topology.gateway, laboratory / f"idle-{next(serial)}", HOME)


def check_refused(edge25, line, *arguments):
    """It says exactly that, and nothing is there afterwards."""
    result = edge25.run(*arguments, check=False)
    assert result.stderr == f"{line}\n"
    assert result.returncode == 1
    assert "table inet edge25" not in edge25.namespace.run(["nft", "list", "tables"]).stdout
    assert not list(edge25.directory.glob("run/*"))


@pytest.mark.parametrize("text, number, expected", ERRORS, ids=[error[2] for error in ERRORS])
def test_error(idle, text, number, expected):
    idle.configure(text + "\n")
    line = f"{idle.configuration}:{number}" if number else idle.configuration
    check_refused(idle, f"{line}: {expected}")
    check_refused(idle, f"{line}: {expected}", "-t")


@pytest.mark.parametrize("text, number, expected", FURTHER, ids=[error[2] for error in FURTHER])
def test_error_in_a_further_file(idle, text, number, expected):
    further = idle.directory / "conf.d/z.conf"
    further.write_text(text + "\n")
    check_refused(idle, f"{further}:{number}: {expected}")


def test_one_prefix_with_two_policies(idle):
    idle.configure(HOME + 'policy "look" { mode = monitor }\n' + DSL
                   + 'range "b" { prefixes = { "100.64.0.0/10" }  policy = "look" }\n')
    conf = idle.configuration
    check_refused(idle, f'{conf}:4: range "b": 100.64.0.0/10: expected one policy for a prefix; '
                  f'range "dsl" ({conf}:3) gives it policy "home"')


def test_what_cannot_be_read(idle):
    conf = idle.configuration
    conf.unlink()
    check_refused(idle, f"{conf}: No such file or directory")
    conf.mkdir()
    check_refused(idle, f"{conf}: it is no regular file")


def test_text_for_no_terminal(idle):
    """A byte of the file reaches the terminal only in a form that does nothing there."""
    idle.configure(HOME + "\x1b[31m = 1\n")
    result = idle.run(check=False)
    assert result.stderr.startswith(f"{idle.configuration}:2: no such option '\\x1b[31m'")
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("text, expected", MACHINE, ids=[error[0] for error in MACHINE])
def test_error_of_the_machine(idle, text, expected):
    text, expected = (part.replace("@", str(idle.directory)) for part in (text, expected))
    (idle.directory / "conf.d/z.conf").write_text(text + "\n")
    check_refused(idle, f"edge25d: {expected}")


def test_check_control_run(idle):
    """A configuration without error is not refused."""
    result = idle.run("-t")
    assert "configuration OK" in result.stdout
    must_fail(check_refused, idle, "any", "-t")


@pytest.mark.parametrize("spoil, expected", [
    (lambda conf: conf.write_text(HOME.replace("block", "blok")),
     ':1: policy "home": mode = blok'),
    (lambda conf: conf.unlink(), ": No such file or directory"),
    (lambda conf: (conf.unlink(), conf.mkdir()), ": it is no regular file"),
], ids=["value", "missing", "directory"])
def test_reload_with_an_error(edge25, gate, spoil, expected):
    """Says so, and everything goes on as it was; the next good file counts."""
    daemon = edge25(HOME + DSL)
    before, processes = rules(daemon), (daemon.pid("edge25-engine"), daemon.pid("edge25-control"))
    spoil(daemon.configuration)
    daemon.reload()
    line = f"edge25-control: reload: nothing was changed: {daemon.configuration}{expected}"
    eventually(lambda: line in daemon.stderr(), lambda: f"{line}\nin\n{daemon.stderr()}")
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))
    problem, = daemon.status()["problems"]
    assert f"{daemon.configuration}{expected}" in problem["text"]
    assert rules(daemon) == before
    assert (daemon.pid("edge25-engine"), daemon.pid("edge25-control")) == processes
    if daemon.configuration.is_dir():
        daemon.configuration.rmdir()
    daemon.configure((HOME + DSL).replace("block", "monitor"))
    daemon.reload()
    eventually(lambda: rules(daemon) != before, "other rules")
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def rules(edge25):
    """The kernel's table without what packets change."""
    listing = edge25.namespace.run(["nft", "-s", "list", "table", "inet", "edge25"]).stdout
    return [line for line in listing.splitlines() if "elements" not in line]
