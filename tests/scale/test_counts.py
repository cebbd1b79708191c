# SPDX-License-Identifier: GPL-2.0-or-later
"""What is counted for long, while it is looked at all the time."""

from lab.promise import eventually
from lab.raw import Stream

MONITOR = """
policy "home" { mode = monitor  pace = 0 }
range "subscribers" { prefixes = { "2001:db8:1::/48" }  policy = "home" }
"""
READINGS = 4000  # of which about one meets a packet between its count and its queue


class Busy(Stream):
    """Questions that come one by one, so that none is open now and then."""

    RATE, BURST, MOST = 2000, 2, 65000


def test_no_packet_on_its_way_seems_lost(edge25, topology, figure):
    daemon = edge25(MONITOR)
    most = readings = 0
    with Busy(topology, topology.subscribers[0]) as stream:
        while readings < READINGS and stream.sent < stream.MOST:
            status = daemon.status()
            most = max(most, status["policies"][0]["lost"])
            readings += status["fresh"]
    eventually(lambda: daemon.status()["policies"][0]["passed"] == stream.sent, daemon.stderr)
    figure("lost", f"{most} in {readings} readings of {stream.sent} packets")
    assert most == 0
