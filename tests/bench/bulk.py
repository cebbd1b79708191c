# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP bulk traffic that is not for port 25, through a gateway."""

import ctypes
import fcntl
import json
import socket
import struct

from lab.edge25 import BUILD

from gateways import ONE_RULE
from lines import RELAY, Line
from report import Row
from slices import in_slices
from traffic import prefer_this

BULK = BUILD / "bench/bulk"
SECONDS, SLICES = 0.2, 5
PREFIXES = 100_000
SIOCETHTOOL, ETHTOOL_STSO = 0x8946, 0x1f  # linux/sockios.h, linux/ethtool.h
BARE, RULE, FILTERED = "no rules", "tcp dport 25 drop", "edge25"


def bulk(report, rounds, directory):
    """What one connection carries, in packets of 64 KB, and in those that a wire would have."""
    report.title("6  TCP BULK TRAFFIC",
                 "One connection to port 5001 through a gateway, IPv4, with everything loaded "
                 f"({PREFIXES:,} prefixes), with one rule, the least that a filter can do, and "
                 "without any. Large: the sender leaves the "
                 "cutting to the interface, as usual, so a rule sees packets of up to 64 KB. "
                 "Small: packets of 1,500 bytes cross the gateway, as from a wire.")
    tables = {}
    with (Line(directory, BARE) as bare, Line(directory, RULE, rules=ONE_RULE) as rule,
          Line(directory, FILTERED, PREFIXES) as filtered):
        lines = bare, rule, filtered
        for size in ("large", "small"):
            if size == "small":
                for line in lines:
                    _cut(line)
            samples = in_slices(rounds, {line.name: lambda line=line: _carry(line)
                                         for line in lines}, SLICES)
            tables[size] = [Row.of(name, gathered, lambda one: one["bytes"] / one["seconds"] / 1e6)
                            for name, gathered in samples.items()]
            report.table(f"{size} packets", "MB/s", tables[size], [BARE])
            report.table(f"{size} packets, of processor time", "MB/s", [
                Row.of(name, gathered, lambda one: one["bytes"] / one["cpu"] / 1e6)
                for name, gathered in samples.items()], [BARE])
    for size, (bare, rule, filtered) in tables.items():
        report.answer(f"bulk.{size}", filtered.ratios(bare))
        report.answer(f"bulk.{size}.least", rule.ratios(bare))


def _cut(line):
    """The sender's stack cuts before the wire, as for an interface that cannot."""
    with line.topology.subscribers[0].socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        off = ctypes.create_string_buffer(struct.pack("=II", ETHTOOL_STSO, 0))
        fcntl.ioctl(any_socket, SIOCETHTOOL,
                    struct.pack("16sP16x", b"eth0", ctypes.addressof(off)))


def _carry(line):
    client, server = line.topology.subscribers[0].name, line.topology.internet.name
    result = line.topology.gateway.run([BULK, client, server, RELAY, SECONDS],
                                       start_new_session=True, preexec_fn=prefer_this)
    return json.loads(result.stdout)
