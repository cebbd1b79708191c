# SPDX-License-Identifier: GPL-2.0-or-later
"""A range of a million IPv4 prefixes and two hundred thousand of IPv6, on the wire."""

import ipaddress
import pathlib
import random
import time

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.gate import MARKER
from lab.packets import RST
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening

COUNTS = {4: 1_000_000, 6: 200_000}
# A block of addresses for each prefix, of which that has a part: what lies between two prefixes is
# as easy to get wrong as what lies in them.
BLOCKS = {4: (ipaddress.ip_network("10.64.0.0/10"), 30),
          6: (ipaddress.ip_network("2001:db8:4000::/36"), 56)}
LENGTHS = {4: (31, 32), 6: (57, 60, 64)}
SAMPLES = 1000  # addresses asked, of each family
PATIENCE = 180  # seconds

CONFIGURATION = """\
reject-rate = 100000
policy "home" { mode = block  deny = tcp-reset }
range "all" { prefix-file = "%s"  policy = "home" }
"""


def make_prefixes(rng, version, numbers):
    """A prefix somewhere in each block of these numbers: {number of the block: prefix}."""
    network, length = BLOCKS[version]
    bits = network.max_prefixlen
    first = int(network[0])
    kind = type(network)
    made = {}
    for number in numbers:
        inner = rng.choice(LENGTHS[version])
        offset = rng.randrange(1 << (inner - length)) << (bits - inner)
        made[number] = kind((first + (number << (bits - length)) + offset, inner))
    return made


class Ranges:
    """What the file says, and who is refused by it: found by block, not by any search."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.blocks = {version: make_prefixes(self.rng, version, range(count))
                       for version, count in COUNTS.items()}

    def write(self, path):
        """The file, in no order."""
        lines = [f"{prefix}\n" for blocks in self.blocks.values() for prefix in blocks.values()]
        self.rng.shuffle(lines)
        path.write_text("".join(lines), encoding="ascii")

    def change(self, version, count):
        """Moves so many prefixes to another place in their block; the numbers of the blocks."""
        numbers = self.rng.sample(sorted(self.blocks[version]), count)
        self.blocks[version].update(make_prefixes(self.rng, version, numbers))
        return numbers

    def extend(self):
        """One more IPv6 prefix, behind all others."""
        number = len(self.blocks[6])
        self.blocks[6].update(make_prefixes(self.rng, 6, [number]))
        return self.blocks[6][number]

    def sources(self, version, numbers):
        """Addresses in the blocks of these numbers, half of them refused: {address: is it?}."""
        network, length = BLOCKS[version]
        size = 1 << (network.max_prefixlen - length)
        kind = type(network[0])
        sources = {}
        for number in numbers:
            prefix = self.blocks[version][number]
            inside = int(prefix[self.rng.randrange(prefix.num_addresses)])
            anywhere = int(network[0]) + number * size + self.rng.randrange(size)
            address = kind(self.rng.choice((inside, anywhere)))
            sources[str(address)] = address in prefix
        return sources


@pytest.fixture(name="line")
def fixture_line(topology):
    """Subscriber 0's wire; the way back to every address of the blocks leads there."""
    subscriber = topology.subscribers[0]
    topology.gateway.ip([f"route replace {network} via {subscriber.address(version)}"
                         for version, (network, _) in BLOCKS.items()])
    with Wire(topology, subscriber) as wire:
        yield wire


def are_judged(topology, gate, line, sources):
    """Of an opening from each source, those that are not refused reach the internet, and the
    others are answered by a reset."""
    version = 6 if ":" in next(iter(sources)) else 4
    server, = gate.fresh(1, version)
    refused = {source for source, answer in sources.items() if answer}
    with Capture(topology.internet) as beyond, Capture(topology.subscribers[0]) as here:
        for start in range(0, len(sources), 50):
            line.send(opening(source, server) for source in list(sources)[start:start + 50])
            time.sleep(0.005)  # no burst that a queue could not hold
        line.send([opening(next(iter(sources)), server, MARKER)])
        eventually(lambda: beyond.openings(MARKER), "the last packet in the internet")
        eventually(lambda: len(resets(here, server)) >= len(refused), "a reset for each refusal")
    assert resets(here, server) == refused
    assert {packet.source for packet in beyond.openings()} == set(sources) - refused


def resets(capture, server):
    """Who was answered by a reset in a server's name."""
    return {packet.destination for packet in capture.packets()
            if not packet.outgoing and packet.source == server and packet.flags & RST
            and packet.source_port == 25}


def wait_until_refused(topology, gate, line, source):
    """Until an opening from there is answered by a reset."""
    server, = gate.fresh(1, 6)
    with Capture(topology.subscribers[0]) as here:
        def refused():
            line.send([opening(source, server)])
            return source in resets(here, server)

        eventually(refused, f"{source} to be refused", PATIENCE)


def memory(pid):
    """The most memory that a process has had, in MB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def healthy(daemon):
    """Does status say so?"""
    result = daemon.control("status")
    return result.returncode == 0


def note_memory(figure, daemon, when):
    figure(f"memory {when}", ", ".join(f"{program} {memory(daemon.pid(program))} MB"
                                       for program in (ENGINE, CONTROL)))


def test_a_million_prefixes(edge25, topology, gate, line, laboratory, figure):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    ranges = Ranges(seed)
    path = laboratory / "million.prefixes"
    ranges.write(path)
    begin = time.monotonic()
    daemon = edge25(CONFIGURATION % path, healthy=False)
    eventually(lambda: healthy(daemon), daemon.stderr, PATIENCE)
    figure("started and loaded", f"{time.monotonic() - begin:.1f} s")
    note_memory(figure, daemon, "loaded")

    for version in (4, 6):
        numbers = ranges.rng.sample(range(COUNTS[version]), SAMPLES)
        are_judged(topology, gate, line, ranges.sources(version, numbers))

    moved = {version: ranges.change(version, SAMPLES) for version in (4, 6)}
    sources = {version: ranges.sources(version, moved[version]) for version in (4, 6)}
    for version in (4, 6):
        must_fail(are_judged, topology, gate, line, sources[version])
    added = ranges.extend()
    ranges.write(path)
    begin = time.monotonic()
    daemon.reload()
    wait_until_refused(topology, gate, line, str(added[0]))
    figure("reloaded with a difference", f"{time.monotonic() - begin:.1f} s")
    note_memory(figure, daemon, "reloaded")
    for version in (4, 6):
        are_judged(topology, gate, line, sources[version])
