# SPDX-License-Identifier: GPL-2.0-or-later
"""A million openings through more than a hundred reloads: none leaves for the internet, and each is
counted."""

import itertools
import time

import pytest

from lab.capture import Capture
from lab.promise import eventually
from lab.raw import Stream

OPENINGS = 1_000_000
RELOADS = 100
LISTS = ['"100.64.0.0/10", "2001:db8:1::/48"',
         '"100.64.0.0/11", "100.96.0.0/11", "2001:db8:1::/49", "2001:db8:1:8000::/49"',
         '"100.64.0.0/10", "2001:db8:1::/48", "192.0.2.0/24"']
DENIALS = ["drop", "tcp-reset", "admin-prohibited"]


class Flood(Stream):
    """So many openings; each of the servers is met again and again."""

    RATE = 10000
    BURST = 50

    def _send(self):
        due = time.monotonic()
        for first in itertools.cycle(range(0, len(self._packets), self.BURST)):
            if self.sent >= OPENINGS or self._stop.wait(due - time.monotonic()):
                return
            self._wire.send(self._packets[first:first + self.BURST])
            self.sent += self.BURST
            due = max(due + self.BURST / self.RATE, time.monotonic() - 1)


def configuration(turn, mode):
    """One of nine, which differ in the prefixes of the range and in what a refusal looks like."""
    return (f'policy "home" {{ mode = {mode}  deny = {DENIALS[turn // 3 % 3]} }}\n'
            f'range "dsl" {{ prefixes = {{ {LISTS[turn % 3]} }}  policy = "home" }}\n'
            "read-interval = 1s\n")


def nothing_leaks(edge25, topology, figure, mode):
    daemon = edge25(configuration(0, "block"))
    with (Capture(topology.internet) as left,
          Flood(topology, topology.subscribers[0]) as flood):
        for turn in itertools.count(1):
            daemon.configure(configuration(turn, mode))
            assert daemon.ctl("reload")["applied"]
            assert not left.openings(), f"leaked in reload {turn}, of {flood.sent} openings"
            if turn >= RELOADS and flood.sent >= OPENINGS:
                break
    figure("reloads", turn)
    figure("openings", flood.sent)
    eventually(lambda: counted(daemon) == flood.sent,
               lambda: f"{flood.sent} sent, refused or lost {counted(daemon)}", 60)


def counted(daemon):
    """What status says was refused or lost."""
    policy = daemon.status()["policies"][0]
    return policy["refused"] + policy["lost"]


def test_nothing_leaks(edge25, topology, figure):
    nothing_leaks(edge25, topology, figure, "block")


def test_nothing_leaks_control_run(edge25, topology, figure):
    """Reloads that do open the range are noticed."""
    with pytest.raises(AssertionError, match="leaked in reload"):
        nothing_leaks(edge25, topology, figure, "monitor")
