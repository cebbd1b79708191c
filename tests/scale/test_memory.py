# SPDX-License-Identifier: GPL-2.0-or-later
"""What memory control takes at the start, and for its hosts, when there is no room for more."""

import pathlib

import pytest

from lab.edge25 import CONTROL
from lab.flood import Flood
from lab.leaks import HOME
from lab.promise import eventually

BASE = 16 << 20  # bytes
IDLE, ACTIVE = 64, 2048
SETTINGS = "max-hosts = {hosts}\nmax-active = {active}\ntally-hosts = 65536\nqueue-rate = 1000000\n"
PATIENCE = 60


def memory(daemon):
    """Bytes of control that are in memory."""
    text = pathlib.Path(f"/proc/{daemon.pid(CONTROL)}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) << 10


def filled(daemon, topology, hosts, active):
    """So many hosts tried once each, and all that there is room for are known."""
    def full():
        found = daemon.status()["hosts"]
        return found["count"] == hosts and found["active"] == active

    for _ in range(3):
        with Flood(topology, 5, pairs=2 * hosts, sources=2 * hosts, rate=50000):
            pass
    eventually(full, lambda: str(daemon.status()["hosts"]), PATIENCE)


@pytest.mark.parametrize("hosts, active", [(65536, 4096), (65536, 32768)])
def test_control_keeps_to_its_memory(edge25, topology, figure, hosts, active):
    daemon = edge25(SETTINGS.format(hosts=hosts, active=active) + HOME)
    eventually(lambda: daemon.status()["fresh"], "a reading")
    begun = memory(daemon)
    bounds = daemon.status()["bounds"]
    assert bounds["active_bytes"] == ACTIVE and bounds["host_bytes"] == IDLE
    filled(daemon, topology, hosts, active)
    ended = memory(daemon)
    bound = BASE + IDLE * (hosts - active) + ACTIVE * active
    figure("control", f"{begun / 2**20:.1f} MiB at the start, {ended / 2**20:.1f} with {active} active "
                      f"hosts and {hosts - active} idle ones; {bound / 2**20:.1f} at most")
    assert begun <= BASE
    assert ended <= bound
