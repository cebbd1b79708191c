# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP bulk traffic that is not for port 25, through a gateway."""

import json

from lab.edge25 import BUILD

from lines import RELAY, Line
from report import Row
from slices import in_slices

BULK = BUILD / "bench/bulk"
SECONDS, SLICES = 0.2, 5
PREFIXES = 100_000
BARE, FILTERED = "no rules", "edge25"


def bulk(report, rounds, directory):
    """What one connection carries, in packets of 64 KB, and in those that a wire would have."""
    report.title("6  TCP BULK TRAFFIC",
                 "One connection to port 5001 through a gateway, IPv4, with everything loaded "
                 f"({PREFIXES:,} prefixes) and without any rule. Large: the sender leaves the "
                 "cutting to the interface, as usual, so a rule sees packets of up to 64 KB. "
                 "Small: packets of 1,500 bytes cross the gateway, as from a wire.")
    tables = {}
    with (Line(directory, BARE) as bare, Line(directory, FILTERED, PREFIXES) as filtered):
        for size in ("large", "small"):
            if size == "small":
                for line in (bare, filtered):
                    _cut(line)
            samples = in_slices(rounds, {line.name: lambda line=line: _carry(line)
                                         for line in (bare, filtered)}, SLICES)
            tables[size] = [Row.of(name, gathered, lambda one: one["bytes"] / one["seconds"] / 1e6)
                            for name, gathered in samples.items()]
            report.table(f"{size} packets", "MB/s", tables[size], [BARE])
            report.table(f"{size} packets, of processor time", "MB/s", [
                Row.of(name, gathered, lambda one: one["bytes"] / one["cpu"] / 1e6)
                for name, gathered in samples.items()], [BARE])
    bare, filtered = tables["small"]
    report.answer("bulk", filtered.ratios(bare))


def _cut(line):
    """Each packet is as long as the wire lets it."""
    for namespace in (line.topology.subscribers[0], line.topology.internet):
        namespace.ip(["link set eth0 gso_max_segs 1"])


def _carry(line):
    client, server = line.topology.subscribers[0].name, line.topology.internet.name
    result = line.topology.gateway.run([BULK, client, server, RELAY, SECONDS],
                                       start_new_session=True)
    return json.loads(result.stdout)
