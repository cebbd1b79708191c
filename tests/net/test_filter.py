# SPDX-License-Identifier: GPL-2.0-or-later
"""Port 25 of subscribers is closed, or watched; mail programs and everything else go on."""

import contextlib
import os
import signal
import statistics
import threading

import pytest

from lab.capture import Capture
from lab.edge25 import ENGINE, HOME
from lab.faults import asked, frozen
from lab.gate import DROP, MX, PROHIBITED, RESET, Conversation, Flow
from lab.promise import eventually, holds, kept_by, must_fail
from lab.sockets import Listener, connect, connect_many

MONITOR = HOME.replace("mode = block", "mode = monitor")
SUBMISSION = {"submit": 587, "submit_tls": 465}
OTHER_PORTS = (1, 22, 24, 26, 80, 110, 143, 443, 993, 8025, 65535)
versions = pytest.mark.parametrize("version", [4, 6])


def event_of(daemon, flow):
    """The first event of a flow."""
    return eventually(lambda: next((event for event in daemon.events()
                                    if (event["src_ip"], event["dest_ip"])
                                    == (flow.address, flow.destination)), None),
                      f"an event of {flow}")


# Mail straight to an MX.

def mail_is_refused_and_logged(daemon, gate, client, mail, version):
    flow = Flow(client.subscriber, MX[version])
    delivery = client.direct(flow.destination)
    assert delivery.refused, delivery.transcript
    assert not mail.holds(delivery.token)
    gate.refuses(flow, by=RESET)
    event = event_of(daemon, flow)
    assert event["dest_port"] == 25
    assert event["alert"]["action"] == "blocked"
    assert event["alert"]["signature"] == "Outbound port 25 refused: possible infected host"
    assert event["alert"]["metadata"]["policy"] == "home"


@versions
@kept_by(HOME, broken_by=MONITOR)
def test_mail_straight_to_an_mx_is_refused_at_once(edge25, gate, client, mail, configuration,
                                                   promise, version):
    promise(mail_is_refused_and_logged, edge25(configuration), gate, client, mail, version)


def mail_is_delivered_and_logged(daemon, gate, client, mail, version):
    flow = Flow(client.subscriber, MX[version])
    with Capture(gate.topology.internet, "eth0", "tcp dst port 25 or ip6") as wire:
        delivery = client.direct(flow.destination)
        assert delivery.delivered, delivery.transcript
        eventually(lambda: mail.holds(delivery.token), "the message in the mailbox")
    event = event_of(daemon, flow)
    assert event["alert"]["action"] == "allowed"
    assert event["alert"]["metadata"]["would_be"] == "refused"
    assert daemon.status()["policies"][0]["passed"] == len(wire.openings()) == 1


@versions
@kept_by(MONITOR, broken_by=HOME)
def test_monitor_lets_pass_logs_and_counts(edge25, gate, client, mail, configuration, promise,
                                           version):
    promise(mail_is_delivered_and_logged, edge25(configuration), gate, client, mail, version)


@versions
def test_conversations_go_on_when_monitor_begins_and_are_cut_when_block_does(edge25, topology,
                                                                             mail, version):
    del mail
    daemon = edge25(MONITOR.replace("100.64.0.0/10", "100.65.0.0/16")
                    .replace("2001:db8:1::/48", "2001:db8:2::/48"))
    with Conversation(Flow(topology.subscribers[0], MX[version])) as conversation:
        conversation.goes_on()
        daemon.configure(MONITOR)
        daemon.restart()
        with frozen(daemon.pid(ENGINE)):
            conversation.goes_on()
        must_fail(conversation.is_cut)
        daemon.configure(HOME)
        daemon.restart()
        must_fail(conversation.goes_on)


# How a refusal looks.

@pytest.mark.parametrize("deny, denial", [
    pytest.param("tcp-reset", RESET, id="tcp-reset"),
    pytest.param("admin-prohibited", PROHIBITED, id="admin-prohibited"),
    pytest.param("drop", DROP, id="drop")])
def test_refusals_look_as_the_policy_says(edge25, gate, topology, deny, denial):
    edge25(HOME.replace("deny = tcp-reset", f"deny = {deny}"))
    flows, *others = ([gate.flows(subscriber, 1, version)[0] for version in (4, 6)]
                      for subscriber in topology.subscribers)
    gate.refuses(*flows, by=denial)
    gate.refuses(*flows, by=denial)  # from memory, in the same manner
    for other, wrong in zip(others, {RESET, PROHIBITED, DROP} - {denial}):
        for flow in other:
            must_fail(gate.refuses, flow, by=wrong)
    must_fail(gate.passes, flows[0])


# Submission.

def submission_arrives(client, mail, way, server):
    delivery = getattr(client, way)(server)
    assert delivery.delivered, delivery.transcript
    eventually(lambda: mail.holds(delivery.token), "the message in the mailbox")


@versions
@pytest.mark.parametrize("way", SUBMISSION)
def test_submission_is_delivered_counted_and_never_queued(edge25, gate, client, mail, way, version):
    daemon = edge25()
    with Capture(client.subscriber) as line:
        submission_arrives(client, mail, way, MX[version])
    sent = len(line.openings(SUBMISSION[way]))
    assert daemon.status()["totals"] == {"attempts": 0, "refused": 0, "passed": 0, "unanswered": 0,
                                         "submission": sent}
    assert asked(daemon) == 0
    gate.refuses(*gate.flows(client.subscriber, 1, version))
    assert asked(daemon) == 1
    with gate.spoiled(f"tcp dport {SUBMISSION[way]} reject with tcp reset"):
        must_fail(submission_arrives, client, mail, way, MX[version])


@contextlib.contextmanager
def servers(topology, *ports):
    """Servers at every address of the crowd."""
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(Listener(topology.crowd, port))
        yield


@versions
def test_submission_goes_on_when_the_engine_stands_still(edge25, gate, topology, version):
    daemon = edge25(MONITOR)
    flows = gate.flows(topology.subscribers[0], 8, version)
    with servers(topology, *SUBMISSION.values()), frozen(daemon.pid(ENGINE)):
        for port in SUBMISSION.values():
            gate.passes(*flows, port=port)
        must_fail(gate.passes, *flows, port=25)


@contextlib.contextmanager
def held_up(pid, seconds=0.05):
    """A process stands still for the first moments of the block."""
    with frozen(pid):
        timer = threading.Timer(seconds, os.kill, (pid, signal.SIGCONT))
        timer.start()
        yield
        timer.join()


def delay(daemon, flows, port):
    """What opening a connection takes, in the middle, when the engine is held up at each."""
    seconds = []
    engine = daemon.pid(ENGINE)
    for flow in flows:
        with held_up(engine):
            connection = connect(flow.subscriber, flow.destination, port)
        assert connection.error == "", connection
        seconds.append(connection.seconds)
    return statistics.median(seconds)


def test_submission_is_not_delayed(edge25, gate, topology):
    daemon = edge25(MONITOR)
    flows = gate.flows(topology.subscribers[0], 9)
    with servers(topology, 2525, *SUBMISSION.values()):
        bound = delay(daemon, flows, 2525) + 0.02
        for port in SUBMISSION.values():
            assert delay(daemon, flows, port) < bound
        assert delay(daemon, flows, 25) > bound  # the control run


# Everything else.

@versions
def test_other_ports_are_untouched(edge25, gate, topology, version):
    daemon = edge25()
    flow, = gate.flows(topology.subscribers[0], 1, version)
    with servers(topology, *OTHER_PORTS):
        for port in OTHER_PORTS:
            gate.passes(flow, port=port)
        assert asked(daemon) == 0
        with gate.spoiled("tcp dport 26 drop"):
            must_fail(gate.passes, flow, port=26)


SOURCES = {4: "10.77.0.9", 6: "2001:db8:77::9"}
FOREIGN = '"10.77.0.0/16", "2001:db8:77::/48"'


@versions
@kept_by(HOME, broken_by=HOME.replace("prefixes = {", f"prefixes = {{ {FOREIGN},"))
def test_who_is_in_no_range_is_untouched(edge25, gate, topology, configuration, promise, version):
    subscriber = topology.subscribers[0]
    for prefix in ("10.77.0.0/24", "2001:db8:77::/64"):
        topology.delegate(subscriber, prefix)
    daemon = edge25(configuration)
    flows = gate.flows(subscriber, 4, version, SOURCES[version])
    promise(gate.passes, *flows)
    assert (asked(daemon) == 0) == (promise is holds)
    gate.refuses(*gate.flows(subscriber, 1, version))


INTERNET = '"192.0.2.0/30", "2001:db8:e::/64"'


def mail_comes_in(topology, subscriber, version):
    with Listener(subscriber, 25) as server:
        connection = connect(topology.internet, subscriber.address(version))
        assert connection.error == "", connection
        eventually(lambda: server.accepted, "the connection at the subscriber's server")


@versions
@kept_by(HOME, broken_by=HOME.replace("prefixes = {", f"prefixes = {{ {INTERNET},"))
def test_mail_to_a_subscriber_is_untouched(edge25, topology, configuration, promise, version):
    edge25(configuration)
    promise(mail_comes_in, topology, topology.subscribers[0], version)


def test_many_at_once_are_all_refused_at_once(edge25, gate, topology):
    edge25()
    flows = [flow for subscriber in topology.subscribers for version in (4, 6)
             for flow in gate.flows(subscriber, 30, version)]
    gate.refuses(*flows)
    must_fail(gate.passes, *flows)
    assert {peer.error for peer in connect_many(topology.subscribers[0],
                                                gate.fresh(20), 80)} == {"ECONNREFUSED"}
