# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom the gateway refuses: one opening from each source that is asked about, and what the wires
say became of it. Sources by the thousand, real ones or not."""

import contextlib
import time

from .capture import Capture
from .packets import RST
from .promise import eventually
from .raw import Wire, opening

SMTP = 25
BURST, PAUSE = 50, 0.005  # no more at once than any queue holds


def refused_among(gate, openings):
    """Of (subscriber, source) pairs those that were refused by a reset; each of the others must
    have reached the internet, and nobody both. The gateway needs routes to the sources."""
    topology = gate.topology
    servers = {}
    for subscriber, source in openings:
        line = subscriber, _version(source)
        if line not in servers:
            servers[line], = gate.fresh(1, line[1])
    expected = {(servers[subscriber, _version(source)], source): (subscriber, source)
                for subscriber, source in openings}
    with contextlib.ExitStack() as stack:
        beyond = stack.enter_context(Capture(topology.internet))
        lines = [stack.enter_context(Capture(subscriber)) for subscriber in topology.subscribers]
        _send(topology, expected)

        def arrived():
            return {(packet.destination, packet.source) for packet in beyond.openings(SMTP)}

        def reset():
            return {(packet.source, packet.destination) for line in lines
                    for packet in line.packets() if not packet.outgoing
                    and packet.source_port == SMTP and packet.flags & RST}

        eventually(lambda: len(arrived() | reset()) >= len(expected),
                   lambda: f"nothing became of {expected.keys() - arrived() - reset()}")
    both = arrived() & reset()
    assert not both, f"refused, and let through: {both}"
    assert arrived() | reset() == expected.keys()
    return {expected[key] for key in reset()}


def _version(source):
    return 6 if ":" in source else 4


def _send(topology, expected):
    with contextlib.ExitStack() as stack:
        wires = {}
        for number, ((server, source), (subscriber, _)) in enumerate(expected.items()):
            if subscriber not in wires:
                wires[subscriber] = stack.enter_context(Wire(topology, subscriber))
            wires[subscriber].send([opening(source, server)])
            if number % BURST == BURST - 1:
                time.sleep(PAUSE)
