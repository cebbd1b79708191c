# SPDX-License-Identifier: GPL-2.0-or-later
"""The router's own packets: not looked at, unless router-policy names a policy for them."""

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE, HOME
from lab.faults import frozen, killed
from lab.gate import AT_ONCE
from lab.peer import Peer, host_of
from lab.promise import eventually, kept_by
from lab.sockets import connect_many

OWN = "read-interval = 1s\nrouter-policy = home\ncheck-sources = yes\n" + HOME
NOT_OWN = OWN.replace("router-policy = home\n", "")
COUNT = 5
versions = pytest.mark.parametrize("version", [4, 6])


class Attempts:
    """Connections of the gateway itself."""

    def __init__(self, topology, servers, port=25):
        with Capture(topology.internet) as beyond:
            self.results = connect_many(topology.gateway, servers, port, AT_ONCE)
        self.passed = len(beyond.openings(port))

    def check_refused(self):
        """Each at once, by a reset that comes from the gateway's own rules."""
        assert [result.error for result in self.results] == ["ECONNREFUSED"] * len(self.results)
        assert self.passed == 0

    def check_pass(self):
        """Each reached a mail server."""
        assert [result.error for result in self.results] == [""] * len(self.results)
        assert self.passed == len(self.results)


@versions
@kept_by(OWN, broken_by=NOT_OWN)
def test_the_router_is_judged_by_a_policy(edge25, topology, gate, version, configuration, promise):
    daemon = edge25(configuration)
    servers = gate.fresh(COUNT, version)
    for _ in range(2):
        promise(Attempts(topology, servers).check_refused)
    expected = 0 if "router-policy" not in configuration else 2 * COUNT
    eventually(lambda: daemon.status()["policies"][0]["refused"] == expected,
               lambda: str(daemon.status()["policies"][0]))
    # Its submissions are its own, and subscribers are judged as before.
    assert [result.error for result in Attempts(topology, servers, 587).results] == \
        ["ECONNREFUSED"] * COUNT  # by the crowd, which submits nowhere
    gate.refuses(*gate.flows(topology.subscribers[0], 3, version))


@versions
def test_monitor_counts_the_router(edge25, topology, gate, version):
    daemon = edge25(OWN.replace("mode = block", "mode = monitor"))
    Attempts(topology, gate.fresh(COUNT, version)).check_pass()
    eventually(lambda: daemon.status()["policies"][0]["passed"] == COUNT,
               lambda: str(daemon.status()["policies"][0]))
    eventually(lambda: len(daemon.events()) == COUNT, "an event for each")


@versions
def test_the_router_may_be_allowed(edge25, topology, gate, version):
    daemon = edge25(OWN)
    servers = gate.fresh(COUNT, version)
    Attempts(topology, servers).check_refused()
    assert daemon.ctl("allow", "add", "--to", servers[0], "--comment", "smarthost")["applied"]
    Attempts(topology, servers[:1]).check_pass()
    Attempts(topology, servers[1:]).check_refused()


@versions
def test_without_the_engine_the_safe_answer_holds(edge25, topology, gate, version):
    daemon = edge25("queue-length = 16\n" + OWN)
    with frozen(daemon.pid(ENGINE)):
        attempts = Attempts(topology, gate.fresh(40, version))
    assert attempts.passed == 0
    assert sum(result.error == "ECONNREFUSED" for result in attempts.results) >= 40 - 2 * 17


def test_a_reload_that_ends_it_opens_the_router_alone(edge25, topology, gate):
    daemon = edge25(OWN)
    servers = gate.fresh(COUNT)
    Attempts(topology, servers).check_refused()
    daemon.configure(NOT_OWN)
    daemon.ctl("reload")
    Attempts(topology, servers).check_pass()
    gate.refuses(*gate.flows(topology.subscribers[0], 3))
    assert daemon.control("ruleset", "verify").returncode == 0
    daemon.configure(OWN)
    daemon.ctl("reload")
    Attempts(topology, servers).check_refused()
    daemon.stop()
    Attempts(topology, servers).check_refused()


@versions
def test_a_contained_router_is_refused(edge25, topology, gate, version):
    """Its address is a host as any other; subscribers behind it have their own."""
    daemon = edge25(OWN.replace("mode = block", "mode = guard"))
    servers, own = gate.fresh(COUNT, version), {4: "192.0.2.1", 6: "2001:db8:e::1"}[version]
    Attempts(topology, servers).check_pass()
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(own))
        Attempts(topology, servers).check_refused()
        gate.passes(*gate.flows(topology.subscribers[0], 2, version))
        peer.release(host_of(own))
        Attempts(topology, servers).check_pass()
