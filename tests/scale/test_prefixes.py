# SPDX-License-Identifier: GPL-2.0-or-later
"""A range of a million IPv4 prefixes and two hundred thousand of IPv6, on the wire."""

import ipaddress
import pathlib
import random
import time

import pytest

from lab.census import refused_among
from lab.edge25 import CONTROL, ENGINE
from lab.promise import eventually, must_fail

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
range "all4" { prefix-file = "%s/4.prefixes"  policy = "home" }
range "all6" { prefix-file = "%s/6.prefixes"  policy = "home" }
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

    def write(self, directory):
        """The files, in no order."""
        for version, blocks in self.blocks.items():
            lines = [f"{prefix}\n" for prefix in blocks.values()]
            self.rng.shuffle(lines)
            (directory / f"{version}.prefixes").write_text("".join(lines), encoding="ascii")

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


@pytest.fixture(name="sources_are_known")
def fixture_sources_are_known(topology):
    """The gateway knows a way back to every address of the blocks."""
    subscriber = topology.subscribers[0]
    topology.gateway.ip([f"route replace {network} via {subscriber.address(version)}"
                         for version, (network, _) in BLOCKS.items()])


def are_judged(gate, sources):
    """Those of them that are refused, and no others."""
    line = gate.topology.subscribers[0]
    refused = {source for source, answer in sources.items() if answer}
    found = refused_among(gate, {(line, source) for source in sources})
    assert {source for _, source in found} == refused


def is_refused(gate, source):
    """Is an opening from there answered by a reset?"""
    return refused_among(gate, {(gate.topology.subscribers[0], source)})


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


@pytest.mark.usefixtures("sources_are_known")
def test_a_million_prefixes(edge25, gate, laboratory, figure):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    ranges = Ranges(seed)
    ranges.write(laboratory)
    begin = time.monotonic()
    daemon = edge25(CONFIGURATION % (laboratory, laboratory), healthy=False)
    eventually(lambda: healthy(daemon), daemon.stderr, PATIENCE)
    figure("started and loaded", f"{time.monotonic() - begin:.1f} s")
    note_memory(figure, daemon, "loaded")

    for version in (4, 6):
        numbers = ranges.rng.sample(range(COUNTS[version]), SAMPLES)
        are_judged(gate, ranges.sources(version, numbers))

    moved = {version: ranges.change(version, SAMPLES) for version in (4, 6)}
    sources = {version: ranges.sources(version, moved[version]) for version in (4, 6)}
    for version in (4, 6):
        must_fail(are_judged, gate, sources[version])
    added = ranges.extend()
    ranges.write(laboratory)
    begin = time.monotonic()
    answer = daemon.ctl("reload")
    figure("reloaded with a difference", f"{time.monotonic() - begin:.1f} s")
    print(answer["summary"])
    assert answer["applied"]
    assert is_refused(gate, str(added[0]))
    note_memory(figure, daemon, "reloaded")
    for version in (4, 6):
        are_judged(gate, sources[version])
