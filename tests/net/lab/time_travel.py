# SPDX-License-Identifier: GPL-2.0-or-later
"""Hours of edge25's life in a moment, and a bot that lives through them."""

import ipaddress
import mmap
import os
import struct

from .edge25 import BUILD
from .host import LabError, wait_for
from .promise import eventually
from .sockets import connect_many

PART = 301  # seconds: the next 5 minutes by which the tracker counts

# A bot in the least time in which one can be called so: 15 minutes, three parts of 5. That the servers of
# the laboratory answer does not speak for it.
QUICK = "infected-servers = 6  answered-weight = 1"
PARTS = 4
NEW = 4  # mail servers in each part


class TimeTravel:
    """The clocks of ENGINE and CONTROL, by a library that they are started with (time_travel.c)."""

    def __init__(self, path):
        library = BUILD / "time_travel.so"
        if not library.exists():
            raise LabError(f"{library} is missing: make check-net builds it")
        path.write_bytes(bytes(8))
        path.chmod(0o644)
        with open(path, "r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)
        self.environment = {**os.environ, "LD_PRELOAD": str(library),
                            "EDGE25_TIME_TRAVEL": str(path)}

    def pass_by(self, seconds):
        """So many seconds are over."""
        ahead = struct.unpack("=q", self._ahead[:8])[0]
        self._ahead[:8] = struct.pack("=q", ahead + seconds)


def attempt(edge25, gate, line, count=NEW, version=4, source=None):
    """A host opens connections to so many new mail servers, and edge25 has noticed; the flows."""
    address = source or line.address(version)
    host = address if version == 4 else str(ipaddress.ip_network(f"{address}/64", False)[0])
    before = edge25.host(host).get("destinations", 0)
    flows = gate.flows(line, count, version, source)
    connect_many(line, [flow.destination for flow in flows], 25, 1.0, address)
    wait_for(lambda: edge25.host(host).get("destinations", 0) >= before + count,
             lambda: f"{count} more destinations of {host}: {edge25.host(host)}")
    return flows


def misbehave(edge25, gate, time, line, version=4, source=None):
    """A host does for a quarter of an hour what only a bot does: it goes on meeting new servers.
    Returns the flows."""
    flows = []
    for _ in range(PARTS):
        flows += attempt(edge25, gate, line, NEW, version, source)
        time.pass_by(PART)
    return flows + attempt(edge25, gate, line, 1, version, source)


def incidents(edge25, *arguments):
    """What incidents list says."""
    return edge25.ctl("incidents", "list", *arguments)["incidents"]


def incident_of(edge25, host, wanted=None):
    """Wait until a host has an open incident (of a class) and return it."""
    def find():
        return next((one for one in incidents(edge25, "--open") if one["host"].split("/")[0] == host
                     and wanted in (None, one["class"])), None)
    return eventually(find, lambda: f"an incident of {host}: {incidents(edge25)}\n{edge25.stderr()}")

