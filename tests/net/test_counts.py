# SPDX-License-Identifier: GPL-2.0-or-later
"""What edge25 says was tried, held against captures of what was sent."""

import collections
import contextlib
import ipaddress
import itertools
import random
import signal
import time

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE, HOME
from lab.faults import Thread, frozen, questions
from lab.gate import DROP, Flow
from lab.promise import eventually, kept_by, must_fail
from lab.raw import Wire, opening, openings
from lab.sockets import connect, connect_many

COUNTING = """\
reject-rate = 100000
read-interval = 1s
summary-interval = 1s
events-per-second = 10000
""" + HOME
MONITOR = COUNTING.replace("mode = block", "mode = monitor")
versions = pytest.mark.parametrize("version", [4, 6])


def host_of(source):
    """The host that a source counts for: an IPv4 address, or an IPv6 /64."""
    if ":" not in source:
        return source
    return str(ipaddress.ip_network(f"{source}/64", strict=False))


class Tally:
    """Attempts and different destinations of each host."""

    def __init__(self):
        self.attempts = collections.Counter()
        self.destinations = {}

    @classmethod
    def of_captures(cls, *captures):
        """What the wires carried to port 25."""
        tally, seen = cls(), collections.defaultdict(set)
        for packet in itertools.chain(*(capture.openings() for capture in captures)):
            tally.attempts[host_of(packet.source)] += 1
            seen[host_of(packet.source)].add(packet.destination)
        tally.destinations = {host: len(servers) for host, servers in seen.items()}
        return tally

    @classmethod
    def of_events(cls, daemon):
        """What the newest event of each host says; an incident counts for itself."""
        tally = cls()
        for event in daemon.events():
            data = event["alert"]["metadata"]
            if "incident" in data:
                continue
            tally.attempts[data["host"]] = data["attempts"]
            tally.destinations[data["host"]] = data["destinations"]
        return tally

    @classmethod
    def of_status(cls, daemon):
        """What the status says of the hosts that tried most."""
        tally = cls()
        for entry in daemon.status()["hosts"]["top"]:
            tally.attempts[entry["host"]] = entry["attempts"]
            tally.destinations[entry["host"]] = entry["destinations"]
        return tally

    def __eq__(self, other):
        return (self.attempts, self.destinations) == (other.attempts, other.destinations)

    def __repr__(self):
        return f"{dict(self.attempts)} to {self.destinations}"


def counts_are(daemon, tally, *sources):
    """Total, status and events say the same as the wires, the total at once."""
    totals = daemon.status()["totals"]
    assert totals["attempts"] == tally.attempts.total(), totals
    for source in sources or (Tally.of_status, Tally.of_events):
        eventually(lambda source=source: source(daemon) == tally,
                   lambda source=source: f"{source(daemon)}\n  instead of {tally}", patience=5)


# A bot.

@versions
def test_who_tries_90_servers_is_named_with_what_was_sent(edge25, gate, topology, version):
    daemon = edge25(COUNTING)
    bot = topology.subscribers[0]
    flows = gate.flows(bot, 90, version)
    with Capture(bot) as line:
        gate.refuses(*flows)
    tally = Tally.of_captures(line)
    assert tally.destinations == {host_of(bot.address(version)): 90}
    counts_are(daemon, tally)
    assert bot.address(version).removesuffix("2") in daemon.control().stdout
    with gate.spoiled(f"tcp dport 25 {'ip6' if version == 6 else 'ip'} daddr "
                      f"{flows[7].destination} reject with tcp reset"), Capture(bot) as line:
        gate.refuses(*flows)
    tally.attempts += Tally.of_captures(line).attempts
    must_fail(counts_are, daemon, tally)


# The second packet of a pair.

def are_refused_without_the_engine(daemon, gate, flows):
    with frozen(daemon.pid(ENGINE)):
        gate.refuses(*flows)


@versions
def test_a_refused_pair_is_asked_about_once_and_counted_each_time(edge25, gate, topology, version):
    daemon = edge25(COUNTING)
    subscriber = topology.subscribers[0]
    flows = gate.flows(subscriber, 10, version)
    with Capture(subscriber) as line:
        gate.refuses(*flows)
        for _ in range(4):
            are_refused_without_the_engine(daemon, gate, flows)
    assert questions(daemon) == len(flows)
    assert len(line.openings()) == 5 * len(flows)
    counts_are(daemon, Tally.of_captures(line))
    must_fail(are_refused_without_the_engine, daemon, gate, gate.flows(subscriber, 1, version))


def pass_without_the_engine(daemon, gate, flows):
    with frozen(daemon.pid(ENGINE)):
        gate.passes(*flows)


@versions
def test_a_watched_pair_is_asked_about_once_and_counted_each_time(edge25, gate, topology, version):
    daemon = edge25(MONITOR)
    subscriber = topology.subscribers[0]
    flows = gate.flows(subscriber, 10, version)
    with Capture(subscriber) as line:
        gate.passes(*flows)
        for _ in range(4):
            pass_without_the_engine(daemon, gate, flows)
    assert questions(daemon) == len(flows)
    assert len(line.openings()) == 5 * len(flows)
    counts_are(daemon, Tally.of_captures(line))
    must_fail(pass_without_the_engine, daemon, gate, gate.flows(subscriber, 1, version))


# Repeated, retransmitted, allowed.

@versions
def test_each_retransmission_is_an_attempt(edge25, gate, topology, version):
    daemon = edge25(COUNTING.replace("deny = tcp-reset", "deny = drop"))
    subscriber = topology.subscribers[0]
    with Capture(subscriber) as line:
        connection = connect(subscriber, gate.fresh(1, version)[0], timeout=1.5)
        assert connection.error in DROP.errors[version]
    assert len(line.openings()) >= 2
    counts_are(daemon, Tally.of_captures(line))


@versions
def test_what_is_allowed_is_no_attempt(edge25, gate, topology, version):
    subscriber = topology.subscribers[0]
    servers = gate.fresh(8, version)
    daemon = edge25(f'{COUNTING}\nallow "ours" {{ to = {{ "{servers[0]}" }} comment = "ours" }}')
    with Capture(subscriber) as line:
        gate.refuses(*(Flow(subscriber, server) for server in servers[1:]))
    with Capture(subscriber) as free:
        gate.passes(*[Flow(subscriber, servers[0])] * 3)
    counts_are(daemon, Tally.of_captures(line))
    assert daemon.status()["counters"]["allowed"] == len(free.openings()) == 3
    must_fail(counts_are, daemon, Tally.of_captures(line, free))


# Many hosts.

@pytest.fixture(name="crowd_of_hosts")
def fixture_crowd_of_hosts(topology):
    """(subscriber, source) of 40 IPv4 hosts and 10 IPv6 hosts, these with 3 addresses each."""
    hosts = []
    for subscriber in topology.subscribers:
        for prefix in (f"100.64.{64 + subscriber.index}.0/24",
                       f"2001:db8:1:{64 + subscriber.index:x}00::/56"):
            topology.delegate(subscriber, prefix)
    for number in range(40):
        subscriber = topology.subscribers[number % 3]
        hosts.append((subscriber, f"100.64.{64 + subscriber.index}.{number + 1}"))
    for number in range(30):
        subscriber = topology.subscribers[number % 3]
        hosts.append((subscriber, f"2001:db8:1:{64 + subscriber.index:x}{number // 9:02x}::"
                                  f"{number + 1:x}"))
    return hosts


@contextlib.contextmanager
def lines(topology):
    """Captures at the gateway's end of every line."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Capture(topology.gateway, subscriber.interface))
               for subscriber in topology.subscribers]


def everybody_tries(gate, hosts, seed):
    """Every host connects to servers of its own choice, to some of them again and again."""
    chance = random.Random(seed)
    servers = {version: gate.fresh(24, version) for version in (4, 6)}
    for _ in range(3):
        for subscriber, source in chance.sample(hosts, len(hosts)):
            known = servers[6 if ":" in source else 4]
            connect_many(subscriber, chance.choices(known, k=chance.randrange(1, 7)), source=source)


@pytest.mark.parametrize("configuration", [COUNTING, MONITOR], ids=["block", "monitor"])
def test_a_random_mix_is_counted_exactly_by_host(edge25, gate, topology, crowd_of_hosts,
                                                 configuration):
    daemon = edge25(configuration)
    with lines(topology) as captures:
        everybody_tries(gate, crowd_of_hosts, seed=random.randrange(1 << 32))
    tally = Tally.of_captures(*captures)
    assert len(tally.attempts) >= 40
    assert daemon.status()["losses"] == []
    counts_are(daemon, tally, Tally.of_events)
    must_fail(counts_are, daemon, Tally.of_captures(*captures[1:]))


def every_host_is_charged(daemon, tally, charged):
    assert charged == tally.attempts
    assert daemon.status()["losses"] == []


SUMMARIES = "events-per-host = 0\n" + COUNTING  # which tell what the kernel counted, and only that


@kept_by(SUMMARIES, broken_by="tally-hosts = 16\n" + SUMMARIES)
def test_what_no_host_is_charged_with_is_a_named_loss(edge25, gate, topology, crowd_of_hosts,
                                                      configuration, promise):
    daemon = edge25(configuration)
    with lines(topology) as captures:
        everybody_tries(gate, crowd_of_hosts, seed=random.randrange(1 << 32))
    tally = Tally.of_captures(*captures)
    status = daemon.status()
    lost = sum(loss["count"] for loss in status["losses"] if loss["name"] == "untallied_refused")
    assert status["totals"]["attempts"] == tally.attempts.total()
    eventually(lambda: Tally.of_events(daemon).attempts.total() + lost == tally.attempts.total(),
               lambda: f"{Tally.of_events(daemon)} and {lost} lost, instead of {tally}")
    charged = Tally.of_events(daemon).attempts
    assert charged <= tally.attempts
    promise(every_host_is_charged, daemon, tally, charged)


# A flood.

def test_a_flood_is_counted_to_the_last_packet(edge25, gate, topology):
    """More new pairs at once than a queue holds: what nobody answered is refused, and counted."""
    daemon = edge25("queue-length = 64\nremember-pairs = 2048\n"
                    + COUNTING.replace("mode = block", "mode = block  pace = 0"))
    bot = topology.subscribers[0]
    packets = openings(bot, gate.fresh(4096)) * 4
    with lines(topology) as captures, Capture(topology.internet) as beyond, Wire(topology,
                                                                                 bot) as wire:
        wire.send(packets)
        captures[0].wait_for_openings(len(packets))
    eventually(lambda: daemon.status()["totals"]["attempts"] == len(packets),
               lambda: f"{len(packets)} attempts: {daemon.status()}")
    assert captures[0].attempts().total() == len(packets)
    assert beyond.openings() == []
    status = daemon.status()
    assert status["policies"][0]["lost"] == 0, status
    assert daemon.host(bot.address4)["attempts"] == len(packets)
    assert {loss["name"] for loss in status["losses"]} <= {"unremembered", "receive-errors"}


@pytest.mark.skipif(Thread.RECVMMSG is None, reason="the number of recvmmsg(2) is not known here")
def test_a_question_in_the_hand_of_its_thread_is_not_lost(edge25, gate, topology):
    """It has left its queue's socket, and no answer is on its way, while the counters are read."""
    daemon = edge25("queues = 1\n" + COUNTING)
    flow = gate.flows(topology.subscribers[0])[0]

    def asked():
        return daemon.status()["policies"][0]["asked"]
    with (Thread(daemon.pid(ENGINE), "queue 2500") as thread,
          Wire(topology, flow.subscriber) as wire):
        wire.send([opening(flow.address, flow.destination)])
        thread.run_through(Thread.RECVMMSG)
        eventually(lambda: asked() == 1, daemon.stderr)
        asked()
    eventually(lambda: daemon.status()["totals"]["refused"] == 1, daemon.stderr)
    assert daemon.status()["policies"][0]["lost"] == 0


# Everything at once.

MIXED = """\
policy "home"   {{ mode = {home}  deny = {deny} }}
policy "office" {{ mode = block  deny = drop }}
policy "trial"  {{ mode = monitor }}
range "home"    {{ prefixes = {{ "100.64.0.0/24", "2001:db8:1:0::/64", "2001:db8:1:100::/56" }}
                   policy = "home" }}
range "office"  {{ prefixes = {{ "100.64.1.0/24", "2001:db8:1:200::/56" }}  policy = "{office}" }}
range "trial"   {{ prefixes = {{ "100.64.2.0/24", "2001:db8:1:300::/56" }}  policy = "trial" }}
remember-for = {remember}
remember-pairs = {pairs}
tally-hosts = 4096
read-interval = 1s
summary-interval = 1s
events-per-host = 0
events-per-second = 1000000
own-table = {own}
"""
MIXES = [dict(home=home, deny=deny, office=office, remember=remember, pairs=pairs, own="yes")
         for home, deny, office, remember, pairs in (
             ("block", "tcp-reset", "office", "1s", 4096),
             ("block", "admin-prohibited", "home", "2s", 64),
             ("monitor", "tcp-reset", "trial", "1s", 1024),
             ("block", "drop", "office", "10m", 16))]


class Mix:
    """Packets of hundreds of hosts to dozens of servers, again and again, in an order of chance."""

    def __init__(self, gate, seed):
        self.chance = random.Random(seed)
        self.line = gate.topology.subscribers[0]
        self.sources = {
            4: [f"100.64.{net}.{number}" for net in range(3) for number in range(20, 100)],
            6: [f"2001:db8:1:{net}{number:02x}::{number + 1:x}" for net in (1, 2, 3)
                for number in range(40)]}
        self.servers = {version: gate.fresh(32, version) for version in (4, 6)}
        self.sent = 0

    def packets(self, count):
        chosen = []
        for _ in range(count):
            version = self.chance.choice((4, 6))
            chosen.append(opening(self.chance.choice(self.sources[version]),
                                  self.chance.choice(self.servers[version])))
        self.sent += count
        return chosen

    def send(self, wire, count):
        """In bursts, with pauses in which what was remembered ends."""
        while count > 0:
            burst = min(count, self.chance.randrange(1, 200))
            wire.send(self.packets(burst))
            count -= burst
            time.sleep(self.chance.choice((0, 0, 0.02, 0.1)))


def known(daemon):
    """What became of all packets, by status: passed, or refused, or lost by name."""
    status = daemon.status()
    lost = sum(policy["lost"] for policy in status["policies"])
    return status["totals"]["refused"], status["totals"]["passed"], lost


def nothing_is_missing(daemon, arrived, left):
    """What came in is what went out, what was refused, and what was lost by name."""
    def equal():
        refused, passed, lost = known(daemon)
        return passed == len(left.openings()) and refused + passed + lost == arrived
    eventually(equal, lambda: f"{arrived} came, {len(left.openings())} went; refused, passed, lost: "
                              f"{known(daemon)}")


@pytest.mark.parametrize("seed", [random.randrange(1 << 32)], ids=["seed"])
def test_any_mix_is_counted_exactly(edge25, gate, topology, seed):
    """Expiries, reloads that change policies, full sets, and restarts of control and of the engine
    in between: nothing is missing, by policy and by host."""
    print(f"seed {seed}")
    daemon = edge25(MIXED.format(**MIXES[0]))
    mix = Mix(gate, seed)
    with (Capture(topology.gateway, mix.line.interface) as arrived,
          Capture(topology.internet) as left, Wire(topology, mix.line) as wire):
        for number, settings in enumerate(MIXES):
            if number:
                daemon.configure(MIXED.format(**settings))
                daemon.reload()
            mix.send(wire, 600)
        arrived.wait_for_openings(mix.sent)
        tally = Tally.of_captures(arrived)
        nothing_is_missing(daemon, mix.sent, left)
        counts_by_host(daemon, tally)
        for program in (CONTROL, ENGINE):
            old = daemon.signal(program, signal.SIGTERM)
            mix.send(wire, 600)
            daemon.wait_for_new(program, old)
            daemon.wait_until_healthy()
        mix.send(wire, 200)
        arrived.wait_for_openings(mix.sent)
        nothing_is_missing(daemon, mix.sent, left)
    must_fail(nothing_is_missing, daemon, mix.sent + 1, left)


def counts_by_host(daemon, tally):
    """Every host is charged with what it sent."""
    eventually(lambda: Tally.of_events(daemon).attempts == tally.attempts,
               lambda: f"{tally.attempts - Tally.of_events(daemon).attempts} too few, "
                       f"{Tally.of_events(daemon).attempts - tally.attempts} too many")


@kept_by(7, broken_by=0)
def test_a_host_that_the_kernel_forgot_is_counted_again(edge25, gate, topology, configuration,
                                                        promise):
    """Its element ends and grows beyond what it was while nobody reads."""
    daemon = edge25("tally-for = 10s\nevents-per-host = 0\n" + COUNTING)
    line = topology.subscribers[0]
    flow = gate.flows(line)[0]
    packets = openings(line, [flow.destination])
    with Capture(topology.gateway, line.interface) as arrived, Wire(topology, line) as wire:
        wire.send(packets * 5)
        eventually(lambda: daemon.host(line.address4).get("attempts") == 5, daemon.status)
        with frozen(daemon.pid(ENGINE)):
            time.sleep(10.5)  # tally-for
            wire.send(packets * configuration)
            arrived.wait_for_openings(5 + configuration)
    promise(attempts_are, daemon, line, 12)


def attempts_are(daemon, line, count):
    eventually(lambda: daemon.host(line.address4).get("attempts") == count,
               lambda: f"{count}, {daemon.host(line.address4)}", patience=5)
