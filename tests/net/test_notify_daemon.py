# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify and the real edge25: what a host does on the wire reaches the operator's command,
by a user who may only ask, and through the death of either."""

import grp
import os
import pwd
import signal

import pytest

from lab.edge25 import CONTROL
from lab.notify import Notify
from lab.promise import eventually, must_fail
from lab.time_travel import QUICK, attempt, incident_of, incidents, misbehave

USER, GROUP = "daemon", "games"  # every Debian has them
SETTINGS = f"""
range "dsl" {{
	prefixes = {{ "100.64.0.0/10", "2001:db8:1::/48" }}  policy = "home"  sources = verified
}}
read-interval = 1s
write-interval = 1s
monitor-group = "{GROUP}"
"""
GUARD = f'policy "home" {{ mode = guard  burst = 0  pace = 0  {QUICK} }} {SETTINGS}'
SUSPECT = f'policy "home" {{ mode = block  pace = 0  suspect-servers = 3 }} {SETTINGS}'


@pytest.fixture(name="notify")
def fixture_notify(laboratory, serial, topology):
    """notify(daemon, *options) -> Notify that has begun, as a user who may only ask."""
    started = []

    def start(daemon, *options):
        directory = laboratory / f"notify-{next(serial)}"
        user, group = pwd.getpwnam(USER).pw_uid, grp.getgrnam(GROUP).gr_gid
        started.append(Notify(
            directory, daemon.directory / "run/monitor.sock", "--rate", "1000/s", *options,
            namespace=topology.gateway,
            run_as=["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]))
        for path in (directory, directory / "records"):
            os.chown(path, user, group)
        started[-1].start().wait_until_begun()
        return started[-1]

    yield start
    for one in started:
        one.kill()


def check_told(notify, daemon):
    """The last that was told of each incident is how edge25ctl shows it."""
    def told():
        return {document["id"]: (document["host"], document["class"], document["state"])
                for document in notify.incidents()}

    def shown():
        return {one["id"]: (one["host"], one["class"], one["state"]) for one in incidents(daemon)}

    eventually(lambda: shown() and told() == shown(),
               lambda: f"told {told()}\nshown {shown()}\n{notify.stderr()}")


def test_host(edge25, gate, notify):
    """Its incident is told with what the daemon knows, and again when it ends."""
    daemon = edge25(SUSPECT)
    one, silent = notify(daemon), notify(daemon, "--on", "action")
    line = gate.topology.subscribers[0]
    flows = attempt(daemon, gate, line, 4)
    found = incident_of(daemon, line.address4)
    check_told(one, daemon)
    (document,) = one.incidents()
    for key in ("host", "mac", "interface", "policy", "range", "action", "opened", "class"):
        assert document[key] == found[key], key
    assert document["changed"] == ["opened"] and document["reasons"]
    assert {entry["dest_ip"] for entry in document["evidence"]} <= {flow.destination
                                                                   for flow in flows}
    assert daemon.control("incidents", "close", found["id"]).returncode == 0
    eventually(lambda: one.told() == [(found["id"], ("opened",)), (found["id"], ("closed",))],
               lambda: f"{one.told()}\n{one.stderr()}")
    check_told(one, daemon)
    must_fail(check_told, silent, daemon)


def test_bot(edge25, gate, notify):
    """A bot is told as infected and as contained, and that it was, when it is over."""
    daemon = edge25(GUARD)
    one = notify(daemon, "--class", "infected", "--on", "opened,closed,action")
    line = gate.topology.subscribers[0]
    misbehave(gate, line)
    found = incident_of(daemon, line.address4, "infected")
    eventually(lambda: one.incidents() and one.incidents()[-1]["action"] == "contained",
               lambda: f"{one.incidents()}\n{one.stderr()}")
    assert one.incidents()[-1]["contained_until"]
    assert one.told()[0] == (found["id"], ("opened",))
    assert all(document["class"] == "infected" for document in one.incidents())
    assert daemon.control("incidents", "close", found["id"]).returncode == 0
    check_told(one, daemon)


def test_either_is_killed(edge25, gate, notify):
    """kill -9 of control, of edge25-notify and of both: all is told in the end."""
    daemon = edge25(SUSPECT)
    one = notify(daemon)
    line = gate.topology.subscribers[0]
    for number, dead in enumerate([(), ("control",), ("notify",), ("control", "notify")]):
        source = f"100.64.0.{120 + number}"
        line.run(["ip", "address", "replace", f"{source}/32", "dev", "eth0"])
        if "notify" in dead:
            one.kill()
        attempt(daemon, gate, line, 4, source=source)
        incident_of(daemon, source)
        if "control" in dead:
            daemon.wait_for_new(CONTROL, daemon.signal(CONTROL, signal.SIGKILL))
            daemon.wait_until_healthy()
        if "notify" in dead:
            one.start()
        check_told(one, daemon)
    identities = [identity for identity, changed in one.told() if "opened" in changed]
    assert len(set(identities)) == 4
    assert len(identities) <= 4 + 2  # what was in hand when it was killed comes again
