# SPDX-License-Identifier: GPL-2.0-or-later
"""SYNs by the million, made in the kernel (bench/inject.c), and an oracle that counts in the kernel
of the internet what passed the gateway."""

import contextlib
import json
import subprocess

from .edge25 import BUILD
from .host import LabError

INJECT = BUILD / "bench/inject"
SOURCES = "100.0.0.0/7"  # what inject makes begins at 100.64.16.0
ORACLE = """
table inet oracle {
    counter passed { }
    chain arriving { type filter hook prerouting priority -400; tcp dport 25 counter name passed; }
}
"""


class Flood:
    """Context manager: for so many seconds, or until the end of the block if that is later; then
    .frames is how many arrived at the gateway."""

    def __init__(self, topology, seconds, pairs=1 << 16, sources=1 << 8, rate=0,
                 first=0):
        if not INJECT.exists():
            raise LabError(f"{INJECT} is missing: make bench-programs builds it")
        self.frames = None
        self._program = topology.gateway.popen(
            [INJECT, "--interface", topology.subscribers[0].interface, "--seconds", seconds,
             "--pairs", pairs, "--sources", sources, "--rate", rate,
             "--first", first],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        text, errors = self._program.communicate()
        if self._program.returncode != 0:
            raise LabError(f"inject: {errors}")
        self.frames = json.loads(text)["frames"]

    @property
    def goes_on(self):
        """Are packets still made?"""
        return self._program.poll() is None


@contextlib.contextmanager
def oracle(topology):
    """A function that says how many packets to port 25 have reached the internet."""
    internet = topology.internet
    internet.run(["nft", "-f", "-"], input=ORACLE)

    def passed():
        text = internet.run(["nft", "-j", "list", "counters", "table", "inet", "oracle"]).stdout
        return next(item["counter"]["packets"] for item in json.loads(text)["nftables"]
                    if "counter" in item)

    try:
        yield passed
    finally:
        internet.run(["nft", "delete table inet oracle"])
