# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory itself, without edge25: what the other tests take for granted."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
import types

import pytest

from lab.capture import Capture
from lab.client import REFUSED, REJECTED, TIMEOUT, UNREACHABLE
from lab.host import wait_for
from lab.namespaces import Topology, destinations
from lab.sockets import Listener, connect, connect_many

MX = {4: "203.0.113.25", 6: "2001:db8:f::25"}
HERE = pathlib.Path(__file__).resolve().parent
WIRE = "tcp dst port 25 or (ip6 and tcp)"


@pytest.fixture(name="refuse")
def fixture_refuse(topology):
    """A function that makes the gateway answer port 25 as nft says, until the end of the test."""
    def load(answer):
        topology.gateway.run(["nft", "-f", "-"], input=textwrap.dedent(f"""\
            table inet laboratory {{
                chain answer {{
                    type filter hook prerouting priority raw
                    tcp dport 25 {answer}
                }}
            }}
            """))
    yield load
    topology.gateway.run(["nft", "delete table inet laboratory"])


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("way", ["direct", "submit", "submit_tls"])
def test_mail_arrives(client, mail, way, version):
    delivery = getattr(client, way)(MX[version])
    assert delivery.delivered, delivery.transcript
    mail.wait_for_message(delivery.token)
    encrypted = "TLS started" in delivery.transcript
    assert encrypted == (way != "direct")


@pytest.mark.parametrize("version", [4, 6])
def test_submission_asks_for_a_password(client, mail, version):
    delivery = client.submit_without_password(MX[version])
    assert delivery.outcome == REJECTED
    assert "Access denied" in delivery.transcript
    assert not mail.holds(delivery.token)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("answer, outcome", [
    ("reject with tcp reset", REFUSED),
    ("reject with icmpx type admin-prohibited", UNREACHABLE),
    ("drop", TIMEOUT)])
def test_refusals_are_told_apart(client, mail, refuse, answer, outcome, version):
    client.timeout = 2
    refuse(answer)
    delivery = client.direct(MX[version])
    assert delivery.outcome == outcome, delivery.transcript
    assert not mail.holds(delivery.token)


@pytest.mark.parametrize("version", [4, 6])
def test_capture_sees_exactly_what_was_sent(topology, version):
    subscriber = topology.subscribers[1]
    servers = destinations(300, version)
    with (Capture(subscriber, "eth0", WIRE) as sent,
          Capture(topology.gateway, subscriber.interface, WIRE) as received,
          Capture(topology.internet, "eth0", WIRE) as passed):
        connections = connect_many(subscriber, servers)
        for capture in (received, passed):
            capture.wait_for_openings(len(servers))
    source = subscriber.address(version)
    expected = {(source, peer.destination, peer.source_port): 1 for peer in connections}
    assert {peer.error for peer in connections} == {""}
    assert sent.attempts() == received.attempts() == passed.attempts() == expected
    assert sent.destinations() == set(servers)
    assert {packet.outgoing for packet in sent.openings()} == {True}
    assert {packet.outgoing for packet in received.openings()} == {False}


def test_capture_counts_each_retransmission(topology, refuse):
    refuse("drop")
    subscriber = topology.subscribers[1]
    with Capture(subscriber, "eth0", WIRE) as sent:
        connection = connect(subscriber, MX[4], timeout=1.5)
    assert connection.error == "ETIMEDOUT"
    assert sent.attempts() == {(subscriber.address4, MX[4], connection.source_port): 2}


def test_capture_leaves_out_other_ports(topology):
    subscriber = topology.subscribers[1]
    with Capture(subscriber, "eth0", "tcp") as capture:
        connect(subscriber, MX[4], 2525)
    assert [packet.destination_port for packet in capture.openings(2525)] == [2525]
    assert capture.openings(25) == []


def test_refused_connections_are_named(topology, refuse):
    refuse("reject with tcp reset")
    connections = connect_many(topology.subscribers[2], destinations(50) + destinations(50, 6))
    assert {connection.error for connection in connections} == {"ECONNREFUSED"}


def test_the_crowd_knows_who_connected(topology):
    subscriber = topology.subscribers[2]
    connection = connect(subscriber, destinations(7)[-1])
    who = (subscriber.address4, connection.source_port, connection.destination)
    wait_for(lambda: who in topology.mail_servers.accepted, f"{who} in the crowd's log")


def test_subscriber_with_one_more_network(topology):
    subscriber = topology.subscribers[2]
    for source, server in (("10.9.0.2", MX[4]), ("2001:db8:2::2", MX[6])):
        topology.add_network(subscriber, f"{source}/{64 if ':' in source else 24}")
        with Listener(topology.internet, 2525) as listener:
            assert connect(subscriber, server, 2525, source=source).error == ""
            wait_for(lambda accepted=listener.accepted: accepted, "the connection")
        assert listener.accepted[0][0] == source


def test_nothing_stays_behind():
    with Topology(1) as topology:
        names = _names(topology.prefix)
        sleeper = topology.subscribers[0].popen(["sleep", "1000"])
        stubborn = topology.gateway.popen(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
        stopped = topology.internet.popen(["sleep", "1000"])
        os.kill(stopped.pid, signal.SIGSTOP)
    assert len(names) == 4  # subscriber, gateway, internet, crowd
    assert _names(topology.prefix) == []
    assert None not in (sleeper.poll(), stubborn.poll(), stopped.poll())


SCENE = """\
import sys
sys.path.insert(0, sys.argv[1])
from lab.host import leave_by_exception, work_directory
from lab.mail import MailServer
from lab.namespaces import Topology
leave_by_exception()
with work_directory() as path, Topology(1) as topology:
    with MailServer(topology.internet, path / "mail") as mail:
        print(topology.prefix, path, mail.master.pid, flush=True)
        topology.gateway.run(["sleep", "1000"], timeout=1000)
"""


@pytest.fixture(name="scene")
def fixture_scene(laboratory):
    """A run of the laboratory as a process of its own, with its prefix, directory and postfix."""
    del laboratory
    with subprocess.Popen([sys.executable, "-c", SCENE, HERE], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL) as process:
        try:
            scene = types.SimpleNamespace(process=process)
            scene.prefix, directory, master = process.stdout.readline().split()
            scene.directory, scene.master = pathlib.Path(directory), pathlib.Path("/proc", master)
            assert _names(scene.prefix) and scene.directory.exists() and scene.master.exists()
            yield scene
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_stays_behind_an_interrupted_run(scene, number):
    scene.process.send_signal(number)
    assert scene.process.wait(60) != 0
    assert _names(scene.prefix) == []
    assert not scene.directory.exists()
    assert not scene.master.exists()


def test_what_a_killed_run_left_is_swept(scene):
    scene.process.kill()
    scene.process.wait()
    assert _names(scene.prefix)
    with Topology(1):
        assert _names(scene.prefix) == []
    wait_for(lambda: not scene.master.exists(), "init to reap what the killed run left")
    shutil.rmtree(scene.directory)


def _names(prefix):
    return [path.name for path in pathlib.Path("/run/netns").glob(f"{prefix}-*")]
