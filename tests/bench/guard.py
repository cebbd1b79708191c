# SPDX-License-Identifier: GPL-2.0-or-later
"""What guard costs and what it gives: first packets beside monitor's, and the time until an infected
host is contained."""

import ipaddress
import math
import time

from lab.capture import Capture
from lab.edge25 import Edge25
from lab.namespaces import Topology
from lab.packets import ACK, RST
from lab.raw import Wire, ipv4, opening, tcp
from lab.time_travel import TimeTravel

from filters import Edge25Gateway
from first import full_load
from report import Row
from traffic import BenchError

FEW_PREFIXES, REMEMBERED = 1_000, 1 << 20
LINES = {"monitor": "mode = monitor",
         "guard, burst never reached": "mode = guard  burst = 1000000  burst-time = 1h",
         "guard, burst long exceeded": "mode = guard  burst = 300  burst-time = 1h"}

HOSTS = 300
# Silent servers in three 5-minute parts are the least that makes a host infected, ten minutes after
# its first attempt: meeting.c.
SERVERS = ("198.18.0.1", "198.18.1.1", "198.18.2.1")
PART = 330  # seconds; the tracker counts by steps of 8
INFECTED = "infected-servers = 10  infected-parts = 3"
FIRST_HOST = ipaddress.ip_address("100.66.0.1")
CONVERSATION = "192.0.2.200"
SILENT = "192.0.2.128/25"  # nobody is there
GAP = 0.0002  # seconds between packets of a conversation
BEFORE, BATCH = 20, 100
PATIENCE = 10
CONFIGURATION = f"""\
read-interval = 10s
reject-rate = 100000
policy "line" {{
    mode = guard  burst = 0  pace = 0  contain-for = 1h
    {INFECTED}
}}
range "lines" {{ prefixes = {{ "100.66.0.0/16" }}  policy = "line"  sources = verified }}
"""


def first_packets_of_guard(report, rounds, directory):
    """First packets of pairs under guard, beside those under monitor."""
    report.title("2b FIRST PACKETS UNDER GUARD",
                 "As in 2, with another policy: guard counts the new destinations of each of 256 "
                 "hosts, and either lets all of them pass or refuses nearly all.")
    samples = {name: [] for name in LINES}
    for _ in range(rounds):
        for name, line in LINES.items():
            with Edge25Gateway(directory, FEW_PREFIXES, REMEMBERED, name=name,
                               line=line + "  deny = drop  pace = 0") as gateway:
                samples[name].append(full_load(gateway)())
    for title, value in (("full load", lambda one: one["answers"] / one["seconds"]),
                         ("by the thread's processor time",
                          lambda one: one["answered"] / one["busy"])):
        report.table(title, "answers/s", [Row(name, list(map(value, rows)), rows)
                                          for name, rows in samples.items()], ["monitor"])


def containment(report, rounds, directory):
    """From the packet that makes a host infected to the first packet that the kernel refuses."""
    report.title("7  FROM INFECTED TO CONTAINED",
                 f"{HOSTS} hosts of a guard policy (sources = verified) each meet a mail server "
                 "that does not answer, and five minutes later another one (edge25's clocks are "
                 f"set on); after five more each meets the third, which with {INFECTED} makes it "
                 "infected, and "
                 f"sends a packet of a conversation every {GAP * 1000:.1f} ms. The time runs from "
                 "that SYN on the subscriber's wire to the first packet of the conversation, on "
                 "the same wire, that a reset answers; before it all arrived beyond the gateway, "
                 "after it none.")
    hosts = [str(FIRST_HOST + number) for number in range(HOSTS)]
    clocks = TimeTravel(directory / "clocks")
    with Topology(1) as topology:
        line = topology.subscribers[0]
        topology.delegate(line, "100.66.0.0/16")
        topology.internet.ip([f"route add blackhole {SILENT}"])
        daemon = Edge25(topology.gateway, directory / "contained", CONFIGURATION)
        daemon.start(env=clocks.environment)
        try:
            samples = _measure(topology, daemon, clocks, hosts)
        finally:
            daemon.stop()
    _report(report, rounds, samples)


def _measure(topology, daemon, clocks, hosts):
    with Wire(topology, topology.subscribers[0]) as wire:
        for number, server in enumerate(SERVERS[:-1], 1):
            wire.send(opening(host, server) for host in hosts)
            _wait_until_told(daemon, number * len(hosts))
            clocks.pass_by(PART)
        if daemon.status()["hosts"]["classes"]["infected"]:
            raise BenchError("hosts are infected already")
        samples = [_contained(topology, wire, host) for host in hosts]
    if daemon.status()["hosts"]["classes"]["infected"] != HOSTS:
        raise BenchError(f"{HOSTS} hosts were cut off, not all of them for being infected")
    return samples


def _report(report, rounds, samples):
    times = [sample["seconds"] * 1e6 for sample in samples]
    parts = [times[part::rounds] for part in range(rounds)]
    report.table("SYN to refusal", "us", [
        Row(f"p50 of each {len(parts[0])} hosts", [_percentile(part, 50) for part in parts], []),
        Row(f"p99 of all {len(times)} hosts", [_percentile(times, 99)], samples)])
    report.answer("contained", [_percentile(times, 99) / 1000])
    report.note(f"Of {len(times)}: p50 {_percentile(times, 50) / 1000:.1f} ms, p99 "
                f"{_percentile(times, 99) / 1000:.1f} ms, longest {max(times) / 1000:.1f} ms; "
                f"{min(sample['passed'] for sample in samples)} to "
                f"{max(sample['passed'] for sample in samples)} packets passed meanwhile.")


def _percentile(values, percent):
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


def _wait_until_told(daemon, count):
    """Until control has heard of so many openings."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = daemon.status()
        if (status["policies"][0]["answered_pass"] == count
                and status["hosts"]["count"] == HOSTS):
            time.sleep(0.5)
            return
        time.sleep(0.1)
    raise BenchError(f"not every opening was asked about: {daemon.status()['policies'][0]}")


def _contained(topology, wire, host):
    """One host's time."""
    line = topology.subscribers[0]
    crossing = SERVERS[-1]
    with (Capture(line, expression=f"host {host}") as near,
          Capture(topology.internet, expression=f"src host {host}") as far):
        deadline = time.monotonic() + PATIENCE
        _converse(wire, host, BEFORE)
        wire.send([opening(host, crossing)])
        while not _resets(near) and time.monotonic() < deadline:
            _converse(wire, host, BATCH)
        time.sleep(0.01)
    start = next(packet.time for packet in near.openings()
                 if packet.outgoing and packet.destination == crossing)
    sent = {packet.source_port: packet.time for packet in near.packets()
            if packet.outgoing and packet.destination == CONVERSATION}
    passed = {packet.source_port for packet in far.packets() if packet.destination == CONVERSATION}
    refused = _resets(near)
    if not refused:
        raise BenchError(f"{host} is not contained after {PATIENCE} s")
    first = min(sent[port] for port in refused)
    wrong = [port for port, when in sent.items() if (port in passed) != (when < first)]
    if wrong or passed & refused:
        raise BenchError(f"{host}: {len(wrong)} packets of {len(sent)} passed or were refused out "
                         "of turn")
    return {"host": host, "seconds": first - start,
            "passed": sum(when >= start for port, when in sent.items() if port in passed)}


def _converse(wire, host, count):
    for _ in range(count):
        wire.send([ipv4(host, CONVERSATION, tcp(host, CONVERSATION, flags=ACK))])
        time.sleep(GAP)


def _resets(capture):
    return {packet.destination_port for packet in capture.packets()
            if not packet.outgoing and packet.source == CONVERSATION and packet.flags & RST}
