# SPDX-License-Identifier: GPL-2.0-or-later
"""Hours of edge25's life in a moment, and a bot that lives through them."""

import ipaddress

from .host import wait_for
from .preload import Preloaded, shared
from .promise import eventually
from .sockets import connect_many

# What is called infected soonest: address after address of a few networks. That the servers of the
# laboratory answer does not speak for it.
QUICK = "infected-servers = 6  infected-parts = 1  infected-tries = 4  answered-weight = 1"
SCAN = 90     # mail servers; 60 in 5 minutes are enough, 96 are known one by one
HAMMER = 6    # parts of so many seconds each, with 5 attempts; no 5 minutes are without
PART = 200


class TimeTravel(Preloaded):
    """The clocks of ENGINE and CONTROL, by time_travel.c."""

    def __init__(self, path):
        super().__init__("time_travel", path)
        self._ahead = shared(path, "q", 1)

    def pass_by(self, seconds):
        """So many seconds are over."""
        self._ahead[0] += seconds


def attempt(edge25, gate, line, count, version=4, source=None):
    """A host opens connections to so many new mail servers, and edge25 has counted them; the flows."""
    address = source or line.address(version)
    host = address if version == 4 else str(ipaddress.ip_network(f"{address}/64", False)[0])
    before = edge25.host(host).get("attempts", 0)
    flows = gate.flows(line, count, version, source)
    connect_many(line, [flow.destination for flow in flows], 25, 1.0, address)
    wait_for(lambda: edge25.host(host).get("attempts", 0) >= before + count,
             lambda: f"{count} more attempts of {host}: {edge25.status()}\n{edge25.stderr()}")
    return flows


def misbehave(gate, line, version=4):
    """A host does what is called infected at once; the flows."""
    flows = gate.flows(line, SCAN, version)
    connect_many(line, [flow.destination for flow in flows], 25, 1.0, line.address(version))
    return flows


def hammer(edge25, gate, time, line):
    """A host does it for up to 20 minutes with few servers."""
    for _ in range(HAMMER):
        attempt(edge25, gate, line, 5)
        if edge25.host(line.address(4))["class"] == "infected":
            return
        time.pass_by(PART)


def incidents(edge25, *arguments):
    """What incidents list says."""
    return edge25.ctl("incidents", "list", *arguments)["incidents"]


def incident_of(edge25, host, wanted=None):
    """Wait until a host has an open incident (of a class) and return it."""
    def find():
        return next((one for one in incidents(edge25, "--open") if one["host"].split("/")[0] == host
                     and wanted in (None, one["class"])), None)
    return eventually(find, lambda: f"an incident of {host}: {incidents(edge25)}\n{edge25.stderr()}")

